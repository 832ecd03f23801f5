"""Who takes part in the mail benchmark, by the name of the row in its table."""

from __future__ import annotations

from dataclasses import dataclass

from quality.bogofilter import Bogofilter, Program
from quality.conditions import AT_ONCE, CONDITIONS, NO_CAP
from quality.mails import Corpus
from quality.protocol import Contestant, Run, score_then_learn
from quality.river_text import BASELINES, RiverText
from quality.weir import KIND, Features, Weir, declared

WEIR = "Weir: "
WEIR_TEXT, WEIR_TABULAR = f"{WEIR}{KIND}.text", f"{WEIR}{KIND}.logistic"
WEIR_CHAMPION = f"{WEIR}{declared().champion(KIND)}"
BOGOFILTER = "bogofilter"
RIVER = "River: "
# Its processes take the better part of a minute a run, so it meets these only.
BOGOFILTER_MEETS = ("7 days late", "1,000 mails late", "10% wrong")


@dataclass(frozen=True, slots=True)
class Field:
    """All that the entrants of one corpus share. ``features``: of Weir's tabular models, by place."""

    corpus: Corpus
    features: Features
    bogofilter: Program

    def first(self, count: int) -> Field:
        names, matrix = self.features
        return Field(self.corpus.first(count), (names, matrix[:count]), self.bogofilter)

    def run(self, row: str, condition: str = AT_ONCE) -> Run:
        """One row under one condition, from the corpus' beginning to its end."""
        contestant = self._make(row, capped=condition != NO_CAP)
        return score_then_learn(contestant, self.corpus, CONDITIONS[condition](self.corpus))

    def _make(self, row: str, capped: bool) -> Contestant:
        if row.startswith(RIVER):
            return RiverText(self.corpus, BASELINES[row.removeprefix(RIVER)])
        if row.startswith(WEIR):
            return Weir(self.corpus, row.removeprefix(WEIR), self.features, capped)
        return Bogofilter(self.corpus, self.bogofilter)
