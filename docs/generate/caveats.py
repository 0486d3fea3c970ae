"""What no metric says of itself: where its number misleads. One line or a few for each."""

CAVEATS = {
    "fid": "Biased upwards at small numbers of data, and the bias depends on the model, so scores "
    "of two numbers of samples are never compared; a covariance of full rank takes more data than "
    "the features have dimensions. Copies of training images score best against training data (.20 "
    "for digits, where held-out real digits score .22), so read the score against test data beside "
    "it. FID by a data set's own classifier is no Inception FID and cannot be compared with one.",
    "is": "It never looks at real data: images of every class that a classifier is sure of are all "
    "it asks for, so it cannot see copies, nor classes that look alike within themselves. Its "
    "highest value is exp of the entropy of the labels, 10 for ten classes in equal parts. "
    "`is_std` is over splits of one run's samples and no error over seeds.",
    "kid": "Unbiased at any number of data, so it may be negative, which means that the two sets "
    "cannot be told apart by so many. `kid_std` is over random subsets of one run's samples and no "
    "error over seeds.",
    "prc": "A sample counts as real where it lies within the distance of a real datum to its third "
    "neighbour, so that one outlier among real data widens the manifold, and both numbers depend "
    "on how many data are compared. Precision without recall rewards a few good images; recall "
    "ranks nobody here.",
    "coverage": "It believes the classifier: an image of no class is counted for the class it "
    "looks like most. It describes samples and ranks no method. Only an extractor that knows the "
    "data set's own classes can count them.",
    "modes": "Exact, as the mixture is known: but a mode counts as hit by a single sample within "
    "three standard deviations, so read the share of samples near any mode beside it.",
    "diversity": "A distance of pixels: noise is more diverse than images, so it shows collapse "
    "and never quality. It is of the first 1,000 generated images, and ranks no method.",
}
"""Metric -> caveats."""
