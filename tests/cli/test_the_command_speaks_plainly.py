"""The command itself: known verbs, plain refusals, and always what to do next."""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from lienthong.cli import (
    call,
    cards,
    databases,
    demo,
    main,
    memory,
    migrations,
    new,
    report,
    runtime,
    up,
)
from lienthong.kernel.node import Node, Ports


def node_at(place: Path) -> Node:
    return Node(home=place, ports=Ports(8000))


def test_without_a_verb_it_lists_them_and_names_the_first_step(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main.main([]) == 0
    said = capsys.readouterr().out
    assert "report" in said
    assert "Next: `lienthong up --demo`" in said
    assert "settle" not in said


def test_an_unknown_verb_is_an_error_on_the_error_channel(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main.main(["conquer"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "There is no verb 'conquer'" in captured.err


@pytest.mark.parametrize("verb", main.VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    module = importlib.import_module(f"lienthong.cli.{main.VERBS[verb].module}")
    assert module.__doc__
    module.add_arguments(argparse.ArgumentParser(exit_on_error=False))


def test_help_loads_neither_django_nor_cryptography() -> None:
    program = (
        "import sys; from lienthong.cli.main import main; main([]);"
        "print([m for m in ('django', 'cryptography', 'psycopg') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(main.__file__).rpartition("/lienthong/")[0]},
    )
    assert done.stdout.strip().endswith("[]")


def test_a_system_is_known_by_package_name_and_by_subsystem_code() -> None:
    assert cards.card_of("civil-status") is cards.card_of("civil_status")
    with pytest.raises(LookupError, match="no system 'tax' here"):
        cards.card_of("tax")


def test_who_asks_is_the_first_grantee_unless_named() -> None:
    population = cards.card_of("population")
    offer = population.offer("person.find.v1")
    assert call.client_of("", population, offer).code == "civil_status"
    assert call.client_of("steering", population, offer).code == "steering"


@pytest.mark.parametrize(
    ("text", "value"),
    [("091195000017", "091195000017"), ("true", True), ('["F001"]', ["F001"]), ("An", "An")],
)
def test_numbers_with_leading_zeros_stay_text_in_a_call(text: str, value: object) -> None:
    assert call.plain_value(text) == value


def test_the_secret_of_a_call_is_never_shown(tmp_path: Path) -> None:
    node = node_at(tmp_path)
    (node.secrets / "clients").mkdir(parents=True)
    (node.secrets / "clients" / "G15.civil-status").write_text("hush")
    population, client = cards.card_of("population"), cards.card_of("civil_status")
    offer = population.offer("personal-id.issue.v1")
    envelope = call.envelope_of(node, client, population, offer, b"{}", None)
    assert envelope.headers["Lienthong-Client-Secret"] == "hush"
    assert "hush" not in str(envelope.shown())
    assert envelope.headers["Idempotency-Key"]
    assert envelope.path == "/r1/VN/GOV/G01/population/personal-id.issue.v1"


def test_one_database_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="Set both"):
        databases.databases_of(node_at(tmp_path), {"LIENTHONG_DATABASE_URL": "postgresql://x/y"})


def test_named_databases_start_no_postgres_of_our_own(tmp_path: Path) -> None:
    chosen = databases.databases_of(
        node_at(tmp_path),
        {
            "LIENTHONG_DATABASE_URL": "postgresql://a@host/systems",
            "LIENTHONG_GATEWAY_DATABASE_URL": "postgresql://b@host/log",
            "LIENTHONG_OWNER_DATABASE_URL": "postgresql://o@host/systems",
        },
    )
    assert not chosen.embedded
    assert chosen.as_owner({})["LIENTHONG_DATABASE_URL"] == "postgresql://o@host/systems"
    assert chosen.gateway_owner == "postgresql://b@host/log"


def test_passwords_with_awkward_letters_survive_the_url(tmp_path: Path) -> None:
    node = node_at(tmp_path)
    node.secrets.mkdir()
    for name in ("db_app", "db_owner", "db_gateway", "db_archiver"):
        (node.secrets / name).write_text("a/b@c:d")
    assert "a%2Fb%40c%3Ad@127.0.0.1:8084/lienthong" in databases.databases_of(node, {}).systems


def test_a_home_too_deep_for_a_socket_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(databases.postgres.PostgresFault, match="too long"):
        databases.sockets_of(node_at(tmp_path / ("d" * 60) / ("e" * 60)))


def test_a_scale_without_room_for_it_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = SimpleNamespace(free=2**30)
    monkeypatch.setattr(demo.shutil, "disk_usage", lambda _: room)
    assert demo.has_room(node_at(tmp_path), Decimal("0.001"))
    assert not demo.has_room(node_at(tmp_path), Decimal(1))
    assert "Scale 1 needs about" in capsys.readouterr().out


def test_a_node_keeps_the_scale_it_was_loaded_with(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text('{"scale": "0.001"}')
    plain = argparse.Namespace(demo=False, scale=None)
    assert up.demo_of(node_at(tmp_path), plain) == "0.001"
    other = argparse.Namespace(demo=True, scale=Decimal("0.01"))
    with pytest.raises(SystemExit, match=r"at scale 0\.001"):
        up.demo_of(node_at(tmp_path), other)


def test_a_node_that_is_no_demonstration_stays_none(tmp_path: Path) -> None:
    assert up.demo_of(node_at(tmp_path), argparse.Namespace(demo=False, scale=None)) == ""


def test_the_digest_of_migrations_changes_with_the_systems_carried() -> None:
    assert migrations.digest("population") != migrations.digest("")
    assert migrations.digest("") == migrations.digest("")


def test_migrations_are_told_by_their_count() -> None:
    told = "Operations to perform:\n  Apply all migrations\nRunning migrations:\n"
    lines = "".join(f"  Applying web.{number:04d}_x... OK\n" for number in range(80))
    assert migrations.in_short(told + lines) == "80 migrations applied."
    assert migrations.in_short(told + "  Applying a.1... OK") == "1 migration applied."
    assert migrations.in_short("No migrations to apply.") == (
        "The databases are at this release already."
    )


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("2021-07-19..2021-08-19", ["2021-07", "2021-08"]),
        ("2021-08-01..2021-08-31", ["2021-08"]),
        ("2021-08-20", ["2021-08"]),
        ("last month", ["2021-08"]),
    ],
)
def test_a_stretch_of_days_is_led_to_the_months_it_lies_in(asked: str, named: list[str]) -> None:
    said = report.advice(asked)
    assert f"'{asked}' is no month" in said
    for month in named:
        assert f"`lienthong report {month}`" in said
    assert said.count("`lienthong report") == len(named)


def test_the_time_of_a_start_is_counted_from_when_it_was_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIENTHONG_BEGAN", "1234567")
    assert up.began() == 1234567
    assert "LIENTHONG_BEGAN" not in os.environ, "children count from their own start"
    monkeypatch.setenv("LIENTHONG_BEGAN", "this morning")
    assert up.began() > 1234567


def test_the_accounts_of_a_demonstration_say_who_they_are(tmp_path: Path) -> None:
    file = tmp_path / "accounts.json"
    file.write_text('{"le.cuong": {"password": "a-b-c", "totp": "x", "who": "Lê Cường, xã"}}')
    (line,) = up.account_lines(file)
    assert line.split() == ["le.cuong", "a-b-c", "Lê", "Cường,", "xã"]


def test_the_runtime_of_a_node_holds_what_it_needs_and_no_tools_of_developers() -> None:
    names = {distribution.metadata["Name"].lower() for distribution in runtime.closure("lienthong")}
    assert {"lienthong", "django", "psycopg", "psycopg-binary", "granian"} <= names
    assert {"fido2", "qrcode"} <= names, "extras of a requirement belong to it"
    assert not {"pytest", "mypy", "ruff", "playwright"} & names


def test_memory_is_counted_over_a_whole_family() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    try:
        assert child.pid in memory.family(os.getpid())
        assert memory.family_pss(os.getpid()) >= memory.pss(os.getpid()) > 1000
        assert memory.pss(2**22 + 1) == 0
    finally:
        child.kill()
        child.wait()


def test_a_new_system_is_laid_out_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "src" / "lienthong" / "systems").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert main.main(["new", "system", "health-book"]) == 0
    rooms = tmp_path / "src" / "lienthong" / "systems" / "health_book"
    assert {path.name for path in rooms.iterdir()} >= {"manifest.py", "domain.py", "models.py"}
    for path in rooms.rglob("*.py"):
        compile(path.read_text(), str(path), "exec")
    (rooms / "domain.py").write_text("# mine\n")
    assert main.main(["new", "system", "health-book"]) == 0
    assert (rooms / "domain.py").read_text() == "# mine\n"
    assert "Everything was there already." in capsys.readouterr().out


def test_a_name_that_is_no_package_is_refused() -> None:
    assert new.NAME.fullmatch("health_book")
    assert main.main(["new", "system", "Health Book"]) == 2
