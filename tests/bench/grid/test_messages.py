"""How messages show values and key paths."""

from bench.grid.messages import key_path, show


def test_show_and_key_path():
    assert [show(v) for v in (None, True, 1.5, "a'b", [None])] == [
        "null",
        "true",
        "1.5",
        '"a\'b"',
        "[None]",
    ]
    assert key_path(("a", 2, "b.c", "d e")) == "a[2].b.c.'d e'"
