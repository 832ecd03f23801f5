"""One model's record: recorded scores against labels, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from models.learning import told
from models.learning.calibration import IDENTITY, Calibration
from models.learning.duel import Duel
from models.learning.figures import Figures
from models.learning.measures import measured
from models.learning.promise import Promise
from models.learning.promises import Promises
from models.learning.recent import Recent
from models.learning.threshold import Threshold
from models.learning.windows import Windows

# The newest of each: pairs of a class, legitimate scores for promises, labels for the base rate, delays.
_PAIRS, _LEGIT, _LABELS, _DELAYS, _GAINS = 5_000, 20_000, 5_000, 2_000, 500


class _State(msgspec.Struct):
    """Everything, to be written down. ``clock_ms``: the latest label's time; ``unfitted``, ``unfound``: labels since
    calibration and thresholds were last found."""

    abuse: int = 0
    legit: int = 0
    clock_ms: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    unfitted: int = 0
    unfound: int = 0
    calibration: Calibration = IDENTITY
    promises: dict[str, Promise] = {}
    meanings: list[told.Meaning] = []
    duel: Duel = msgspec.field(default_factory=Duel)
    held: dict[str, bytes] = {}


class Performance:
    """Bounded (under 400 kB encoded), deterministic, and exact: encoded, decoded and continued, it equals continued.

    Scores are those recorded at decision time, so every figure is of what was said before the label was known.
    """

    def __init__(self, rates: Iterable[float] = ()) -> None:
        """``rates``: the promised false positive rates to follow from the beginning."""
        self._open(_State())
        self._follow(rates)

    def _open(self, state: _State) -> None:
        self._state = state
        held = state.held
        self._windows = Windows(
            legit=Recent(_PAIRS, 1, "<f8", held.get("legit", b"")),
            legit_told=Recent(_PAIRS, 2, "<f4", held.get("legit_told", b"")),
            abuse=Recent(_PAIRS, 1, "<f8", held.get("abuse", b"")),
            abuse_told=Recent(_PAIRS, 2, "<f4", held.get("abuse_told", b"")),
            labels=Recent(_LABELS, 1, "|u1", held.get("labels", b"")),
            delays_s=Recent(_DELAYS, 1, "<f4", held.get("delays_s", b"")),
            gains=Recent(_GAINS, 1, "<f4", held.get("gains", b"")),
        )
        scores = Recent(_LEGIT, 1, "<f8", held.get("promised", b""))
        self._promises = Promises(state.promises, scores, state.unfound)
        state.held = {}

    def add(
        self,
        score: float,
        abuse: bool,
        event_ms: int,
        label_ms: int,
        rival: float | None = None,
        reached: Mapping[str, bool] | None = None,
    ) -> None:
        """Count a labelled decision; one whose score is no number from 0 to 1 is left out.

        ``score``: the model's raw score as its verdict has it. ``event_ms``, ``label_ms``: when the event happened
        and when its label was given, in milliseconds. ``rival``: the champion's calibrated probability of the same
        decision, None if it had none or is not the champion of ``face``. ``reached``: by ``rate_name``, whether the
        decision reached the threshold that its verdict records; no entry where there was none or a thin one. If None,
        the thresholds count that were in force at ``event_ms`` by the labels until then.
        """
        if not 0.0 <= score <= 1.0:
            return
        score, abuse = float(score), bool(abuse)
        state, windows = self._state, self._windows
        state.clock_ms = max(state.clock_ms, label_ms)
        state.first_ms = label_ms if state.first_ms is None else min(state.first_ms, label_ms)
        state.last_ms = label_ms if state.last_ms is None else max(state.last_ms, label_ms)
        meaning = told.at(state.meanings, event_ms)
        said = meaning.calibration.apply(score)
        other = float(rival) if rival is not None and 0.0 <= rival <= 1.0 else math.nan
        if not math.isnan(other):
            windows.gains.append(state.duel.add(said, other, abuse, windows.base_rate))
        windows.add(score, said, other, abuse)
        windows.labels.append(abuse)
        windows.delays_s.append(max(0.0, (label_ms - event_ms) / 1000))
        state.abuse += abuse
        state.legit += not abuse
        if not abuse:
            if reached is None:
                reached = {name: score >= threshold for name, threshold in meaning.raw.items()}
            if self._promises.add(score, reached, windows.abuse.column()):
                self._change()
        state.unfitted += 1
        if state.unfitted >= max(20, min(500, len(windows) // 10)):
            state.unfitted = 0
            state.calibration = windows.fit()
            self._change()

    def _change(self) -> None:
        state = self._state
        told.change(state.meanings, told.Meaning(state.clock_ms, state.calibration, self._promises.raw))

    def remove(self, score: float, abuse: bool) -> None:
        """Take back the newest labelled decision with this score and label: it was withdrawn, or contradicted. What
        was counted beside the champion and against promises stays counted."""
        state = self._state
        if not self._windows.remove(score, abuse):
            return
        if abuse:
            state.abuse -= 1
            return
        state.legit -= 1
        self._promises.remove(score)

    def face(self, champion: str) -> None:
        """From now on rivals are this model's probabilities; where it is another, evidence begins anew."""
        if champion != self._state.duel.champion:
            self._state.duel = Duel(champion)
            self._windows.forget_rivals()

    def _follow(self, rates: Iterable[float]) -> None:
        if self._promises.follow(rates, self._windows.abuse.column()):
            self._change()

    @property
    def calibration(self) -> Calibration:
        return self._state.calibration

    def thresholds(self, rates: Sequence[float]) -> dict[str, Threshold]:
        """The threshold of each rate, by ``rate_name``; none before the first legitimate label. Of a thin one
        ``figures().kept`` says why. A rate that was not asked for before is followed from now on."""
        self._follow(rates)
        return self._promises.thresholds(rates, self.calibration)

    def figures(self, scores: Sequence[float] = ()) -> Figures:
        """``scores``: calibrated scores, such as a policy's bands, at which precision and recall are wanted too."""
        state = self._state
        figures = measured(self._windows, state.calibration, state.promises, state.duel, scores)
        return msgspec.structs.replace(
            figures,
            abuse=state.abuse,
            legit=state.legit,
            kept=self._promises.kept(),
            first_label_ms=state.first_ms,
            last_label_ms=state.last_ms,
        )

    def encode(self) -> bytes:
        held = {name: recent.held() for name, recent in self._windows.all().items()}
        held["promised"] = self._promises.legit.held()
        return msgspec.msgpack.encode(msgspec.structs.replace(self._state, held=held, unfound=self._promises.unfound))

    @classmethod
    def decode(cls, blob: bytes) -> Performance:
        """Raises msgspec.MsgspecError for what is no encoded performance."""
        self = cls.__new__(cls)
        self._open(msgspec.msgpack.decode(blob, type=_State))
        return self
