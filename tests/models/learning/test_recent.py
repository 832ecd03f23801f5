"""The newest of many numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.learning.recent import Recent

MOST = 5
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 99)),
        st.tuples(st.just("keep"), st.integers(0, MOST)),
        st.tuples(st.just("delete"), st.integers(0, MOST)),
        st.tuples(st.just("again"), st.just(0)),
    ),
    max_size=60,
)


@given(STEPS)
def test_it_holds_what_a_list_would_hold_also_when_it_is_written_down_and_read(steps: list[tuple[str, int]]) -> None:
    recent, plain = Recent(MOST, 2), list[list[float]]()
    for step, number in steps:
        if step == "append":
            recent.append(number, -number)
            plain = [*plain, [number, -number]][-MOST:]
        elif step == "keep":
            recent.keep(number)
            plain = plain[max(0, len(plain) - number) :]
        elif step == "delete" and number < len(plain):
            recent.delete(number)
            del plain[number]
        elif step == "again":
            recent = Recent(MOST, 2, held=recent.held())
        assert recent.rows.tolist() == plain
        assert len(recent) == len(plain)


def test_less_room_than_before_keeps_the_newest() -> None:
    recent = Recent(4)
    for number in range(4):
        recent.append(number)
    assert Recent(2, held=recent.held()).column().tolist() == [2.0, 3.0]
