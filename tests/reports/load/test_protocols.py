from reports.load.protocols import comparable, extractors, real_data, same_reference

PROTOCOL = "digits-cnn-1a2b3c4d/ref-train-1437/gen-2000"
SPLIT = "digits-cnn-1a2b3c4d/ref-train-1438+validation-180+test-179/gen-2000/kid-20x50"


def test_extractors_are_short_and_say_what_two_of_one_name_differ_in():
    assert extractors([PROTOCOL]) == {PROTOCOL: "digits-cnn"}
    other, inception = PROTOCOL.replace("2000", "500"), "inception-v3-0a1b2c3d/gen-50"
    assert list(extractors([PROTOCOL, other, PROTOCOL, inception]).values()) == [
        "digits-cnn gen-2000",
        "digits-cnn gen-500",
        "inception-v3",
    ]
    smaller = SPLIT.replace("1438", "200")
    assert list(extractors([SPLIT, smaller]).values()) == [
        "digits-cnn train-1438",
        "digits-cnn train-200",
    ]


def test_another_extractor_of_one_name_is_told_apart_by_its_hash():
    other = PROTOCOL.replace("1a2b", "5e6f")
    told = extractors([PROTOCOL, other])
    assert told == {PROTOCOL: "digits-cnn-1a2b3c4d", other: "digits-cnn-5e6f3c4d"}


def test_protocols_that_parts_do_not_tell_apart_are_named_in_full():
    other = "digits-cnn-1a2b3c4d/gen-2000/ref-train-1437"
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
