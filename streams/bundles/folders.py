"""From folders of rules to bundles and back: names of files that mean the same on every machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import msgspec

from features.catalogue import Catalogue
from features.errors import WeirError
from models.bundle import RULEBOOK, Bundle, BundleText, compile_bundle, load_bundles, read_text

_POLICY = "policy.toml"


def shipped_bundles(catalogues: Mapping[str, Catalogue], folders: Iterable[Path]) -> dict[str, Bundle]:
    """What judges where nothing was published: the rulebook and the folders that the settings name.

    Raises RuleError, which names files by their place on this machine.
    """
    folders = tuple(folders)
    bundles = load_bundles(catalogues, folders)
    return {kind: _portable(bundle, (RULEBOOK, *folders)) for kind, bundle in bundles.items()}


def bundles_alone(catalogues: Mapping[str, Catalogue], folders: Iterable[Path]) -> dict[str, Bundle]:
    """The same of these folders only, without the rulebook."""
    folders = tuple(folders)
    bundles = {kind: compile_bundle(read_text(kind, folders), catalogue) for kind, catalogue in catalogues.items()}
    return {kind: _portable(bundle, folders) for kind, bundle in bundles.items()}


def write_files(texts: Iterable[BundleText], out: Path) -> list[Path]:
    """Write bundles' files so that their folders can be read again as folders of rules; raises WeirError.

    Nothing is overwritten. A policy that stands in no folder of its kind goes into the last one.
    """
    files: dict[Path, str] = {}
    for text in texts:
        for name, words in _placed(text).items():
            path = out / name
            if out.resolve() not in path.resolve().parents:
                raise WeirError(f"{path} is outside of {out}: this bundle was not made by 'weir rules publish'")
            if path.exists() or files.setdefault(path, words) != words:
                raise WeirError(f"{path} exists: name a folder that is new, or one --kind at a time")
    try:
        for path, words in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(words, encoding="utf-8")
    except OSError as error:
        raise WeirError(f"{out} cannot be written: {error.strerror}") from None
    return list(files)


def _placed(text: BundleText) -> dict[str, str]:
    policy, words = text.policy
    if PurePosixPath(policy).parent.name != text.kind:
        tops = [PurePosixPath(name).parts[0] for name in (*text.rules, *text.lists)] or [RULEBOOK.name]
        policy = f"{tops[-1]}/{text.kind}/{_POLICY}"
    return {**text.rules, **text.lists, policy: words}


def _portable(bundle: Bundle, folders: Sequence[Path]) -> Bundle:
    """Each file as ``<folder>/<kind>/<file>``; of folders of one name, later ones are numbered."""
    tops: dict[Path, str] = {}
    # The policy of a kind that has none is the rulebook's.
    for folder in (*folders, RULEBOOK):
        name = folder.resolve().name or "rules"
        number = sum(top.partition("~")[0] == name for top in tops.values()) + 1
        tops.setdefault(folder, name if number == 1 else f"{name}~{number}")

    def named(path: str) -> str:
        folder, below = Path(path).parents[1], Path(path).parts[-2:]
        return "/".join((tops[folder], *below))

    text = bundle.text
    return replace(
        bundle,
        text=msgspec.structs.replace(
            text,
            rules={named(path): words for path, words in text.rules.items()},
            policy=(named(text.policy[0]), text.policy[1]),
            lists={named(path): words for path, words in text.lists.items()},
        ),
    )
