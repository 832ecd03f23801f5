"""One kind's models in service: the newest versions, a pinned champion, the last good ones to go back to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Lock

from models.served import SHADOW, UNTRAINED, Served, serve

MISSING = "missing"


class KindModels:
    """One kind's models. Changes come from the control reader's thread and from the event loop; ``put`` gets the
    models that are to score from then on.

    ``declared``: its untrained models by name, ``default``: the champion where nobody promoted one.
    """

    def __init__(
        self, declared: Mapping[str, Served], default: str, put: Callable[[tuple[Served, ...]], None]
    ) -> None:
        self._declared = declared
        self._newest = dict(declared)
        self._good: dict[str, Served] = {}
        self._pinned: dict[str, Served] = {}
        self._left_out: set[tuple[str, str]] = set()
        self._default = default
        self._champion = default
        self._put = put
        self._changing = Lock()

    def has(self, name: str) -> bool:
        return name in self._newest

    def has_learned(self, name: str) -> bool:
        return name in self._newest and self._newest[name].version != UNTRAINED

    def take(self, model: Served) -> None:
        """A newer version of a model, or a model that was not known."""
        with self._changing:
            self._newest[model.name] = model
            self._left_out = {one for one in self._left_out if one[0] != model.name}
            self._swap()

    def drop(self, name: str) -> None:
        """A model's announcement was taken back: what is declared begins anew, and all else is gone."""
        with self._changing:
            self._newest.pop(name, None)
            self._good.pop(name, None)
            self._left_out = {one for one in self._left_out if one[0] != name}
            if name in self._declared:
                self._newest[name] = self._declared[name]
            self._swap()

    def crown(self, champion: str | None, pinned: Mapping[str, Served]) -> None:
        """``pinned``: by name, the versions that score whatever is newer; None: the default champion."""
        with self._changing:
            self._champion = champion or self._default
            self._pinned = dict(pinned)
            self._swap()

    def good(self, model: Served) -> None:
        """This version scored a micro-batch as it should: it is what to go back to."""
        with self._changing:
            share = self._newest.get(model.name, model).share
            self._good[model.name] = replace(model, role=SHADOW, share=share)

    def leave_out(self, model: Served) -> None:
        """This version does not score from the next micro-batch on, until it is let in or a newer one comes."""
        with self._changing:
            self._left_out.add((model.name, model.version))
            self._swap()

    def let_in(self, model: Served) -> None:
        with self._changing:
            self._left_out.discard((model.name, model.version))
            self._swap()

    def fall_back(self, model: Served) -> Served | None:
        """Score with the last good version in place of this one; None: there is none, and the model is left out.

        Where another version has come already, that one scores on. What takes a pinned version's place is pinned too:
        it stays until somebody says otherwise.
        """
        with self._changing:
            name = model.name
            kept = self._pinned if name in self._pinned else self._newest
            scoring = kept.get(name)
            if scoring is not None and scoring.version != model.version:
                return scoring
            good = self._good.get(name)
            if good is None or good.version == model.version:
                self._left_out.add((name, model.version))
                good = None
            else:
                kept[name] = good
            self._swap()
            return good

    def _swap(self) -> None:
        """Under the lock."""
        serving = {**self._newest, **self._pinned}
        if self._champion not in serving:
            serving[self._champion] = Served(self._champion, MISSING, SHADOW, None)
        models = (
            replace(model, scorer=None) if (model.name, model.version) in self._left_out else model
            for model in serving.values()
        )
        self._put(serve(models, self._champion))
