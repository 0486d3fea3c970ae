import base64
import re
import shutil

import pytest

from reports.load.loader import load
from reports.page.html import page as page_of
from reports.page.pictures import Picture
from reports.page.sections import DRAWINGS, SECTIONS
from reports.render import render
from reports.stats.numbers import compute
from reports.tables.later import later_tables
from runners.errors import UserProblem
from runners.files import write_json
from runners.store.grid import GridStore
from runners.store.states import State


@pytest.fixture(scope="module")
def index(mixed_folder):
    return render(mixed_folder)


@pytest.fixture(scope="module")
def page(index):
    return index.read_text(encoding="utf-8")


OF_TUNING = [
    p.key for s in SECTIONS if s.anchor in ("tuning", "times") for p in s.parts if p.key in DRAWINGS
]
OF_SETTINGS = ["settings-heat-map", "setting-curves", "sweeps"]
NOT_ALWAYS = ("surfaces", "split-curves", *OF_TUNING, *OF_SETTINGS)
OF_IMAGES = [key for key in DRAWINGS if key not in NOT_ALWAYS]
SCORED = ("scores", "final-scores", "degradation", "samples")


def text_of(folder, keys=tuple(DRAWINGS)):
    """Return the page's text; lay figures out, but leave the slow encoding to `index`."""
    results = load(folder)
    numbers, pictures = compute(results), []
    for key in keys:
        for cell, figure in DRAWINGS[key].figures(results, numbers):
            figure.draw_without_rendering()
            pictures.append(Picture(key, cell, 1.0, "", "svg", {"svg": b""}))
    return page_of(results, numbers, pictures)


def without_images(page):
    return re.sub(r'"data:image[^"]*"', '""', page)


def test_all_files_are_written(index):
    folder = index.parent
    assert {"index.html", "summary.csv", "summary.md", "runs.csv"} <= {
        file.name for file in folder.iterdir()
    }
    figures = sorted((folder / "figures").iterdir())
    assert figures[0].name == "01-samples.png"
    assert {file.suffix for file in figures} == {".svg", ".png"}
    assert len(figures) == len({file.stem for file in figures}) == len(OF_IMAGES)


def test_the_page_is_self_contained(page):
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert page.count("<script") == page.count("<script>") == 1
    assert len([s for s in sources if s.startswith("data:")]) == len(OF_IMAGES)
    assert all(s.startswith(("data:image/", "#", "pages/")) for s in sources)
    svg = next(s for s in sources if s.startswith("data:image/svg"))
    assert b"<svg" in base64.b64decode(svg.split(",")[1])


def test_every_run_is_linked_to_its_page(page, mixed):
    for run_id, state in zip(mixed.runs["run_id"], mixed.runs["state"], strict=True):
        assert page.count(f'href="pages/{run_id}.html"') == 1 + (state != "finished")
    assert page.count("*</a>") == 4


def test_every_link_of_the_nav_has_a_target(page):
    for target in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{target}"' in page


def test_sections_stand_in_reading_order(page):
    found = re.findall(r'<h2 id="([^"]+)"', page)
    assert found == [
        "status", "summary", "conclusions", "images", "quality", "cost", "stability", "spectra",
        "ledger", "conformance", "pairing", "runs", "details",
    ]  # fmt: skip
    assert re.findall(r'<a href="#([^"]+)"', page.split("</nav>")[0]) == found
    shown = re.findall(r'<h3 id="([^"]+)"', page)
    assert [key for key in shown if key in DRAWINGS] == OF_IMAGES


def test_a_broken_promise_is_loud(page):
    text = without_images(page)
    status = text.split('<h2 id="summary">')[0]
    assert "BROKEN: a method did not do what it promises." in status
    assert "spectral_norm: true sigma, worst layer missed its target in 1 of 3 runs" in status
    assert '<td class="flag">BROKEN in 1 of 3 runs</td>' in text


def test_failures_come_with_intervals_and_thresholds(page):
    text = without_images(page)
    assert "<td>1 of 3 [0.06, 0.79]</td>" in text
    assert "|AUC - 1/2|" in text
    assert "is at most 1.25 times what logits without knowledge give by chance" in text
    assert "Degraded at other thresholds" in text
    assert "exceeds 0.693 nats" in text


def test_the_two_norms_and_undefined_bounds_are_named_apart(page):
    assert "sigma of the reshaped kernel (what spectral norm constrains)" in page
    assert "operator norm of the convolution" in page.replace("\n", " ")
    reason = "undefined: batch norm in train mode has no per-sample Lipschitz constant"
    assert f'<td class="long">{reason}</td>' in page


