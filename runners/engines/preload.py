"""Imported once by the server that workers are forked from: the slow imports of a run."""

import wandb

import runners.engines.task

__all__ = ["runners", "wandb"]
