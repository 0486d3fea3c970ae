"""Whatever is written, a grid or a problem with its place comes of it."""

from pathlib import Path

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bench.grid import Grid, GridProblem, Overrides, load

GRID = (Path(__file__).parent / "small.yaml").read_text()


WORDS = [
    *("base", "methods", "seeds", "axes", "name", "setting", "optimizer", "model", "loss", "n_dis"),
    *("evaluation", "adam", "A", "none", "[1]", "{}", "{name: [1]}", "{name: {}}", "null", "1e9"),
    *("-1", ".nan", "true", "[]", "[[]]", "10001", "model.width", "*a", "&a", "!!int ", ": ", "\n"),
    *("  ", "- ", ", ", "'", '"', "{", "}", "[", "]", "optimizer.lr", "digits", "\t"),
]


RICH = GRID + "axes: {loss: [hinge, wasserstein], model.width: [8, 16], optimizer.lr: [1e-3]}\n"


def outcome(path, text, overrides):
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    try:
        assert isinstance(load(path, overrides), Grid)
    except GridProblem as problem:
        lines = str(problem).split("\n")
        assert_placed(path, lines)


def assert_placed(path, lines):
    assert all(line.startswith((f"{path}:", "--")) for line in lines)


FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZ
@given(st.text())
def test_any_text_is_a_grid_or_a_problem(tmp_path, text):
    outcome(tmp_path / "grid.yaml", text, Overrides())


@FUZZ
@given(
    st.lists(
        st.tuples(st.integers(0, len(RICH)), st.integers(0, 12), st.sampled_from(WORDS)), max_size=4
    )
)
@example([(RICH.index("adam"), 4, "{name: [1]}")])
def test_any_mutation_is_a_grid_or_a_problem(tmp_path, edits):
    text = RICH
    for start, length, word in edits:
        text = text[:start] + word + text[start + length :]
    outcome(tmp_path / "grid.yaml", text, Overrides())


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text()
)


VALUES = st.recursive(
    SCALARS,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from(WORDS), v, max_size=3),
    max_leaves=5,
)


@FUZZ
@given(st.sampled_from(["methods", "seeds", "axes", "base", "name", "description"]), VALUES)
def test_any_value_is_a_grid_or_a_problem(tmp_path, key, value):
    data = {**yaml.safe_load(RICH), key: value}
    outcome(tmp_path / "grid.yaml", yaml.safe_dump(data), Overrides())


@FUZZ
@given(
    st.builds(
        Overrides,
        steps=st.none() | st.integers(),
        seeds=st.none() | st.text() | st.sampled_from(["3", "1,2", "²", "1" * 5000]),
        methods=st.none() | st.tuples(st.text()) | st.just(("none",)),
        set=st.tuples(
            st.text()
            | st.builds(
                "{}={}".format, st.sampled_from([*WORDS, "model.name"]), st.sampled_from(WORDS)
            )
        ),
    )
)
def test_any_override_is_a_grid_or_a_problem(tmp_path, overrides):
    outcome(tmp_path / "grid.yaml", RICH, overrides)
