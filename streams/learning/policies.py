"""The policies in force, which name the thresholds that models are measured at."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

import structlog

from features.catalogue import Catalogue
from models.errors import RuleError
from streams.settings import Settings

if TYPE_CHECKING:
    from models.bundle import Bundle
    from models.policy import Policy
    from streams.bundles.follower import BundleFollower

log = structlog.get_logger()


class Policies:
    """``by_kind`` fills in a moment after ``follow``: compiling rules takes longer than all else of a start, and no
    label has to wait for it.
    """

    def __init__(self, settings: Settings, catalogues: Mapping[str, Catalogue]) -> None:
        self._settings = settings
        self._catalogues = catalogues
        self._early: dict[str, bytes | None] | None = {}
        self._follower: BundleFollower | None = None
        self._changing = threading.Lock()
        self.by_kind: dict[str, Policy] = {}

    def on_control(self, key: str, value: bytes | None) -> None:
        """Take one change of the control topic, from any thread."""
        with self._changing:
            if self._early is not None:
                self._early[key] = value
                return
        assert self._follower is not None
        self._follower.on_control(key, value)

    def follow(self) -> None:
        """Call when the control topic was read to its end."""
        threading.Thread(target=self._begin, name="policies", daemon=True).start()

    def _begin(self) -> None:
        from streams.bundles.folders import shipped_bundles
        from streams.bundles.follower import BundleFollower

        try:
            shipped = shipped_bundles(self._catalogues, self._settings.rulebook_folders)
        except RuleError as error:
            # Workers refuse to start with it and say all that is wrong.
            log.error("policies_unknown", why=str(error).partition("\n")[0], doing="models get no thresholds")
            return
        self.by_kind |= {kind: bundle.policy for kind, bundle in shipped.items()}
        self._follower = BundleFollower(self._catalogues, shipped, self._put)
        with self._changing:
            early, self._early = self._early, None
            for key, value in (early or {}).items():
                self._follower.on_control(key, value)
            self._follower.settle()

    def _put(self, kind: str, bundle: Bundle) -> None:
        self.by_kind[kind] = bundle.policy
