"""Bundles that differ from those that ship, for tests that put them in force."""

from __future__ import annotations

from typing import Literal

import msgspec
from support.events import CATALOGUES

from models.bundle import Bundle, compile_bundle
from streams.bundles.folders import shipped_bundles

SHIPPED = shipped_bundles(CATALOGUES, [])


def altered(kind: str = "login", mode: Literal["shadow", "off"] = "shadow") -> Bundle:
    """What ships, but its first rule does not count."""
    text = SHIPPED[kind].text
    (name, words), *rest = text.rules.items()
    changed = words.replace("[[rule]]\n", f'[[rule]]\nmode = "{mode}"\n', 1)
    return compile_bundle(msgspec.structs.replace(text, rules={name: changed, **dict(rest)}), CATALOGUES[kind])
