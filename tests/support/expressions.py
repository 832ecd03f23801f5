"""Random conditions, sound and hostile, and what Python itself makes of them: the other side of the fuzzing."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from features.expression import BOOL, NUMBER, STRING, STRINGS, Live, Name
from features.expression.functions import FUNCTIONS

NAMES = {
    "n": Name(NUMBER, True, "d.n"),
    "m": Name(NUMBER, False, "d.m"),
    "x": Name(NUMBER, False, "d.x"),
    "s": Name(STRING, True, "d.s"),
    "t": Name(STRING, False, "d.t"),
    "yes": Name(BOOL, False, "d.yes"),
    "maybe": Name(BOOL, True, "d.maybe"),
    "tags": Name(STRINGS, True, "d.tags"),
    "ip.n_1h": Name(NUMBER, False, "v[0]"),
    "ip.age_s": Name(NUMBER, False, "v[1]", "s"),
    "score": Name(NUMBER, True, "score"),
}
LIVE = Live(fields=("n", "s", "t"), entities=("subnet",), lists={"texts": "text", "asns": "asn"})
FUNCTION_SPACE: dict[str, Any] = {name: function.implementation for name, function in FUNCTIONS.items()}
_WHOLE = [0, 1, 2, 3, -1, 7, 255, 2**31, 2**53 - 1, -(2**53) + 1]
_FRACTIONS = [0.0, -0.0, 0.1, 0.5, -2.5, 1e-300, 1e300, 1.7976931348623157e308, 3.0]
_TEXTS = ["", "a", "Ab", "AT", "a b", "192.0.2.7", "é'\u2028\"\\", "x" * 50]


def values(chance: random.Random) -> dict[str, Any]:
    """Values for all names; none is missing."""
    number = [*_WHOLE, *_FRACTIONS]
    return {
        "n": chance.choice(number),
        "m": chance.choice(_WHOLE),
        "x": chance.choice(_FRACTIONS),
        "s": chance.choice(_TEXTS),
        "t": chance.choice(_TEXTS),
        "yes": chance.random() < 0.5,
        "maybe": chance.random() < 0.5,
        "tags": chance.sample(_TEXTS, 2),
        "ip.n_1h": chance.choice(_WHOLE),
        "ip.age_s": chance.choice(number),
        "score": chance.choice([0.0, 0.25, 1.0]),
        "subnet": "192.0.2.0/24",
        "texts": chance.sample([*_TEXTS, "192.0.2.0/24"], 3),
        "asns": chance.sample(number, 3),
        "labels": chance.sample(["a", "b", "c"], 2),
    }


def ours(code: str, given: Mapping[str, Any]) -> object:
    """What the generated code gives for these values."""
    listed = {
        name: tuple(one for one in ("n", "s", "t", "subnet") if given[one] in given[name])
        for name in ("texts", "asns")
    }
    variables = {
        "d": SimpleNamespace(**{name: value for name, value in given.items() if "." not in name}),
        "v": [given["ip.n_1h"], given["ip.age_s"]],
        "score": given["score"],
        "f": SimpleNamespace(lists=listed, labels={"subnet": tuple(given["labels"])}),
        "e": {"subnet": given["subnet"]},
    }
    return eval(code, {"__builtins__": {}, **FUNCTION_SPACE}, variables)


def pythons(text: str, given: Mapping[str, Any]) -> object:
    """What Python gives for the text itself, where names are plain values and lists are lists."""
    space = {
        **{name: value for name, value in given.items() if "." not in name},
        "ip": SimpleNamespace(n_1h=given["ip.n_1h"], age_s=given["ip.age_s"]),
        "lists": SimpleNamespace(texts=given["texts"], asns=given["asns"]),
        "labels": SimpleNamespace(subnet=given["labels"]),
        "missing": lambda value: value is None,
        **FUNCTION_SPACE,
    }
    return eval(text, {"__builtins__": {}}, space)


class Writer:
    """Writes random conditions that are mostly sound, in all that the language has."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._pick = chance.choice

    def condition(self, depth: int = 3) -> str:
        if depth and self._chance.random() < 0.6:
            return self._pick((self._both, self._either, self._not, self._nested))(depth - 1)
        return self._pick(
            (
                self._numbers,
                self._close,
                self._chain,
                self._texts,
                self._member,
                self._call,
                self._live,
                self._truth,
            )
        )()

    def _both(self, depth: int) -> str:
        return f"{self.condition(depth)} and {self.condition(depth)}"

    def _either(self, depth: int) -> str:
        return f"({self.condition(depth)} or {self.condition(depth)})"

    def _not(self, depth: int) -> str:
        return f"not {self.condition(depth)}"

    def _nested(self, depth: int) -> str:
        return f"({self.condition(depth)}) {self._pick(('==', '!='))} ({self.condition(depth)})"

    def _truth(self) -> str:
        return self._pick(("yes", "maybe", "True", "yes == maybe", "yes != True", "missing(n)", "not missing(score)"))

    def _close(self) -> str:
        """Two sides that only exact arithmetic can tell apart."""
        number = self._pick((self.number(), f"{self.number(1)} * {self.number(1)}"))
        return f"{number} {self._symbol()} {number} {self._pick(('+ 1', '- 1', '+ 0', '+ 1e-9'))}"

    def _numbers(self) -> str:
        return f"{self.number()} {self._symbol()} {self.number()}"

    def _chain(self) -> str:
        return f"{self.number()} {self._symbol()} {self.number()} {self._symbol()} {self.number()}"

    def _symbol(self) -> str:
        return self._pick(("<", "<=", ">", ">=", "==", "!="))

    def number(self, depth: int = 2) -> str:
        if depth and self._chance.random() < 0.5:
            inner = self.number(depth - 1)
            other = self.number(depth - 1)
            return self._pick(
                (
                    f"{inner} + {other}", f"({inner} - {other})", f"{inner} * {other}", f"(-{inner})",
                    f"{inner} / {self._pick((2, -0.5, 1e-9, 86400))}", f"abs({inner})",
                    f"min({inner}, {other})", f"max({inner}, {other})",
                )
            )  # fmt: skip
        written = [repr(self._pick(_WHOLE)), repr(self._pick(_FRACTIONS[:-3]))]
        names = ["n", "m", "x", "ip.n_1h", "score", "length(s)", "length(tags)"]
        return self._pick((*written, *names, *names))

    def text(self) -> str:
        return self._pick(("s", "t", repr(self._pick(_TEXTS)), "lower(s)", "lower(lower(t))"))

    def _texts(self) -> str:
        return f"{self.text()} {self._symbol()} {self.text()}"

    def _member(self) -> str:
        word = self._pick(("in", "not in"))
        if self._chance.random() < 0.5:
            return f"{self.text()} {word} [{', '.join(repr(self._pick(_TEXTS)) for _ in range(3))}]"
        return f"{self.number()} {word} ({', '.join(repr(self._pick(_WHOLE)) for _ in range(3))},)"

    def _call(self) -> str:
        return self._pick(
            (
                f"starts_with({self.text()}, {self.text()})", f"ends_with({self.text()}, {self.text()})",
                f"contains({self.text()}, {self.text()})", f"contains(tags, {self.text()})",
                f"in_network({self.text()}, '192.0.2.0/24')",
            )
        )  # fmt: skip

    def _live(self) -> str:
        word = self._pick(("in", "not in"))
        return self._pick((f"s {word} lists.texts", f"subnet {word} lists.texts", f"n {word} lists.asns",
                           f"'a' {word} labels.subnet"))  # fmt: skip


