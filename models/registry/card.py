"""A model's card: what it is, what it learned from, how good it was and where its limits are, from its manifest."""

from __future__ import annotations

from collections.abc import Iterator

from models.learning.figures import Figures
from models.registry.manifest import Manifest
from models.registry.markdown import NOT_YET, duration, number, table, time_of

# Fewer labels of a class than this make figures that the next hundred may turn over.
_THIN = 200


def card(manifest: Manifest) -> str:
    """Markdown, the same for the same manifest. Scores: high means abuse."""
    sections = (
        _what_it_is(manifest),
        _inputs(manifest),
        _training_data(manifest),
        _figures(manifest.figures),
        _calibration(manifest),
        _thresholds(manifest),
        _limits(manifest),
        _versions(manifest),
    )
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _what_it_is(one: Manifest) -> Iterator[str]:
    yield f"# Model {one.model}"
    yield ""
    yield f"Scores events of kind `{one.kind}` from 0 to 1; high means abuse, or unusual if it is an anomaly model."
    yield ""
    yield from table(
        ("", ""),
        [
            ("version", f"`{one.version}`"),
            ("estimator", one.estimator or NOT_YET),
            ("declared as", f"`{one.spec}`" if one.spec else NOT_YET),
            ("made", time_of(one.made_ms)),
            ("goes on from", f"`{one.parent}`" if one.parent else "nothing: it began untrained"),
            ("its score counts", "yes: it has learned enough" if one.ready else "not yet: it is warming up"),
            ("cost", NOT_YET if one.cost_us is None else f"{one.cost_us:.3g} µs of CPU time an event"),
        ],
    )


def _inputs(one: Manifest) -> Iterator[str]:
    yield "## Inputs"
    yield ""
    if one.inputs:
        yield f"{len(one.inputs)} features. If the definition of one changes, the model is refused."
        yield ""
        yield from table(("feature", "definition"), [(f"`{n}`", f"`{digest}`") for n, digest in one.inputs.items()])
    else:
        yield "No features."
    if one.stacked:
        yield ""
        yield "It stacks the scores of other models, as they were recorded at decision time:"
        yield ""
        yield from table(("model", "version"), [(f"`{n}`", f"`{version}`") for n, version in one.stacked.items()])


def _training_data(one: Manifest) -> Iterator[str]:
    yield "## Training data"
    yield ""
    labels = [] if one.figures is None else [("labels", f"{one.figures.abuse:,} abuse, {one.figures.legit:,} legit")]
    yield from table(
        ("", ""),
        [
            ("examples learned", f"{one.learned:,}"),
            *labels,
            ("earliest labelled event", time_of(one.first_label_ms)),
            ("latest labelled event", time_of(one.last_label_ms)),
        ],
    )


def _figures(found: Figures | None) -> Iterator[str]:
    yield "## Figures"
    yield ""
    if found is None:
        yield f"{NOT_YET.capitalize()}: no labels have met its recorded scores."
        return
    yield "Of scores as they were recorded at decision time, before their labels came; the newest labels only."
    yield ""
    delay = [duration(found.delay_p50_s), duration(found.delay_p90_s)]
    yield from table(
        ("figure", "value", "how to read it"),
        [
            ("AUC", number(found.auc), "0.5 is chance, 1 is perfect"),
            ("log loss", number(found.log_loss), "nats, lower is better"),
            ("Brier score", number(found.brier), "lower is better"),
            ("calibration error", number(found.calibration_error), _best_error(found)),
            ("base rate", number(found.base_rate), "share of abuse among the labels"),
            ("label delay", " / ".join(delay), "half and 90% of the labels came within"),
        ],
    )
    points = [(f"promised rate {rate}", at) for rate, at in found.at_rate.items()]
    points += [(f"calibrated score {score}", at) for score, at in found.at_score.items()]
    if points:
        yield ""
        rows = [(n, number(at.recall), number(at.false_positive_rate), number(at.precision)) for n, at in points]
        yield from table(("at the threshold of", "recall", "false positive rate", "precision"), rows)
    if found.reliability:
        yield ""
        bins = [(number(one.said), number(one.seen), f"{one.labels:,}") for one in found.reliability]
        yield from table(("probability said", "abuse seen", "labels"), bins)


def _calibration(one: Manifest) -> Iterator[str]:
    a, b, c = one.calibration.a, one.calibration.b, one.calibration.c
    yield "## Calibration"
    yield ""
    if (a, b, c) == (1.0, 1.0, 0.0):
        yield "None yet: the score is taken as the probability."
    else:
        yield f"Of the raw score s: sigmoid(a ln s - b ln(1 - s) + c), a = {a:.6g}, b = {b:.6g}, c = {c:.6g}."


def _thresholds(one: Manifest) -> Iterator[str]:
    yield "## Thresholds"
    yield ""
    if not one.thresholds:
        yield "None: for no promised false positive rate are there legitimate labels enough."
        return
    rows = [
        (
            rate,
            f"{t.value:.6g}",
            f"{t.low:.6g} to {t.high:.6g}",
            number(t.achieved),
            f"{t.measured:,}",
            f"{t.legit:,}",
        )
        for rate, t in one.thresholds.items()
    ]
    yield "On the calibrated score, by the promised false positive rate."
    yield ""
    names = ("promised rate", "threshold", "95% interval", "achieved rate", "measured on", "found from")
    yield from table(names, rows)


def _limits(one: Manifest) -> Iterator[str]:
    yield "## Limits"
    yield ""
    yield "- Labels are no fair sample of the traffic: its figures hold for what was labelled."
    if not one.ready:
        yield "- It is warming up: its score does not count yet."
    found = one.figures
    if found is None:
        yield "- Nothing is known of its quality."
    else:
        for name, count in (("abuse", found.abuse), ("legitimate", found.legit)):
            if count < _THIN:
                yield f"- Only {count:,} labels of {name} events: its figures are rough."
        for rate, kept in found.kept.items():
            if kept.missing:
                yield f"- Promised rate {rate}: no threshold: {kept.missing}."
    for alarm in one.drifting:
        yield f"- Drift when it was made: {alarm}."
    if not one.state:
        yield "- It came without its learner's state: it scores, and cannot learn on."
    yield (
        f"- It knows nothing later than {time_of(one.last_label_ms)}."
        if one.last_label_ms is not None
        else ("- It has learned from no label.")
    )


def _versions(one: Manifest) -> Iterator[str]:
    yield "## Versions"
    yield ""
    libraries = [(name, version) for name, version in one.libraries.items()]
    hashes = [
        ("weights", one.weights),
        ("state", one.state),
        ("feature schema", one.schema),
        ("signature", one.signature),
    ]
    yield from table(
        ("", ""),
        [
            ("Weir", one.code or NOT_YET),
            *libraries,
            *((name, f"`{value}`" if value else "none") for name, value in hashes),
        ],
    )


def _best_error(found: Figures) -> str:
    return f"0 is best; by chance alone a perfect one would show {number(found.calibration_noise)}"
