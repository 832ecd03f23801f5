"""Fields of few values: what one of them means."""

from __future__ import annotations


def is_unsolved(captcha: str) -> float:
    """1 if the captcha was failed or skipped, else 0."""
    return 1.0 if captcha in ("failed", "skipped") else 0.0


def is_paid(payment: str) -> float:
    """1 if a means of payment was given, which costs an attacker something, else 0."""
    return 1.0 if payment in ("card", "other") else 0.0


def is_phishable(method: str) -> float:
    """1 for what somebody else can be talked into handing over: passwords and codes; 0 for passkeys and OAuth.

    NIST SP 800-63B-4, 3.2.5: phishing resistance.
    """
    return 1.0 if method in ("password", "otp", "app_password", "recovery") else 0.0