_EVIL = (
    "().__class__", "__import__('os')", "eval('1')", "open('/etc/passwd')", "s.__class__", "d", "v", "f", "e", "d.n",
    "v[0]", "f.lists", "globals()", "lambda: 1", "[a for a in s]", "(y := 1)", "f'{n}'", "s.format(n)", "n ** n ** n",
    "n // 0", "n % 2", "1 << n", "'a' * n", "*tags", "{**d}", "n if yes else m", "n.real", "score.__class__", "print",
    "n @ m", "~m", "+m", "None", "...", "1j", "b'a'", "lists.texts", "labels", "ip", "ip.n_1h.real", "yes.real",
    "length.__globals__", "missing", "min(n)", "max(*tags)", "abs(n, n)", "lower(s=s)", "await n", "yield", "9" * 400,
    "1e999", "'\\ud800'", "tags[0]", "tags[:1]", "{}", "[]", "()", "n is m", "s is s", "s % s", "s + t", "-s", "not",
    "\x00", "\x0c", "\\\n", "#", "\n", ";", "import os", "=", ":", "\ud800", "ⁿ", "ｎ", "n\u200b", '"""', "'", '"',
)  # fmt: skip


def hostile(chance: random.Random) -> str:
    """A sound condition with something in it that should not be there, or with pieces lost, doubled, exchanged."""
    text = Writer(chance).condition(2)
    at = chance.randrange(len(text) + 1)
    other = chance.randrange(len(text) + 1)
    damage: tuple[Callable[[], str], ...] = (
        lambda: text[:at] + chance.choice(_EVIL) + text[at:],
        lambda: text.replace(chance.choice(("n", "s", "m", "yes", "t")), chance.choice(_EVIL), 1),
        lambda: f"{text} {chance.choice(('and', 'or', '==', '<', 'in', '+', ','))} {chance.choice(_EVIL)}",
        lambda: text[:at] + text[at + chance.randrange(4) :],
        lambda: text[:at] + text[other:],
        lambda: text[:at] + chance.choice("()[]{}'\"\\,.:=<>+-*/ \n\té0") + text[at:],
    )
    return chance.choice(damage)()
