"""What a user agent says of itself: families, version, sort of device; and no text takes long."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.reference import Reference, load_reference

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
REFERENCE = load_reference(None)
# A real browser's, a telephone's, a tablet's, a television's, a crawler's, a program's.
CASES = {
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0.0.0 Safari/537.36":
        ("Chrome/Windows", "Chrome 126", "Windows", "desktop"),
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0":
        ("Edge/Windows", "Edge 126", "Windows", "desktop"),
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0":
        ("Firefox/Ubuntu", "Firefox 127", "Ubuntu", "desktop"),
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/126.0.0.0 Safari/537.36":
        ("Chrome/Chrome OS", "Chrome 126", "Chrome OS", "desktop"),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Safari/605.1.15":
        ("Safari/Mac OS X", "Safari 17", "Mac OS X", "desktop"),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1":
        ("Mobile Safari/iOS", "Mobile Safari 17", "iOS", "mobile"),
    "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1":
        ("Mobile Safari/iOS", "Mobile Safari 17", "iOS", "tablet"),
    f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36":
        ("Chrome Mobile/Android", "Chrome Mobile 126", "Android", "mobile"),
    f"Mozilla/5.0 (Linux; Android 13; SM-X700) {WEBKIT} Chrome/126.0.0.0 Safari/537.36":
        ("Chrome/Android", "Chrome 126", "Android", "tablet"),
    f"Mozilla/5.0 (Linux; Android 12; BRAVIA 4K UR3 TV) {WEBKIT} Chrome/126.0.0.0 Safari/537.36":
        ("Chrome/Android", "Chrome 126", "Android", "other"),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":
        ("Googlebot/Other", "Googlebot 2", "Other", "bot"),
    f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/126.0.0.0 Safari/537.36":
        ("HeadlessChrome/Linux", "HeadlessChrome 126", "Linux", "bot"),
    "python-requests/2.31.0": ("Python Requests/Other", "Python Requests 2", "Other", "bot"),
    "curl/8.5.0": ("curl/Other", "curl 8", "Other", "bot"),
    "Go-http-client/1.1": ("Go-http-client/Other", "Go-http-client 1", "Other", "bot"),
    "okhttp/4.9.0": ("okhttp/Other", "okhttp 4", "Other", "other"),
    "none of your business": ("Other/Other", "Other", "Other", "other"),
}  # fmt: skip


@pytest.mark.parametrize("user_agent", CASES)
def test_a_user_agent_has_its_families_its_version_and_its_device(user_agent: str) -> None:
    asked = (Reference.agent, Reference.browser, Reference.os, Reference.device_type)
    assert tuple(ask(REFERENCE, user_agent) for ask in asked) == CASES[user_agent]


@pytest.mark.parametrize("user_agent", [None, ""])
def test_none_has_nothing(user_agent: str | None) -> None:
    assert [
        REFERENCE.agent(user_agent),
        REFERENCE.browser(user_agent),
        REFERENCE.os(user_agent),
        REFERENCE.device_type(user_agent),
    ] == [None] * 4


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=700) | st.text(alphabet="\x00\ud800\U0001f600 /;()", max_size=50))
def test_any_text_has_an_answer_and_the_same_one_from_another_process_s_tables(text: str) -> None:
    fresh = load_reference(None)
    assert REFERENCE.agent(text) == fresh.agent(text)
    assert REFERENCE.device_type(text) in ({"desktop", "mobile", "tablet", "bot", "other"} if text else {None})


def test_what_stands_behind_the_first_512_characters_does_not_count() -> None:
    chrome = next(iter(CASES))
    assert REFERENCE.agent(" " * 512 + chrome) == "Other/Other"
    assert REFERENCE.agent(chrome + "x" * 10**6) == "Chrome/Windows"


def test_no_text_takes_long_and_the_memory_for_them_is_bounded() -> None:
    rng = random.Random(4)
    words = ["bot", "crawler", "favicon", "Mozilla/5.0", "(Linux; Android", "Build/", "Version/1.1", "((", "1." * 30]
    took = []
    for number in range(17_000):
        text = f"{number} " + " ".join(rng.choices(words, k=60)) if number % 17 == 0 else f"{number}/1"
        start = time.process_time()
        REFERENCE.agent(text * 4)
        took.append(time.process_time() - start)
    # A twentieth of a second is a hundred times what the worst was measured to be.
    assert sorted(took)[-10] < 0.05
    held = REFERENCE._agents._remembered.cache_info()
    assert held.maxsize is not None
    assert held.currsize <= held.maxsize
