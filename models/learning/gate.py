"""The gate: whether a challenger may become champion, and in words why not."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from models.learning.figures import Beside, Figures


class Judgement(msgspec.Struct, frozen=True):
    """``reasons``: what failed, one sentence each; if it passed, what speaks for it."""

    passed: bool
    reasons: tuple[str, ...]


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """A challenger passes if all hold; ``alpha`` bounds the chance that one that is no better ever does.

    ``labels``, ``each``: decisions labelled beside the champion, in all and of each class. ``calibration_error``: at
    most. ``cost_us``: at most, microseconds of CPU time an event. ``noise``: by how many standard errors it may lie
    behind the champion in what is compared besides: of late, and in recall at equal false positives.
    """

    alpha: float = 0.01
    labels: int = 500
    each: int = 50
    calibration_error: float = 0.05
    cost_us: float = 200.0
    noise: float = 2.0

    def judge(
        self,
        figures: Figures,
        champion: str,
        *,
        ready: bool,
        cost_us: float | None,
        drifting: Sequence[str] = (),
    ) -> Judgement:
        """``figures``: the challenger's. ``cost_us``: what an event takes it, None if it has not been measured.

        ``drifting``: the alarms that are on for it, in words.
        """
        failed = [] if ready else ["it is still warming: it has not learned enough for its score to count"]
        beside = figures.beside
        if beside is None or beside.champion != champion:
            failed.append(f"needs {self.labels:,} more labelled decisions that {champion} has scored too")
        else:
            failed += self._compared(beside)
        error = figures.calibration_error
        if error is None:
            failed.append("its calibration is not known: it needs labels of both classes")
        elif error - figures.calibration_noise > self.calibration_error:
            failed.append(f"calibration error {error:.3f}, at most {self.calibration_error:g} is asked for")
        if cost_us is None:
            failed.append("its cost has not been measured: it has scored nothing yet")
        elif cost_us > self.cost_us:
            failed.append(f"takes {cost_us:.1f} µs an event, at most {self.cost_us:g} are allowed")
        failed += [f"drifting: {words}" for words in drifting]
        if failed:
            return Judgement(False, tuple(failed))
        assert beside is not None
        return Judgement(True, (self._evidence(beside),))

    def _compared(self, beside: Beside) -> list[str]:
        failed = []
        both = beside.abuse + beside.legit
        if both < self.labels:
            failed.append(f"needs {self.labels - both:,} more labelled decisions")
        for found, name in ((beside.abuse, "abuse"), (beside.legit, "legitimate")):
            if found < self.each:
                failed.append(f"needs {self.each - found:,} more labels of {name} decisions")
        if beside.evidence * self.alpha < 1:
            failed.append(self._evidence(beside))
        if beside.of_late < -self.noise * beside.noise:
            failed.append(f"of late it has been worse: Brier score {-beside.of_late:.4f} above the champion's")
        failed += [
            f"at {one.rate:.2%} false positives it finds {one.own:.1%} of the abuse, the champion {one.champion:.1%}"
            for one in beside.recall.values()
            if one.own < one.champion - self.noise * one.noise
        ]
        return failed

    def _evidence(self, beside: Beside) -> str:
        found = f"{beside.evidence:,.1f}" if beside.evidence < 1e6 else "over a million"
        return f"evidence {found} of {1 / self.alpha:g} that it is better"
