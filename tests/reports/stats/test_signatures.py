import dataclasses
import re
import shutil

import pytest

from reports.load.loader import load
from reports.load.results import Results
from reports.stats.signatures import signatures


def line(results: Results, method: str = "spectral_norm") -> str:
    rows = signatures(results)
    return rows.loc[rows["method"] == method, "line"].iloc[0]


def parts(text: str) -> dict[str, str]:
    return dict(part.split(":", 1) for part in text.split("|"))


def test_its_parts(mixed):
    said = parts(line(mixed))
    digest, protocol = said.pop("digest"), said.pop("protocol")
    assert re.fullmatch("[0-9a-f]{12} [0-9a-f]{12}", f"{digest} {protocol}")
    assert said == {
        "grid": "lipschitz", "method": "spectral_norm", "score": "FID",
        "median": "14.4 [13.7, 15.1]", "n": "3/3", "suite": "unknown", "torch": "unknown",
    }  # fmt: skip
    assert parts(line(mixed, "none"))["n"] == "2/3"


def test_it_is_the_same_wherever_the_runs_lie_and_however_rows_are_ordered(
    mixed, mixed_folder, tmp_path
):
    shutil.copytree(mixed_folder, tmp_path / "copy")
    copy = load(tmp_path / "copy")
    assert signatures(copy).equals(signatures(mixed))
    turned = dataclasses.replace(mixed, scores=mixed.scores.iloc[::-1])
    assert signatures(turned).equals(signatures(mixed))


def with_runs(results: Results, **columns) -> Results:
    return dataclasses.replace(results, runs=results.runs.assign(**columns))


def changed_score(results: Results) -> Results:
    """One run's last score, in a digit that the median does not show."""
    rows = results.scores
    one = (rows["method"] == "spectral_norm") & (rows["seed"] == 1) & (rows["step"] == 1000)
    return dataclasses.replace(results, scores=rows.assign(fid=rows["fid"].mask(one, 14.40000001)))


CHANGES = {
    "grid": lambda r: dataclasses.replace(r, name="other"),
    "cell": lambda r: dataclasses.replace(
        with_runs(r, cell=r.runs["cell"].cat.rename_categories({"": "loss=hinge"})),
        scores=r.scores.assign(cell=r.scores["cell"].cat.rename_categories({"": "loss=hinge"})),
    ),
    "score": lambda r: dataclasses.replace(r, columns=dataclasses.replace(r.columns, first="is")),
    "median": lambda r: dataclasses.replace(r, scores=r.scores.assign(fid=r.scores["fid"] + 1)),
    "n": lambda r: with_runs(r, state=r.runs["state"].mask(r.runs["seed"] == 2, "diverged")),
    "protocol": lambda r: dataclasses.replace(r, scores=r.scores.assign(protocol="other")),
    "suite": lambda r: with_runs(r, **{"ran_on.suite": "9.9"}),
    "torch": lambda r: with_runs(r, **{"ran_on.torch": "9.9"}),
    "digest": changed_score,
}


@pytest.mark.parametrize("part", CHANGES)
def test_it_changes_with_each_of_its_parts(mixed, part):
    before, after = parts(line(mixed)), parts(line(CHANGES[part](mixed)))
    assert before.get(part) != after[part]
    assert before["digest"] != after["digest"]
    beside = {"score": {"median"}, "n": {"median"}}.get(part, set()) | {part, "digest"}
    assert {name for name in after if before.get(name) != after[name]} <= beside


def test_another_seed_or_run_changes_the_digest_alone(mixed):
    for column in ("seed", "run_id"):
        values = mixed.runs[column].astype(object).map(lambda v: f"{v}9")
        scores = mixed.scores.assign(run_id=mixed.scores["run_id"].astype(str) + "9")
        other = with_runs(mixed, **{column: values})
        other = dataclasses.replace(other, scores=scores) if column == "run_id" else other
        before, after = parts(line(mixed)), parts(line(other))
        assert {name for name in after if before[name] != after[name]} == {"digest"}


def test_versions_of_several_machines_are_all_told(mixed):
    versions = [f"2.{seed}" for seed in mixed.runs["seed"]]
    assert parts(line(with_runs(mixed, **{"ran_on.torch": versions})))["torch"] == "2.0+2.1+2.2"


def test_it_is_one_line_whatever_a_grid_is_called(mixed):
    text = line(dataclasses.replace(mixed, name="a|b\nmethod:c"))
    assert parts(text)["grid"] == "a b method:c"
    assert "\n" not in text


def test_without_scores_there_is_none(mixed):
    empty = mixed.columns.recorded_in([])
    nothing = dataclasses.replace(mixed, scores=mixed.scores[["run_id", "step"]], columns=empty)
    assert signatures(nothing).empty
