"""What a micro-batch adds to the metrics."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from models.verdict import Verdict
from streams import metrics
from streams.record import Record


def measure(kind: str, records: Sequence[Record], verdicts: Sequence[Verdict]) -> None:
    """``records``: whose verdicts were delivered just now; ``verdicts``: those that were made for it."""
    now_s = time.time()
    seconds = metrics.DECISION_SECONDS.labels(kind)
    for record in records:
        seconds.observe(max(0.0, now_s - record.where.append_ms / 1000))
    data = [verdict.data for verdict in verdicts]
    for action, count in Counter(d.action for d in data).items():
        metrics.VERDICTS.labels(kind, action).inc(count)
    for rule, count in Counter(reason.rule for d in data for reason in d.reasons if reason.mode == "live").items():
        metrics.RULES_FIRED.labels(kind, rule).inc(count)
    for rule, count in Counter(reason.rule for d in data for reason in d.reasons if reason.mode == "shadow").items():
        metrics.SHADOW_RULES_FIRED.labels(kind, rule).inc(count)
    for how, count in Counter(how for d in data for how in d.degraded).items():
        metrics.DEGRADED.labels(kind, how).inc(count)
        if how.startswith("model:"):
            metrics.MODEL_FAULTS.labels(how.removeprefix("model:")).inc(count)
