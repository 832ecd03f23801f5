"""weir rules publish, history, diff, rollback and show, as an analyst uses them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from confluent_kafka import Producer
from support.bundles import SHIPPED
from support.events import CATALOGUES
from support.mock_kafka import mock_kafka

from features.errors import WeirError
from models.bundle import RULEBOOK
from models.errors import RuleError
from streams.bundles import shelf
from streams.bundles.shelf import open_shelf
from streams.bundles.wire import bundle_key, current_key
from streams.cli.rules import rules
from streams.clients.announce import announce
from streams.clients.control_state import read_control
from streams.settings import Settings

Weir = Callable[..., Result]
RULE = """
[[rule]]
id = "login-{id}"
kind = "login"
when = "account.failures_1h >= {limit} and method == '{id}'"
action = "review"
reason = "{{account.failures_1h}} failures"
owner = "test"
cases = [
  {{ fires = true, values = {{ "account.failures_1h" = {limit}, method = "{id}" }} }},
  {{ fires = false, values = {{ "account.failures_1h" = {below}, method = "{id}" }} }},
  {{ fires = false, values = {{ "account.failures_1h" = {limit}, method = "passkey" }} }},
]
"""


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with mock_kafka() as address:
        yield address


@pytest.fixture
def settings(broker: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Settings:
    made = Settings(kafka=broker, topic_prefix=f"t{abs(hash(request.node.name))}-")
    Producer({"bootstrap.servers": broker}).list_topics(made.topic("control"), timeout=10)
    monkeypatch.setenv("WEIR_KAFKA", broker)
    monkeypatch.setenv("WEIR_TOPIC_PREFIX", made.topic_prefix)
    # It is the same for all commands here: compiled once, these tests take half as long.
    monkeypatch.setattr(shelf, "shipped_bundles", lambda *_: SHIPPED)
    return made


@pytest.fixture
def weir(settings: Settings) -> Weir:
    def run(*words: str) -> Result:
        return CliRunner().invoke(rules, list(words))

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine" / "login").mkdir(parents=True)
    write(tmp_path / "mine", "otp", 4)
    return tmp_path / "mine"


def write(folder: Path, name: str, limit: int) -> None:
    (folder / "login" / f"{name}.toml").write_text(RULE.format(id=name, limit=limit, below=limit - 1))


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


def refused(result: Result, error: type[Exception] = WeirError) -> str:
    assert isinstance(result.exception, error), result.output
    return str(result.exception)


def in_force(settings: Settings, kind: str = "login") -> str:
    now = open_shelf(settings, CATALOGUES).now(kind)
    assert not now.fault
    return now.hash


def publish(weir: Weir, folder: Path, note: str = "a test", *more: str) -> str:
    return done(weir("publish", "--folder", str(folder), "--note", note, "--author", "ada", *more))


def test_publishing_says_what_changes_and_how_to_go_back(weir: Weir, folder: Path, settings: Settings) -> None:
    said = publish(weir, folder)
    name = in_force(settings)
    assert name != SHIPPED["login"].hash
    assert f"{SHIPPED['login'].hash} -> {name}\n  + login-otp (live, review)\n" in said
    assert f"login: {name} is in force.\nTo go back: weir rules rollback" in said
    assert f"mail: {len(SHIPPED['mail'].engine.rules)} rules" in said
    assert f"{SHIPPED['mail'].hash} is in force already" in said
    assert current_key("mail") not in read_control(settings)
    assert "login-otp" in {rule.id for rule in open_shelf(settings, CATALOGUES).get("login", name).engine.rules}


def test_a_dry_run_and_what_is_in_force_already_send_nothing(weir: Weir, folder: Path, settings: Settings) -> None:
    assert "+ login-otp" in done(weir("publish", "--folder", str(folder), "--dry-run"))
    assert read_control(settings) == {}
    publish(weir, folder)
    seen = read_control(settings)
    assert "Nothing changes: nothing is sent." in publish(weir, folder)
    assert read_control(settings) == seen


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("failures_1h >=", "failures_1hh >="), "failures_1hh"),
        (('action = "review"', 'action = "frown"'), "frown"),
        (("fires = true", "fires = false"), "case"),
        (("[[rule]]", "[[rule"), "not TOML"),
        (("login-otp", "login-brute-force"), "already stands in"),
        (("account.failures_1h >= 4", "account.failures_1h >= 4 and account.failures_1h < 3"), "never fire"),
    ],
)
def test_what_must_not_be_shipped_is_refused_with_its_place_and_nothing_is_sent(
    weir: Weir, folder: Path, settings: Settings, change: tuple[str, str], said: str
) -> None:
    file = folder / "login" / "otp.toml"
    assert change[0] in file.read_text()
    file.write_text(file.read_text().replace(*change))
    why = refused(weir("publish", "--folder", str(folder), "--note", "x"), RuleError)
    assert said in why
    assert f"{file}:" in why
    assert read_control(settings) == {}


def test_without_a_note_or_with_an_unknown_kind_nothing_is_published(weir: Weir, folder: Path) -> None:
    assert "--note is missing" in weir("publish", "--folder", str(folder)).output
    assert "there is no kind 'logins'" in weir("publish", "--kind", "logins", "--note", "x").output
    assert "--alone: name the folder" in weir("publish", "--alone", "--note", "x").output
    assert weir("publish", "--alone", "--note", "x").exit_code == 2


def test_the_history_names_what_who_when_and_why(weir: Weir, folder: Path, settings: Settings) -> None:
    publish(weir, folder, "first")
    first = in_force(settings)
    write(folder, "otp", 7)
    publish(weir, folder, "second")
    second = in_force(settings)
    lines = [line.split() for line in done(weir("history", "--kind", "login")).splitlines()]
    rows = [[word for word in line if word != "│"] for line in lines if line[0] == "login"]
    assert [(row[2], row[-1]) for row in rows] == [(second, "second"), (first, "first")]
    assert rows[0][3:5] == ["in", "force"]
    (told,) = json.loads(done(weir("history", "--kind", "login", "--json")))
    assert (told["in_force"], told["shipped"]) == (second, False)
    assert [(one["hash"], one["replaced"], one["by"]) for one in told["history"]] == [
        (second, first, "ada"),
        (first, SHIPPED["login"].hash, "ada"),
    ]
    assert "what ships" in done(weir("history"))


def test_a_rollback_goes_back_and_then_further_back(weir: Weir, folder: Path, settings: Settings) -> None:
    publish(weir, folder)
    first = in_force(settings)
    write(folder, "otp", 7)
    publish(weir, folder)
    second = in_force(settings)
    assert f"login: {second} -> {first}" in done(weir("rollback", "--dry-run"))
    assert in_force(settings) == second
    assert f"login: {first} is in force." in done(weir("rollback", "--note", "too many"))
    assert in_force(settings) == first
    done(weir("rollback", "--kind", "login"))
    assert in_force(settings) == SHIPPED["login"].hash
    assert "nothing older is known" in refused(weir("rollback"))
    assert "rollback too many" in done(weir("history"))
    done(weir("rollback", "--to", second[:6]))
    assert in_force(settings) == second
    assert "is in force already" in done(weir("rollback", "--to", second))
    done(weir("rollback", "--to", "shipped", "--kind", "login"))
    assert in_force(settings) == SHIPPED["login"].hash


def test_a_rollback_without_kind_takes_back_all_that_was_published_at_once(
    weir: Weir, folder: Path, settings: Settings
) -> None:
    (folder / "mail").mkdir()
    (folder / "mail" / "policy.toml").write_text('[[bands]]\nscore = 0.5\naction = "review"\n')
    assert "~ policy: bands" in publish(weir, folder)
    assert in_force(settings, "mail") != SHIPPED["mail"].hash
    done(weir("rollback"))
    assert in_force(settings) == SHIPPED["login"].hash
    assert in_force(settings, "mail") == SHIPPED["mail"].hash


def test_where_nothing_was_published_there_is_nothing_before(weir: Weir) -> None:
    assert "nothing was published yet" in refused(weir("rollback"))
    assert "login: nothing was published yet" in refused(weir("rollback", "--kind", "login"))
    assert "no folder, and control has no bundle" in refused(weir("rollback", "--to", "beef"))


def test_a_broken_current_is_told_and_mended_by_a_rollback(weir: Weir, folder: Path, settings: Settings) -> None:
    publish(weir, folder)
    first = in_force(settings)
    write(folder, "otp", 7)
    publish(weir, folder)
    second = in_force(settings)
    announce(settings, {bundle_key(second): b"{"})
    assert "workers cannot take what is published" in weir("history").output
    assert "what is in force for login cannot be read" in refused(weir("diff", "shipped", "--kind", "login"))
    done(weir("rollback"))
    assert in_force(settings) == first


def test_a_difference_is_told_by_rule_and_by_line(weir: Weir, folder: Path, settings: Settings) -> None:
    publish(weir, folder)
    first = in_force(settings)
    write(folder, "otp", 7)
    said = done(weir("diff", first[:8], str(folder)))
    assert f"login: {first} -> {folder} " in said
    assert "  ~ login-otp: when, cases\n" in said
    assert "-when = \"account.failures_1h >= 4 and method == 'otp'\"\n" in said
    assert "--- mine/login/otp.toml\n+++ mine/login/otp.toml\n" in said
    brief = done(weir("diff", "shipped", "--brief"))
    assert f"login: shipped {SHIPPED['login'].hash} -> current {first}\n  + login-otp (live, review)\n" in brief
    assert "mail: " in brief
    assert "the same" in brief
    assert "+++" not in brief
    assert "of the kind login, not of mail" in refused(weir("diff", first, "--kind", "mail"))


def test_what_was_shown_into_a_folder_can_be_edited_and_published_alone(
    weir: Weir, settings: Settings, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    files = done(weir("show", "shipped", "--kind", "login", "--out", str(out))).splitlines()
    assert str(out / "rulebook" / "login" / "policy.toml") in files
    alone = ["--folder", str(out / "rulebook"), "--alone", "--note", "x"]
    assert "Nothing changes" in done(weir("publish", *alone))
    (out / "rulebook" / "login" / "guessing.toml").unlink()
    said = done(weir("publish", *alone))
    assert "  - login-brute-force (live, throttle)\n" in said
    # Kinds of which that folder says nothing keep their rules.
    assert "mail" not in said
    assert "--alone: the folders say nothing of mail" in weir("publish", *alone, "--kind", "mail").output
    text = done(weir("show", in_force(settings)[:8]))
    assert f"# ---- login {in_force(settings)}: rulebook/login/takeover.toml\n" in text
    assert (RULEBOOK / "login" / "takeover.toml").read_text() in text
    assert "guessing.toml" not in text
