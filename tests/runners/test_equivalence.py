"""The fast loop trains like a plain one that shares no code, kernel or layout with it."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from runners import checkpoint, seeds
from runners.datasets import load_images
from runners.datasets.digits import Digits
from runners.lipschitz import METHODS
from runners.losses import LOSSES
from runners.metrics import classifier
from runners.networks import Networks
from runners.options import Options
from runners.spec import RunSpec

USUAL = ("none", "weight_clipping", "gradient_penalty", "spectral_norm", "weight_norm")
OTHERS = [pytest.param(name, marks=pytest.mark.slow) for name in METHODS if name not in USUAL]
STEPS, BATCH, LATENT, WIDTH, RATE = 3, 32, 16, 8, 1e-3

ONE, ZERO = torch.ones(BATCH), torch.zeros(BATCH)
BCE, MSE = functional.binary_cross_entropy_with_logits, functional.mse_loss
PLAIN_LOSSES: dict[str, tuple[Callable[..., Tensor], Callable[..., Tensor]]] = {
    "nonsaturating": (lambda r, f: BCE(r, ONE) + BCE(f, ZERO), lambda r, f: BCE(f, ONE)),
    "hinge": (
        lambda r, f: torch.clamp(1 - r, min=0).mean() + torch.clamp(1 + f, min=0).mean(),
        lambda r, f: -f.mean(),
    ),
    "wasserstein": (lambda r, f: -r.mean() + f.mean(), lambda r, f: -f.mean()),
    "least_squares": (
        lambda r, f: (MSE(r, ONE) + MSE(f, ZERO)) / 2,
        lambda r, f: MSE(f, ONE) / 2,
    ),
    "relativistic": (lambda r, f: BCE(r - f, ONE), lambda r, f: BCE(f - r, ONE)),
}


class PlainMethod:
    """A method in the plainest words: what is not overridden does nothing."""

    gains = False  # whether every layer learns one

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale

    def effective(self, weight: Tensor, **vectors: Tensor) -> Tensor:
        """Return the weight a layer uses."""
        return weight

    def logits(self, network: nn.Sequential, weights: dict[str, Tensor], x: Tensor) -> Tensor:
        """Return D(x) with these weights."""
        return functional_call(network, weights, (x,)).flatten()

    def penalty(self, logits, real: Tensor, fake: Tensor, draws: torch.Generator) -> Any:
        """Return what is added to D's loss."""
        return 0.0

    def cost(self, weight: Tensor, **vectors: Tensor) -> Any:
        """Return what a layer's weight adds to D's loss."""
        return 0.0

    def project(self, weight: Tensor) -> None:
        """Change a weight after D's update."""

    def advance(self, weight: Tensor, vectors: dict[str, Tensor]) -> None:
        """Change a layer's vectors after D's update."""


class PlainClipping(PlainMethod):
    """Weights within .01."""

    def project(self, weight: Tensor) -> None:
        weight.copy_(weight.clip(-0.01, 0.01))


def _squared_slopes(logits, x: Tensor) -> Tensor:
    x = x.clone().requires_grad_(True)
    out = logits(x)
    (gradient,) = torch.autograd.grad(out, x, torch.ones_like(out), create_graph=True)
    return (gradient**2).sum(dim=(1, 2, 3))


def _between(real: Tensor, fake: Tensor, draws: torch.Generator) -> Tensor:
    share = torch.rand(BATCH, 1, 1, 1, generator=draws)
    return share * real + (1 - share) * fake


class PlainPenalty(PlainMethod):
    """Ten times the squared distance of gradient norms from 1."""

    def penalty(self, logits, real: Tensor, fake: Tensor, draws: torch.Generator) -> Tensor:
        squares = _squared_slopes(logits, _between(real, fake, draws))
        return 10 * torch.mean((torch.sqrt(squares) - 1) ** 2)


class PlainR1(PlainMethod):
    """Five times the mean squared gradient norm on real images."""

    def penalty(self, logits, real: Tensor, fake: Tensor, draws: torch.Generator) -> Tensor:
        return 5 * _squared_slopes(logits, real).mean()


