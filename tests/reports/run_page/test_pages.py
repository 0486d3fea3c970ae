"""The pages of a report's runs: every run has one, and it is written when something changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from reports.folder import ReportFolder
from reports.load.loader import load
from reports.run_page.pages import run_pages
from reports.run_page.places import index, neighbours, places
from runners.files import read_json, write_json
from runners.store.grid import GridStore
from runners.store.run import EVENTS, RunStore
from runners.store.states import State, Status

OLD = Path(__file__).parents[2] / "stores" / "schema-1"


def report_of(folder: Path, out: Path | None = None, force: bool = False) -> Path:
    """Write what a report has of runs' pages, and return its folder."""
    place = ReportFolder(out or folder / "report", given=out is not None)
    place.prepare()
    pages = run_pages(load(folder), GridStore(folder), None if force else place)
    place.replace(pages.files, pages.kept)
    return place.folder


@pytest.fixture
def mixed_copy(mixed_folder, tmp_path) -> GridStore:
    shutil.copytree(mixed_folder, tmp_path / "g")
    return GridStore(tmp_path / "g")


def text_of(report: Path, run_id: str) -> str:
    return (report / "pages" / f"{run_id}.html").read_text(encoding="utf-8")


def drawn(report: Path, run_id: str) -> dict:
    text = text_of(report, run_id)
    return json.loads(text.partition('id="data">')[2].partition("</script>")[0])


def written(report: Path) -> dict[str, int]:
    return {file.name: file.stat().st_ino for file in (report / "pages").iterdir()}


def a_run(grid: GridStore, state: State) -> RunStore:
    return next(s for s in map(grid.run, grid.planned()) if s.status().state == state)


def test_every_planned_run_has_a_page_whatever_became_of_it(mixed_copy) -> None:
    damaged = a_run(mixed_copy, State.FINISHED)
    damaged.rows_file("scores").write_text("{}\n")
    report = report_of(mixed_copy.folder)
    runs = {i: text_of(report, i) for i in mixed_copy.planned()}
    assert written(report).keys() == {f"{i}.html" for i in runs}
    for text in runs.values():
        assert 'href="../index.html#runs"' in text
        assert "bench run --grid /dev/stdin" in text
    assert "scores.jsonl: changed or damaged" in runs[damaged.run_id]
    assert "None of its numbers are shown." in runs[damaged.run_id]
    assert drawn(report, damaged.run_id) == {}
    crashed, diverged = (a_run(mixed_copy, s).run_id for s in (State.CRASHED, State.DIVERGED))
    assert "&lt;script&gt;alert(2)&lt;/script&gt;</pre>" in runs[crashed]
    assert "non-finite loss_d between steps 500 and 550" in runs[diverged]
    assert drawn(report, diverged)["scores"]["x"] == [0, 250, 500]
    missing = a_run(mixed_copy, State.MISSING).run_id
    assert "No score was recorded." in runs[missing]


def test_only_pages_of_runs_that_changed_are_written(mixed_copy) -> None:
    report = report_of(mixed_copy.folder)
    before = written(report)
    report_of(mixed_copy.folder)
    assert written(report) == before
    changed = a_run(mixed_copy, State.UNFINISHED)
    changed.append("metrics", [{**changed.rows("metrics")[-1], "step": 600}])
    changed.write_status(Status(State.CRASHED, step=600))
    edited = report / "pages" / f"{a_run(mixed_copy, State.CRASHED).run_id}.html"
    sound = edited.read_bytes()
    edited.write_bytes(sound + b"<!-- edited -->")
    report_of(mixed_copy.folder)
    again = written(report)
    assert {name for name in before if before[name] != again[name]} == {
        f"{changed.run_id}.html", edited.name,
    }  # fmt: skip
    assert edited.read_bytes() == sound
    assert drawn(report, changed.run_id)["training"]["x"][-1] == 600
    report_of(mixed_copy.folder, force=True)
    assert not set(written(report).values()) & set(again.values())


