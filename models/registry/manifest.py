"""What a checkpoint of a model is: everything that is known of it besides its weights, signed."""

from __future__ import annotations

import hashlib
import re

import msgspec

from models.errors import ModelError
from models.learning.calibration import IDENTITY, Calibration
from models.learning.figures import Figures
from models.learning.threshold import Threshold

# A version is written into every verdict that the model scores, so it is short: 128 bits.
VERSION = re.compile(r"[0-9a-f]{32}")
HASH = re.compile(r"[0-9a-f]{64}")
# Model names are names of files too.
NAME = re.compile(r"\w+\.\w+(-[0-9]+)?")


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One checkpoint.

    ``model``: its name; ``spec``: the name of its declaration, of which ``model`` may be a later start.
    ``estimator``: what learns, in words. ``version``: the hash of all that makes its scores (``version_of``).
    ``weights``, ``state``: the hashes of the pickled scorer, and of the learner's state that belongs to it.
    ``inputs``: the features that it reads, in its order, each with the digest of its definition. ``schema``: that of
    all features of its kind. ``code``: Weir's version; ``libraries``: those of what else it is made with.
    ``calibration``: from its raw score to a probability. ``thresholds``: on the calibrated score, by the promised
    false positive rate as the policy writes it. ``learned``: how many examples; of labels, ``first_label_ms`` and
    ``last_label_ms`` are the earliest and the latest time of their events (ms since 1970, None: none yet).
    ``stacked``: the models whose scores it reads, each with the version that scored beside it of late; "untrained" is
    one of which there is no checkpoint.
    ``ready``: it has learned enough for its score to count. ``cost_us``: microseconds of CPU time that an event's
    score took, ``drifting``: the alarms about it that were on, in words, both when the checkpoint was made.
    ``figures``: how good it was, at decision time. ``parent``: the version that it went on from, "" if from none.
    ``signature``: HMAC-SHA256, under the registry's key, of all the rest.
    """

    model: str
    kind: str
    schema: str
    learned: int
    made_ms: int
    spec: str = ""
    estimator: str = ""
    version: str = ""
    weights: str = ""
    state: str = ""
    inputs: dict[str, str] = {}
    code: str = ""
    libraries: dict[str, str] = {}
    calibration: Calibration = IDENTITY
    thresholds: dict[str, Threshold] = {}
    first_label_ms: int | None = None
    last_label_ms: int | None = None
    stacked: dict[str, str] = {}
    ready: bool = False
    cost_us: float | None = None
    drifting: tuple[str, ...] = ()
    figures: Figures | None = None
    parent: str = ""
    signature: str = ""


def version_of(manifest: Manifest) -> str:
    """The hash of its weights, inputs, calibration and thresholds: models of one version act the same."""
    makes = [
        manifest.weights,
        list(manifest.inputs.items()),
        manifest.calibration,
        sorted((rate, one.value, one.thin) for rate, one in manifest.thresholds.items()),
    ]
    return hashlib.blake2b(msgspec.json.encode(makes), digest_size=16).hexdigest()


def decode_manifest(blob: bytes) -> Manifest:
    """Nothing of it is proven yet. Raises ModelError for what is none, however deep it is nested."""
    try:
        return msgspec.json.decode(blob, type=Manifest)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ModelError("it is no manifest: half written, or of another version of Weir") from None


def stacked_checkpoints(manifest: Manifest) -> list[tuple[str, str]]:
    """The models that it stacks, each with its version, where that is a checkpoint."""
    return [(model, version) for model, version in manifest.stacked.items() if VERSION.fullmatch(version)]
