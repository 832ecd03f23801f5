"""What a user agent says about itself: browser, operating system, sort of device."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from ua_parser import Domain, load_builtins
from ua_parser.regex import Resolver

OTHER = "Other"
# Those of browsers are shorter. What stands behind would only cost time and memory, which the sender would choose.
_LONGEST = 512
_REMEMBERED = 512
_REMEMBERED = 16_384

# Programs that name themselves and are no crawlers: libraries, command lines, browsers that nobody looks at.
# Libraries that apps on telephones ship with (okhttp, CFNetwork) are not among them.
_PROGRAMS = frozenset({
    "AHC", "akka-http", "Apache-CXF", "Apache-HttpClient", "aria2", "Axel", "axios", "curl", "fetch libfetch",
    "Go-http-client", "go-resty", "Google-HTTP-Java-Client", "got", "GuzzleHttp", "HeadlessChrome", "HTTPie",
    "HttpMonitor", "insomnia", "Jersey", "lftp", "libcurl-agent", "libwww-perl", "Phantom", "PhantomJS",
    "PostmanRuntime", "PycURL", "Python aiohttp", "Python Requests", "Python-urllib", "ReactorNetty", "reqwest",
    "scalaj-http", "TLSProber", "urlgrabber", "Vert.x-WebClient", "Wget", "wget2", "WindowsPowerShell", "WinHTTP",
})  # fmt: skip
_DESKTOPS = frozenset({"Windows", "Mac OS X", "Chrome OS", "Linux", "FreeBSD", "OpenBSD", "NetBSD", "Solaris"})
_DESKTOPS_TOO = ("Ubuntu", "Debian", "Fedora", "Red Hat", "SUSE", "Arch Linux", "Mandriva", "Gentoo", "Slackware")
_MOBILES = frozenset({"iOS", "Windows Phone", "BlackBerry OS", "KaiOS", "Symbian OS", "HarmonyOS", "Firefox OS"})


@dataclass(frozen=True, slots=True)
class Agent:
    """As the questions of Reference answer; ``families`` and ``versioned`` are of the browser."""

    families: str
    versioned: str
    os: str
    device_type: str


class Agents:
    """Parses each user agent once, and remembers a bounded number of them."""

    __slots__ = ("_remembered",)

    def __init__(self) -> None:
        self._remembered = lru_cache(maxsize=_REMEMBERED)(_parse)

    def parse(self, user_agent: str) -> Agent:
        """Total, and of bounded time for every text; its first 512 characters count."""
        return self._remembered(user_agent[:_LONGEST])


@cache
def _resolver() -> Resolver:
    # This engine's matching is linear. The library's others backtrack, and the text is the attacker's.
    return Resolver(load_builtins())


def _parse(user_agent: str) -> Agent:
    text = user_agent.encode("utf-8", "replace").decode()
    found = _resolver()(text, Domain.ALL)
    browser = found.user_agent.family if found.user_agent else OTHER
    major = found.user_agent.major if found.user_agent else None
    os = found.os.family if found.os else OTHER
    brand, model = (found.device.brand or "", found.device.model or "") if found.device else ("", "")
    device_type = _device_type(text, browser, os, brand, model)
    return Agent(f"{browser}/{os}", f"{browser} {major}" if major else browser, os, device_type)


def _device_type(text: str, browser: str, os: str, brand: str, model: str) -> str:
    if brand == "Spider" or browser in _PROGRAMS:
        return "bot"
    if "TV" in text or "Watch" in text:
        # Televisions and watches run the systems of telephones, and say what they are.
        return "other"
    if "tablet" in f"{brand} {model}".lower() or model.startswith(("iPad", "Kindle")):
        return "tablet"
    if os == "Android":
        # Browsers on telephones say Mobile, those on tablets leave it out.
        return "mobile" if "Mobile" in text else "tablet"
    if os in _MOBILES:
        return "mobile"
    return "desktop" if os in _DESKTOPS or os.startswith(_DESKTOPS_TOO) else "other"