def test_a_report_s_folder_says_the_same_elsewhere(mixed_copy, tmp_path) -> None:
    report = report_of(mixed_copy.folder)
    shutil.copytree(report, tmp_path / "sent")
    shutil.rmtree(mixed_copy.folder)
    for file in (tmp_path / "sent" / "pages").iterdir():
        text = file.read_text(encoding="utf-8")
        assert str(tmp_path) not in text
        assert "src=" not in text.partition('id="data"')[0].replace("img-src", "")


def test_pages_of_runs_that_are_planned_no_more_go(mixed_copy, seal) -> None:
    report = report_of(mixed_copy.folder)
    mine = report / "pages" / "mine.html"
    mine.write_text("mine")
    plan = read_json(mixed_copy.plan_file)
    gone = next(iter(plan["runs"]))
    del plan["runs"][gone]
    write_json(mixed_copy.plan_file, plan)
    seal(mixed_copy.folder)
    report_of(mixed_copy.folder)
    assert written(report).keys() == {f"{i}.html" for i in plan["runs"]} | {mine.name}


def test_events_are_told_in_their_order(mixed_copy) -> None:
    store = a_run(mixed_copy, State.UNFINISHED)
    rows = [(0, "retried", "boom <b>"), (250, "taken over", "")]
    for step, event, reason in rows:
        store.note({"step": step, "event": event, "reason": reason, "time": 1_700_000_000})
    text = " ".join(text_of(report_of(mixed_copy.folder), store.run_id).split())
    assert (
        "<li><strong>retried</strong> from step 0, 2023-11-14 22:13 UTC: boom &lt;b&gt;</li> "
        "<li><strong>taken over</strong> from step 250, 2023-11-14 22:13 UTC</li> "
        "<li><strong>unfinished</strong></li>"
    ) in text
    store.rows_file(EVENTS).write_text('{"step": 1}\n')
    report = report_of(mixed_copy.folder)
    assert "holds values of the wrong type: &#39;time&#39;" in text_of(report, store.run_id)


def test_trials_have_pages_too(tuned_folder, tmp_path) -> None:
    report = report_of(tuned_folder, tmp_path / "r")
    tuning = GridStore(tuned_folder).tuning()
    assert tuning is not None
    runs = {*tuning.runs, *GridStore(tuned_folder).planned()}
    assert written(report).keys() == {f"{i}.html" for i in runs}
    tried = text_of(report, tuning.points[0].runs[0])
    assert "<h1>none, trial 0, seed 1000000000</h1>" in tried


def test_runs_of_earlier_versions_have_pages_that_say_so(tmp_path) -> None:
    shutil.copytree(OLD, tmp_path / "old")
    report = report_of(tmp_path / "old")
    for run_id in GridStore(OLD).planned():
        assert "An earlier version drew the random numbers" in text_of(report, run_id)
        assert drawn(report, run_id)["scores"]["panels"]
        assert len(drawn(report, run_id)["samples"]) == 3


def test_runs_stand_beside_those_of_their_seed_and_method(mixed) -> None:
    found = places(mixed)
    beside = neighbours(found)
    one = next(p for p in found if (p.method, p.seed) == ("spectral_norm", 1))
    mine = beside[one.run_id]
    assert [rival.method for rival in mine.rivals] == list(mixed.methods)
    assert {rival.seed for rival in mine.rivals} == {1}
    assert mine.before is not None
    assert mine.after is not None
    assert (mine.before.seed, mine.after.seed) == (0, 2)
    assert mine.before.method == mine.after.method == "spectral_norm"
    assert beside[mine.after.run_id].after is None
    assert [(name, len(runs)) for name, runs in index(found)] == [(m, 3) for m in mixed.methods]


def test_a_run_in_two_cells_has_one_page_and_stands_in_both(tuned_folder) -> None:
    results = load(tuned_folder)
    assert results.tuning is not None
    found, repeated = places(results), results.tuning.repeated
    assert len(repeated) == len(found) - len({place.run_id for place in found}) > 0
    assert len(written(report_of(tuned_folder))) == len({place.run_id for place in found})
    beside = neighbours(found)
    for place in found:
        if not place.tried:
            same = [r for r in found if (r.cell, r.seed) == (place.cell, place.seed)]
            assert {rival.method for rival in same} == set(results.methods)
    for one, mine in beside.items():
        assert one not in {near.run_id for near in (mine.before, mine.after) if near}
