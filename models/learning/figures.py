"""What a model's recorded scores were worth, as its manifest, the metrics and the report show it."""

from __future__ import annotations

import msgspec


class Bin(msgspec.Struct, frozen=True):
    """One row of a reliability table: ``labels`` decisions whose probability was ``said`` on average, and of which
    the share ``seen`` was abuse."""

    said: float
    seen: float
    labels: int


class At(msgspec.Struct, frozen=True):
    """At one threshold: the share of abuse that reaches it, of legitimate decisions that do, and of abuse among
    those that do, at the labels' base rate (None: nothing reaches it)."""

    recall: float
    false_positive_rate: float
    precision: float | None


class Kept(msgspec.Struct, frozen=True):
    """How a promised false positive rate is kept: ``achieved`` by legitimate labels ``measured``; ``missing`` says in
    words why nobody may be hindered by it now, and is empty where one may."""

    achieved: float | None
    measured: int
    missing: str


class Recall(msgspec.Struct, frozen=True):
    """The share of abuse found by this model and by the champion, on the same decisions, where each meets the same
    share ``rate`` of legitimate ones; ``noise``: the standard error of their difference."""

    rate: float
    own: float
    champion: float
    noise: float


class Beside(msgspec.Struct, frozen=True):
    """This model beside the ``champion`` on ``abuse`` and ``legit`` labelled decisions that both had scored.

    ``evidence``: that this one is better; one that is not reaches x with a probability of at most 1/x, however often
    one looks. ``gain``: by how much its class-balanced Brier score is lower
    (so better) on average; ``of_late``: the same on the newest, with its standard error ``noise``.
    """

    champion: str
    abuse: int
    legit: int
    evidence: float
    gain: float
    of_late: float
    noise: float
    recall: dict[str, Recall] = {}


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Of scores as they were recorded at decision time, against labels that came later.

    ``abuse``, ``legit``: labels met in all. The others are of the newest only: ``base_rate`` (share of abuse),
    ``auc`` (0.5 is chance, 1 perfect), ``log_loss`` (nats) and ``brier`` (lower is better), ``calibration_error``
    (0 is best; ``calibration_noise``: what a perfect one would show), ``reliability`` (its table).
    ``at_rate``: at the present threshold of a promised rate, by ``rate_name``; ``at_score``: at a calibrated score;
    ``kept``: by promised rate. ``delay_p50_s``, ``delay_p90_s``: from event to label. None: too few labels to tell.
    """

    abuse: int
    legit: int
    base_rate: float | None = None
    auc: float | None = None
    log_loss: float | None = None
    brier: float | None = None
    calibration_error: float | None = None
    calibration_noise: float = 0.0
    reliability: tuple[Bin, ...] = ()
    at_rate: dict[str, At] = {}
    at_score: dict[str, At] = {}
    kept: dict[str, Kept] = {}
    delay_p50_s: float | None = None
    delay_p90_s: float | None = None
    first_label_ms: int | None = None
    last_label_ms: int | None = None
    beside: Beside | None = None
