"""What sort of device a user agent belongs to, as numbers."""

from __future__ import annotations


def is_program(device_type: str) -> float:
    """1 for a crawler or another program that says so, else 0.

    OWASP Automated Threats to Web Applications, OAT-008 and OAT-019: the lazier tools do not hide.
    """
    return 1.0 if device_type == "bot" else 0.0


def is_handheld(device_type: str) -> float:
    """1 for a telephone or tablet, else 0."""
    return 1.0 if device_type in ("mobile", "tablet") else 0.0
