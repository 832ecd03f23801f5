"""River's own way to learn from text: its feature extraction before its classifiers, by plain calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from river import feature_extraction, linear_model, naive_bayes, optim

from quality.mails import Corpus
from quality.protocol import Contestant, Lesson

# A few that are usual, cheap enough, and were the better ones of those tried; the run chooses among them.
BASELINES: dict[str, Callable[[], Any]] = {
    "words | MultinomialNB(0.01)": lambda: feature_extraction.BagOfWords() | naive_bayes.MultinomialNB(alpha=0.01),
    "words | LogisticRegression(AdaGrad(0.05))": lambda: (
        feature_extraction.BagOfWords() | linear_model.LogisticRegression(optimizer=optim.AdaGrad(0.05))
    ),
    "TFIDF | LogisticRegression(AdaGrad(0.1))": lambda: (
        feature_extraction.TFIDF() | linear_model.LogisticRegression(optimizer=optim.AdaGrad(0.1))
    ),
    "cased words and pairs | LogisticRegression(AdaGrad(0.05))": lambda: (
        feature_extraction.BagOfWords(lowercase=False, ngram_range=(1, 2))
        | linear_model.LogisticRegression(optimizer=optim.AdaGrad(0.05))
    ),
}


class RiverText(Contestant):
    """Reads headers and body as one text. A naive Bayes model's log-odds count: its probabilities tie at 0 and 1."""

    def __init__(self, corpus: Corpus, make: Callable[[], Any]) -> None:
        self._texts = [f"{mail.text.headers}\n{mail.text.body}" for mail in corpus.mails]
        self._model = make()

    def score(self, place: int) -> float:
        words, last = self._model[0], self._model[-1]
        if isinstance(last, naive_bayes.MultinomialNB):
            likelihood = last.joint_log_likelihood(words.transform_one(self._texts[place]))
            # Before it has met both classes it can say nothing.
            return float(likelihood[True] - likelihood[False]) if len(likelihood) > 1 else 0.0
        return float(self._model.predict_proba_one(self._texts[place]).get(True, 0.5))

    def learn(self, lesson: Lesson) -> None:
        self._model.learn_one(self._texts[lesson.place], lesson.abuse)
