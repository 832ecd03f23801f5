"""Small corpora of made-up mails that a model can learn."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

_START = datetime(2020, 1, 1, tzinfo=UTC)
_GOOD = ("meeting", "agenda", "minutes", "lunch", "review", "budget", "draft", "thanks")
_BAD = ("winner", "prize", "cheap", "pills", "casino", "urgent", "transfer", "million")
_BOTH = tuple(f"word{number}" for number in range(200))


def made_up(count: int, seed: int = 1) -> list[dict[str, str]]:
    """Mails an hour apart, in order, every third of them spam, as lines of ``weir import mail`` have them."""
    chance = random.Random(seed)
    mails = []
    for number in range(count):
        abuse = number % 3 == 1
        words = chance.choices(_BAD if abuse else _GOOD, k=3) + chance.choices(_BOTH, k=20)
        when = _START + timedelta(hours=number)
        raw = (
            f"From: someone{number % 7}@example.com\nTo: me@example.org\nSubject: {words[0]} {words[3]}\n"
            f"Date: {when:%a, %d %b %Y %H:%M:%S} +0000\n\n{' '.join(words)}\n"
        )
        label = "spam" if abuse else "ham"
        mails.append({"id": f"m{number:05}", "ts": when.isoformat(), "raw": raw, "label": label})
    return mails


def written(path: Path, mails: list[dict[str, str]]) -> Path:
    path.write_text("".join(f"{json.dumps(mail)}\n" for mail in mails))
    return path
