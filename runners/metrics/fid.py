"""Frechet distance of embeddings (Heusel et al. 2017, arXiv 1706.08500), by torch-fidelity."""

from __future__ import annotations

from typing import ClassVar

from runners.metrics.score import Features, Metric, Plan, Reference


class FID(Metric):
    """FID of generated images to the reference; lower is better; biased upwards at small n."""

    summary: ClassVar[str] = "Frechet distance to the training images, lower is better"
    lower_is_better: ClassVar[bool] = True
    columns: ClassVar[tuple[str, ...]] = ("fid",)

    def score(
        self,
        generated: Features,
        reference: Reference,
        plan: Plan,  # noqa: ARG002
    ) -> dict[str, float]:
        """Return {"fid": distance}."""
        from torch_fidelity.metric_fid import (
            fid_features_to_statistics,
            fid_statistics_to_metric,
        )

        real = {"mu": reference.mean, "sigma": reference.covariance}
        fake = fid_features_to_statistics(generated.embedding)
        out = fid_statistics_to_metric(fake, real, verbose=False)
        return {"fid": out["frechet_inception_distance"]}
