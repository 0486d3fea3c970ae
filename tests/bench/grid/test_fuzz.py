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
    *("log", "linear", "trials", "select", "shared", "scale", "[2, 1]", "{log: [1, 2]}", "0"),
]


RICH = GRID + "axes: {loss: [hinge, wasserstein], model.width: [8, 16], optimizer.lr: [1e-3]}\n"
TUNED = (
    GRID
    + """\
tuning:
  trials: 3
  seeds: 1
  select: {metric: fid, at: final}
  shared: {optimizer.lr: {log: [1e-4, 4e-3]}, n_dis: [1, 2]}
  methods: {spectral_norm: {scale: {linear: [0.5, 8]}}}
"""
)


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
    mutated(tmp_path, RICH, edits)


@FUZZ
@given(
    st.lists(
        st.tuples(st.integers(len(GRID), len(TUNED)), st.integers(0, 12), st.sampled_from(WORDS)),
        max_size=4,
    )
)
def test_any_mutation_of_a_tuning_is_a_grid_or_a_problem(tmp_path, edits):
    mutated(tmp_path, TUNED, edits)


def mutated(folder, text, edits):
    for start, length, word in edits:
        text = text[:start] + word + text[start + length :]
    outcome(folder / "grid.yaml", text, Overrides())


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
    st.sampled_from(
        [
            ("shared", "optimizer.lr"),
            ("shared", "n_dis"),
            ("shared", "setting"),
            ("shared", "model"),
            ("methods", "spectral_norm", "scale"),
            *((key,) for key in ("trials", "seeds", "select", "shared", "methods")),
        ]
    ),
    VALUES | st.builds(lambda kind, v: {kind: v}, st.sampled_from(["log", "linear"]), VALUES),
)
@example(("methods", "spectral_norm", "scale"), {"log": [1e-300, 1e300]})
@example(("shared", "optimizer.lr"), {"linear": [0.1, 0.1 + 1e-17]})
@example(("shared", "optimizer.lr"), {"log": [10**400, 1]})
def test_any_value_in_a_tuning_is_a_grid_or_a_problem(tmp_path, path, value):
    data = yaml.safe_load(TUNED)
    place = data["tuning"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    outcome(tmp_path / "grid.yaml", yaml.safe_dump(data), Overrides())


@FUZZ
@given(
    st.builds(
        Overrides,
        steps=st.none() | st.integers(),
        seeds=st.none() | st.text() | st.sampled_from(["3", "1,2", "²", "1" * 5000]),
        methods=st.none() | st.tuples(st.text()) | st.just(("none",)),
        trials=st.none() | st.integers(-2, 12),
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
    outcome(tmp_path / "grid.yaml", TUNED, overrides)
