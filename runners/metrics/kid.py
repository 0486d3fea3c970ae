"""Kernel inception distance (Binkowski et al. 2018, arXiv 1801.01401), by torch-fidelity."""

from __future__ import annotations

from typing import ClassVar

from runners.metrics.score import Features, Metric, Plan, Reference


class KID(Metric):
    """Unbiased squared MMD with a cubic kernel over random subsets; may be negative."""

    summary: ClassVar[str] = "kernel distance to the training images, unbiased, lower is better"
    lower_is_better: ClassVar[bool] = True
    columns: ClassVar[tuple[str, ...]] = ("kid", "kid_std")

    def score(self, generated: Features, reference: Reference, plan: Plan) -> dict[str, float]:
        """Return {"kid": mean over subsets, "kid_std": deviation over subsets}."""
        from torch_fidelity.metric_kid import kid_features_to_metric

        out = kid_features_to_metric(
            generated.embedding,
            reference.embedding(),
            kid_subsets=plan.kid_subsets,
            kid_subset_size=plan.kid_subset_size,
            verbose=False,
        )
        names = {"kid": "mean", "kid_std": "std"}
        return {name: out[f"kernel_inception_distance_{key}"] for name, key in names.items()}

    def stamps(self, plan: Plan) -> list[str]:
        """Return the number and size of the subsets."""
        return [f"kid-{plan.kid_subsets}x{plan.kid_subset_size}"]
