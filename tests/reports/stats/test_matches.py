import dataclasses
from types import MappingProxyType

import pytest

from reports.load.results import Results
from reports.stats.matches import IMPORTED, NO_SEED, leading, matches, missing
from runners.store.states import State


def with_runs(results: Results, **columns) -> Results:
    return dataclasses.replace(results, runs=results.runs.assign(**columns))


def doubts(new: Results, old: Results) -> dict[str, str]:
    found = matches(new, old)
    return dict(zip(found["method"], found["unpaired"], strict=True))


def test_the_same_hashes_make_pairs(mixed):
    found = matches(mixed, mixed)
    assert found["method"].tolist() == mixed.methods
    assert (found[["apart", "unpaired"]] == "").to_numpy().all()


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        ("generator_init", "initial weights of G differ"),
        ("discriminator_init", "initial weights of D differ"),
        ("batches", "batches of real data differ"),
        ("latents", "latents differ"),
    ],
)
def test_another_hash_makes_none(mixed, proof, said):
    assert doubts(with_runs(mixed, **{proof: "other"}), mixed)["spectral_norm"] == said


def test_one_other_hash_of_one_seed_makes_none_of_that_method_alone(mixed):
    runs = mixed.runs
    one = (runs["method"] == "spectral_norm") & (runs["seed"] == 2)
    found = doubts(with_runs(mixed, latents=runs["latents"].mask(one, "other")), mixed)
    assert {name: said for name, said in found.items() if said} == {
        "spectral_norm": "latents differ"
    }


def test_hashes_that_are_not_there_prove_nothing(mixed):
    found = doubts(with_runs(mixed, batches=None), mixed)
    assert found["spectral_norm"] == "batches of real data are not proven the same"


def test_a_diverged_run_saw_fewer_batches_and_is_a_pair_all_the_same(mixed):
    runs = mixed.runs
    diverged = (runs["method"] == "spectral_norm") & (runs["seed"] == 2)
    states = runs["state"].mask(diverged, State.DIVERGED)
    fewer = runs["batches"].mask(diverged, "fewer")
    assert doubts(with_runs(mixed, state=states, batches=fewer), mixed)["spectral_norm"] == ""


def test_imported_runs_are_never_pairs(mixed):
    origins = MappingProxyType({"run": None})
    imported = dataclasses.replace(mixed, origins=origins)  # pyright: ignore
    assert {*doubts(imported, mixed).values(), *doubts(mixed, imported).values()} == {IMPORTED}


def test_other_seeds_are_no_pairs(mixed):
    found = doubts(with_runs(mixed, seed=mixed.runs["seed"] + 10), mixed)
    assert {*found.values()} == {NO_SEED}


def test_a_run_that_stands_in_two_cells_is_matched_in_both(tuned):
    rows = tuned.runs["run_id"].astype(object)
    second = tuned.runs["cell"] == "tuned"
    ids = [f"{i} (tuned)" if twice else i for i, twice in zip(rows, second, strict=True)]
    both = with_runs(tuned, run_id=ids)
    found = matches(both, tuned)
    assert len(found) == 2 * len(tuned.methods)
    assert (found["cell"] == found["old_cell"]).all()


def test_cells_of_other_names_match_by_their_settings(mixed):
    names = {"": "setting=A"}
    renamed = with_runs(mixed, cell=mixed.runs["cell"].cat.rename_categories(names))
    found = matches(renamed, mixed)
    assert {*found["cell"]} == {"setting=A"}
    assert {*found["old_cell"]} == {""}
    assert missing(found, mixed) == []
    plans = {
        name: dataclasses.replace(plan, spec={**plan.spec, "batch_size": 7})
        for name, plan in mixed.plans.items()
    }
    changed = dataclasses.replace(renamed, plans=plans)
    assert matches(changed, mixed).empty
    assert missing(matches(changed, mixed), mixed) == mixed.methods


def test_a_score_that_only_one_has_leads_in_none(mixed, split):
    assert leading(split, mixed) is None
    assert {*matches(split, mixed)["apart"]} == {"no score leads in both"}
