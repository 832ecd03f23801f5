"""How labels arrive: at once, late, some of them wrong, or some of them from those who want to mislead."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable

from quality.mails import Corpus
from quality.protocol import Lesson, Lessons

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WRONG_SEED = 10
# Whose labels poison: one in a hundred users, who each report twenty times as often as the others do.
LABELLERS = 500
POISONERS = LABELLERS // 100
FLOOD = 20
POISON_SEED = 1


def prompt(corpus: Corpus) -> Lessons:
    """Each label just before the next mail."""
    return late_by_mails(corpus, 0)


def late_by_mails(corpus: Corpus, count: int) -> Lessons:
    """Each label after ``count`` further mails were scored."""
    lessons: list[list[Lesson]] = [[] for _ in corpus.mails]
    for place, mail in enumerate(corpus.mails[: max(0, len(lessons) - 1 - count)]):
        lessons[place + 1 + count].append(Lesson(place, mail.abuse))
    return lessons


def late_by_time(corpus: Corpus, delay_ms: int) -> Lessons:
    """Each label that long after its mail by the mails' own times: before the first that is no earlier than that.

    Where the times run back (an index's order, not theirs, is kept), the latest so far counts.
    """
    lessons: list[list[Lesson]] = [[] for _ in corpus.mails]
    due: list[tuple[int, int]] = []
    now_ms = 0
    for place, mail in enumerate(corpus.mails):
        now_ms = max(now_ms, mail.time_ms)
        while due and due[0][0] <= now_ms:
            told = heapq.heappop(due)[1]
            lessons[place].append(Lesson(told, corpus.mails[told].abuse))
        heapq.heappush(due, (now_ms + delay_ms, place))
    return lessons


def some_wrong(corpus: Corpus, share: float, seed: int = WRONG_SEED) -> Lessons:
    """Each label just before the next mail, and this share of them, drawn by chance, the opposite of the truth."""
    chance = random.Random(seed)
    wrong = set(chance.sample(range(len(corpus.mails)), round(share * len(corpus.mails))))
    return [[Lesson(one.place, one.abuse != (one.place in wrong)) for one in lessons] for lessons in prompt(corpus)]


def poisoned(corpus: Corpus, flood: bool = True, seed: int = POISON_SEED) -> Lessons:
    """Labels of users: each mail is one user's, drawn by chance, who reports it truly, and so before the next mail.

    Poisoners report the opposite of the truth: of their own mails, and with ``flood`` of so many others that each of
    them reports ``FLOOD`` times as often as an honest user; they are always faster than the one whose mail it is.
    """
    chance = random.Random(seed)
    told = FLOOD / LABELLERS if flood else 0.0
    lessons: list[list[Lesson]] = [[]]
    for place, mail in enumerate(corpus.mails[:-1]):
        owner = chance.randrange(LABELLERS)
        said = [who for who in range(POISONERS) if chance.random() < told and who != owner]
        false = [Lesson(place, not mail.abuse, f"user {who}") for who in said]
        lessons.append([*false, Lesson(place, mail.abuse != (owner < POISONERS), f"user {owner}")])
    return lessons


AT_ONCE = "at once"
NO_CAP = "1% poison, flooding, no cap"
# By the words that name them in the report.
CONDITIONS: dict[str, Callable[[Corpus], Lessons]] = {
    AT_ONCE: prompt,
    "1 hour late": lambda corpus: late_by_time(corpus, HOUR_MS),
    "1 day late": lambda corpus: late_by_time(corpus, DAY_MS),
    "7 days late": lambda corpus: late_by_time(corpus, 7 * DAY_MS),
    "1,000 mails late": lambda corpus: late_by_mails(corpus, 1000),
    "10% wrong": lambda corpus: some_wrong(corpus, 0.1),
    "1% poison": lambda corpus: poisoned(corpus, flood=False),
    "1% poison, flooding": poisoned,
    NO_CAP: poisoned,
}