def test_rows_of_older_runs_make_a_page_that_says_what_they_lack(old, numbers_of):
    text = page_of(old, numbers_of(old), [])
    for said in (
        "These runs did not record coverage.",
        "These runs did not record operator norms.",
        "These runs did not record bounds.",
        "No method of these runs recorded a check.",
        "<td>not judged</td>",
    ):
        assert said in text
    assert "BROKEN" not in text.split("<script>")[0]


def test_more_than_one_change_is_a_loud_warning(write_grid, make_spec):
    specs = [make_spec("none", 0), make_spec("weight_norm", 0, n_dis=5)]
    text = text_of(write_grid(specs), keys=[])
    assert "More than one thing changed." in text
    assert "n_dis changes along with the method or the seed" in text
    assert '<td class="flag">UNDECLARED</td>' in text


def test_methods_failures_and_missing_runs_are_named(page):
    text = without_images(page)
    for method in ("none", "weight_clipping", "gradient_penalty", "spectral_norm", "weight_norm"):
        assert f"<td>{method}</td>" in text
    assert "11 of 15 planned runs finished" in text
    assert "non-finite loss_d between steps 500 and 550" in text
    assert re.search(r"missing</span>: weight_norm, seed 2", text)
    assert re.search(r"unfinished</span>: weight_norm, seed 1", text)
    assert "<details><summary>Traceback</summary>" in text


def test_text_of_runs_is_escaped(page):
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;script&gt;alert(2)&lt;/script&gt;" in page


def test_the_page_says_what_so_few_seeds_can_show(page):
    assert "No difference can be significant at .05 whatever the scores" in page
    assert "at least 6 seeds" in page.replace("\n", " ")


@pytest.mark.slow
def test_a_second_report_is_the_same_to_the_byte(mixed_folder, tmp_path, monkeypatch):
    few = {key: DRAWINGS[key] for key in ("survival", "samples", "norms")}
    monkeypatch.setattr("reports.render.DRAWINGS", few)  # one of each kind, for speed
    first, second = (
        {file.name: file.read_bytes() for file in folder.rglob("*.*") if file.is_file()}
        for folder in (render(mixed_folder, tmp_path / name).parent for name in "ab")
    )
    assert len(first) == 11 + 15 + 3 * 14, "a page for each run, each table in three files"
    assert first == second


def test_markdown_states_the_protocol(index):
    text = (index.parent / "summary.md").read_text(encoding="utf-8")
    assert "Protocol: digits-cnn-1a2b3c4d/ref-train-1437/gen-2000" in text
    assert "| spectral_norm | 3 of 3 | none | 14.4 [13.7, 15.1] |" in text


def test_unequal_conditions_are_a_loud_warning(write_grid, make_spec, seal):
    specs = [make_spec(m, 0) for m in ("none", "weight_norm")]
    folder = write_grid(specs)
    store = GridStore(folder).run(specs[1].run_id)
    write_json(store.proof_file, store.proof() | {"latents": "other"})
    page = text_of(seal(folder), keys=[])
    assert "Warning: the comparison is not paired" in page
    assert "latents differs between methods" in page


def test_figures_of_an_older_report_do_not_stay(
    mixed_folder, write_grid, make_spec, tmp_path, monkeypatch
):
    few = {key: DRAWINGS[key] for key in ("survival", "outcomes")}
    monkeypatch.setattr("reports.render.DRAWINGS", few)
    figures = render(mixed_folder, tmp_path).parent / "figures"
    assert len(list(figures.iterdir())) == 2
    render(write_grid([make_spec("none", 0)], states={("none", 0): State.MISSING}), tmp_path)
    assert {file.name for file in figures.iterdir()} == {"01-outcomes.svg"}


def test_no_run_started(write_grid, make_spec):
    text = text_of(write_grid([make_spec("none", 0)], states={("none", 0): State.MISSING}))
    assert "0 of 1 planned runs finished" in text
    assert "No run has been scored yet." in text


@pytest.mark.slow
def test_a_grid_without_a_finished_run(write_grid, make_spec):
    ends = {"none": State.DIVERGED, "weight_norm": State.CRASHED, "spectral_norm": State.UNFINISHED}
    states = {(method, 0): state for method, state in ends.items()}
    text = text_of(write_grid([make_spec(m, 0) for m in ends], states=states))
    assert "0 of 3 planned runs finished" in text
    for method, state in ends.items():
        assert f"{state}</span>: {method}, seed 0" in text


def test_only_the_untrained_generator(write_grid, make_spec):
    states = {("none", 0): State.UNFINISHED}
    text = text_of(write_grid([make_spec("none", 0)], states=states, ends={State.UNFINISHED: 0}))
    assert "No training step has been logged yet." in text


