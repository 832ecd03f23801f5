"""What any text looks like, whatever it says: its letters, digits, marks and what hides between them."""

from __future__ import annotations

import math
import re
from collections import Counter

_DIGITS = re.compile(r"\d+")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]+", re.IGNORECASE)
_LETTER_BESIDE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
# Empty spaces, direction overrides, soft hyphens: a reader does not see them. Joiners are left out: emoji and
# several scripts need them.
_INVISIBLE = "\u00ad\u034f\u180e\u200b\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
# A Latin letter beside a Greek or Cyrillic one.
_MIXED = "[A-Za-z][\u0370-\u03ff\u0400-\u052f]|[\u0370-\u03ff\u0400-\u052f][A-Za-z]"
_DISGUISE = re.compile(f"[{_INVISIBLE}]|{_MIXED}")


def entropy_bits(text: str) -> float:
    """Shannon entropy of the characters, in bits a character: 0 for one repeated, 21 at the very most.

    Made-up names have more than spoken ones of the same length.
    """
    if not text:
        return 0.0
    total = len(text)
    return -sum(n / total * math.log2(n / total) for n in sorted(Counter(text).values()))


def digit_share(text: str) -> float:
    """Digits over all characters, 0 to 1. Generated names are high."""
    return sum(map(str.isdigit, text)) / len(text) if text else 0.0


def upper_share(text: str) -> float:
    """Upper-case letters over all letters, 0 to 1. Shouting is high (SpamAssassin's SUBJ_ALL_CAPS)."""
    letters = sum(map(str.isalpha, text))
    return sum(map(str.isupper, filter(str.isalpha, text))) / letters if letters else 0.0


def mark_share(text: str) -> float:
    """Characters that are no letter, digit or space over all, 0 to 1. Ornament and obfuscation are high."""
    return 1 - sum(map(_is_plain, text)) / len(text) if text else 0.0


def longest_digits(text: str) -> float:
    """Characters in the longest run of digits. Names that were numbered to be unique are high."""
    return max(map(len, _DIGITS.findall(text)), default=0)


def longest_consonants(text: str) -> float:
    """Characters in the longest run of Latin consonants; y is none.

    Nobody speaks more than five in a row, so random letters are high: the cheapest of the language models of
    C. Xiao, D. M. Freeman, T. Hwa: Detecting Clusters of Fake Accounts in Online Social Networks, AISec 2015.
    """
    return max(map(len, _CONSONANTS.findall(text)), default=0)


def alternations(text: str) -> float:
    """How often a letter stands beside a digit: 0 or 1 for ``ada1984``, high for ``x7k2p9``."""
    return len(_LETTER_BESIDE_DIGIT.findall(text))


def is_disguised(text: str) -> float:
    """1 if invisible characters, or Latin beside Greek or Cyrillic letters, are in it, else 0.

    Unicode Technical Standard 39 (Security Mechanisms) calls a word of several scripts suspicious.
    """
    return 1.0 if _DISGUISE.search(text) else 0.0


def _is_plain(character: str) -> bool:
    return character.isalnum() or character.isspace()
