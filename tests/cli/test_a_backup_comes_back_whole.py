"""Backup, verify and restore, by the command, on databases a site names."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
from psycopg import sql

from database_server import DatabaseServer, TestDatabase
from gateway.rows_cast import row
from gateway.test_the_log_tells_what_came_since import write
from lienthong.cli import backups, ledger, sealed, vault
from lienthong.gateway.since import Position
from lienthong.kernel import clock
from lienthong.kernel.node import Node, Ports

# The verbs step down from root to the service user; what is tested here does not.
PROGRAM = """
import os, sys
os.geteuid = lambda: 1
from lienthong.cli.main import main
sys.exit(main())
"""
ENTER = (
    "INSERT INTO record_entry (at, legal_day, actor, what, subject, detail, trace)"
    " VALUES (now(), '2021-08-20', 'x', 'a.b', '{}', '{{}}', '')"
)


class Site:
    """A node whose databases are clones on the tests' server."""

    def __init__(self, home: Path, systems: TestDatabase, gateway: TestDatabase) -> None:
        self.node = Node(home, Ports(8000))
        self.systems, self.gateway = systems, gateway
        vault.make_home(self.node)
        vault.make_secrets(self.node, [])
        self.environment = {
            **{name: value for name, value in os.environ.items() if "LIENTHONG" not in name},
            "LIENTHONG_HOME": str(home),
            "LIENTHONG_DATABASE_URL": systems.systems_url,
            "LIENTHONG_OWNER_DATABASE_URL": systems.owner_url,
            "LIENTHONG_GATEWAY_DATABASE_URL": gateway.gateway_url,
            "LIENTHONG_GATEWAY_OWNER_DATABASE_URL": gateway.owner_url,
            "LIENTHONG_SUPERUSER_DATABASE_URL": systems.server.superuser,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        if "LIENTHONG_PG_BIN" in os.environ:
            self.environment["LIENTHONG_PG_BIN"] = os.environ["LIENTHONG_PG_BIN"]

    def run(self, *verb: str, well: bool = True) -> str:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *verb], env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) == well, done.stdout
        return done.stdout

    def backup(self, name: str = "first") -> Path:
        place = self.node.home / "backups" / name
        self.run("backup", "--out", str(place))
        return place

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.systems.owner_url) as connection:
            cursor = connection.execute(query)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def site(
    tmp_path: Path, database_server: DatabaseServer, gateway_db: TestDatabase
) -> Iterator[Site]:
    systems = database_server.clone(database_server.systems_template(), "lienthong")
    made = Site(tmp_path / "home", systems, gateway_db)
    made.ask(ENTER.format("trước khi sao lưu"))
    yield made
    for name, in database_server.execute(
        sql.SQL("SELECT datname FROM pg_database WHERE starts_with(datname, {})").format(
            sql.Literal(systems.name)
        )
    ):  # fmt: skip
        TestDatabase(database_server, str(name)).drop()


def test_a_backup_is_verified_restored_and_raises_an_epoch(site: Site) -> None:
    write(site.gateway, row(), row())
    place = site.backup()
    assert {path.name for path in place.iterdir()} == {
        "manifest.json", "systems.dump", "gateway.dump", "home.tar"
    }  # fmt: skip
    assert [stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()] == [0o600] * 4
    assert "is good" in site.run("verify-backup", str(place))

    site.ask(ENTER.format("sau khi sao lưu"))
    write(site.gateway, row())
    said = site.run("restore", str(place))
    assert "lienthong epoch" in said
    assert "The log of the gateway was lost" not in said

    subjects = {subject for (subject,) in site.ask("SELECT subject FROM record_entry")}
    assert "trước khi sao lưu" in subjects
    assert "sau khi sao lưu" not in subjects
    ((number, missed, log_restored),) = site.ask(
        "SELECT number, events_missed, log_restored FROM exchange_epoch"
    )
    assert (number, missed, log_restored) == (1, 0, False)
    with psycopg.connect(site.gateway.owner_url) as connection:
        kept = connection.execute("SELECT count(*) FROM message_record").fetchone()
    assert kept == (3,), "the log knows what the tables forgot, so it is left alone"

    state = json.loads(site.run("epoch", "show", "--json"))
    assert (state["outbox_frozen"], state["numbers_blocked"]) == (True, True)
    site.run("epoch", "release-outbox")
    assert "Numbers can be given" in site.run("epoch", "reconcile")
    state = json.loads(site.run("epoch", "show", "--json"))
    assert (state["outbox_frozen"], state["numbers_blocked"]) == (False, False)
    assert state["grounds"]["by"] == "log"


