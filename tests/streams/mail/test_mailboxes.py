"""Every way in which people keep mails is read whole, in a stable order, under stable ids."""

import gzip
import json
import mailbox
from pathlib import Path

import pytest
from support.mails import proper_mail

from streams.files import InputError
from streams.mail.events import RawMail
from streams.mail.jsonlines import UnreadableLine
from streams.mail.mailboxes import MailReader


def read(*paths: Path) -> list[RawMail]:
    found = list(MailReader(paths))
    mails = [one for one in found if isinstance(one, RawMail)]
    assert len(mails) == len(found)
    return mails


def test_a_file_with_one_raw_mail(tmp_path: Path) -> None:
    for name in ("a.eml", "b.txt", "c"):
        (tmp_path / name).write_bytes(proper_mail(1))
        assert read(tmp_path / name) == [RawMail(name, proper_mail(1))]


def test_an_mbox_is_divided_at_its_lines_and_not_at_sentences(tmp_path: Path) -> None:
    line = b"From a@example.com Mon Mar  2 08:00:00 2026\n"
    bodies = [b"Subject: 1\n\nFrom now on\n\nFrom here, too\n\n", b"Subject: 2\n\nlast, without an end of line"]
    for name in ("inbox.mbox", "Inbox"):
        (tmp_path / name).write_bytes(line + bodies[0] + line + bodies[1])
        mails = read(tmp_path / name)
        assert [mail.id for mail in mails] == [f"{name}:0", f"{name}:1"]
        assert [mail.raw for mail in mails] == [line + bodies[0], line + bodies[1]]


def test_two_hundred_mails_of_an_mbox_are_those_that_were_put_in(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box")
    for number in range(200):
        box.add(proper_mail(number))
    box.close()
    mails = read(tmp_path / "box")
    assert len(mails) == 200
    assert all(f"<{number}@example.org>".encode() in mail.raw for number, mail in enumerate(mails))


def test_a_maildir_with_subfolders_but_without_what_is_half_delivered(tmp_path: Path) -> None:
    root = mailbox.Maildir(tmp_path / "dir")
    root.add(proper_mail(1))
    root.add_folder("Sent").add(proper_mail(2))
    (tmp_path / "dir" / "tmp" / "half").write_bytes(b"Subject: ha")
    (tmp_path / "dir" / "uidlist").write_bytes(b"3 V1")
    mails = read(tmp_path / "dir")
    assert [f"<{number}@".encode() in mail.raw for number, mail in zip((2, 1), mails, strict=True)] == [True, True]
    assert all(mail.id.startswith("dir/") for mail in mails)


def test_a_folder_of_raw_mails_in_the_order_of_names_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b/2", "b/10", "a/1.eml", ".hidden", ".git/x", "empty"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"" if name == "empty" else b"Subject: x\n\n")
    assert [mail.id for mail in read(tmp_path / "in")] == ["in/a/1.eml", "in/b/10", "in/b/2", "in/empty"]


def test_files_of_the_same_name_get_different_ids(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.eml").write_bytes(b"\n")
    assert [mail.id for mail in read(tmp_path / "x" / "1.eml", tmp_path / "y" / "1.eml")] == ["1.eml", "1.eml#2"]


def test_json_lines_give_id_time_label_and_the_very_bytes(tmp_path: Path) -> None:
    raw = bytes(range(256))
    line = {"id": "a", "ts": "2002-07-15", "label": "spam", "raw": raw.decode("latin-1")}
    (tmp_path / "m.jsonl").write_text(json.dumps(line) + "\n\n" + json.dumps({"raw": "x"}))
    assert read(tmp_path / "m.jsonl") == [RawMail("a", raw, "2002-07-15", "spam"), RawMail("m.jsonl:3", b"x")]


def test_text_beyond_latin_1_and_lone_surrogates_lose_nothing_that_is_readable(tmp_path: Path) -> None:
    (tmp_path / "m").write_text('{"raw": "žluťoučký"}\n{"raw": "a\\ud800ž"}\n{"raw": "\\udcffž"}')
    assert [mail.raw for mail in read(tmp_path / "m")] == [
        "žluťoučký".encode(),
        b"a\xed\xa0\x80\xc5\xbe",
        b"\xff\xc5\xbe",
    ]


def test_lines_that_hold_no_mail_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    lines = ['{"raw": "1"}', "{", "[]", '{"raw": 5}', '{"id": "x"}', "[" * 100_000, '{"raw": "2"}']
    (tmp_path / "m.jsonl").write_text("\n".join(lines))
    found = list(MailReader([tmp_path / "m.jsonl"]))
    assert [one.raw for one in found if isinstance(one, RawMail)] == [b"1", b"2"]
    assert [str(one).partition(": ")[0] for one in found if isinstance(one, UnreadableLine)] == [
        f"m.jsonl:{number}" for number in range(2, 7)
    ]


@pytest.mark.parametrize("name", ["a.eml", "b.mbox", "c.jsonl"])
def test_packed_files_are_the_same_as_unpacked_ones(tmp_path: Path, name: str) -> None:
    plain = {
        "a.eml": proper_mail(1),
        "b.mbox": b"From x@example.com Mon Mar  2 08:00:00 2026\n" + proper_mail(2),
        "c.jsonl": b'{"id": "1", "raw": "x"}\n',
    }[name]
    (tmp_path / name).write_bytes(plain)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(plain))
    assert [mail.raw for mail in read(tmp_path / name)] == [mail.raw for mail in read(tmp_path / f"{name}.gz")]


def test_a_broken_packed_file_and_a_missing_one_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(gzip.compress(proper_mail(1) * 100)[:-200])
    for path in (tmp_path / "x.gz", tmp_path / "none"):
        with pytest.raises(InputError, match=path.name):
            list(MailReader([path]))


def test_how_far_it_is_ends_at_the_whole(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(gzip.compress(proper_mail(1)))
    (tmp_path / "y").write_bytes(proper_mail(2))
    reader = MailReader([tmp_path])
    assert [reader.done_bytes <= reader.total_bytes for _ in reader] == [True, True]
    assert reader.done_bytes == reader.total_bytes == sum(path.stat().st_size for path in tmp_path.iterdir())
