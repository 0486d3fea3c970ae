"""Inception score (Salimans et al. 2016, arXiv 1606.03498), by torch-fidelity."""

from __future__ import annotations

from typing import ClassVar

from runners.metrics.score import Features, Metric, Plan, Reference


class InceptionScore(Metric):
    """exp of the mutual information of image and predicted class; higher is better."""

    summary: ClassVar[str] = "exp E[KL(p(y|x) || p(y))] over 10 splits, higher is better"
    lower_is_better: ClassVar[bool] = False
    columns: ClassVar[tuple[str, ...]] = ("is", "is_std")

    def score(
        self,
        generated: Features,
        reference: Reference,  # noqa: ARG002
        plan: Plan,  # noqa: ARG002
    ) -> dict[str, float]:
        """Return {"is": mean over splits, "is_std": deviation over splits}."""
        from torch_fidelity.metric_isc import isc_features_to_metric

        out = isc_features_to_metric(generated.logits)
        return {"is": out["inception_score_mean"], "is_std": out["inception_score_std"]}
