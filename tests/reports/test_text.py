import math

import pytest

from reports import text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (12.345, "12.3"), (1.2345, "1.23"), (0.012345, "0.0123"), (1234.5, "1234"), (0.0, "0"),
        (1.5e-7, "1.50e-07"), (math.inf, "failed"), (-math.inf, "failed"), (math.nan, "–"),
        (None, "–"), (-3.14159, "-3.14"), (3, "3.00"),
    ],
)  # fmt: skip
def test_numbers(value, said):
    assert text.number(value) == said


def test_long_lists_are_cut_and_counted():
    assert text.listed([]) == ""
    assert text.listed([0, 1, 2]) == "0, 1, 2"
    assert text.listed(range(10)) == "0, 1, 2, 3, ..., 9 (10 values)"