def test_a_lost_log_is_put_back_says_so_and_gives_no_evidence(site: Site) -> None:
    write(site.gateway, row())
    place = site.backup()
    site.gateway.drop()
    assert "The log of the gateway was lost" in site.run("restore", str(place))
    with psycopg.connect(site.gateway.owner_url) as connection:
        sources = connection.execute("SELECT source FROM import_statement").fetchall()
        kinds = connection.execute("SELECT kind FROM message_way ORDER BY kind").fetchall()
    assert sources[0][0].startswith("restored from backup")
    assert [kind for (kind,) in kinds] == ["answer", "import"]
    refused = site.run("epoch", "reconcile", well=False)
    assert "--by-blocks" in refused
    assert "cli.log_was_lost" in refused
    assert "lienthong backup" in site.run("epoch", "reconcile", "--by-blocks")
    ((floor,),) = site.ask("SELECT floor FROM population_steppedover")
    assert floor == 20_000


def test_restores_know_what_they_go_behind_and_touch_nothing_for_a_bad_backup(site: Site) -> None:
    first = site.backup("first")
    site.backup("second")
    assert "cli.backup_place_not_empty" in site.run("backup", "--out", str(first), well=False)
    assert ledger.events(site.node) == 2

    # Good files, but tables that are not what was measured: found in the draft.
    manifest = (first / "manifest.json").read_text()
    said = json.loads(manifest)
    said["tables"]["systems"]["public.record_entry"]["digest"] = "0"
    (first / "manifest.json").write_text(json.dumps(said))
    refused = site.run("restore", str(first), well=False)
    assert "public.record_entry: other content" in refused
    assert site.ask("SELECT count(*) FROM exchange_epoch") == [(0,)]
    (first / "manifest.json").write_text(manifest)

    # A home that forgot its count must be told, when no other backup lies beside.
    moved = site.node.home / "alone" / "copy"
    shutil.copytree(first, moved)
    kept = (site.node.home / "backups.json").read_text()
    (site.node.home / "backups.json").unlink()
    refused = site.run("restore", str(moved), well=False)
    assert "cli.unknown_events" in refused
    assert "--events" in refused
    (site.node.home / "backups.json").write_text(kept)

    site.ask(ENTER.format("later"))
    site.run("restore", str(first))
    assert site.ask("SELECT number, events_missed FROM exchange_epoch") == [(2, 1)]
    assert ledger.events(site.node) == 1 + 1 + 2
    (before,) = [
        str(name)
        for (name,) in site.systems.server.execute("SELECT datname FROM pg_database")
        if str(name).startswith(f"{site.systems.name}_before_")
    ]
    with psycopg.connect(site.systems.server.cluster.url("lt_owner", before)) as connection:
        found = connection.execute("SELECT count(*) FROM record_entry WHERE subject = 'later'")
        assert found.fetchone() == (1,), "what was in use is kept beside"


