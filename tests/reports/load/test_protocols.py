from reports.load.protocols import extractors

PROTOCOL = "digits-cnn-1a2b3c4d/ref-train-1437/gen-2000"


def test_extractors_are_short_unless_they_would_look_alike():
    assert extractors([PROTOCOL]) == {PROTOCOL: "digits-cnn"}
    other = PROTOCOL.replace("2000", "500")
    assert extractors([PROTOCOL, other]) == {PROTOCOL: PROTOCOL, other: other}