class PlainR2(PlainMethod):
    """Five times the mean squared gradient norm on generated images."""

    def penalty(self, logits, real: Tensor, fake: Tensor, draws: torch.Generator) -> Tensor:
        return 5 * _squared_slopes(logits, fake).mean()


class PlainR1R2(PlainMethod):
    """Both."""

    def penalty(self, logits, real: Tensor, fake: Tensor, draws: torch.Generator) -> Tensor:
        ours = (real, fake, draws)
        return PlainR1().penalty(logits, *ours) + PlainR2().penalty(logits, *ours)


class PlainDragan(PlainMethod):
    """Ten times the squared distance of gradient norms from 1, beside real images."""

    def penalty(self, logits, real: Tensor, fake: Tensor, draws: torch.Generator) -> Tensor:
        alpha = torch.rand(BATCH, 1, 1, 1, generator=draws)
        deviation = torch.sqrt(((real - real.mean()) ** 2).mean())
        other = real + 0.5 * deviation * torch.rand(real.shape, generator=draws)
        squares = _squared_slopes(logits, (1 - alpha) * real + alpha * other)
        return 10 * torch.mean((torch.sqrt(squares) - 1) ** 2)


class PlainMax(PlainMethod):
    """A tenth of the largest squared gradient norm."""

    def penalty(self, logits, real: Tensor, fake: Tensor, draws: torch.Generator) -> Tensor:
        return 0.1 * _squared_slopes(logits, _between(real, fake, draws)).max()


class PlainAdversarial(PlainMethod):
    """Ten times the squared excess over K of |D(x) - D(x + r)| / |r|, image by image."""

    def penalty(self, logits, real: Tensor, fake: Tensor, draws: torch.Generator) -> Tensor:
        share = torch.rand(2 * BATCH, 1, 1, 1, generator=draws).flatten()
        noise = torch.rand(2 * BATCH, *real.shape[1:], generator=draws) - 0.5
        images = torch.cat([real, fake])
        start = torch.stack([one / one.norm() for one in noise]).requires_grad_(True)
        far = logits(torch.clip(images + 10 * start, -1, 1))
        (slope,) = torch.autograd.grad(far, start, torch.sign(far - logits(images)).detach())
        worst = torch.stack([one / max(one.norm().item(), 1e-10) for one in slope])
        steps = worst * (0.1 + 9.9 * share)[:, None, None, None]
        moved = torch.clip(images + steps, -1, 1)
        ratios = torch.abs(logits(moved) - logits(images)) / (moved - images).flatten(1).norm(dim=1)
        return 10 * torch.mean(torch.clamp(ratios - self.scale, min=0) ** 2)


class PlainOrthonormal(PlainMethod):
    """1e-4 times the squared distance of all products of rows, or of columns, from those of I."""

    def cost(self, weight: Tensor, **vectors: Tensor) -> Any:
        w = weight.reshape(len(weight), -1)
        products = torch.einsum("ik,jk->ij" if len(w) <= w[0].numel() else "ki,kj->ij", w, w)
        return 1e-4 * sum(
            ((row - (torch.arange(len(row)) == i).float()) ** 2).sum()
            for i, row in enumerate(products)
        )


class PlainSpectral(PlainMethod):
    """Weights times K over u W v."""

    def effective(self, weight: Tensor, **vectors: Tensor) -> Tensor:
        u, v = vectors["u"], vectors["v"]
        return self.scale * weight / torch.dot(u, weight.flatten(1) @ v)

    def advance(self, weight: Tensor, vectors: dict[str, Tensor]) -> None:
        matrix = weight.flatten(1)
        vectors["v"] = functional.normalize(matrix.T @ vectors["u"], dim=0)
        vectors["u"] = functional.normalize(matrix @ vectors["v"], dim=0)


class PlainRegularised(PlainMethod):
    """A two-hundredth of (u W v)^2."""

    def cost(self, weight: Tensor, **vectors: Tensor) -> Tensor:
        u, v = vectors["u"], vectors["v"]
        return (u @ weight.flatten(1) @ v) ** 2 / 200

    advance = PlainSpectral.advance


class PlainSpectralPenalty(PlainSpectral, PlainPenalty):
    """Weights over u W v, times a gain that is learned, and the penalty."""

    gains = True


