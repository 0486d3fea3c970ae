"""Lipschitz methods: one per file, one line each here."""

from runners.lipschitz.base import Method
from runners.lipschitz.bidirectional_spectral_norm import BidirectionalSpectralNorm
from runners.lipschitz.bjorck import Bjorck
from runners.lipschitz.gradient_normalisation import GradientNormalisation
from runners.lipschitz.gradient_penalty import GradientPenalty
from runners.lipschitz.layer_norm import LayerNorm
from runners.lipschitz.none import Unconstrained
from runners.lipschitz.operator_spectral_norm import OperatorSpectralNorm
from runners.lipschitz.orthogonal import Orthogonal
from runners.lipschitz.spectral_norm import SpectralNorm
from runners.lipschitz.weight_clipping import WeightClipping
from runners.lipschitz.weight_norm import WeightNorm

METHODS: dict[str, type[Method]] = {
    "none": Unconstrained,
    "weight_clipping": WeightClipping,
    "gradient_penalty": GradientPenalty,
    "spectral_norm": SpectralNorm,
    "weight_norm": WeightNorm,
    "layer_norm": LayerNorm,
    "operator_spectral_norm": OperatorSpectralNorm,
    "bidirectional_spectral_norm": BidirectionalSpectralNorm,
    "gradient_normalisation": GradientNormalisation,
    "bjorck": Bjorck,
    "orthogonal": Orthogonal,
}
