"""Architectures: one per file, one line each here."""

from runners.models.base import Model
from runners.models.dcgan import DCGAN
from runners.models.dense import Dense
from runners.models.fashion_dcgan import FashionDCGAN
from runners.models.mlp import MLP
from runners.models.progressive import Progressive
from runners.models.sngan_cnn import SNGANCnn
from runners.models.sngan_resnet import SNGANResNet
from runners.models.stylegan import StyleGAN
from runners.models.tutorial_dcgan import TutorialDCGAN
from runners.models.wgan_mnist import WGANMnist

MODELS: dict[str, type[Model]] = {
    "dcgan": DCGAN,
    "mlp": MLP,
    "tutorial_dcgan": TutorialDCGAN,
    "wgan_mnist": WGANMnist,
    "dense": Dense,
    "fashion_dcgan": FashionDCGAN,
    "sngan_cnn": SNGANCnn,
    "sngan_resnet": SNGANResNet,
    "progressive": Progressive,
    "stylegan": StyleGAN,
}
