"""Every metric that Weir's processes expose, named once: base units, bounded labels, nothing personal."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# Each counter would carry a second series with the time of its creation.
disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
_DELAYS = (1.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 43_200.0, 86_400.0, 259_200.0, 604_800.0, 2_592_000.0)

EVENTS = Counter("weir_events_total", "Records read from the event topics", ["kind"])
VERDICTS = Counter("weir_verdicts_total", "Verdicts published", ["kind", "action"])
RULES_FIRED = Counter("weir_rules_fired_total", "Rules that fired in a published verdict", ["kind", "rule"])
SHADOW_RULES_FIRED = Counter(
    "weir_shadow_rules_fired_total", "Rules in shadow that fired in a published verdict", ["kind", "rule"]
)
DUPLICATES = Counter("weir_duplicates_total", "Records that repeat another record's event", ["kind"])
REDELIVERED = Counter("weir_redelivered_total", "Records met again after a crash or rebalance", ["kind"])
DEGRADED = Counter("weir_degraded_total", "Verdicts made with less than everything", ["kind", "how"])
DEAD_LETTERS = Counter("weir_dead_letters_total", "Records refused, by reason", ["kind", "reason"])
UNKNOWN_FIELDS = Counter("weir_unknown_fields_total", "Fields of events that their kind does not know", ["kind"])
BATCHES = Counter("weir_batches_total", "Micro-batches decided", ["kind"])
DECISION_SECONDS = Histogram(
    "weir_decision_seconds", "From an event's append to its verdict's delivery", ["kind"], buckets=_SECONDS
)
STAGE_SECONDS = Histogram(
    "weir_stage_seconds", "Time of one stage of a micro-batch", ["kind", "stage"], buckets=_SECONDS
)
LAG = Gauge("weir_lag_events", "Events that wait in the log for this worker", ["kind"])
STORE_BEHIND = Counter("weir_store_behind_total", "Times that a store shard was found to lack its tail")
REFILLED = Counter("weir_refilled_events_total", "Events read again to fill a store shard", ["kind"])
STORE_UNAVAILABLE = Counter("weir_store_unavailable_total", "Calls that the feature store did not answer")
MODEL_FAULTS = Counter(
    "weir_model_faults_total", "Times that a model could not be used: refused, or left out of a verdict", ["model"]
)
MODEL_FALLBACKS = Counter(
    "weir_model_fallbacks_total", "Times that a model's last good version, or none, took its place", ["kind", "model"]
)
MODEL_SECONDS = Counter("weir_model_seconds_total", "Time that a model took to score", ["model"])
MODEL_CHECKPOINT_TIME = Gauge("weir_model_checkpoint_time_seconds", "When the serving checkpoint was made", ["model"])
BUNDLE_INFO = Gauge(
    "weir_bundle_info", "1 for the rules and policy that judge a kind, by their hash", ["kind", "bundle"]
)
BUNDLES_REFUSED = Counter("weir_bundles_refused_total", "Bundles that this worker could not take", ["kind"])
FROZEN = Gauge("weir_frozen", "1 while somebody holds a kind's actions down with weir freeze", ["kind"])
BUDGET_TRIPPED = Gauge("weir_budget_tripped", "1 while a budget is used up and not reset", ["kind", "budget"])
LIST_ENTRIES = Gauge("weir_list_entries", "Values that people set in a list, expired ones too", ["list"])

LABELS = Counter(
    "weir_labels_total",
    "Labels read, by what became of them in each model that they teach",
    ["kind", "result", "model"],
)
LABEL_DELAY_SECONDS = Histogram(
    "weir_label_delay_seconds", "From an event to the label about it", ["kind"], buckets=_DELAYS
)
LEARNED = Counter("weir_learned_total", "Examples learned", ["model"])
MODEL_AUC = Gauge(
    "weir_model_rolling_auc", "Area under the ROC curve of the last labelled decisions", ["model", "kind"]
)
MODEL_PRECISION = Gauge(
    "weir_model_precision_ratio",
    "Share of abuse among labelled decisions at or above a threshold, or a promised rate's",
    ["model", "kind", "threshold"],
)
MODEL_RECALL = Gauge(
    "weir_model_recall_ratio",
    "Share of labelled abuse at or above a threshold, or a promised rate's",
    ["model", "kind", "threshold"],
)
MODEL_FALSE_POSITIVES = Gauge(
    "weir_model_false_positive_ratio",
    "Share of legitimate labelled decisions at or above a threshold, or a promised rate's",
    ["model", "kind", "threshold"],
)
MODEL_CALIBRATION_ERROR = Gauge(
    "weir_model_calibration_error_ratio", "Mean distance of calibrated scores from what came true", ["model", "kind"]
)
MODEL_THRESHOLD = Gauge(
    "weir_model_threshold_ratio",
    "Calibrated score that keeps a promised rate of false positives",
    ["model", "kind", "rate"],
)
PROMISE_KEPT = Gauge(
    "weir_promise_achieved_ratio", "False positives in place of a promised rate of them", ["model", "kind", "rate"]
)
PROMISED = Gauge(
    "weir_promised_ratio", "The rate of false positives that a policy promises", ["model", "kind", "rate"]
)
PROMISE_LABELS = Gauge(
    "weir_promise_labels", "Legitimate labels that the achieved rate rests on", ["model", "kind", "rate"]
)
DRIFT = Gauge("weir_drift", "1 while an alarm stands that something of a kind has changed", ["kind", "what"])
ABUSE_LABELS = Gauge("weir_abuse_label_ratio", "Share of abuse among the labels of late", ["model", "kind"])
WAITING_LABELS = Gauge("weir_waiting_labels", "Labels whose decision has not been seen", ["model"])
CHECKPOINTS = Counter("weir_checkpoints_total", "Model checkpoints announced", ["model"])

INDEXED = Counter("weir_indexed_total", "Verdict documents by outcome", ["result"])
INDEX_RETRIES = Counter("weir_index_retries_total", "Bulk requests that had to be repeated")
INDEX_LAG = Gauge("weir_index_lag_events", "Verdicts that wait in the log for the indexer")

FOLDED = Counter("weir_folded_total", "Verdicts that the enforcer took, by what became of them", ["result"])
ENFORCED_TARGETS = Gauge("weir_enforced_targets", "Targets with an enforcement that has not expired")
ENFORCEMENT_SECONDS = Histogram(
    "weir_enforcement_seconds", "From an enforced verdict's append to its enforcement's commit", buckets=_SECONDS
)
ENFORCER_LAG = Gauge("weir_enforcer_lag_events", "Verdicts that wait in the log for the enforcer")
