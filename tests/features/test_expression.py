"""The condition language: what it means, what it refuses and how it says so, and that nothing else is reachable."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.events import CATALOGUES, KINDS

from features.errors import ExpressionError
from features.expression import BOOL, NUMBER, STRING, STRINGS, Name, compile_condition, python_literal
from features.expression.compiler import LONGEST
from features.expression.functions import FUNCTIONS
from features.expression.types import field_names

# What Python finds odd in a text that it parses is no matter here.
pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
GOLDEN = Path(__file__).parent / "golden"
NAMES = {
    "n": Name(NUMBER, False, "d.n"),
    "m": Name(NUMBER, True, "d.m"),
    "s": Name(STRING, False, "d.s"),
    "t": Name(STRING, True, "d.t"),
    "yes": Name(BOOL, False, "d.yes"),
    "maybe": Name(BOOL, True, "d.maybe"),
    "tags": Name(STRINGS, True, "d.tags"),
    "ip.n_1h": Name(NUMBER, False, "v[0]"),
    "score": Name(NUMBER, True, "score"),
}
SPACE: dict[str, Any] = {
    "__builtins__": {},
    **{name: function.implementation for name, function in FUNCTIONS.items()},
}
DEFAULTS: dict[str, Any] = {
    "n": 3, "m": None, "s": "abc", "t": None, "yes": True, "maybe": None, "tags": None, "v": [7.0], "score": None
}  # fmt: skip


def holds(text: str, **values: Any) -> bool:
    """Whether a condition holds for these values; whatever is not named has its default."""
    whole = {**DEFAULTS, **values}
    variables = {"d": SimpleNamespace(**whole), "v": whole["v"], "score": whole["score"]}
    result = eval(compile_condition(text, NAMES).code, SPACE, variables)
    assert isinstance(result, bool)
    return result


def refusal(text: str) -> ExpressionError | None:
    try:
        compile_condition(text, NAMES)
    except ExpressionError as error:
        return error
    return None


def cases(name: str) -> list[tuple[str, str]]:
    """The conditions of a golden file, each with the text that it has to give."""
    blocks = re.split(r"(?m)^=+\n", (GOLDEN / name).read_text(encoding="utf-8"))
    return [tuple(block.split("---\n", 1)) for block in blocks if block.strip()]  # type: ignore[misc]


def _error(condition: str) -> str:
    with pytest.raises(ExpressionError) as caught:
        compile_condition(condition, NAMES)
    return caught.value.render("rules.toml", first_line=10) + "\n"


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("*.txt")))
def test_every_error_says_what_is_wrong_with_a_caret_under_it(name: str) -> None:
    assert len(cases(name)) > 3
    for condition, expected in cases(name):
        assert _error(condition.removesuffix("\n")) == expected


@pytest.mark.parametrize(
    "condition",
    ["m > 1", "m < 1", "m == 1", "m != 1", "1 < m", "t == 'a'", "t != 'a'", "m in [1]", "m not in [1]", "maybe",
     "maybe == False", "contains(t, 'a')", "length(t) < 5", "length(tags) == 0", "abs(m) >= 0", "m + n > 0",
     "n > m * 0", "-m < 5", "min(n, m) < 9", "lower(t) == 'a'", "starts_with(t, '')", "in_network(t, '0.0.0.0/0')",
     "contains(tags, 'a')", "score >= 0", "score < 2"],
)  # fmt: skip
def test_what_reads_a_missing_value_is_false_and_its_not_is_true(condition: str) -> None:
    assert holds(condition) is False
    assert holds(f"not {condition}") is True
    assert holds(f"{condition} or yes") is True
    assert holds(f"{condition} and yes") is False


def test_missing_asks_for_a_missing_value() -> None:
    assert holds("missing(m)") is True
    assert holds("missing(m)", m=0) is False
    assert holds("not missing(m) and m == 0", m=0) is True
    assert holds("missing(n)") is False
    assert holds("missing(score)") is True


def test_a_value_of_zero_or_no_text_is_not_missing() -> None:
    assert holds("m == 0", m=0)
    assert holds("t == ''", t="")
    assert holds("length(tags) == 0", tags=[])
    assert not holds("maybe", maybe=False)


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ("yes == (n > 2)", {}, True),
        ("yes == (n > 3)", {}, False),
        ("(n > 3) == (s == 'x')", {}, True),
        ("(n > 3) != (n < 4)", {}, True),
        ("(n in [3]) == (n > 2)", {}, True),
        ("(n > 2) == yes", {}, True),
        ("not yes == (n > 3)", {}, True),
        ("(maybe == True) == yes", {"maybe": True}, True),
    ],
)
def test_a_comparison_inside_a_comparison_is_not_read_as_a_chain(
    condition: str, values: dict[str, Any], expected: bool
) -> None:
    assert holds(condition, **values) is expected


@pytest.mark.parametrize(
    "condition",
    ["n + 2 * 3 == 9", "(n + 2) * 3 == 15", "-n == -3", "n - -1 == 4", "n / 2 == 1.5", "n / -2 == -1.5",
     "abs(-n) == 3", "min(n, 1) == 1", "max(n, ip.n_1h) == 7", "ip.n_1h >= 7", "n in [1, 3]", "n not in (1, 2)",
     "n in {3}", "n in [-3, 3.0]", "s in ['abc']", "starts_with(s, 'ab')", "ends_with(s, 'bc')", "contains(s, 'b')",
     "length(s) == n", "lower('ABC') == s", "'a' < s", "s >= 'abc'", "yes", "yes == True", "True", "not False",
     "in_network('192.0.2.9', '192.0.2.0/24')", "in_network('::ffff:192.0.2.9', '192.0.2.0/24')",
     "not in_network('192.0.2.9', '2001:db8::/32')", "in_network('2001:db8::1', '2001:db8::/32')",
     "not in_network('no address', '0.0.0.0/0')", "n > 1 and n < 4 or False", "\n\nn == 3\n", "(n\n== 3)",
     "n == 3 # that many"],
)  # fmt: skip
def test_it_reads_as_python_does(condition: str) -> None:
    assert holds(condition) is True


def test_a_list_is_asked_for_its_members_and_a_text_for_its_parts() -> None:
    assert holds("contains(tags, 'ab')", tags=["ab"])
    assert not holds("contains(tags, 'a')", tags=["ab"])
    assert holds("contains(t, 'a')", t="ab")


def test_a_condition_tells_what_it_reads_and_its_limits() -> None:
    condition = compile_condition("ip.n_1h >= 20 and (5 > m or s in ['a', 'b']) and maybe and ip.n_1h > n", NAMES)
    assert condition.reads == ("ip.n_1h", "m", "s", "maybe", "n")
    assert condition.limits == {"ip.n_1h": 20, "m": 5, "s": ["a", "b"]}


def test_a_long_product_ends_at_infinity_and_not_in_an_error() -> None:
    assert holds(" * ".join(["n"] * 36) + " * 0.5 > 1", n=2**53 - 1)
    assert holds(" * ".join(["n"] * 36) + " / 2 > 1", n=2**53 - 1)


@pytest.mark.parametrize(
    "condition",
    [
        "n.__class__ == 1", "s.upper() == 'A'", "().__class__", "d.n > 1", "v[0] > 1", "[n][0] > 1", "eval('1')",
        "__import__('os')", "open('x')", "[x for x in s]", "{n: n}", "lambda: n", "f'{n}' == 's'", "(x := n) > 1",
        "n if yes else m", "n ** n > 1", "n // 2 > 1", "n % 2 == 1", "n << 9 > 1", "n | 1 > 1", "~n > 1", "+n > 1",
        "n @ n", "n is None", "n == None", "n == 1j", "s == b'a'", "n == ...", "*n", "yield n", "await n",
        "length(s, x=1)", "length(*s)", "length()", "print(n)", "str(n) == '3'", "in_network(s, t)", "n in s",
        "n in []",
        "n in range(3)", "n in [n]", "n in ['a']", "s == 1", "n == yes", "yes < False", "tags == tags", "n and yes",
        "not n", "n", "s", "1", "'a'", "-s == 1", "s + s == s", "yes + 1 == 2", "n / m > 1", "n / 0 > 1",
        "n / (1-1) > 1",
        "1 < n < 4", "1 < 2", "missing(1)", "missing(n, m)", "missing(n + 1)", "missing()", "n == 9007199254740992",
        "n > " + "9" * 400, "n == 1e400", "s == '\\ud800'", "", " ", "\n", "n >", "(", "n n", "n; n", "n = 1",
        "import os",
        "n == 1\x00", "\ud800 == 1", "not " * 60 + "yes", "(" * 300 + "yes" + ")" * 300, "n" + " + n" * 60 + " > 1",
        "-" * 300 + "n > 1", "yes" + " and yes" * 400, "n in [" + "1," * 2000 + "]", "unknown > 1", "ip > 1",
        "ip.x > 1"
    ],
)  # fmt: skip
def test_nothing_else_is_part_of_the_language(condition: str) -> None:
    with pytest.raises(ExpressionError):
        compile_condition(condition, NAMES)


def test_a_condition_may_be_just_as_long_as_the_limit() -> None:
    longest = "n in [" + "1," * ((LONGEST - 8) // 2) + "]"
    assert compile_condition(longest + " " * (LONGEST - len(longest)), NAMES)
    with pytest.raises(ExpressionError, match="longer than 2000"):
        compile_condition(longest + " " * (LONGEST - len(longest) + 1), NAMES)


@pytest.mark.parametrize("kind", KINDS)
def test_private_text_and_what_stands_behind_a_field_cannot_be_read(kind: str) -> None:
    catalogue = CATALOGUES[kind]
    assert not set(KINDS[kind].private) & catalogue.rule_names().keys()
    for name in [*KINDS[kind].private, "kind", "data", "__class__"]:
        with pytest.raises(ExpressionError, match="unknown name"):
            compile_condition(f"missing({name})", catalogue.rule_names())


def test_the_types_of_fields_are_those_of_their_declaration() -> None:
    names = field_names(KINDS["mail"].fields)
    assert (names["account"].type, names["account"].optional) == (STRING, False)
    assert (names["recipient_count"].type, names["recipient_count"].optional) == (NUMBER, True)
    assert (names["direction"].type, names["spf"].type) == (STRING, STRING)
    assert names["recipients"].type == STRINGS
    assert field_names(KINDS["login"].fields)["success"].type == BOOL


@given(st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text())
def test_a_literal_reads_back_as_the_very_same_value(value: Any) -> None:
    back = eval(python_literal(value), {"__builtins__": {}})
    assert (type(back), back) == (type(value), value)


_numbers = st.sampled_from(["n", "ip.n_1h", "0", "1", "2.5", "-3", "1e300", "9007199254740991", "length(s)"])
_numbers = st.recursive(
    _numbers,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("({} / {})".format, inner, st.sampled_from(["2", "-0.5"])),
        st.builds("(-{})".format, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
        st.builds("abs({})".format, inner),
    ),
    max_leaves=6,
)
_texts = st.recursive(
    st.sampled_from(["s", "'a'", "'Ab'", "''", "'é\\'\\u2028'"]), lambda inner: st.builds("lower({})".format, inner)
)
_truths = st.one_of(
    st.sampled_from(["yes", "True", "False"]),
    st.builds("{} {} {}".format, _numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), _numbers),
    st.builds("{} {} {}".format, _texts, st.sampled_from(["<", ">", "==", "!="]), _texts),
    st.builds("{} in [{}, {}]".format, _numbers, st.sampled_from(["1", "-3"]), st.sampled_from(["3", "7.0"])),
    st.builds("{}({}, {})".format, st.sampled_from(["starts_with", "ends_with", "contains"]), _texts, _texts),
)
_conditions = st.recursive(
    _truths,
    lambda inner: st.one_of(
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or", "==", "!="]), inner),
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("not {}".format, inner),
    ),
    max_leaves=8,
)
_pieces = [*"nms'\"()[]{}.,:=<>+-*/ \n\t\r\x0c\u2028\\é🦊0123e_", " and ", " not ", " in ", "yes", "length("]
_junk = st.lists(st.sampled_from(_pieces), max_size=30).map("".join)
_values = st.fixed_dictionaries(
    {
        "n": st.sampled_from([-3, 0, 1, 3, 2**53 - 1]),
        "s": st.sampled_from(["", "a", "Ab", "é'\u2028"]),
        "yes": st.booleans(),
        "v": st.sampled_from([[0.0], [7.0], [2.5]]),
    }
)


@settings(deadline=None, max_examples=200)
@given(_conditions, _values)
def test_a_condition_is_what_python_itself_makes_of_it(condition: str, values: dict[str, Any]) -> None:
    refused = refusal(condition)
    if refused is not None:
        known = ("written-out", "longer", "nested", "compared with", "numbers below")
        assert any(why in refused.message for why in known)
        return
    plain = condition.replace("ip.n_1h", "v[0]")
    expected = eval(plain, SPACE, {**values, "v": values["v"]})
    assert holds(condition, **values) is bool(expected)


@settings(deadline=None, max_examples=200)
@given(st.one_of(_junk, st.builds("{}{}{}".format, _conditions, _junk, _conditions)))
def test_any_text_is_refused_with_a_place_inside_it_or_gives_a_truth_value(text: str) -> None:
    refused = refusal(text)
    if refused is not None:
        assert refused.render("rules.toml", first_line=1).count("\n") == 2
        return
    for values in ({}, {"m": 0, "t": "", "maybe": False, "tags": ["a"], "score": 0.5}):
        assert holds(text, **values) in (True, False)