class PlainRows(PlainMethod):
    """Rows of one norm."""

    def effective(self, weight: Tensor, **vectors: Tensor) -> Tensor:
        return torch.stack([self.scale * row / torch.norm(row) for row in weight])


class PlainLayerNorm(PlainMethod):
    """Every convolution's output but the first's, less its mean, over its deviation."""

    def logits(self, network: nn.Sequential, weights: dict[str, Tensor], x: Tensor) -> Tensor:
        for place, layer in enumerate(network):
            x = layer(x)
            if isinstance(layer, nn.Conv2d) and place > 0:
                x = x - x.mean(dim=(1, 2, 3), keepdim=True)
                x = x / torch.sqrt((x**2).mean(dim=(1, 2, 3), keepdim=True) + 1e-5)
        return x.flatten()


class PlainOperator(PlainMethod):
    """Weights times K over y' A x, by convolutions with stride 2 and their transposes."""

    def effective(self, weight: Tensor, **vectors: Tensor) -> Tensor:
        x = vectors["x"]
        if weight.dim() == 2:
            return self.scale * weight / (weight @ x[0]).norm()
        y = functional.conv2d(x, weight.detach(), stride=2, padding=1)
        sigma = (functional.conv2d(x, weight, stride=2, padding=1) * y / y.norm()).sum()
        return self.scale * weight / sigma

    def advance(self, weight: Tensor, vectors: dict[str, Tensor]) -> None:
        x = vectors["x"]
        if weight.dim() == 2:
            x = x @ weight.T @ weight
        else:
            y = functional.conv2d(x, weight, stride=2, padding=1)
            x = functional.conv_transpose2d(y, weight, stride=2, padding=1)
        vectors["x"] = x / x.norm()


class PlainBothWays(PlainMethod):
    """Weights times K over the mean of u W v of both reshapings."""

    def effective(self, weight: Tensor, **vectors: Tensor) -> Tensor:
        sigmas = [
            vectors[f"u{i}"] @ matrix @ vectors[f"v{i}"]
            for i, matrix in enumerate(self._ways(weight), start=1)
        ]
        return self.scale * weight / (sum(sigmas) / 2)

    def advance(self, weight: Tensor, vectors: dict[str, Tensor]) -> None:
        for i, matrix in enumerate(self._ways(weight), start=1):
            v = functional.normalize(matrix.T @ vectors[f"u{i}"], dim=0)
            vectors |= {f"v{i}": v, f"u{i}": functional.normalize(matrix @ v, dim=0)}

    def _ways(self, weight: Tensor) -> list[Tensor]:
        out, inputs = weight.shape[:2]
        return [weight.reshape(out, -1), torch.cat([w.reshape(inputs, -1) for w in weight], dim=1)]


class PlainNormalised(PlainMethod):
    """Logits over themselves and their gradient's norm."""

    def logits(self, network: nn.Sequential, weights: dict[str, Tensor], x: Tensor) -> Tensor:
        if not x.requires_grad:
            x = x.clone().requires_grad_(True)
        out = network(x).flatten()
        (gradient,) = torch.autograd.grad(out, x, torch.ones_like(out), create_graph=True)
        return self.scale * out / ((gradient**2).sum(dim=(1, 2, 3)).sqrt() + torch.abs(out))


class PlainSorted(PlainMethod):
    """U V' of every weight's singular value decomposition, and sorted pairs of channels."""

    def effective(self, weight: Tensor, **vectors: Tensor) -> Tensor:
        u, _, v = torch.linalg.svd(weight.flatten(1).double(), full_matrices=False)
        return (self.scale * u @ v).float().view_as(weight)

    def logits(self, network: nn.Sequential, weights: dict[str, Tensor], x: Tensor) -> Tensor:
        for place, layer in enumerate(network):
            if isinstance(layer, nn.LeakyReLU):
                pairs = x.movedim(1, -1).unflatten(-1, (-1, 2))
                x = pairs.sort(descending=True).values.flatten(-2).movedim(-1, 1)
                continue
            name = f"{place}.weight"
            x = functional_call(layer, {"weight": weights[name]} if name in weights else {}, x)
        return x.flatten()


