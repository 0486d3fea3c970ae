"""A component in a list: a name, or a name with parameters."""

import pytest

from bench.grid.entries import component


@pytest.mark.parametrize(
    ("entry", "data", "below"),
    [
        ("kid", {"name": "kid"}, ()),
        ({"name": "kid", "subsets": 5}, {"name": "kid", "subsets": 5}, ()),
        ({"kid": {"subsets": 5}}, {"name": "kid", "subsets": 5}, ("kid",)),
        ({"kid": None}, {"name": "kid"}, ("kid",)),
    ],
)
def test_forms(entry, data, below):
    assert component(entry, "metric") == (data, below)


def test_the_words_name_what_is_listed():
    assert component({"name": 3}, "metric") == "name: expected a metric's name, got 3"
