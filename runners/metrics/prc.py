"""Improved precision and recall (Kynkaanniemi et al. 2019, arXiv 1904.06991), by torch-fidelity."""

from __future__ import annotations

from typing import ClassVar

from runners.metrics.score import Features, Metric, Plan, Reference

NEIGHBOURS = 3


class PRC(Metric):
    """Share of samples on the real manifold (precision), and of real data on theirs (recall)."""

    summary: ClassVar[str] = "precision and recall of the manifolds, 3 neighbours, both higher"
    lower_is_better: ClassVar[bool] = False
    columns: ClassVar[tuple[str, ...]] = ("precision", "recall")

    def score(self, generated: Features, reference: Reference, plan: Plan) -> dict[str, float]:
        """Return {"precision": ..., "recall": ...} against the first real data, as many again."""
        from torch_fidelity.metric_prc import prc_features_to_metric

        out = prc_features_to_metric(
            generated.embedding,
            reference.embedding()[: plan.samples],
            prc_neighborhood=NEIGHBOURS,
            save_cpu_ram=True,
            verbose=False,
        )
        return {"precision": out["precision"], "recall": out["recall"]}

    def stamps(self, plan: Plan) -> list[str]:
        """Return the number of real data compared with, and the neighbourhood."""
        return [f"prc-ref-{plan.samples}-k{NEIGHBOURS}"]
