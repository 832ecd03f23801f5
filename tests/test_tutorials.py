"""The tutorials do what they say, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.tutorial import ROOT, checkout, follow

_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)]*))?\)")


def test_a_feature_is_added_by_following_the_page(tmp_path: Path) -> None:
    follow("add-a-feature.md", checkout(tmp_path / "weir"), {}, timeout_s=300)


def test_a_model_of_ones_own_is_seen_in_the_shadow_by_following_the_page(tmp_path: Path) -> None:
    follow("tutorial-model.md", checkout(tmp_path / "weir"), {}, timeout_s=300)


def anchors(page: Path) -> set[str]:
    """What a heading can be linked by: its words in lower case, joined by hyphens."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_links_between_pages_lead_to_a_file_and_a_heading(page: Path) -> None:
    for target, anchor in _LINK.findall(page.read_text()):
        if "://" in target:
            continue
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), f"{target}#{anchor}"
