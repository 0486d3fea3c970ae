"""torch-fidelity's inception-v3-compat, from a local weights file or its own download.

Batch norms are folded into their convolutions and tensors keep channels last: the same function
in float32, up to rounding, in two thirds of the time on a CPU. In bfloat16 it is another function,
under another name.
"""

from __future__ import annotations

import hashlib
import pickle
import warnings
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.error import URLError

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch_fidelity import FeatureExtractorInceptionV3
from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3, BasicConv2d

from runners.errors import UserProblem
from runners.files import irregular

NAME = "inception-v3-compat"
LAYERS = ["2048", "logits_unbiased"]
BATCH = 32  # images at once: the largest activation takes 5.5 MB an image
WAYS_OUT = (
    "give a local file with --inception-weights FILE, or score by a small classifier of a "
    "labelled data set with --set evaluation.extractor=classifier"
)


class Inception(nn.Module):
    """uint8 images (n, 1 or 3, size, size) -> (embedding (n, 2048), logits (n, 1008)).

    Args:
        extractor: torch-fidelity's, which is changed.
        bf16: compute in bfloat16; the outputs are float32 all the same.
    """

    def __init__(self, extractor: nn.Module, bf16: bool = False) -> None:
        super().__init__()
        self.extractor, self.bf16 = extractor, bf16
        for module in extractor.modules():
            if isinstance(module, BasicConv2d):
                module.conv = fuse_conv_bn_eval(module.conv, module.bn)
                module.bn = nn.Identity()  # pyright: ignore
        extractor.to(memory_format=torch.channels_last)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return pool features and unbiased logits, as torch-fidelity's metrics use them."""
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.bf16):
            parts = [self.extractor(part.expand(-1, 3, -1, -1)) for part in images.split(BATCH)]
        embeddings, logits = zip(*parts, strict=True)
        return torch.cat(embeddings), torch.cat(logits)


@lru_cache(maxsize=2)
def load(weights: Path | None, trusted: bool = False, bf16: bool = False) -> tuple[Inception, str]:
    """Return the network and the hash of its weights.

    Args:
        weights: a state dict as torch-fidelity distributes it; None lets it download.
        trusted: load the file even if that could run code.
        bf16: see Inception.

    Raises:
        UserProblem: there is no network, no such file, or the file is not a plain state dict.
    """
    if weights is not None:
        require_weights(weights, trusted)
    path = None if weights is None else str(weights)
    try:
        extractor = FeatureExtractorInceptionV3(NAME, LAYERS, feature_extractor_weights_path=path)
    except (URLError, TimeoutError, ConnectionError) as error:
        raise UserProblem(
            f"the Inception weights cannot be downloaded ({error}); {WAYS_OUT}"
        ) from error
    except (RuntimeError, OSError) as error:
        raise UserProblem(f"{weights}: not Inception weights: {_first_line(error)}") from error
    extractor.eval().requires_grad_(False)
    identity = _hash(extractor)  # of the weights as distributed
    return Inception(extractor, bf16), identity


def downloaded() -> Path:
    """Return where torch-fidelity keeps the weights that it downloads."""
    return Path(torch.hub.get_dir(), "checkpoints", PurePosixPath(URL_INCEPTION_V3).name)


def require_weights(weights: Path, trusted: bool) -> None:
    """Refuse what is no file, and files that would run code when torch-fidelity unpickles them.

    Raises:
        UserProblem: why.
    """
    try:
        if kind := irregular(weights):
            raise UserProblem(f"--inception-weights {weights}: is {kind}, not a file")
        if not trusted:
            _unpickle(weights)
    except OSError as error:
        raise UserProblem(f"--inception-weights {weights}: {error.strerror}") from error


def _unpickle(weights: Path) -> None:
    """Load a file without running code of it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on the pickle protocol
            torch.load(weights, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise UserProblem(
            f"--inception-weights {weights}: refused, as it is not a plain state dict and loading "
            f"it could run code ({_first_line(error)}); --trust-weights loads it all the same"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]


def _hash(extractor: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, tensor in extractor.state_dict().items():
        digest.update(f"extractor.{name}".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