class PlainOrthogonal(PlainSorted):
    """Rows, or columns where those are fewer, made orthonormal in order; half of it in 4x4/2."""

    def effective(self, weight: Tensor, **vectors: Tensor) -> Tensor:
        matrix = weight.flatten(1).double()
        rows = matrix if len(matrix) < matrix.shape[1] else matrix.T
        rows = torch.linalg.inv(torch.linalg.cholesky(rows @ rows.T)) @ rows
        rows = rows if len(matrix) < matrix.shape[1] else rows.T
        return (self.scale / (2 if weight.dim() == 4 else 1) * rows).float().view_as(weight)


PLAIN_METHODS: dict[str, type[PlainMethod]] = {
    "none": PlainMethod,
    "weight_clipping": PlainClipping,
    "gradient_penalty": PlainPenalty,
    "spectral_norm": PlainSpectral,
    "weight_norm": PlainRows,
    "r1": PlainR1,
    "r2": PlainR2,
    "r1_r2": PlainR1R2,
    "dragan": PlainDragan,
    "max_gp": PlainMax,
    "adversarial_lipschitz": PlainAdversarial,
    "orthonormal": PlainOrthonormal,
    "spectral_regularisation": PlainRegularised,
    "sn_gp": PlainSpectralPenalty,
    "layer_norm": PlainLayerNorm,
    "operator_spectral_norm": PlainOperator,
    "bidirectional_spectral_norm": PlainBothWays,
    "gradient_normalisation": PlainNormalised,
    "bjorck": PlainSorted,
    "orthogonal": PlainOrthogonal,
}
SCALED = [
    {"name": name, "scale": 2.5}
    for name in (
        "spectral_norm",
        "weight_norm",
        "operator_spectral_norm",
        "bidirectional_spectral_norm",
        "gradient_normalisation",
        "bjorck",
        "orthogonal",
    )
] + [{"name": "adversarial_lipschitz", "scale": 1e-4}]  # which initial weights exceed


ATTACHED, VECTORS = "parametrizations.weight.0.", ("u", "v")
"""What methods keep with a layer: where its weight is computed, or beside it."""


def test_every_method_has_its_plain_form() -> None:
    assert set(PLAIN_METHODS) == set(METHODS), "write the new method's plain form above"


