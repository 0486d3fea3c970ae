"""Imported once by the server that workers are forked from: the slow imports of a run."""

import wandb

import runners.engines.service

__all__ = ["runners", "wandb"]
