"""Published numbers: beside whose runs they stand, what differs, and where none may stand."""

import dataclasses

import pytest

from reports.figures.score_points import final_scores
from reports.load.chosen import only_methods
from reports.load.loader import load
from reports.page.html import page
from reports.published import PAPER
from reports.stats.numbers import compute
from reports.stats.published import (
    on_published_data,
    protocol_differences,
    published,
    why_not_published,
)
from reports.stats.shown import shown
from reports.tables.published import differences_table, published_table
from runners.store.imported import Origin

CNN = {"name": "sngan_cnn", "width": 64, "latent": 128}
REFERENCE = "ref-train-45000+validation-5000+test-10000"
INCEPTION = f"inception-v3-1a2b3c4d/{REFERENCE}/gen-5000"
STABLE = [{"name": "replay"}]
ROWS = (
    ("spectral_norm", {}),
    ("spectral_norm", {"loss": "hinge"}),
    ("none", {"model": CNN | {"norm": "batch"}}),
    ("none", {}),
    ({"name": "weight_clipping", "c": 0.05}, {}),
)


@pytest.fixture(scope="module")
def write(write_grid, make_spec):
    def written(protocol, dataset="cifar10", rows=ROWS):
        specs = [make_spec(m, 0, **{"dataset": dataset, "model": CNN} | own) for m, own in rows]
        return load(write_grid(specs, protocol=protocol, recipes=("loss", "model")))

    return written


@pytest.fixture(scope="module")
def scored(write):
    results = write(INCEPTION)
    return results, compute(results)


def test_numbers_stand_beside_runs_of_the_same_method_loss_and_norm(scored):
    results, numbers = scored
    rows = published_table(results, numbers).set_index("published row")
    fid = next(column for column in rows if column.startswith("FID") and "published" in column)
    assert rows.loc["spectral norm, hinge", fid] == "25.5"
    beside = {name: method for name, method in rows["method"].items() if method != "–"}
    assert beside == {
        "batch norm": "none with norm=batch",
        "spectral norm": "spectral_norm with loss=nonsaturating",
        "spectral norm, hinge": "spectral_norm with loss=hinge",
    }
    assert set(rows.index) == {row.name for row in PAPER.rows}
    score = next(column for column in rows if column.startswith("IS") and "published" in column)
    assert rows.loc["spectral norm", score] == "7.42 ± 0.08"
    assert rows.loc["spectral norm", "finished here"] == "1 of 1"
    assert rows.loc["orthonormal", fid] == "29.0"


def test_every_thing_that_was_done_otherwise_is_told(scored):
    results, numbers = scored
    said = differences_table(results, numbers).set_index("what")
    assert tuple(said.loc["generated images, FID"]) == ("5,000", "5,000", "yes")
    assert said.loc["generated images, IS", "here"] == "10 parts of 500"
    assert tuple(said.loc["updates of G"]) == ("100,000", "1,000", "no")
    assert tuple(said.loc["batch size"]) == ("64", "64", "yes")
    assert said.loc["training images held out", "here"] == "5,000"
    assert said.loc["model", "same"] == "yes"
    assert said.loc["loss, of rows beside runs", "same"] == "yes"
    assert differences_table(results, numbers).set_index("same").loc["no"].shape[0] == 8
    assert "1a2b3c4d" in said.loc["network", "here"]


def test_settings_of_training_that_the_paper_lacks_are_told(write):
    own = {"augment": [{"name": "flip"}], "precision": "bf16", "n_dis": 5, "stabilisers": STABLE}
    own |= {"schedule": {"name": "cosine"}, "dataset": {"name": "cifar10", "train_size": 4000}}
    results = write(INCEPTION, rows=[("spectral_norm", own)])
    said = protocol_differences(results).set_index("what")[["here", "same"]]
    rows = {name: tuple(row) for name, *row in said.itertuples()}
    assert rows["augmentation"] == ("flip(p=0.5)", "no")
    assert rows["stabilisers"] == ("replay(capacity=1024, share=0.5)", "no")
    assert rows["precision"] == ("bf16", "no")
    assert rows["learning-rate schedule"] == ("cosine", "not known")
    assert rows["training images"] == ("4,000", "no")
    assert rows["updates of D per update of G, others"] == ("5", "not known")


