"""The condition language: a small, safe, typed subset of Python's expression syntax.

Names are a kind's fields, its features (``ip.signups_1h``) and, in rules, model scores (``score``).
There are comparisons, also in chains (``1 <= n < 5``), ``and``, ``or``, ``not``, ``+ - *``, division by a number that
is written out, ``in`` over written-out lists, and the functions below. Nothing else is reachable. What compiles gives
the value that Python gives for the same text.

Numbers have units, from their declaration or the end of their name (``_s``, ``_ms``, ``_km``, ``_bytes``,
``_share``): those of different units are neither compared nor added. A written-out number goes with any unit, and a
number times a plain one or a share keeps its own.

Rules can also ask for live state: ``ip in lists.vpn_exits`` (the value of a field or an entity), and
``'compromised' in labels.account`` (an entity).

Missing values: a comparison, a question about lists or labels, or a function other than ``missing``, that reads a
missing value is false, ``!=`` and ``not in`` too; ``missing(x)`` asks for it. ``not`` turns that false into true,
as it reads.
"""

from features.expression.compiler import Condition, compile_condition, python_literal
from features.expression.types import BOOL, NUMBER, STRING, STRINGS, Live, Name, Namespace

__all__ = [
    "BOOL",
    "NUMBER",
    "STRING",
    "STRINGS",
    "Condition",
    "Live",
    "Name",
    "Namespace",
    "compile_condition",
    "python_literal",
]
