"""Lipschitz methods: one per file, one line each here."""

from runners.lipschitz.base import Method
from runners.lipschitz.gradient_penalty import GradientPenalty
from runners.lipschitz.none import Unconstrained
from runners.lipschitz.spectral_norm import SpectralNorm
from runners.lipschitz.weight_clipping import WeightClipping
from runners.lipschitz.weight_norm import WeightNorm

METHODS: dict[str, type[Method]] = {
    "none": Unconstrained,
    "weight_clipping": WeightClipping,
    "gradient_penalty": GradientPenalty,
    "spectral_norm": SpectralNorm,
    "weight_norm": WeightNorm,
}
