"""Labelled mails of any usual form are read the same, in the order of time."""

from __future__ import annotations

from pathlib import Path

import pytest
from quality.mails import Corpus, corpus_at, default_corpus
from support.mail_corpora import made_up, written

from streams.files import InputError

MAILS = made_up(9)


def summary(corpus: Corpus) -> list[tuple[str, bool]]:
    return [(mail.text.body.strip(), mail.abuse) for mail in corpus.mails]


@pytest.fixture
def plain(tmp_path: Path) -> Corpus:
    return corpus_at(written(tmp_path / "mails.jsonl", MAILS))


def test_json_lines_are_ordered_by_their_time(tmp_path: Path, plain: Corpus) -> None:
    turned = corpus_at(written(tmp_path / "turned.jsonl", MAILS[::-1]))
    assert summary(turned) == summary(plain)
    assert [mail.id for mail in plain.mails] == [mail["id"] for mail in MAILS]


def test_a_mail_is_what_the_import_makes_of_it(plain: Corpus) -> None:
    mail = plain.mails[0]
    assert mail.raw.decode() == MAILS[0]["raw"]
    assert mail.event.kind.name == "mail"
    assert mail.text.headers.startswith("From: someone0@example.com")


@pytest.mark.parametrize("folders", [("easy_ham", "spam_2"), ("ham", "spam"), ("legit", "old/spam")])
def test_folders_tell_the_labels_by_their_names(tmp_path: Path, plain: Corpus, folders: tuple[str, str]) -> None:
    root = tmp_path / "all_my_spam"
    for mail in MAILS:
        folder = root / folders[mail["label"] == "spam"]
        folder.mkdir(parents=True, exist_ok=True)
        # The name of a file says nothing where a folder does.
        (folder / f"{mail['id']}.spam.eml").write_text(mail["raw"])
    assert summary(corpus_at(root)) == summary(plain)


def test_a_folder_without_a_label_is_left_out_whatever_the_whole_is_called(tmp_path: Path) -> None:
    root = tmp_path / "all_my_spam"
    for mail, folder in zip(MAILS, ("ham", "spam", "unsorted") * 3, strict=True):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / mail["id"]).write_text(mail["raw"])
    corpus = corpus_at(root)
    assert (len(corpus.mails), corpus.left_out) == (6, 3)


def test_an_mbox_for_each_label_in_one_folder_is_a_corpus(tmp_path: Path, plain: Corpus) -> None:
    root = tmp_path / "boxes"
    root.mkdir()
    for mail in MAILS:
        with (root / f"{mail['label']}.mbox").open("a") as box:
            box.write(f"From me@example.org Wed Jan  1 00:00:00 2020\n{mail['raw']}\n")
    assert summary(corpus_at(root)) == summary(plain)


def test_an_index_of_trec_keeps_its_own_order(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "full").mkdir()
    lines = []
    for mail in MAILS[::-1]:
        (tmp_path / "data" / mail["id"]).write_text(mail["raw"])
        lines.append(f"{mail['label']} ../data/{mail['id']}")
    (tmp_path / "full" / "index").write_text("\n".join(lines))
    by_file, by_folder = corpus_at(tmp_path / "full" / "index"), corpus_at(tmp_path / "full")
    assert summary(by_file) == summary(by_folder)
    assert [mail.raw.decode() for mail in by_file.mails] == [mail["raw"] for mail in MAILS[::-1]]


def test_earlier_mails_are_left_out_if_told(tmp_path: Path) -> None:
    corpus = corpus_at(written(tmp_path / "mails.jsonl", MAILS), "2020-01-01T04:00:00Z")
    assert [mail.id for mail in corpus.mails] == [mail["id"] for mail in MAILS[4:]]


def test_what_holds_no_mail_or_no_label_is_counted(tmp_path: Path) -> None:
    path = written(tmp_path / "mails.jsonl", MAILS)
    with path.open("a") as file:
        file.write('not JSON\n{"id": "x", "raw": "Subject: x\\n\\nx"}\n')
    assert corpus_at(path).left_out == 2


@pytest.mark.parametrize("label", ["ham", "spam"])
def test_a_corpus_of_one_class_says_what_to_give_instead(tmp_path: Path, label: str) -> None:
    path = written(tmp_path / "mails.jsonl", [{**mail, "label": label} for mail in MAILS])
    with pytest.raises(InputError, match="both classes: give JSON lines"):
        corpus_at(path)


def test_a_date_that_is_none_and_a_line_that_is_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'yesterday' is no date"):
        corpus_at(written(tmp_path / "mails.jsonl", MAILS), "yesterday")
    (tmp_path / "index").write_text("spam a\nfoo b\n")
    (tmp_path / "a").write_text("Subject: a\n\na")
    with pytest.raises(InputError, match="line 2 is not 'spam PATH'"):
        corpus_at(tmp_path / "index")


def test_the_default_is_spamassassin_from_july_2002_on() -> None:
    corpus = default_corpus()
    times = [mail.time_ms for mail in corpus.mails]
    assert len(corpus.mails) == 5304
    assert times == sorted(times)
    assert times[0] >= 1_026_691_200_000