class Plain:
    """A GAN with one forward pass for every use, plain layers and nothing cached."""

    def __init__(self, spec: RunSpec) -> None:
        self.spec = spec
        self.method = PLAIN_METHODS[spec.method.name](getattr(spec.method, "scale", 1.0))
        with torch.random.fork_rng():
            networks = Networks(spec, "cpu")
            generator, discriminator = networks.generator, networks.discriminator
        levels = 1 if spec.dataset.shape[1] == 8 else 2
        self.generator, self.discriminator = _networks(levels, spec.dataset.shape[0])
        _copy(generator, self.generator)
        _copy(discriminator, self.discriminator)
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        self.start = {name: copy.deepcopy(n.state_dict()) for name, n in networks.items()}
        self.vectors: dict[str, dict[str, Tensor]] = {}
        for name, vector in discriminator.state_dict().items():
            layer, _, own = name.replace(ATTACHED, "").rpartition(".")
            if ATTACHED in name or own in VECTORS:
                self.vectors.setdefault(f"{layer}.weight", {})[own] = vector.clone()
        parameters = dict(self.discriminator.named_parameters())
        weights = [name for name in parameters if name.endswith("weight")]
        self.gains = {name: nn.Parameter(torch.ones(())) for name in weights}
        gains = self.gains.values() if self.method.gains else []
        self.adam_g = torch.optim.Adam(self.generator.parameters(), RATE, (0.5, 0.999))
        self.adam_d = torch.optim.Adam([*parameters.values(), *gains], RATE, (0.5, 0.999))

    def logits(self, x: Tensor) -> Tensor:
        """Return D(x) with the weights its method makes effective."""
        effective = {
            name: self.gains[name] * self.method.effective(parameter, **self.vectors.get(name, {}))
            for name, parameter in self.discriminator.named_parameters()
            if name.endswith("weight")
        }
        return self.method.logits(self.discriminator, effective, x)

    def see(self, data: Tensor, which: str, update: int) -> Tensor:
        """Return what D sees: where the run says so, images that are mirrored or not."""
        if not self.spec.augment:
            return data
        draws = seeds.draws(self.spec.seed, f"flip changes {which}", update)
        mirrored = torch.rand(len(data), 1, 1, 1, generator=draws).flatten() < 0.5
        seen = [x.fliplr() if mirrored[i] else x for i, x in enumerate(data[:, 0])]
        return torch.stack(seen)[:, None]

    def begin(self, share: float) -> None:
        """Use a share of the learning rate."""
        for adam in (self.adam_g, self.adam_d):
            adam.param_groups[0]["lr"] = share * RATE

    def update_d(self, real: Tensor, z: Tensor, update: int) -> Tensor:
        """Take one step of D and return its loss without a penalty."""
        draws = seeds.draws(self.spec.seed, "penalty", update)
        real = self.see(real, "real", update)
        fake = self.see(self.generator(z).detach(), "fake", update)
        loss = PLAIN_LOSSES[self.spec.loss][0](self.logits(real), self.logits(fake))
        self.real = real
        penalty = self.method.penalty(self.logits, real, fake, draws) + self._cost()
        self.penalty = torch.as_tensor(penalty).item()
        self.adam_d.zero_grad()
        (loss + penalty).backward()
        self.adam_d.step()
        self._project()
        return loss

    def update_g(self, z: Tensor, step: int) -> Tensor:
        """Take one step of G and return its loss."""
        seen = self.see(self.generator(z), "own", step)
        loss = PLAIN_LOSSES[self.spec.loss][1](self.logits(self.real), self.logits(seen))
        self.generator.zero_grad()
        loss.backward()
        self.adam_g.step()
        return loss

    def _cost(self) -> Any:
        weights = dict(self.discriminator.named_parameters())
        return sum(
            self.method.cost(weights[name], **self.vectors.get(name, {})) for name in self.gains
        )

    @torch.no_grad()
    def _project(self) -> None:
        weights = dict(self.discriminator.named_parameters())
        for name, weight in weights.items():
            if name.endswith("weight"):
                self.method.project(weight)
        for name, vectors in self.vectors.items():
            self.method.advance(weights[name], vectors)


def _networks(levels: int, colours: int) -> tuple[nn.Sequential, nn.Sequential]:
    channels = WIDTH << levels
    g: list[nn.Module] = [
        nn.Linear(LATENT, channels * 16, bias=False), nn.Unflatten(1, (channels, 4, 4)),
    ]  # fmt: skip
    d: list[nn.Module] = [nn.Conv2d(colours, WIDTH, 4, 2, 1), nn.LeakyReLU(0.2)]
    for level in range(levels):
        last = level == levels - 1
        wide = channels >> level
        out = colours if last else wide // 2
        g += [nn.BatchNorm2d(wide), nn.ReLU(), nn.ConvTranspose2d(wide, out, 4, 2, 1, bias=last)]
        d += [nn.Conv2d(WIDTH << level, WIDTH << level + 1, 4, 2, 1), nn.LeakyReLU(0.2)]
    d += [nn.Flatten(), nn.Linear((WIDTH << levels) * 4, 1)]
    return nn.Sequential(*g, nn.Tanh()), nn.Sequential(*d)


