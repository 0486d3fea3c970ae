"""YAML 1.2 scalars, places, and every way a text can be refused."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.grid import yaml_source
from bench.grid.yaml_source import read

UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


def faults(content):
    return [(fault.position, fault.text) for fault in read(content).faults]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2e-4", 2e-4),
        ("1e-3", 1e-3),
        ("1E3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("-1.5", -1.5),
        ("-.inf", -math.inf),
        (".INF", math.inf),
        ("12", 12),
        ("012", 12),
        ("+3", 3),
        ("0o17", 15),
        ("0x1F", 31),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("!!str 3", "3"),
        ("!!float 3", 3.0),
        ("'3'", "3"),
    ],
)
def test_scalar(text, value):
    data = read(text).data
    assert data == value
    assert type(data) is type(value)


@pytest.mark.parametrize(
    "text",
    ["no", "yes", "on", "off", "y", "tRUE", "1_000", "1:30", "2001-01-01", "0b1", "=", "<<", "+"],
)
def test_text_that_yaml_1_1_reads_otherwise(text):
    assert read(text).data == text


def test_nan():
    assert math.isnan(read(".nan").data)


def test_places():
    document = read("a: 1\nb:\n  c: [x, {d: 2}]\n")
    assert document.data == {"a": 1, "b": {"c": ["x", {"d": 2}]}}
    assert document.position(()) == (1, 1)
    assert document.position(("a",)) == (1, 4)
    assert document.position(("b", "c"), key=True) == (3, 3)
    assert document.position(("b", "c", 1, "d")) == (3, 14)
    assert document.position(("b", "missing", "deeper")) == (2, 1)
    assert document.position(("missing",)) == (1, 1)


def test_byte_order_mark():
    assert read(b"\xef\xbb\xbfa: 1").data == {"a": 1}


def test_alias():
    assert read("a: &x {b: 1}\nc: *x\n").data == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    ("content", "position", "text"),
    [
        (b"a: 1\nb: \xff\n", (2, 4), "not UTF-8 text: byte 0xff"),
        ("a: \x07", (1, 4), "character '\\x07' is not allowed"),
        ("a:\n\t- 1", (2, 1), "not valid YAML: a tab; indent with spaces"),
        ("a: 1\n---\nb: 1", (2, 1), "a second document begins here; keep one"),
        ("a: b: c", (1, 5), "not valid YAML: mapping values are not allowed here"),
        ("a: *x", (1, 4), "not valid YAML: found undefined alias 'x'"),
        ("a: &x [*x]", (1, 4), "an alias to what contains it"),
        (
            "a: &x {b: 1}\nc: {<<: *x, d: 2}\ne: {<<: *x}",
            (2, 5),
            "merge keys (<<) are not read; write the keys out",
        ),
        (
            "a: !!python/object:os.system x",
            (1, 4),
            "tag !!python/object:os.system is not allowed here",
        ),
        ("a: !mine x", (1, 4), "tag !mine is not allowed here"),
        ("a: !!map x", (1, 4), "tag !!map is not allowed here"),
        ("!!set {a}", (1, 1), "tag !!set is not allowed here"),
        ("a: !!int x", (1, 4), "'x' is not of type int"),
        ("a: " + "9" * 5000, (1, 4), "a number of 5,000 characters; at most 100"),
        ("a: 0x" + "f" * 5000, (1, 4), "a number of 5,002 characters; at most 100"),
        ('a: "\\ud800"', (1, 4), "'\\ud800' has half a surrogate pair"),
        ("3: x", (1, 1), "key 3 is not text; quote it"),
        ("null: x", (1, 1), "key null is not text; quote it"),
        ("? [a]\n: x", (1, 3), "key of several values is not text; quote it"),
        ("[" * 51 + "]" * 51, (1, 51), "nested deeper than 50"),
    ],
)
def test_fault(content, position, text):
    assert faults(content) == [(position, text)]


def test_unicode_escape_out_of_range():
    ((_, text),) = faults('a: "\\UFFFFFFFF"')
    assert text.startswith("not valid YAML: ")


def test_duplicate_keys_name_both_lines_and_leave_the_first():
    document = read("a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert document.data == {"a": 1, "b": {"c": 1}}
    assert [(f.position, f.path, f.text) for f in document.faults] == [
        ((2, 11), ("b", "c"), "duplicate key, first on line 2"),
        ((3, 1), ("a",), "duplicate key, first on line 1"),
    ]


def test_expanding_aliases_is_limited():
    levels = [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 10)]
    ((_, text),) = faults("\n".join(["l0: &l0 x", *levels]))
    assert text == "more than 100,000 values, aliases expanded"


def test_nesting_by_aliases_is_limited():
    levels = [f"l{i}: &l{i} [[[[[[[[*l{i - 1}]]]]]]]]" for i in range(1, 200)]
    ((_, text),) = faults("\n".join(["l0: &l0 x", *levels]))
    assert text == "nested deeper than 50, aliases expanded"


def test_too_many_values(monkeypatch):
    monkeypatch.setattr(yaml_source, "MAX_NODES", 10)
    assert len(faults("[1, 2, 3, 4, 5, 6, 7, 8, 9]")) == 0
    assert len(faults("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]")) == 1


@settings(max_examples=200, **UNTIMED)
@given(
    st.text(st.sampled_from("ab: -[]{}&*!%|>'\"\n\t#?,~0.e\\uU\ud800\x85"), max_size=30) | st.text()
)
def test_any_text_is_read_or_refused(text):
    document = read(text)
    assert document.usable or document.faults


@settings(max_examples=100, **UNTIMED)
@given(st.binary())
def test_any_bytes_are_read_or_refused(content):
    document = read(content)
    assert document.usable or document.faults
