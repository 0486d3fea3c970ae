"""Architectures: one a file, one line each here."""

from runners.models.dcgan import DCGAN

MODELS: dict[str, type[DCGAN]] = {
    "dcgan": DCGAN,
}
