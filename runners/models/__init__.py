"""Architectures: one per file, one line each here."""

from runners.models.base import Model
from runners.models.dcgan import DCGAN
from runners.models.mlp import MLP
from runners.models.progressive import Progressive
from runners.models.stylegan import StyleGAN

MODELS: dict[str, type[Model]] = {
    "dcgan": DCGAN,
    "mlp": MLP,
    "progressive": Progressive,
    "stylegan": StyleGAN,
}
