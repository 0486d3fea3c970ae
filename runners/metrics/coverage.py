"""Mode coverage: which classes generated images fall into, and how evenly."""

from __future__ import annotations

from typing import ClassVar

from runners.metrics.score import Features, Metric, Plan, Reference


class Coverage(Metric):
    """KL(predicted classes of generated images || real labels) in nats, and classes hit."""

    summary: ClassVar[str] = "KL of predicted classes to the real labels, and classes hit"
    lower_is_better: ClassVar[bool] = True
    columns: ClassVar[tuple[str, ...]] = ("label_kl", "classes", "classes_total")

    def score(
        self,
        generated: Features,
        reference: Reference,
        plan: Plan,  # noqa: ARG002
    ) -> dict[str, float]:
        """Return the KL divergence, the number of classes hit, and how many there are."""
        import numpy as np
        from scipy.stats import entropy

        total = len(reference.labels)
        hits = np.bincount(generated.logits.argmax(1).numpy(), minlength=total)
        return {
            "label_kl": float(entropy(hits, reference.labels)),
            "classes": int((hits > 0).sum()),
            "classes_total": total,
        }
