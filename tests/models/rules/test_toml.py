"""Where things stand in a TOML file: whatever way a string is written, each of its characters is found."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.toml import characters, items, normalized, place, tables

FILE = '''# [[rule]] in a comment
top = { a = "]", b = [1, 2] } # }
[[rule]]
id = "a"
"when" = """
  x > 1 and \\
     y == \\"\\"\\"q\\u00e9\\"\\"\\" """ # when = "no"
cases = [ # [
  { n = "]}", v = { "a.b" = 1 } }, [1, [2]],
  """
  when = "nor this"
  """,
]
  [[ rule ]]
  id='b\\\\n'
  when = \'\'\'
it's
\'\'\'
[rule.more]
id = 2026-11-21T10:00:00Z
'''


def test_tables_and_their_keys_are_found() -> None:
    found = tables(FILE)
    assert [table.name for table in found] == ["", "rule", "rule", "rule.more"]
    assert [list(table.entries) for table in found] == [["top"], ["id", "when", "cases"], ["id", "when"], ["id"]]
    assert [place(FILE, table.start)[0] for table in found] == [1, 3, 14, 19]
    cases = found[1].entries["cases"]
    assert FILE[cases.end] == "\n"
    assert [place(FILE, at)[:2] for at in items(FILE, cases.start)] == [(9, 3), (9, 36), (10, 3)]
    moment = found[3].entries["id"]
    assert FILE[moment.start : moment.end] == "2026-11-21T10:00:00Z"


def test_each_character_of_a_string_is_found() -> None:
    documents = tomllib.loads(FILE)["rule"]
    for number, table in enumerate(tables(FILE)[1:3]):
        for key in ("id", "when"):
            decoded, offsets = characters(FILE, table.entries[key].start)
            assert decoded == documents[number][key]
            assert len(offsets) == len(decoded) + 1
    decoded, offsets = characters(FILE, tables(FILE)[1].entries["when"].start)
    assert place(FILE, offsets[decoded.index("y")])[:2] == (7, 6)
    assert FILE[offsets[decoded.index("é")] :].startswith("\\u00e9")


_texts = st.text(st.characters(blacklist_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\"'\\#[]{}="), max_size=30)


def basic(text: str) -> str:
    escapes = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
    return '"' + "".join(escapes.get(char, char) for char in text) + '"'


def multiline(text: str) -> str:
    return '"""\n' + text.replace("\\", "\\\\").replace('"', '\\"') + '"""'


def unicode_escapes(text: str) -> str:
    return '"' + "".join(f"\\U{ord(char):08X}" for char in text) + '"'


def literal(text: str) -> str:
    kept = "".join(char for char in text if char not in "'\n")
    return f"'{kept}'"


@given(_texts, st.sampled_from([basic, multiline, unicode_escapes, literal]))
def test_any_string_is_decoded_as_the_parser_does(text: str, write: object) -> None:
    assert callable(write)
    source = normalized(
        f"[[rule]]\nfirst = [{basic(text)}]\nwhen = {write(text)} # {literal(text)}\nlast = {basic(text)}\n"
    )
    document = tomllib.loads(source)["rule"][0]
    entries = tables(source)[1].entries
    assert list(entries) == ["first", "when", "last"]
    for key in ("when", "last"):
        assert characters(source, entries[key].start)[0] == document[key]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_lines_and_columns_count_from_one(ending: str) -> None:
    text = normalized(f"a = 1{ending}bc = 2{ending}")
    assert place(text, 0) == (1, 1, "a = 1")
    assert place(text, text.index("c")) == (2, 2, "bc = 2")
