"""Components from outside: loaded, registered, checked, stored and resumed like any other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from runners import plugins
from runners.contracts import SUITES, broken, title
from runners.diagnostics.bounds import bounds
from runners.diagnostics.operator_norm import operator_norms
from runners.errors import UserProblem
from runners.networks import Networks
from runners.options import Options
from runners.plugins import CONTRACTS, PluginProblem
from runners.rescore import samples
from runners.spec import from_dict, from_stored
from runners.store.run import RunStore
from runners.store.states import State
from runners.train import train

EXTENSIONS = Path(__file__).parents[1] / "examples" / "extensions.py"
MEASURED = ("metrics", "scores", "spectra", "diagnostics", "best")

MINE = """
from typing import ClassVar, Literal
from pydantic.dataclasses import dataclass
from runners.component import STRICT
from runners.lipschitz.base import Method

@dataclass(frozen=True, config=STRICT)
class Mine(Method):
    summary: ClassVar[str] = "mine"
    promises: ClassVar[bool] = False
    name: Literal["mine"] = "mine"

METHODS = {"mine": Mine}
"""


@pytest.fixture(autouse=True)
def registries(monkeypatch) -> Iterator[None]:
    """Give every test registries of its own content, and none of them the next."""
    kept = {name: dict(entries) for name, (entries, _) in CONTRACTS.items()}
    monkeypatch.setattr(plugins, "_LOADED", {})
    yield
    for name, (entries, _) in CONTRACTS.items():
        entries.clear()
        entries.update(kept[name])


@pytest.fixture
def extensions() -> plugins.Plugin:
    return plugins.load([EXTENSIONS])[0]


def test_every_kind_of_component_can_come_from_outside(extensions) -> None:
    assert {registry for registry, _ in extensions.added} == set(SUITES) - {"OPTIMIZERS"}
    assert plugins.load([EXTENSIONS]) == [extensions], "loading twice changes nothing"


def test_each_of_them_keeps_its_contract(extensions) -> None:
    for registry, name in extensions.added:
        entry = CONTRACTS[registry][0][name]
        component = entry() if isinstance(entry, type) else entry
        assert list(broken(registry, component)) == [], f"{registry} {name}"


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "squashed_by_gradient"},
        {"method": "lazy", "loss": "margin"},
        {"model": "residual", "method": "spectral_norm"},
        {"model": "residual", "method": {"name": "weight_norm", "learnable_gain": True}},
        {"model": "growing", "method": "spectral_norm"},
        {"model": "growing", "method": "gradient_penalty"},
        {"stabilisers": ["shaken"]},
        {"stabilisers": ["shaken", "batch_deviation"], "method": "weight_clipping"},
        {"schedule": "halving", "augment": ["noise", "shift"], "stabilisers": ["shaken"]},
        {"evaluation": {"every": 5, "samples": 200, "metrics": ["mean_distance", "fid"]}},
    ],
    ids=lambda changes: "-".join(str(value) for value in changes.values()),
)
def test_stopped_at_any_step_they_go_on_to_the_same_bytes(
    changes, extensions, tiny, tmp_path
) -> None:
    spec = tiny(**changes)
    assert spec.plugins == (extensions.file,)
    assert from_stored(spec.as_dict) == spec
    whole, parts = (RunStore(tmp_path / name / spec.run_id) for name in ("whole", "parts"))
    for store in (whole, parts):
        store.create(spec.as_dict)
    assert train(spec, whole, Options()).state == State.FINISHED
    for _ in range(spec.steps):  # at every step one attempt ends
        train(spec, parts, Options(), lambda: True)
    assert parts.is_done()
    for name in MEASURED:
        assert parts.rows_file(name).read_bytes() == whole.rows_file(name).read_bytes()
    assert parts.proof() == whole.proof()


def test_growing_changes_the_networks_at_its_step(extensions, tiny) -> None:
    networks = Networks(tiny(model="growing"), "cpu")
    x = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    seen = []
    for step in (0, 4, 6, 8, 9):
        networks.advance(step)
        with torch.no_grad():
            seen.append(networks.discriminator(x))
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[1], seen[2])
    assert not torch.equal(seen[2], seen[3])
    assert torch.equal(seen[3], seen[4])


def test_layers_not_in_use_are_not_measured(extensions, tiny) -> None:
    networks = Networks(tiny(model="growing"), "cpu")
    names = operator_norms(networks.discriminator, (1, 8, 8), {})
    assert all(name.startswith("plain") for name in names)
    networks.advance(6)
    assert len(operator_norms(networks.discriminator, (1, 8, 8), {})) == 4


def test_a_residual_network_has_an_upper_bound_by_the_rule_of_sums(extensions, tiny) -> None:
    network = Networks(tiny(model="residual"), "cpu").discriminator.requires_grad_(False)
    norms = {
        name: row["operator_upper"] for name, row in operator_norms(network, (1, 8, 8), {}).items()
    }
    found = bounds(network, torch.rand(32, 1, 8, 8), norms)
    first, a, b, up, last = norms.values()
    assert found["lipschitz_upper"] == pytest.approx(first * (1 + a * b) * up * last)
    assert 0 < found["lipschitz_lower"] <= found["lipschitz_upper"]


def test_what_a_penalty_costs_is_paid_only_where_it_is_due(extensions, tiny, trained) -> None:
    rows = trained(tiny(method="lazy", log_every=1)).rows("metrics")
    assert [row["penalty"] > 0 for row in rows] == [True, False] * 5
    assert rows[0]["penalty"] > rows[8]["penalty"]


def test_another_version_of_a_file_makes_other_runs(tmp_path) -> None:
    file = tmp_path / "mine.py"
    ids = []
    for text in (MINE, MINE + "# changed\n"):
        plugins._LOADED.clear()
        CONTRACTS["METHODS"][0].pop("mine", None)
        file.write_text(text)
        plugins.load([file])
        spec = from_dict(_spec("mine"))
        ids.append((spec.run_id, from_dict(_spec("none")).run_id))
    assert ids[0][0] != ids[1][0]
    assert ids[0][1] == ids[1][1], "runs that use nothing of it are the same"


def test_a_stored_run_of_another_version_is_refused_in_words(tmp_path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    plugins.load([tmp_path / "mine.py"])
    stored = from_dict(_spec("mine")).as_dict | {"plugins": ["mine.py@0123456789abcdef"]}
    with pytest.raises(ValueError, match=r"made with the plugins mine\.py@0123456789abcdef, not"):
        from_stored(stored)


def test_a_run_whose_plugin_is_not_loaded_says_which_to_name(tmp_path) -> None:
    store = RunStore(tmp_path / "run")
    kept = from_dict(_spec("none")).as_dict
    store.create(kept | {"method": {"name": "mine"}, "plugins": ["mine.py@0123456789abcdef"]})
    with pytest.raises(UserProblem, match=r"'mine'.*made with mine\.py@0123.*--plugin"):
        samples(store, "sample", 3)


def test_an_installed_package_offers_its_components(tmp_path, monkeypatch) -> None:
    (tmp_path / "offered_methods.py").write_text(MINE)
    info = tmp_path / "offered-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: offered\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{plugins.GROUP}]\nmine = offered_methods\n")
    monkeypatch.syspath_prepend(tmp_path)
    (found,) = plugins.load_installed()
    assert found.added == (("METHODS", "mine"),)
    assert from_dict(_spec("mine")).plugins == (found.file,)


def _spec(method: str) -> dict[str, object]:
    return {
        "method": method, "seed": 0, "dataset": "digits", "model": "dcgan", "loss": "hinge",
        "optimizer": "adam", "steps": 1, "batch_size": 8,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1", "adds nothing; give it a dictionary named METHODS"),
        ("def f(:\n  pass", "mine.py:1: cannot be loaded: SyntaxError"),
        ("import math\n\nmath.nothing()", "mine.py:3: cannot be loaded: AttributeError"),
        ("METHODS = [1]", "METHODS: expected a dictionary of names, got [1]"),
        ("METHODS = {'mine': 3}", "METHODS['mine']: expected a subclass of runners.lipschitz.base"),
        (MINE.replace('"mine": Mine', '"none": Mine'), "METHODS['none']: the name is taken"),
        (MINE.replace('"mine": Mine', '"my way": Mine'), "a component's name is letters"),
        (MINE.replace('"mine": Mine', '"other": Mine'), "its field name is 'mine', not 'other'"),
        (MINE.replace("@dataclass(frozen=True, config=STRICT)", ""), "decorate it with @dataclass"),
        (
            "LOSSES = {'mine': 1}",
            "LOSSES['mine']: expected an instance of runners.losses.Loss",
        ),
        ("from runners.lipschitz import METHODS", "METHODS is the package's own"),
        (
            MINE.replace("promises:", "weight: object = object()\n    promises:"),
            "cannot be loaded",
        ),
    ],
)
def test_what_cannot_be_loaded_is_refused_with_place_and_reason(text, words, tmp_path) -> None:
    (tmp_path / "mine.py").write_text(text)
    before = {name: dict(entries) for name, (entries, _) in CONTRACTS.items()}
    if words == "cannot be loaded":
        plugins.load([tmp_path / "mine.py"])  # pydantic takes any object; the suite does not
        found = list(broken("METHODS", CONTRACTS["METHODS"][0]["mine"]()))
        assert any("no plain JSON data" in line for line in found)
        return
    with pytest.raises(PluginProblem) as caught:
        plugins.load([tmp_path / "mine.py"])
    assert words in str(caught.value)
    assert {name: dict(entries) for name, (entries, _) in CONTRACTS.items()} == before


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(PluginProblem, match=r"nowhere\.py: cannot be read"):
        plugins.load([tmp_path / "nowhere.py"])


BREACHES = {
    "the penalty has shape (16,); it must be a scalar": """
    def penalty(self, discriminator, real, fake, draws, update):
        return discriminator(real)
