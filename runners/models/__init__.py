"""Architectures: one a file, one line each here."""

from runners.models.dcgan import DCGAN
from runners.models.mlp import MLP

MODELS: dict[str, type[DCGAN] | type[MLP]] = {
    "dcgan": DCGAN,
    "mlp": MLP,
}
