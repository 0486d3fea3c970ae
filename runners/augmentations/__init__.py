"""Augmentations: random changes of every image that D sees; one line each here."""

from runners.augmentations.base import Augmentation
from runners.augmentations.colour import Colour
from runners.augmentations.cutout import Cutout
from runners.augmentations.flip import Flip
from runners.augmentations.shift import Shift

AUGMENTATIONS: dict[str, type[Augmentation]] = {
    "shift": Shift,
    "flip": Flip,
    "colour": Colour,
    "cutout": Cutout,
}