def test_one_seed_of_constant_scores_without_samples(write_grid, make_spec, seal):
    specs = [make_spec(m, 0) for m in ("none", "spectral_norm")]
    folder = write_grid(specs)
    for spec in specs:
        store = GridStore(folder).run(spec.run_id)
        shutil.rmtree(store.samples_folder)
        text = store.rows_file("scores").read_text()
        constant = re.sub(r'"(fid|is)": [\d.e+-]+', r'"\1": 3.0', text)
        store.rows_file("scores").write_text(constant)
    text = text_of(seal(folder), keys=SCORED)
    assert "3.00 [3.00, 3.00]" in text
    assert "No sample grid has been drawn yet." in text


def test_scores_that_are_not_numbers(write_grid, make_spec, seal):
    spec = make_spec("none", 0)
    folder = write_grid([spec])
    file = GridStore(folder).run(spec.run_id).rows_file("scores")
    file.write_text(re.sub(r'"(fid|is)": [\d.e+-]+', r'"\1": null', file.read_text()))
    assert "No run has been scored yet." in text_of(seal(folder), keys=SCORED)


def test_an_empty_plan(write_grid):
    assert "No run is planned." in text_of(write_grid([]))


def test_two_protocols_in_two_cells_do_not_share_a_column(write_grid, make_spec, seal):
    specs = [make_spec("none", 0, evaluation={"every": 250, "samples": n}) for n in (2000, 500)]
    folder = write_grid(specs)
    file = GridStore(folder).run(specs[1].run_id).rows_file("scores")
    file.write_text(file.read_text().replace("gen-2000", "gen-500"))
    text = text_of(seal(folder), keys=SCORED)
    assert "FID digits-cnn gen-500 ↓ final" in text
    assert "FID digits-cnn gen-2000 ↓ final" in text


def test_two_protocols_in_one_comparison_make_no_report(write_grid, make_spec, seal):
    specs = [make_spec(m, 0) for m in ("none", "weight_norm")]
    folder = write_grid(specs)
    file = GridStore(folder).run(specs[1].run_id).rows_file("scores")
    file.write_text(file.read_text().replace("gen-2000", "gen-500"))
    with pytest.raises(UserProblem, match="different protocols"):
        render(seal(folder))
    assert not (folder / "report").exists()


def test_two_stamps_of_one_reference_in_one_comparison_make_no_report(write_grid, make_spec, seal):
    specs = [make_spec(m, 0) for m in ("none", "weight_norm")]
    folder = write_grid(specs, splits=True)
    file = GridStore(folder).run(specs[1].run_id).rows_file("scores")
    file.write_text(file.read_text().replace("+validation-180+test-179", ""))
    with pytest.raises(UserProblem, match="different protocols"):
        render(seal(folder))


@pytest.mark.slow
def test_the_page_says_which_split_is_for_what(split_folder):
    text = " ".join(text_of(split_folder, keys=["split-curves", *SCORED]).split())
    assert "validation chose the best step, and test carries the claims" in text
    assert "The best score is the one at the step of the best validation score" in text
    assert "No validation or test scores" not in text
    assert 'id="split-curves"' in text


def test_later_scorings_know_their_splits_where_runs_do_not(write_grid, make_spec, seal):
    spec = make_spec("none", 0)
    folder = write_grid([spec])
    protocol = "digits-cnn-b/ref-train-9+validation-3+test-3/gen-500"
    later = {"fid": 5.0, "fid_validation": 7.0, "fid_test": 6.0, "fid_gap": 1.0}
    GridStore(folder).run(spec.run_id).append(
        "evals", [{"step": 1000, **later, "protocol": protocol}]
    )
    results = load(seal(folder))
    (table,) = later_tables(results, compute(results)).values()
    assert table.drop(columns=["method", "runs"]).iloc[0].to_dict() == {
        "FID (test) digits-cnn-b ↓ median [min, max]": "6.00 [6.00, 6.00]",
        "FID (train) digits-cnn-b ↓ median [min, max]": "5.00 [5.00, 5.00]",
        "FID (validation) digits-cnn-b ↓ median [min, max]": "7.00 [7.00, 7.00]",
        "FID gap, test - train at equal n, digits-cnn-b median [min, max]": "1.00 [1.00, 1.00]",
    }
    assert [score.title for score in results.score_columns] == ["FID", "IS"], "runs have none"


@pytest.mark.slow
def test_a_tuned_grid_has_files_of_its_own(tuned_folder, tmp_path):
    folder = render(tuned_folder, tmp_path / "report").parent
    trials = (folder / "trials.csv").read_text().splitlines()
    assert trials[0].startswith("run_id,method,label,trial,seed,state")
    assert len(trials) == 1 + 24
    compared = (folder / "tuning.csv").read_text().splitlines()
    assert len(compared) == 1 + 3
    assert "lr=0.00111, n_dis=1, c=0.0496" in compared[2]
    page = (folder / "index.html").read_text()
    assert "selected on validation; winners confirmed on 3 fresh seeds against test." in page
    assert page.index('id="conclusions"') < page.index('<h2 id="tuning"')
