"""What an account's chosen name and the address behind it have in common."""

from __future__ import annotations

_LONGEST_PATTERN = 64


def local_part(address: str) -> str:
    """What stands before the last @; the whole text if there is none."""
    return address.rpartition("@")[0] or address


def likeness(name: str, address: str | None) -> float:
    """How alike a name and an address's local part are: 0 (nothing in common) to 1 (the same letters' pairs).

    Dice's coefficient over pairs of neighbouring characters. People's addresses resemble their names; an address
    that was bought in a batch does not. 0 where the address is unknown.
    """
    if not address:
        return 0.0
    ours, theirs = _pairs(name), _pairs(local_part(address))
    total = len(ours) + len(theirs)
    return 2 * len(ours & theirs) / total if total else 0.0


def is_tagged(address: str) -> float:
    """1 if the address has a plus tag, with which one mailbox has any number of addresses; else 0."""
    return 1.0 if "+" in local_part(address) else 0.0


def local_digit_share(address: str) -> float:
    """Digits in the local part, 0 to 1 (SpamAssassin's FROM_STARTS_WITH_NUMS)."""
    local = local_part(address)
    return sum(map(str.isdigit, local)) / len(local) if local else 0.0


def name_pattern(name: str | None) -> str | None:
    """What is left of a name without its very letters: ``Ada.Lake84`` is ``A.A9``; None if it is absent or empty.

    Runs of letters are A, of digits 9, of white space one space; other characters stay. Names that one template made
    share it (Xiao et al., AISec 2015).
    """
    if not name:
        return None
    made: list[str] = []
    for character in name:
        shown = _shown(character)
        if not made or shown != made[-1] or shown not in "A9 ":
            made.append(shown)
    return "".join(made[:_LONGEST_PATTERN])


def _shown(character: str) -> str:
    if character.isalpha():
        return "A"
    if character.isdigit():
        return "9"
    return " " if character.isspace() else character


def _pairs(text: str) -> set[str]:
    folded = text.casefold()
    return {folded[i : i + 2] for i in range(len(folded) - 1)}