""",
    "the penalty is float, not a tensor": """
    def penalty(self, discriminator, real, fake, draws, update):
        return 1.0
""",
    "draws from torch's global random generator": """
    def penalty(self, discriminator, real, fake, draws, update):
        import torch
        return discriminator(real + torch.rand_like(real)).mean()
""",
    "no check of its conformance has a tolerance": """
    promises = True
    def conformance(self, discriminator, gradients):
        from runners.lipschitz.base import check
        return {"x": check("x", 1.0, 1.0)}
""",
    "conformance['x'] lacks": """
    promises = True
    def conformance(self, discriminator, gradients):
        return {"x": {"what": "x", "value": 1.0, "ok": True}}
""",
    "conformance is empty": """
    promises = True
""",
    "wrap returned NoneType": """
    def wrap(self, discriminator, shape):
        pass
""",
    "wrap changes raw weights": """
    def wrap(self, discriminator, shape):
        for p in discriminator.parameters(): p.data.zero_()
        return discriminator
""",
    "a forward pass changes its state": """
    def wrap(self, discriminator, shape):
        import torch
        discriminator.register_buffer("seen", torch.zeros(()))
        discriminator.register_forward_hook(lambda m, i, o: m.seen.add_(1) and None)
        return discriminator
""",
}


@pytest.mark.parametrize(("words", "code"), BREACHES.items())
def test_what_breaks_the_contract_is_said_in_words(words, code, tmp_path) -> None:
    text = (
        MINE.replace("\nMETHODS", code + "\nMETHODS")
        .replace(
            "promises: ClassVar[bool] = False", "promises: ClassVar[bool] = " + str("True" in code)
        )
        .replace("\n    promises = True\n", "\n")
    )
    (tmp_path / "mine.py").write_text(text)
    plugins.load([tmp_path / "mine.py"])
    found = list(broken("METHODS", CONTRACTS["METHODS"][0]["mine"]()))
    assert any(words in line for line in found), found


def test_titles_of_checks_are_words() -> None:
    names = [title(check) for check in itertools.chain(*SUITES.values())]
    assert all(name and "_" not in name for name in names)
