"""The condition language: a small, safe, typed subset of Python's expression syntax.

Names are a kind's fields, its features (``ip.signups_1h``) and, in rules, model scores (``score``).
There are comparisons, ``and``, ``or``, ``not``, ``+ - *``, division by a number that is written out,
``in`` over written-out lists, and the functions of ``functions.py``. Nothing else is reachable.

Missing values: a comparison, or a function other than ``missing``, that reads a missing value is false;
``missing(x)`` asks for it. ``not`` turns that false into true, as it reads.
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
