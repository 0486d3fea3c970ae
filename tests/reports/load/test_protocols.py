from reports.load.protocols import comparable, extractors, real_data, same_reference

PROTOCOL = "digits-cnn-1a2b3c4d/ref-train-1437/gen-2000"
SPLIT = "digits-cnn-1a2b3c4d/ref-train-1438+validation-180+test-179/gen-2000/kid-20x50"


def test_extractors_are_short_unless_they_would_look_alike():
    assert extractors([PROTOCOL]) == {PROTOCOL: "digits-cnn"}
    other = PROTOCOL.replace("2000", "500")
    assert extractors([PROTOCOL, other]) == {PROTOCOL: PROTOCOL, other: other}


def test_the_real_data_of_old_and_new_stamps():
    assert real_data(PROTOCOL) == {"train": 1437}
    assert real_data(SPLIT) == {"train": 1438, "validation": 180, "test": 179}
    assert real_data("inception-v3-a") == {}


def test_only_one_reference_and_one_number_of_data_are_comparable():
    other = SPLIT.replace("gen-2000", "gen-359")
    assert comparable(SPLIT, SPLIT.removesuffix("/kid-20x50"))
    assert same_reference(SPLIT, other)
    assert not comparable(SPLIT, other)
    assert not comparable(SPLIT, SPLIT.replace("+validation-180+test-179", ""))
