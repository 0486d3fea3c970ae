"""A small CNN classifier of one labelled data set: the extractor for images Inception never saw.

Its 64 penultimate features are the embedding, standardised on the training images and taken
before their ReLU: after it some are dead, and cannot be standardised. Its logits give the
Inception score. Weights live in a safetensors file whose header states the architecture, data
hash and held-out accuracy. `python -m runners.metrics.classifier digits` makes the file
that ships with the package.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from runners import seeds
from runners.datasets.base import Images
from runners.errors import UserProblem
from runners.files import digest, write_bytes
from runners.metrics.features import outputs

FEATURES = 64
UPDATES = 2000
BATCH = 128
SMALL = 16  # pixels up to which the first convolution keeps full resolution
SHIPPED = Path(__file__).with_name("classifiers")
"""Files by data set and content, as in the cache; digits of both divisions."""


class Classifier(nn.Module):
    """Images (n, channels, size, size) in uint8 -> (embedding (n, 64), logits (n, classes))."""

    def __init__(self, channels: int, size: int, classes: int) -> None:
        super().__init__()
        stride = 1 if size <= SMALL else 2
        layers: list[nn.Module] = [nn.Conv2d(channels, 32, 3, stride, padding=1), nn.ReLU()]
        width, size = 32, (size + stride - 1) // stride
        while size > 4:
            layers += [nn.Conv2d(width, 64, 3, stride=2, padding=1), nn.ReLU()]
            width, size = 64, (size + 1) // 2
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * size * size, FEATURES))
        self.head = nn.Linear(FEATURES, classes)
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("deviation", torch.ones(FEATURES))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the standardised embedding and the logits, float32."""
        features = self.body(images.float() / 127.5 - 1)
        return (features - self.mean) / self.deviation, self.head(features.relu())


class StackedClassifier(nn.Module):
    """Three-channel images (n, 3, size, size), a one-channel classifier applied to each channel.

    The embedding is the three embeddings side by side (n, 192); the logits of the 1,000 triples
    are sums of the channels' log-probabilities.
    """

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return (embedding, logits)."""
        channels = [self.classifier(images[:, c : c + 1]) for c in range(3)]
        a, b, c = (logits.log_softmax(1) for _, logits in channels)
        joint = a[:, :, None, None] + b[:, None, :, None] + c[:, None, None, :]
        return torch.cat([embedding for embedding, _ in channels], dim=1), joint.flatten(1)


@dataclass(frozen=True)
class Card:
    """What a weights file says of itself.

    Args:
        dataset: name of the data set it classifies.
        data_hash: content hash of these images.
        accuracy: share of held-out images classified right.
        channels, size, classes: shape of its input and output.
    """

    dataset: str
    data_hash: str
    accuracy: float
    channels: int
    size: int
    classes: int


def fit(name: str, images: Images, seed: int = 0) -> bytes:
    """Train a classifier and return its weights file; the same bytes on one thread each time."""
    count, channels, size, _ = images.train.shape
    classes = int(images.train_labels.max()) + 1
    with seeds.scoped(seed, "classifier"):
        network = Classifier(channels, size, classes)
    train = torch.from_numpy(images.train)
    labels = torch.from_numpy(images.train_labels)
    sampler = seeds.BatchSampler(seed, count, BATCH)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, weight_decay=1e-5)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, UPDATES)
    for update in range(UPDATES):
        batch = sampler.batch(update)
        shifts = torch.randint(-1, 2, (2,), generator=seeds.draws(seed, "shift", update))
        shifted = torch.roll(train[batch], shifts.tolist(), dims=(2, 3))
        loss = functional.cross_entropy(network(shifted)[1], labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    _standardise(network, train)
    accuracy = _accuracy(network, images)
    card = Card(name, images.content_hash, accuracy, channels, size, classes)
    return save(network.state_dict(), metadata={"card": json.dumps(card.__dict__)})


def _standardise(network: Classifier, train: Tensor) -> None:
    embedding = outputs(network, train)[0]
    network.get_buffer("mean").copy_(embedding.mean(0))
    network.get_buffer("deviation").copy_(embedding.std(0))


def _accuracy(network: Classifier, images: Images) -> float:
    data, labels = images.held_out
    right = outputs(network, torch.from_numpy(data))[1].argmax(1) == torch.from_numpy(labels)
    return round(right.double().mean().item(), 6)


def read(file: Path) -> tuple[Classifier, Card]:
    """Return the classifier and card of a weights file, in eval mode and without gradients.

    Raises:
        UserProblem: the file is damaged.
    """
    try:
        with safe_open(file, "pt") as tensors:
            card = Card(**json.loads(tensors.metadata()["card"]))
            state = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118
        network = Classifier(card.channels, card.size, card.classes)
        network.load_state_dict(state)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise UserProblem(
            f"{file}: not the weights of a classifier: {error}; remove it, and it is made again"
        ) from error
    return network.eval().requires_grad_(False), card


def file_hash(file: Path) -> str:
    """Return the SHA-256 of a weights file, the extractor's identity in every protocol."""
    return digest(file.read_bytes())


def known_file(name: str, images: Images, cache: Path) -> Path:
    """Return where the weights for a data set are: shipped, else in the cache, if they are."""
    file_name = f"{name}-{images.content_hash[:12]}.safetensors"
    shipped = SHIPPED / file_name
    return shipped if shipped.exists() else cache / "classifiers" / file_name


def weights_file(name: str, images: Images, cache: Path) -> Path:
    """Return the weights file for a data set: shipped, cached, or trained now and cached."""
    file = known_file(name, images, cache)
    if not file.exists():
        from filelock import FileLock

        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock"):
            if not file.exists():
                write_bytes(file, fit(name, images))
    return file


if __name__ == "__main__":
    import sys

    from runners.datasets import DATASETS

    torch.set_num_threads(1)
    _name = sys.argv[1]
    _images = DATASETS[_name]().load(Path())
    _made = SHIPPED / f"{_name}-{_images.content_hash[:12]}.safetensors"
    write_bytes(_made, fit(_name, _images))
    print(_made, read(_made)[1])
