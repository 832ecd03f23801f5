"""A model's card says what it is, what it learned from, how good it was, and where its limits are."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from models.learning.calibration import Calibration
from models.learning.figures import At, Bin, Figures, Kept
from models.learning.threshold import Threshold
from models.registry import Manifest
from models.registry.card import card

FIGURES = Figures(
    abuse=120,
    legit=4800,
    base_rate=0.024,
    auc=0.9731,
    log_loss=0.081,
    brier=0.0123,
    calibration_error=0.0042,
    calibration_noise=0.003,
    reliability=(Bin(0.01, 0.012, 4000), Bin(0.8, 0.75, 100)),
    at_rate={"0.001": At(0.61, 0.0008, 0.95)},
    at_score={"0.9": At(0.7, 0.002, None)},
    kept={"0.0001": Kept(None, 0, "25,000 legitimate labels are missing")},
    delay_p50_s=40.0,
    delay_p90_s=86400.0,
)
FULL = Manifest(
    model="login.logistic-2",
    kind="login",
    schema="5c4e",
    learned=4920,
    made_ms=1_790_000_000_000,
    spec="login.logistic",
    estimator="logistic regression | standardised",
    version="ab" * 16,
    weights="cd" * 32,
    state="ef" * 32,
    inputs={"account.logins_1h": "d1", "ip.new_device": "d2"},
    code="0.2.0",
    libraries={"river": "0.26.1", "numpy": "2.4"},
    calibration=Calibration(1.5, 0.75, -0.25),
    thresholds={"0.001": Threshold(0.93, 0.91, 0.95, 0.0008, 4800, 900)},
    first_label_ms=1_789_000_000_000,
    last_label_ms=1_789_900_000_000,
    stacked={"login.halfspace": "12" * 16},
    ready=True,
    cost_us=1.234,
    drifting=("account.logins_1h moved up",),
    figures=FIGURES,
    parent="98" * 16,
    signature="s",
)
SECTIONS = ["Inputs", "Training data", "Figures", "Calibration", "Thresholds", "Limits", "Versions"]


def test_the_card_says_all_that_the_manifest_does() -> None:
    text = card(FULL)
    for said in (
        "# Model login.logistic-2",
        "events of kind `login`",
        f"| version | `{'ab' * 16}` |",
        "| estimator | logistic regression \\| standardised |",
        "| declared as | `login.logistic` |",
        f"| goes on from | `{'98' * 16}` |",
        "| made | 2026-09-21 14:13:20 UTC |",
        "| cost | 1.23 µs of CPU time an event |",
        "| `account.logins_1h` | `d1` |",
        f"| `login.halfspace` | `{'12' * 16}` |",
        "| examples learned | 4,920 |",
        "| labels | 120 abuse, 4,800 legit |",
        "| earliest labelled event | 2026-09-10 00:26:40 UTC |",
        "| latest labelled event | 2026-09-20 10:26:40 UTC |",
        "| AUC | 0.9731 | 0.5 is chance, 1 is perfect |",
        "| calibration error | 0.0042 | 0 is best; by chance alone a perfect one would show 0.003 |",
        "| label delay | 40 s / 24 h |",
        "| promised rate 0.001 | 0.61 | 0.0008 | 0.95 |",
        "| calibrated score 0.9 | 0.7 | 0.002 | not known yet |",
        "| 0.8 | 0.75 | 100 |",
        "a = 1.5, b = 0.75, c = -0.25.",
        "| 0.001 | 0.93 | 0.91 to 0.95 | 0.0008 | 900 | 4,800 |",
        "- Only 120 labels of abuse events: its figures are rough.",
        "- Promised rate 0.0001: no threshold: 25,000 legitimate labels are missing.",
        "- Drift when it was made: account.logins_1h moved up.",
        "- It knows nothing later than 2026-09-20 10:26:40 UTC.",
        "| river | 0.26.1 |",
        f"| weights | `{'cd' * 32}` |",
    ):
        assert said in text, said
    assert "rough" in text
    assert "labels of legitimate" not in text
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    assert card(msgspec.json.decode(msgspec.json.encode(FULL), type=Manifest)) == text


def test_a_model_that_knows_nothing_yet_says_so() -> None:
    text = card(Manifest(model="mail.text", kind="mail", schema="s", learned=0, made_ms=0))
    for said in (
        "No features.",
        "nothing: it began untrained",
        "not yet: it is warming up",
        "| latest labelled event | not known yet |",
        "Not known yet: no labels have met its recorded scores.",
        "None yet: the score is taken as the probability.",
        "None: for no promised false positive rate",
        "- It is warming up: its score does not count yet.",
        "- Nothing is known of its quality.",
        "- It came without its learner's state: it scores, and cannot learn on.",
        "- It has learned from no label.",
        "| weights | none |",
    ):
        assert said in text, said
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS


def test_tables_keep_their_columns_whatever_stands_in_them() -> None:
    changes: dict[str, Any] = {"estimator": "a | b\n| c |", "libraries": {"x": "1\n\n# 2"}}
    text = card(msgspec.structs.replace(FULL, **changes))
    assert text.count("\n# ") == 0
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(columns) == 1, block
