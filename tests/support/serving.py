"""What a worker serves, as control records tell it, and checkpoints to tell it of."""

from __future__ import annotations

import msgspec
from support.events import CATALOGUES
from support.served import declared, fresh, teach

from models.registry import Manifest, Registry
from models.scorers import Batch, Scorer, Text
from models.served import Served
from streams import metrics
from streams.champions import champion_key
from streams.served_models import ServedModels


class Worker:
    """What a worker serves, told by control records."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.serving: dict[str, tuple[Served, ...]] = {}
        self.models = ServedModels(registry, CATALOGUES, declared(), self._put)

    def _put(self, kind: str, serving: tuple[Served, ...]) -> None:
        self.serving[kind] = serving

    def tell(self, key: str, value: bytes | None) -> None:
        self.models.on_control(key, value)

    def announce(self, manifest: Manifest) -> None:
        self.tell(f"model/{manifest.model}", msgspec.json.encode(manifest))

    def crown(self, text: str, kind: str = "login") -> None:
        self.tell(champion_key(kind), text.encode())

    def versions(self, kind: str = "login") -> dict[str, str]:
        """By model, its version; of the champion with a star."""
        return {m.name + ("*" if m.role == "champion" else ""): m.version for m in self.serving[kind]}


def learned(model: str, examples: int) -> Scorer:
    kind = model.partition(".")[0]
    scorer = fresh(kind)[model]
    names = CATALOGUES[kind].names
    if scorer.reads_text or scorer.stacks:
        for number in range(examples):
            scores = {name: Batch.of(("s",), [(0.25 + number % 2 / 2,)]).matrix[:, 0] for name in scorer.stacks}
            scorer.learn(Batch.of((), [()], [Text("Subject: hello", f"word{number}")], scores), [number % 2 == 1])
    else:
        teach({model: scorer}, [[float(number % 3)] * len(names) for number in range(examples)], kind)
    return scorer


def checkpoint(registry: Registry, model: str, examples: int, stacked: dict[str, str] | None = None) -> Manifest:
    scorer = learned(model, examples)
    kind = model.partition(".")[0]
    manifest = Manifest(
        model=model,
        kind=kind,
        spec=model,
        schema=CATALOGUES[kind].schema,
        inputs={name: CATALOGUES[kind].definitions[name] for name in scorer.inputs},
        learned=scorer.learned,
        made_ms=1000 + examples,
        stacked=stacked or {},
    )
    return registry.save(manifest, scorer, b"state")


def faults(name: str) -> float:
    return float(metrics.MODEL_FAULTS.labels(name)._value.get())
