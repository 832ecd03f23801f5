"""A worker's part: taking the bundles that the control topic names, compiled beside the traffic."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Mapping

import structlog

from features.catalogue import Catalogue
from models.bundle import Bundle
from models.errors import RuleError
from streams import metrics
from streams.bundles.wire import BUNDLE_KEY, CURRENT_KEY, Current, decode_current, open_bundle

log = structlog.get_logger()
# Commands send a bundle directly before they put it in force, so that older ones are not needed again.
_HELD_BYTES = 64_000_000


class BundleFollower:
    """``on_control`` is called by the control reader's thread and returns at once; a thread of its own compiles.

    Before ``settle`` everything is only noted, for then the topic's values come in no order.
    """

    def __init__(
        self,
        catalogues: Mapping[str, Catalogue],
        shipped: Mapping[str, Bundle],
        put: Callable[[str, Bundle], None],
    ) -> None:
        self._catalogues = catalogues
        self._shipped = shipped
        self._put = put
        self._in_force = {kind: bundle.hash for kind, bundle in shipped.items()}
        self._wanted: dict[str, Current | None] = {}
        self._values: dict[str, bytes] = {}
        self._settled = False
        self._compiling = False
        self._waiting: set[str] = set()
        self._changing = threading.Lock()
        for kind, bundle in shipped.items():
            metrics.BUNDLE_INFO.labels(kind, bundle.hash).set(1)

    def on_control(self, key: str, value: bytes | None) -> None:
        """Note one change of the control topic, and have it compiled."""
        if key.startswith(BUNDLE_KEY):
            self._on_bundle(key.removeprefix(BUNDLE_KEY), value)
        elif key.startswith(CURRENT_KEY):
            self._on_current(key.removeprefix(CURRENT_KEY), value)

    def settle(self) -> None:
        """Call when the topic was read to its end: take what is in force there, before the first decision.

        A kind whose bundle cannot be used gets the newest of its history that can, else what ships.
        """
        for kind, current in self._wanted.items():
            if current is not None and not self._take(kind, current.hash, "looking for an older one"):
                self._fall_back(kind, current)
        with self._changing:
            self._settled = True
            self._forget_old()

    def has(self, bundle_hash: str) -> bool:
        """Whether the topic holds this bundle; answers for what it held when ``settle`` was called, and later."""
        return bundle_hash in self._values

    def _on_bundle(self, bundle_hash: str, value: bytes | None) -> None:
        with self._changing:
            self._values.pop(bundle_hash, None)
            if value is None:
                return
            self._values[bundle_hash] = value
            if self._settled:
                self._forget_old()
        for kind, current in self._wanted.items():
            if current is not None and current.hash == bundle_hash != self._in_force[kind]:
                self._compile(kind)

    def _on_current(self, kind: str, value: bytes | None) -> None:
        if kind not in self._catalogues:
            log.warning("bundle_passed_over", kind=kind, why="this worker does not know the kind")
            return
        try:
            current = None if value is None else decode_current(value)
        except RuleError as error:
            self._refuse(kind, None, str(error), "the old one stays")
            return
        self._wanted[kind] = current
        self._compile(kind)

    def _compile(self, kind: str) -> None:
        """Have the thread compile what the kind wants by then: of several changes only the last."""
        with self._changing:
            if not self._settled:
                return
            self._waiting.add(kind)
            if self._compiling:
                return
            self._compiling = True
        threading.Thread(target=self._run, name="bundles", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._changing:
                if not self._waiting:
                    self._compiling = False
                    return
                kind = self._waiting.pop()
            current = self._wanted[kind]
            if current is not None:
                self._take(kind, current.hash, "the old one stays")
            else:
                self._swap(kind, self._shipped[kind])
            # What was replaced holds cycles, and the collector of a worker hardly ever looks for those.
            gc.collect()

    def _take(self, kind: str, wanted: str, otherwise: str) -> bool:
        """Put a bundle in force, whatever it takes not to fail on what somebody sent; False if it cannot be used."""
        if wanted == self._in_force[kind]:
            return True
        begun_s = time.monotonic()
        try:
            bundle = self._open(kind, wanted)
        except Exception as error:  # noqa: BLE001 - one broken bundle would end all workers, over and over
            # Of several lines the first: behind it stands what somebody wrote, in which people may be named.
            why = str(error).partition("\n")[0] if isinstance(error, RuleError) else type(error).__name__
            self._refuse(kind, wanted, why, otherwise)
            return False
        self._swap(kind, bundle, time.monotonic() - begun_s)
        return True

    def _open(self, kind: str, wanted: str) -> Bundle:
        if wanted == self._shipped[kind].hash:
            return self._shipped[kind]
        value = self._values.get(wanted)
        if value is None:
            raise RuleError("it was not sent before it was put in force: use 'weir rules rollback', which does that")
        return open_bundle(value, wanted, self._catalogues[kind])

    def _fall_back(self, kind: str, current: Current) -> None:
        tried = {current.hash}
        for shipment in current.history:
            if shipment.hash not in tried and self._take(kind, shipment.hash, "looking for an older one"):
                doing = "judging with the newest of the history that can be used"
                break
            tried.add(shipment.hash)
        else:
            doing = "judging with what ships"
        log.error("bundle_fallback", kind=kind, wanted=current.hash, bundle=self._in_force[kind], doing=doing)

    def _swap(self, kind: str, bundle: Bundle, compiled_s: float = 0.0) -> None:
        before = self._in_force[kind]
        if bundle.hash == before:
            return
        self._put(kind, bundle)
        self._in_force[kind] = bundle.hash
        metrics.BUNDLE_INFO.remove(kind, before)
        metrics.BUNDLE_INFO.labels(kind, bundle.hash).set(1)
        log.info(
            "bundle_in_force",
            kind=kind,
            bundle=bundle.hash,
            replaced=before,
            rules=len(bundle.engine.rules),
            compiled_s=round(compiled_s, 3),
        )

    def _refuse(self, kind: str, bundle_hash: str | None, why: str, doing: str) -> None:
        metrics.BUNDLES_REFUSED.labels(kind).inc()
        log.error("bundle_refused", kind=kind, bundle=bundle_hash, why=why, doing=doing)

    def _forget_old(self) -> None:
        """Under the lock: let the oldest go that are more than memory is meant for."""
        held = sum(map(len, self._values.values()))
        while held > _HELD_BYTES:
            oldest = next(iter(self._values))
            held -= len(self._values.pop(oldest))