# -- the files -------------------------------------------------------------------------------


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A finished backup whose dumps are of no database: only its files are looked at."""
    place = tmp_path / "backup"
    place.mkdir()
    for name in ("systems.dump", "gateway.dump", "home.tar"):
        (place / name).write_bytes(name.encode() * 100)
    manifest = backups.Manifest(
        id="20261201T000000Z-abcdef", taken_at=clock.instant(), release="0.1.0", postgresql=18,
        events=1, epoch=0, systems=["population"], log=Position("1:1:", "now", 0, "", "1/1"),
        files={path.name: backups.measure_file(path) for path in place.iterdir()}, tables={},
    )  # fmt: skip
    (place / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    backups.check_files(place, backups.read_manifest(place))
    return place


@pytest.mark.parametrize(
    "harm", ["cut", "bit", "gone", "more", "manifest", "other", "unfinished", "outside"]
)
def test_a_damaged_backup_is_told_in_words(written: Path, harm: str) -> None:
    dump, manifest = written / "systems.dump", written / "manifest.json"
    match harm:
        case "cut":
            os.truncate(dump, dump.stat().st_size - 1)
        case "bit":
            content = bytearray(dump.read_bytes())
            content[len(content) // 2] ^= 1
            dump.write_bytes(content)
        case "gone":
            dump.unlink()
        case "more":
            (written / "stranger").write_text("x")
        case "manifest":
            manifest.write_text(manifest.read_text().replace('"sha256"', '"sha"', 1))
        case "other":
            manifest.write_text(manifest.read_text().replace("lienthong-backup-1", "other-1"))
        case "unfinished":
            manifest.unlink()
        case "outside":
            manifest.write_text(manifest.read_text().replace("home.tar", "../home.tar"))
    with pytest.raises(backups.BadBackup):
        backups.check_files(written, backups.read_manifest(written))


def test_no_password_stands_in_a_command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = []

    def run(command: list[str], **more: object) -> subprocess.CompletedProcess[str]:
        seen.append((command, more["env"]))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    from lienthong.cli.postgres import Binaries

    backups.run(Binaries(tmp_path, 18), "pg_dump", "postgresql://o:s%40cret@h:1/d")
    ((command, environment),) = seen
    assert "cret" not in " ".join(command)
    assert environment["PGPASSWORD"] == "s@cret"


# -- the sealed secrets ----------------------------------------------------------------------


@pytest.fixture
def node(tmp_path: Path) -> Node:
    made = Node(tmp_path / "home", Ports(8000))
    vault.make_home(made)
    vault.make_secrets(made, [])
    (made.keys / "gateway").mkdir()
    (made.keys / "gateway" / "auth.key").write_bytes(b"a key")
    return made


def test_sealed_secrets_come_back_into_an_empty_home(node: Node, tmp_path: Path) -> None:
    kept = sealed.seal(node, "a long passphrase", cost=10)
    for secret in ("db_owner", "personal_id_key"):
        assert node.secret(secret).encode() not in kept
    fresh = Node(tmp_path / "fresh", Ports(8000))
    sealed.put_back(fresh, sealed.unseal(kept, "a long passphrase"))
    assert fresh.secret("personal_id_key") == node.secret("personal_id_key")
    assert (fresh.keys / "gateway" / "auth.key").read_bytes() == b"a key"
    assert vault.too_open(fresh) == []


def test_how_systems_prove_themselves_is_sealed_too_and_never_set_back(
    node: Node, tmp_path: Path
) -> None:
    (node.gateway / "client_certificates").mkdir()
    (node.gateway / "client_certificates" / "ab.pem").write_text("a certificate")
    (node.gateway / "clients.json").write_text('{"GOV/G15/x": {"modes": ["certificate"]}}')
    (node.gateway / "snapshot.json").write_text("public, and old by then")
    kept = sealed.unseal(sealed.seal(node, "a long passphrase", cost=10), "a long passphrase")
    assert "gateway/snapshot.json" not in kept
    fresh = Node(tmp_path / "fresh", Ports(8000))
    sealed.put_back(fresh, kept)
    assert "certificate" in (fresh.gateway / "clients.json").read_text()
    assert (fresh.gateway / "client_certificates" / "ab.pem").read_text() == "a certificate"
    (fresh.gateway / "clients.json").write_text("{}")
    sealed.put_back(fresh, kept)
    assert (fresh.gateway / "clients.json").read_text() == "{}"


@pytest.mark.parametrize("place", [0, 19, 20, 25, 40, 60, -1])
def test_a_changed_seal_does_not_open(node: Node, place: int) -> None:
    kept = bytearray(sealed.seal(node, "a long passphrase", cost=10))
    kept[place] ^= 1
    with pytest.raises(sealed.BadSeal):
        sealed.unseal(bytes(kept), "a long passphrase")


def test_another_passphrase_opens_nothing(node: Node) -> None:
    with pytest.raises(sealed.BadSeal):
        sealed.unseal(sealed.seal(node, "a long passphrase", cost=10), "another passphrase")


def test_a_seal_that_would_cost_all_memory_is_not_tried(node: Node) -> None:
    kept = bytearray(sealed.seal(node, "a long passphrase", cost=10))
    kept[len(sealed.MAGIC)] = 40
    with pytest.raises(sealed.BadSeal):
        sealed.unseal(bytes(kept), "a long passphrase")


def test_other_secrets_are_never_written_over(node: Node, tmp_path: Path) -> None:
    kept = sealed.unseal(sealed.seal(node, "a long passphrase", cost=10), "a long passphrase")
    other = Node(tmp_path / "other", Ports(8000))
    vault.make_home(other)
    vault.make_secrets(other, [])
    before = other.secret("personal_id_key")
    with pytest.raises(sealed.SecretsInTheWay):
        sealed.put_back(other, kept)
    assert other.secret("personal_id_key") == before


def test_a_short_passphrase_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_BACKUP_PASSPHRASE", "short")
    with pytest.raises(sealed.WeakPassphrase):
        sealed.passphrase()
