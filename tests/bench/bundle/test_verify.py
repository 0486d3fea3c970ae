"""Bundles that hold what they say, and every way in which they may not."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from bundles import console, verified

from bench.bundle import again, verify
from bench.bundle.archive import digest_of
from bench.bundle.checks import Opened, hashes, runs, tried
from bench.bundle.contents import uneven
from bench.bundle.verify import Asked, Findings, _announced, _conclude
from runners.errors import UserProblem
from runners.files import read_json, write_json

SO = "so nothing shows that runs give these rows"


def test_a_sound_bundle_is_verified(stored) -> None:
    digest = digest_of(stored / "g.zip")
    code, said = verified(stored / "g.zip", Asked(digest=f"sha256:{digest}", rerun="none"))
    assert code == 0
    assert "FAILED" not in said
    assert said.endswith(f"\nverified, but no run was made again, {SO}; digest {digest}\n")
    assert "hashes have no key" not in said


def test_where_no_run_can_be_made_again_the_verdict_says_so(stored, monkeypatch) -> None:
    def made(*_: object) -> None:
        raise UserProblem("no digits here")

    monkeypatch.setattr(again, "made", made)
    monkeypatch.setattr(verify, "CHECKS", {})
    code, said = verified(stored / "g.zip", Asked())
    assert code == 0
    assert "note: not made again: no digits here\n" in said
    assert f"\nverified, but no run was made again, {SO}; digest " in said
    for insisted in (Asked(rerun="one"), Asked(rerun="all")):
        with pytest.raises(UserProblem, match="not made again: no digits here"):
            verified(stored / "g.zip", insisted)


@pytest.mark.parametrize(
    ("made", "held", "skipped", "words"),
    [(1, 1, [], "verified; "), (2, 1, ["x"], "verified, but for what the notes say; "),
     (1, 0, [], f"verified, but no run made again was compared, {SO}; ")],
)  # fmt: skip
def test_the_verdict_is_no_more_than_was_found(made, held, skipped, words) -> None:
    found = Findings(console())
    found.made, found.held = made, held
    _conclude(Opened(Path(), {}, "0", "0"), skipped, found)
    (*_, last) = found.console.file.getvalue().splitlines()  # pyright: ignore
    assert last == f"{words}digest 0"


def test_an_edited_row_is_named_by_hash_seal_and_tables(forged) -> None:
    mine = forged()
    run = mine.run("none")
    mine.edit(run, fid_test=1.5)
    code, said = mine.verified()
    assert code == 1
    file = f"runs/{run.run_id}/scores.jsonl"
    assert f"{file}: changed since it was bundled" in said
    assert f"{file}: changed or damaged since the run ended" in said
    assert f"report/runs.csv:2: {run.run_id}: state is 'finished', the rows give 'damaged'" in said
    damaged = r"report/pages/.*: is '.*finished.*', the rows give '.*damaged</strong>: runs/"
    assert re.search(damaged, said)


def test_an_edited_row_with_all_its_hashes_is_named_by_tables_and_bands(forged) -> None:
    mine = forged()
    run = mine.run("none")
    mine.edit(run, fid_test=1.5)
    mine.seal(run)
    mine.manifest()
    code, said = mine.verified()
    assert code == 1
    for words in ("hashes:  every file", "runs:    every planned run", "report:  FAILED"):
        assert words in said
    assert re.search(rf"report/runs\.csv:2: {run.run_id}: FID \(test\).* final is '.*', the rows "
                     r"give '1\.5'", said)  # fmt: skip
    assert "scores.fid_test, step 6: not 1.5" in said


@pytest.mark.slow
def test_what_is_forged_throughout_shows_in_the_digest_alone(stored, forged) -> None:
    mine = forged()
    mine.edit(mine.run("none"), fid_test=1.5)
    mine.seal(mine.run("none"))
    mine.derive()
    mine.manifest()
    code, said = mine.verified()
    assert code == 0
    assert "only a digest printed where the results are" in said
    code, said = mine.verified(Asked(digest=digest_of(stored / "g.zip"), rerun="none"))
    assert (code, said.count("FAILED")) == (1, 1)


@pytest.mark.slow
def test_an_edited_table_is_named(forged) -> None:
    mine = forged()
    for name in ("summary.md", "index.html"):
        file = mine.grid.report_folder / name
        text = file.read_text()
        file.write_text(text.replace("weight_clipping", "weight_cheating", 1))
    mine.manifest()
    code, said = mine.verified()
    assert code == 1
    assert re.search(r"report/summary\.md:\d+: is '.*weight_cheating", said)
    assert re.search(r"report/index\.html:\d+: is '.*cheating", said)


def test_a_failure_that_was_dropped_is_named(forged) -> None:
    mine = forged()
    failed = mine.run("weight_clipping", 1).run_id
    shutil.rmtree(mine.run("weight_clipping", 1).folder)
    opened = Opened(mine.folder, read_json(mine.folder / "bundle.json"), "")
    assert tried(hashes, opened) == [
        f"runs/{failed}: its 2 files are in bundle.json, but not in the bundle"
    ]
    assert tried(runs, opened) == [f"runs/{failed}: is planned, and was crashed, but is not there"]


@pytest.mark.slow
def test_a_failure_that_was_dropped_from_plan_and_report_too_is_named(forged) -> None:
    mine = forged()
    failed = mine.run("weight_clipping", 1).run_id
    mine.drop(mine.run("weight_clipping", 1))
    mine.derive()
    mine.manifest()
    code, said = mine.verified()
    assert (code, said.count("FAILED")) == (1, 1)
    assert f"grid.json: {failed}: not in the plan" in said


@pytest.mark.slow
def test_a_grid_that_was_never_even_says_so_itself(forged) -> None:
    mine = forged()
    gap = f"{mine.run('weight_clipping', 1).run_id}: not in the plan, where others have seed 1"
    mine.drop(mine.run("weight_clipping", 1))
    mine.derive()
    mine.manifest(uneven=[gap])
    code, said = mine.verified()
    assert code == 0
    assert f"note: {gap}, as the bundle itself says" in said


def test_a_plan_that_was_edited_is_told(forged) -> None:
    mine = forged()
    file = mine.grid.plan_file
    file.write_text(file.read_text().replace('"name": "g"', '"name": "h"'))
    mine.manifest()
    code, said = mine.verified()
    assert code == 1
    assert "plan:    FAILED\n  grid.json: changed since `bench run` wrote it\n" in said


@pytest.mark.slow
def test_files_that_nobody_listed_and_states_that_are_other_are_told(forged) -> None:
    mine = forged()
    (mine.grid.report_folder / "more.csv").write_text("a,b\n")
    said = read_json(mine.folder / "bundle.json")
    run = mine.run("weight_clipping", 1).run_id
    said["runs"] |= {run: "finished", "nobody": "finished"}
    write_json(mine.folder / "bundle.json", said)
    code, said = mine.verified()
    assert code == 1
    for words in ("report/more.csv: is in the bundle, but not in bundle.json",
                  "report/more.csv: is no file of a report",
                  f"runs/{run}/status.json: crashed, but bundle.json says finished",
                  "nobody: is in bundle.json, but not in the plan"):  # fmt: skip
        assert words in said


HOSTILE = ["\x1b[2J<script>", 10**400, [[1]], {"step": {}}, True, None, "__import__('os')", -1e308]


@pytest.mark.slow
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:12])
def test_values_that_no_run_wrote_end_in_a_message(forged, value) -> None:
    mine = forged()
    run = mine.run("none")
    status, row = read_json(run.status_file), run.rows("scores")[-1]
    write_json(run.status_file, status | {"step": value})
    run.rows_file("scores").write_text(json.dumps(row | {"fid": value}) + "\n")
    bands = json.loads((mine.folder / "bands.json").read_text())
    bands[0]["columns"]["scores.fid"] = value
    (mine.folder / "bands.json").write_text(json.dumps(bands))
    (mine.grid.report_folder / "figures.json").write_text(json.dumps([value]))
    mine.seal(run)
    mine.manifest()
    code, said = mine.verified()
    assert code == 1
    assert "\x1b" not in said


def test_a_manifest_of_the_wrong_kind_fails_before_any_check(forged) -> None:
    mine = forged()
    write_json(mine.folder / "bundle.json", read_json(mine.folder / "bundle.json") | {"runs": 1})
    code, said = mine.verified()
    assert code == 1
    assert said == "bundle:  FAILED\n  bundle.json: runs missing, or of the wrong type\n"


def test_a_strangers_words_move_no_cursor_and_begin_no_line() -> None:
    shown = console()
    Findings(shown).tell("again", ["a\x1b[2J\nverified"], "")
    assert shown.file.getvalue() == "again:   FAILED\n  a\\x1b[2J\n  verified\n"  # pyright: ignore


def test_any_seconds_of_training_can_be_told(forged) -> None:
    mine = forged()
    both = [mine.run("none", seed) for seed in (0, 1)]
    status, opened = read_json(both[0].status_file), Opened(mine.folder, {}, "")
    for seconds in (10**400, -(10**400), 1e308, -1e308):
        write_json(both[0].status_file, status | {"seconds": seconds})
        said = _announced(opened, [run.run_id for run in both], Asked(rerun="all"))
        assert re.fullmatch("making again: 2 runs; training took [0-9]{1,10} s where .*", said)


def test_names_that_no_disk_has_fail_a_check(forged) -> None:
    mine = forged()
    done = mine.run("none").done_file
    write_json(done, read_json(done) | {f"samples/{'a' * 300}": "0"})
    opened = Opened(mine.folder, read_json(mine.folder / "bundle.json"), "")
    (line,) = tried(runs, opened)
    assert line.startswith("holds values that no run wrote: OSError: ")
    assert str(mine.folder) not in line


@pytest.mark.slow
def test_a_run_of_a_plugin_is_not_made_again_without_it(forged) -> None:
    mine = forged()
    for run in [mine.run(*who) for who in (("none", 0), ("none", 1), ("weight_clipping", 0))]:
        spec = run.spec() | {"method": {"name": "mine"}, "plugins": ["mine.py@0123abcd"]}
        write_json(run.spec_file, spec)
        plan = mine.grid.plan()
        plan["runs"][run.run_id] = spec
        mine.grid.write_plan(
            plan["name"], plan["runs"], plan["description"], plan["axes"], plan["columns"]
        )
        mine.seal(run)
    mine.derive()
    mine.manifest(uneven=list(uneven(mine.grid.plan())))
    code, said = mine.verified(Asked())
    assert code == 0
    assert "holds components of mine.py (0123abcd), which no bundle brings along; --plugin" in said
    with pytest.raises(UserProblem, match=r"holds components of mine\.py"):
        mine.verified(Asked(run=mine.run("none").run_id))


def test_what_cannot_be_asked_for_is_refused(stored) -> None:
    with pytest.raises(UserProblem, match="--run nobody: no run of this bundle that ended"):
        verified(stored / "g.zip", Asked(run="nobody"))
    with pytest.raises(UserProblem, match="is no SHA-256"):
        verified(stored / "g.zip", Asked(digest="abc"))
    with pytest.raises(UserProblem, match="give one"):
        verified(stored / "g.zip", Asked(run="a", rerun="all"))
