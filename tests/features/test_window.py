"""Windows: their buckets, and which of them one measure can have."""

from __future__ import annotations

import pytest

from features.errors import KindError
from features.window import BUCKETS, Window, parse_windows, seconds


def test_durations_are_seconds() -> None:
    assert [seconds(name) for name in ("1m", "10m", "1h", "24h", "30d")] == [60, 600, 3600, 86_400, 2_592_000]


def test_windows_that_share_no_buckets_or_repeat_or_are_too_many_are_refused() -> None:
    with pytest.raises(KindError, match=r"'25m'.*no multiple of the 120 s of '12m': choose windows that divide"):
        parse_windows(("12m", "25m"), "sale", "account.sales")
    with pytest.raises(KindError, match="repeat a length: name each once"):
        parse_windows(("60m", "1h"), "sale", "account.sales")
    with pytest.raises(KindError, match="one to three windows, not 4"):
        parse_windows(("12m", "1h", "2h", "24h"), "sale", "account.sales")
    with pytest.raises(KindError, match="one to three windows, not 0"):
        parse_windows((), "sale", "account.sales")


def test_a_window_is_cut_into_buckets_of_whole_seconds() -> None:
    assert Window.parse("1h").bucket_s * BUCKETS == 3600
    with pytest.raises(KindError, match="does not divide into 7 buckets"):
        Window.parse("1h", 7)
    windows = parse_windows(("24h", "10m", "1h"), "sale", "account.sales")
    assert [window.name for window in windows] == ["10m", "1h", "24h"]
