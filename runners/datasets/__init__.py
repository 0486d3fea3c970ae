"""Data sets: one line each here."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from runners.datasets.base import Dataset, Images, subset
from runners.datasets.digits import Digits
from runners.datasets.folder import Folder
from runners.datasets.stacked_mnist import StackedMNIST
from runners.datasets.torchvision_sets import CIFAR10, KMNIST, MNIST, STL10, SVHN, FashionMNIST
from runners.datasets.toys import Gaussians8, Gaussians25, SwissRoll

DATASETS: dict[str, type[Dataset]] = {
    "digits": Digits,
    "mnist": MNIST,
    "fashion_mnist": FashionMNIST,
    "kmnist": KMNIST,
    "cifar10": CIFAR10,
    "svhn": SVHN,
    "stl10": STL10,
    "stacked_mnist": StackedMNIST,
    "folder": Folder,
    "gaussians8": Gaussians8,
    "gaussians25": Gaussians25,
    "swiss_roll": SwissRoll,
}


@lru_cache(maxsize=2)
def load_images(dataset: Dataset, root: Path) -> Images:
    """Return a data set's content as runs use it: to train on, ``train_size`` of it.

    It is kept in memory for the next run of this process.
    """
    return subset(load_whole(replace(dataset, train_size=None), root), dataset.train_size)


@lru_cache(maxsize=2)
def load_whole(dataset: Dataset, root: Path) -> Images:
    """Return all of a data set without ``train_size``, kept in memory for other sizes of it."""
    return dataset.load(root)
