"""Lipschitz methods: one per file, one line each here."""

from runners.lipschitz.adversarial_lipschitz import AdversarialLipschitz
from runners.lipschitz.base import Method
from runners.lipschitz.bidirectional_spectral_norm import BidirectionalSpectralNorm
from runners.lipschitz.bjorck import Bjorck
from runners.lipschitz.dragan import Dragan
from runners.lipschitz.gradient_normalisation import GradientNormalisation
from runners.lipschitz.gradient_penalty import GradientPenalty
from runners.lipschitz.layer_norm import LayerNorm
from runners.lipschitz.max_gp import MaxGP
from runners.lipschitz.none import Unconstrained
from runners.lipschitz.operator_spectral_norm import OperatorSpectralNorm
from runners.lipschitz.orthogonal import Orthogonal
from runners.lipschitz.orthonormal import Orthonormal
from runners.lipschitz.r1 import R1
from runners.lipschitz.r1_r2 import R1R2
from runners.lipschitz.r2 import R2
from runners.lipschitz.sn_gp import SpectralNormGP
from runners.lipschitz.spectral_norm import SpectralNorm
from runners.lipschitz.spectral_regularisation import SpectralRegularisation
from runners.lipschitz.weight_clipping import WeightClipping
from runners.lipschitz.weight_norm import WeightNorm

METHODS: dict[str, type[Method]] = {
    "none": Unconstrained,
    "weight_clipping": WeightClipping,
    "gradient_penalty": GradientPenalty,
    "spectral_norm": SpectralNorm,
    "weight_norm": WeightNorm,
    "r1": R1,
    "r2": R2,
    "r1_r2": R1R2,
    "dragan": Dragan,
    "max_gp": MaxGP,
    "adversarial_lipschitz": AdversarialLipschitz,
    "orthonormal": Orthonormal,
    "spectral_regularisation": SpectralRegularisation,
    "sn_gp": SpectralNormGP,
    "layer_norm": LayerNorm,
    "operator_spectral_norm": OperatorSpectralNorm,
    "bidirectional_spectral_norm": BidirectionalSpectralNorm,
    "gradient_normalisation": GradientNormalisation,
    "bjorck": Bjorck,
    "orthogonal": Orthogonal,
}