def _raw(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return a state with the names of a plain network: nothing attached, nothing around."""
    own = [n for n in state if ATTACHED not in n and n.rpartition(".")[2] not in VECTORS]
    raw = {name: state[name] for name in own}
    for there, plain in (("parametrizations.weight.original", "weight"), ("inner.", ""),
                         (".layer.", ".")):  # fmt: skip
        raw = {name.replace(there, plain): tensor for name, tensor in raw.items()}
    return raw


def _copy(source: nn.Module, target: nn.Module) -> None:
    target.load_state_dict(_raw(source.state_dict()))


@pytest.fixture(scope="module", params=[1, 3])
def pixels16(request, tmp_path_factory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("pixels")
    digits = Digits().load(Path())
    for label in range(10):
        (folder / str(label)).mkdir()
        for number, image in enumerate(digits.train[digits.train_labels == label][:20, 0]):
            picture = Image.fromarray(image).resize((16, 16))
            picture.save(folder / str(label) / f"{number:02d}.png")
    return {
        "name": "folder",
        "path": str(folder),
        "size": 16,
        "channels": request.param,
        "labelled": True,
    }


def _compare(spec: RunSpec, trained, options: Options) -> None:
    plain = Plain(spec)
    store = trained(spec, options=options)
    images = torch.from_numpy(load_images(spec.dataset, options.data_root).train)
    sampler = seeds.BatchSampler(spec.seed, len(images), BATCH)
    rows = store.rows("metrics")
    for step, row in zip(range(STEPS), rows, strict=True):
        plain.begin(1 - (step + 1) / STEPS if spec.schedule.name == "linear" else 1)
        for update in range(step * spec.n_dis, (step + 1) * spec.n_dis):
            real = images[sampler.batch(update)] / 127.5 - 1
            z = seeds.latents(spec.seed, "latents", update, BATCH, LATENT)
            loss_d = plain.update_d(real, z, update)
        loss_g = plain.update_g(z, step + 1)
        assert row["penalty"] == pytest.approx(plain.penalty, rel=1e-3)
        assert row["loss_d"] == pytest.approx(loss_d.item(), rel=1e-4, abs=1e-5)
        assert row["loss_g"] == pytest.approx(loss_g.item(), rel=1e-4, abs=1e-5)
    saved = checkpoint.load(store)
    assert saved
    for name, network in (("generator", plain.generator), ("discriminator", plain.discriminator)):
        ours, start = _raw(saved[name]), plain.start[name]
        for key, parameter in network.named_parameters():
            gap, moved = ours[key] - parameter, parameter - start[key]
            # Adam's first steps are as large as the rate even where a gradient is all rounding:
            # there only the way of the whole tensor says something
            close = gap.abs().max() < 0.02 * RATE or gap.norm() < 0.03 * moved.norm()
            assert close, f"{name} {key}: {gap.norm() / moved.norm():.2%}"


def _cases() -> list[Any]:
    """Return every method and every loss once, and pairs of them as slow ones."""
    fast = [(method, "nonsaturating", 1) for method in METHODS]
    fast += [("none", loss, 5) for loss in LOSSES]
    pairs = [case for case in itertools.product(USUAL, LOSSES, [5]) if case not in fast]
    return [*fast, *(pytest.param(*case, marks=pytest.mark.slow) for case in pairs)]


@pytest.mark.parametrize(("method", "loss", "n_dis"), _cases())
def test_weights_and_losses_are_a_plain_loops(method, loss, n_dis, tiny, trained) -> None:
    spec = tiny(
        method=method, loss=loss, n_dis=n_dis, steps=STEPS, log_every=1,
        evaluation={"every": STEPS, "samples": 100}, diagnostics_every=STEPS,
    )  # fmt: skip
    _compare(spec, trained, Options())


@pytest.mark.parametrize("method", SCALED)
def test_so_they_are_with_a_scale(method, tiny, trained) -> None:
    evaluation = {"every": STEPS, "samples": 100}
    _compare(
        tiny(method=method, steps=STEPS, log_every=1, evaluation=evaluation), trained, Options()
    )


@pytest.mark.parametrize("method", [*USUAL, *OTHERS])
def test_so_they_are_on_larger_and_on_rgb_images(
    method, pixels16, tiny, trained, monkeypatch, tmp_path
):
    monkeypatch.setattr(classifier, "UPDATES", 2)  # nobody reads these scores
    spec = tiny(
        method=method, dataset=pixels16, steps=STEPS, log_every=1,
        evaluation={"every": STEPS, "samples": 100, "extractor": "classifier"},
    )  # fmt: skip
    _compare(spec, trained, Options(cache=tmp_path / "cache"))


@pytest.mark.parametrize("method", [*USUAL, *OTHERS])
def test_so_they_are_under_a_schedule_and_augmentation(method, tiny, trained) -> None:
    spec = tiny(
        method=method, n_dis=2, steps=STEPS, log_every=1, schedule="linear", augment=["flip"],
        evaluation={"every": STEPS, "samples": 100}, diagnostics_every=STEPS,
    )  # fmt: skip
    _compare(spec, trained, Options())
