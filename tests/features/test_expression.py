"""The condition language: what it means, what it refuses and how it says so, and that nothing else is reachable."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.events import CATALOGUES, KINDS

from features.errors import ExpressionError
from features.expression import BOOL, NUMBER, STRING, STRINGS, Live, Name, compile_condition, python_literal
from features.expression.functions import FUNCTIONS
from features.expression.parse import LONGEST
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
    "age_s": Name(NUMBER, False, "d.age_s", "s"),
    "idle_s": Name(NUMBER, True, "d.idle_s", "s"),
    "distance_km": Name(NUMBER, False, "d.distance_km", "km"),
    "failure_share": Name(NUMBER, False, "d.failure_share", "share"),
}
LIVE = Live(
    fields=("n", "m", "s", "t", "yes", "tags"),
    entities=("ip", "s", "subnet"),
    lists={"vpn_exits": "ip", "bad_asns": "asn", "bad_domains": "domain"},
)
SPACE: dict[str, Any] = {
    "__builtins__": {},
    **{name: function.implementation for name, function in FUNCTIONS.items()},
}
DEFAULTS: dict[str, Any] = {
    "n": 3, "m": None, "s": "abc", "t": None, "yes": True, "maybe": None, "tags": None, "v": [7.0], "score": None,
    "age_s": 90, "idle_s": 60, "distance_km": 5.0, "failure_share": 0.5,
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
        compile_condition(text, NAMES, LIVE)
    except ExpressionError as error:
        return error
    return None


def cases(name: str) -> list[tuple[str, str]]:
    """The conditions of a golden file, each with the text that it has to give."""
    blocks = re.split(r"(?m)^=+\n", (GOLDEN / name).read_text(encoding="utf-8"))
    return [tuple(block.split("---\n", 1)) for block in blocks if block.strip()]  # type: ignore[misc]


def _error(condition: str) -> str:
    with pytest.raises(ExpressionError) as caught:
        compile_condition(condition, NAMES, LIVE)
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
     "contains(tags, 'a')", "score >= 0", "score < 2",
     "0 < m < 9", "n < m < 9", "9 > n > m", "missing(n) == (m > 1)", "(m > 1) != yes"],
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
     "n == 3 # that many", "1 < n < 4", "3 == n <= 3 > 1 * n - 1",
     "not 3 < n < 4", "(1 < n < 4) == yes", "2 * 3 - 3 == n",
     "n * (60 * 60) == 10800", "n / (1 + 1) == 1.5", "age_s > 60", "age_s * 2 - 30 > 60 + idle_s",
     "failure_share > 1 - failure_share - 0.5", "failure_share * age_s < age_s", "min(age_s, 60) <= idle_s"],
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


@pytest.mark.parametrize(
    ("condition", "limits"),
    [
        ("1 <= n < 5", {"n": [1, 5]}),
        ("n > 5 or m < n and n < 2", {"n": [5, 2]}),
        ("s in ['a', 'b'] or s == 'c'", {"s": ["a", "b", "c"]}),
        ("n * 2 > m", {}),
        ("n * 2 > 2 * 60 * 60", {"n * 2": 7200}),
        ("length(s) >= 3 and s != 'x'", {"length(s)": 3, "s": "x"}),
        ("(n > 2) == yes and yes == True", {"n": 2, "yes": True}),
        ("s in lists.vpn_exits and 'x' not in labels.ip", {"s": "lists.vpn_exits", "labels.ip": "x"}),
        ("yes and not missing(m)", {}),
    ],
)
def test_a_limit_is_what_a_name_is_compared_with_and_several_are_a_list(
    condition: str, limits: dict[str, Any]
) -> None:
    assert compile_condition(condition, NAMES, LIVE).limits == limits


def test_a_product_of_more_names_than_a_float_can_meet_is_refused() -> None:
    longest = " * ".join(["n"] * 18)
    assert holds(f"{longest} * 0.5 > 1", n=2**53 - 1)
    assert holds(f"{longest} > 1.5", n=2**53 - 1)
    assert refusal(f"{longest} * n > 1") is not None


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
        "1 < 2", "missing(1)", "missing(n, m)", "missing(n + 1)", "missing()", "n == 9007199254740992",
        "n > " + "9" * 400, "n == 1e400", "s == '\\ud800'", "", " ", "\n", "n >", "(", "n n", "n; n", "n = 1",
        "import os",
        "n == 1\x00", "\ud800 == 1", "not " * 60 + "yes", "(" * 300 + "yes" + ")" * 300, "n" + " + n" * 60 + " > 1",
        "-" * 300 + "n > 1", "yes" + " and yes" * 400, "n>0" + " or n>0" * 240, "n in [" + "1," * 2000 + "]",
        "unknown > 1", "ip > 1", "ip.x > 1"
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
    assert not set(KINDS[kind].private) & catalogue.fields.keys()
    for name in [*KINDS[kind].private, "kind", "data", "__class__"]:
        with pytest.raises(ExpressionError, match="unknown name"):
            compile_condition(f"missing({name})", catalogue.fields)


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
