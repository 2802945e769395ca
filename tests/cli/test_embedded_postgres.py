"""The embedded PostgreSQL: known by its directory, guarded by roles, safe after a crash."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lienthong.cli import postgres, roles, service_user

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Cluster]:
    import shutil
    import tempfile

    user = service_user.ensure()
    place = Path(tempfile.mkdtemp(prefix="lt-pg-"))
    user.own(place)
    made = postgres.Cluster(
        data=place / "data",
        sockets=place / "s",
        port=postgres.free_port(),
        binaries=postgres.Binaries.find().readable_by(user, place),
        user=user,
    )
    made.initialise("superuser-password")
    made.start()
    superuser = made.url("postgres", "postgres", "superuser-password")
    roles.make_roles(superuser, {role: f"{role}-password" for role in roles.ROLES})
    for name in (roles.SYSTEMS_DATABASE, roles.GATEWAY_DATABASE):
        roles.make_database(superuser, name, kind=name)
    yield made
    made.stop()
    shutil.rmtree(place)


def connect(cluster: postgres.Cluster, role: str, database: str) -> psycopg.Connection:
    return psycopg.connect(cluster.url(role, database, f"{role}-password"), autocommit=True)


def test_a_wrong_password_is_refused(cluster: postgres.Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(cluster.url(roles.SYSTEMS, roles.SYSTEMS_DATABASE, "guess"))


@pytest.mark.parametrize(
    ("role", "database"),
    [(roles.SYSTEMS, roles.GATEWAY_DATABASE), (roles.GATEWAY, roles.SYSTEMS_DATABASE)],
)
def test_a_role_cannot_enter_the_other_database(
    cluster: postgres.Cluster, role: str, database: str
) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connect(cluster, role, database)


def test_the_systems_role_writes_rows_and_changes_no_table(cluster: postgres.Cluster) -> None:
    with connect(cluster, roles.OWNER, roles.SYSTEMS_DATABASE) as owner:
        owner.execute("CREATE TABLE book (id bigserial PRIMARY KEY, title text)")
    with connect(cluster, roles.SYSTEMS, roles.SYSTEMS_DATABASE) as systems:
        systems.execute("INSERT INTO book (title) VALUES ('Sổ hộ tịch')")
        assert systems.execute("SELECT title FROM book").fetchall() == [("Sổ hộ tịch",)]
        for forbidden in ("DROP TABLE book", "TRUNCATE book", "CREATE TABLE other ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                systems.execute(forbidden)


def test_vietnamese_letters_change_case_without_icu(cluster: postgres.Cluster) -> None:
    with connect(cluster, roles.SYSTEMS, roles.SYSTEMS_DATABASE) as systems:
        assert systems.execute("SELECT upper('đỗ lạ'), lower('ẤN ƯỚC')").fetchone() == (
            "ĐỖ LẠ",
            "ấn ước",
        )


def test_what_was_committed_survives_a_killed_server(cluster: postgres.Cluster) -> None:
    with connect(cluster, roles.OWNER, roles.SYSTEMS_DATABASE) as owner:
        owner.execute("CREATE TABLE kept (value int)")
        owner.execute("INSERT INTO kept VALUES (7)")
    killed = cluster.pid()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    limit = time.monotonic() + 20
    while cluster.pid() is not None and time.monotonic() < limit:
        time.sleep(0.05)
    assert (cluster.data / "postmaster.pid").exists()
    start_patiently(cluster)
    assert cluster.pid() != killed
    with connect(cluster, roles.SYSTEMS, roles.SYSTEMS_DATABASE) as systems:
        assert systems.execute("SELECT value FROM kept").fetchall() == [(7,)]


def start_patiently(cluster: postgres.Cluster) -> None:
    """The killed server's children may need a moment to notice and leave the shared memory."""
    for _ in range(50):
        try:
            cluster.start()
        except postgres.PostgresFault:
            time.sleep(0.1)
        else:
            return
    cluster.start()


def test_a_pid_file_naming_a_stranger_is_not_believed(cluster: postgres.Cluster) -> None:
    cluster.stop()
    stale = cluster.data / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{cluster.data}\n")
    assert cluster.pid() is None
    cluster.start()
    assert cluster.pid() not in (None, os.getpid())


def test_stopping_a_stopped_cluster_is_no_error(cluster: postgres.Cluster) -> None:
    cluster.stop()
    cluster.stop()
    assert cluster.pid() is None
    cluster.start()


def test_a_named_directory_without_postgres_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(postgres.PostgresFault, match="holds no postgres program"):
        postgres.Binaries.find({"LIENTHONG_PG_BIN": str(tmp_path)})
