"""Whatever a producer writes into a valid event, every feature has a finite value within its stated range."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.events import CATALOGUES, KINDS
from support.log import REFERENCE

from features.event import EventDecoder, to_rfc3339
from features.store.contract import Observation, Position
from features.store.memory import MemoryStore

_ODD = st.sampled_from(
    [
        "", " ", "\u0000", "@", "a@", "@b", "a@b@c", '"a b"@example.com', "a@[192.0.2.1]", "a@xn--", "x@-.-", "a@.",
        "ada+tag+tag@GMAIL.com", "a.d.a@googlemail.com", "ada@bücher.example", "ada@\u202eexample.com", "..",
        "192.0.2.1", "::ffff:192.0.2.1", "1.2.3", "::", "http://example.com/%zz?#", "//", "🦊" * 64, "\ud7ff",
        "Re: Re: RE:  [x] Fwd:", "0123456789" * 10, "zxcvbnmzxcvbnm", "\r\n\t\v\f\x85\u2028", "%s{}[0]", "a" * 253,
        "Mozilla/5.0", "curl/", "(((((((((((((((((((", "-" * 200, "a." * 100, "\u0301\u0301\u0301", "ﬁ", "аdmin",
        "application/", "NaN", "\ue000", "İıſß",
    ]
)  # fmt: skip
_IPS = st.one_of(st.ip_addresses().map(str), st.sampled_from(["::ffff:1.2.3.4", "::", "255.255.255.255"]))


def values(declared: msgspec.inspect.Type, meta: dict[str, Any]) -> st.SearchStrategy[Any]:
    match declared:
        case msgspec.inspect.Metadata():
            return values(declared.type, declared.extra or {})
        case msgspec.inspect.UnionType():
            return st.one_of(*(values(part, meta) for part in declared.types))
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.LiteralType():
            return st.sampled_from(declared.values)
        case msgspec.inspect.IntType():
            return st.one_of(st.sampled_from([declared.ge or 0, declared.le]), st.integers(declared.ge, declared.le))
        case msgspec.inspect.FloatType():
            return st.floats(declared.ge, declared.le, allow_nan=False)
        case msgspec.inspect.StrType():
            if meta.get("format") == "ip":
                return _IPS
            most = declared.max_length
            assert most is not None, "a field of text has a bound"
            text = st.one_of(_ODD, st.text(max_size=40), st.tuples(_ODD, _ODD).map("".join))
            return text.map(lambda value: value[:most] or ("x" if declared.min_length else ""))
        case msgspec.inspect.ListType():
            return st.lists(values(declared.item_type, {}), max_size=4)
    raise AssertionError(declared)


def data_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    needed, optional = {}, {}
    for info in msgspec.structs.fields(KINDS[kind].fields):
        made = values(msgspec.inspect.type_info(info.type), {})
        (needed if info.required else optional)[info.name] = made
    return st.fixed_dictionaries(needed, optional=optional)


_TIMES = st.sampled_from([-62_135_596_800_000, -1, 0, 1, 1_795_237_200_000, 253_402_300_799_999])


@pytest.mark.parametrize("name", KINDS)
@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_feature_of_any_event_is_finite_and_within_its_range(name: str, data: st.DataObject) -> None:
    catalogue, decoder = CATALOGUES[name], EventDecoder(KINDS[name], 900_000, 300)
    fields = data.draw(data_of(name))
    times = data.draw(st.lists(_TIMES, min_size=1, max_size=3))

    async def inside() -> None:
        store = MemoryStore()
        for offset, time_ms in enumerate(times):
            record = {"specversion": "1.0", "id": str(offset), "source": "s", "type": name, "data": fields}
            one = decoder.decode(msgspec.json.encode({**record, "time": to_rfc3339(time_ms)}))
            prepared = catalogue.prepare(one, REFERENCE)
            observation = Observation(Position("T:0", offset, 0), time_ms, prepared.updates)
            (answer,) = await store.observe([observation], {"T:0": offset})
            assert all(isinstance(value, str) and value for value in prepared.entities.values())
            for info, value in zip(catalogue.infos, catalogue.vector(one, prepared, answer), strict=True):
                assert isinstance(value, (int, float)), info.name
                assert math.isfinite(value), info.name
                assert info.least is None or info.least <= value, (info.name, value)
                assert info.most is None or value <= info.most + 1e-9, (info.name, value)

    asyncio.run(inside())
