"""What was in force when: the way back from what is in force now."""

from __future__ import annotations

from collections.abc import Mapping

from streams.bundles.wire import Current


def before(current: Current) -> str | None:
    """The hash to which a rollback goes: what was in force before, and still further back after a rollback.

    None if nothing older is known. A bundle that was rolled back is never the way back.
    """
    if not current.history:
        return None
    stack = [current.history[-1].replaced]
    for shipment in reversed(current.history):
        if shipment.rollback and shipment.hash in stack:
            while stack[-1] != shipment.hash:
                stack.pop()
        else:
            stack.append(shipment.hash)
    return stack[-2] if len(stack) > 1 else None


def shipped_together(currents: Mapping[str, Current]) -> list[str]:
    """The kinds that the newest shipment of all changed."""
    newest = {kind: current.history[0].at_ms for kind, current in currents.items() if current.history}
    return sorted(kind for kind, at_ms in newest.items() if at_ms == max(newest.values()))