def test_a_parameter_other_than_the_papers_or_the_default_has_no_row_beside_it(write):
    lazy = {"name": "gradient_penalty", "lazy": 16}
    everything = {"name": "weight_clipping", "scope": "all"}
    known = [(lazy, {}), (everything, {}), ("gradient_penalty", {"loss": "wasserstein"})]
    rows = published(write(INCEPTION, rows=known)).set_index("row")["method"]
    assert set(rows[rows != ""].index) == {"WGAN-GP"}


def test_what_statistics_from_a_file_do_not_say_is_not_stated(write):
    results = write("inception-v3-1a2b3c4d/stats-0123456789abcdef/gen-5000", rows=ROWS[:1])
    said = protocol_differences(results).set_index("what")[["here", "same"]]
    for what in ("real images, FID", "training images", "training images held out"):
        assert tuple(said.loc[what]) == ("not stated", "no")


def test_beside_imported_results_stands_none_and_the_page_says_why(write):
    results = write(INCEPTION, rows=ROWS[:1])
    (run,) = results.plans
    imported = dataclasses.replace(results, origins={run: Origin("a.csv", "0" * 64, "csv")})
    assert published(imported).empty
    assert protocol_differences(imported).empty
    (said,) = why_not_published(imported)
    assert said.startswith("No published numbers stand beside imported results: ")


def test_a_data_set_or_model_of_plain_text_is_told_as_far_as_it_says(write):
    results = write(INCEPTION, rows=ROWS[:1])
    ((name, run),) = results.plans.items()
    spec = {**run.spec, "dataset": "cifar10", "model": "a CNN"}
    plain = dataclasses.replace(results, plans={name: dataclasses.replace(run, spec=spec)})
    said = protocol_differences(plain).set_index("what")["here"]
    assert (said["model"], said["pixels"]) == ("a CNN", "not stated")
    assert set(published(plain)["method"]) == {""}


def test_rows_of_no_method_stay_where_a_report_shows_some_methods(scored):
    results, numbers = scored
    kept = only_methods(results, ["none with norm=batch"])
    table = published_table(kept, shown(numbers, kept)).set_index("published row")
    gone = {"spectral norm", "spectral norm, hinge"}
    assert set(table.index) == {row.name for row in PAPER.rows} - gone
    unscored = dataclasses.replace(kept, scores=kept.scores[:0])
    assert published_table(unscored, shown(numbers, kept)).empty


def test_the_figure_marks_them_as_published_and_no_statistic_counts_them(scored):
    results, numbers = scored
    figure = final_scores(results, numbers)
    assert figure is not None
    marked = [line for ax in figure.axes for line in ax.lines if line.get_marker() == "h"]
    assert len(marked) == 6  # three rows, IS and FID
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert f"published ({PAPER.source})" in labels
    bare = dataclasses.replace(numbers, published=numbers.published[:0])
    for name in ("score_summary", "middles", "pairs"):
        assert getattr(numbers, name) is getattr(bare, name)
    assert set(numbers.score_summary["method"]) == set(results.methods)


@pytest.mark.parametrize("network", ["cifar10-cnn", "inception-v3-bf16"])
def test_scores_of_another_network_have_none_and_the_page_says_why(write, network):
    results = write(f"{network}-1a2b3c4d/{REFERENCE}/gen-5000", rows=ROWS[:1])
    assert published(results).empty
    assert protocol_differences(results).empty
    (said,) = why_not_published(results)
    assert said.startswith(f"No published numbers stand beside scores by {network}: ")
    if network == "cifar10-cnn":
        assert said.split(":")[0] in page(results, compute(results), [])


def test_digits_show_nothing(mixed, numbers_of):
    assert not on_published_data(mixed)
    assert numbers_of(mixed).published.empty
    assert why_not_published(mixed) == []
    assert 'id="published' not in page(mixed, numbers_of(mixed), [])


def test_rows_that_the_paper_leaves_out_are_left_out(write):
    results = write(INCEPTION, "stl10", ROWS[:2])
    rows = published(results)
    assert "spectral norm, hinge" not in set(rows["row"])
    fid = rows[(rows["row"] == "spectral norm") & (rows["metric"] == "fid")]
    assert list(fid["value"]) == [53.1]
