"""What a user agent gives away about whoever holds it."""

from __future__ import annotations

import re

_SCRIPT = re.compile(
    r"curl|wget|python|okhttp|java/|go-http|libwww|httpclient|axios|node-fetch|undici|ruby|perl|php|scrapy|"
    r"headless|phantom|selenium|puppeteer|playwright|webdriver|bot\b|spider|crawl",
    re.IGNORECASE,
)


def is_scripted(user_agent: str) -> float:
    """1 if it names a library, a headless browser or a robot, else 0; an empty one is a script's too.

    OWASP Automated Threats to Web Applications, OAT-008 and OAT-019: the lazier tools do not hide.
    """
    return 0.0 if user_agent and _SCRIPT.search(user_agent) is None else 1.0
