"""
What every test may lean on: a database, two clocks, an exchange that is played.

Sockets are closed except to the test database; ``scenario`` and ``browser``
tests start real processes and may use loopback.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from xdist.remote import Producer

# A test never reads the state or the settings of the node somebody runs beside it.
for _name in [name for name in os.environ if name.startswith("LIENTHONG_")]:
    if _name != "LIENTHONG_PG_BIN":
        del os.environ[_name]
_home = tempfile.mkdtemp(prefix="lt-test-home-")
os.environ["LIENTHONG_TESTING"] = "1"
os.environ["LIENTHONG_HOME"] = _home
# Nobody listens there: only a test that asks for the database gets one.
os.environ["LIENTHONG_DATABASE_URL"] = "postgresql://lienthong@127.0.0.1:1/asked-for-no-database"

os.environ["DJANGO_SETTINGS_MODULE"] = "lienthong.conf.settings"

import django  # noqa: E402

django.setup()

import hypothesis  # noqa: E402

import cast  # noqa: E402
from database_server import DatabaseServer, TestDatabase  # noqa: E402
from lienthong.kernel import clock  # noqa: E402
from running_node import RunningNode  # noqa: E402
from suite_scheduling import GroupScheduling, rank_of  # noqa: E402

# How long an input takes to make says nothing on a machine that others use, too.
hypothesis.settings.register_profile(
    "shared", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("shared")


def pytest_unconfigure() -> None:
    shutil.rmtree(_home, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    return GroupScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: rank_of(item.nodeid))


# -- database ------------------------------------------------------------------------


@pytest.fixture(scope="session")
def database_server() -> Iterator[DatabaseServer]:
    """The PostgreSQL of this checkout's tests."""
    with DatabaseServer().running() as server:
        yield server


@pytest.fixture(scope="session")
def systems_database(database_server: DatabaseServer) -> Iterator[TestDatabase]:
    """This worker's migrated copy of the systems' database."""
    database = database_server.clone(database_server.systems_template(), "lienthong")
    yield database
    database.drop()


@pytest.fixture(scope="session")
def django_db_setup(
    systems_database: TestDatabase,
    django_test_environment: None,
    django_db_blocker: pytest.FixtureRequest,
) -> Iterator[None]:
    """Point Django at this worker's clone, under the role the pages run as."""
    from django.db import connections
    from django.test import TransactionTestCase

    from database_emptying import instead_of_flush

    settings = connections.settings["default"]
    settings |= {
        "NAME": systems_database.name,
        "USER": "lienthong",
        "PASSWORD": "",
        "HOST": "127.0.0.1",
        "PORT": systems_database.server.cluster.port,
    }
    # A pool would keep connections of finished tests open.
    settings["OPTIONS"] = {k: v for k, v in settings["OPTIONS"].items() if k != "pool"}
    os.environ["LIENTHONG_DATABASE_URL"] = systems_database.systems_url
    connections["default"].settings_dict = settings
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", instead_of_flush)
        yield
    connections.close_all()


@pytest.fixture
def gateway_db(database_server: DatabaseServer) -> Iterator[TestDatabase]:
    """A fresh gateway database with its schema; URLs by role on the object."""
    database = database_server.clone(database_server.gateway_template(), "lt_gateway")
    yield database
    database.drop()


# -- clocks --------------------------------------------------------------------------


@pytest.fixture
def stopped_clock() -> Iterator[datetime]:
    """Both clocks stopped: 20 August 2021 as legal day, mid-morning in Viet Nam."""
    moment = datetime(2021, 8, 20, 3, 0, tzinfo=UTC)
    with clock.stopped(at=moment, legal_day=cast.LEGAL_DAY):
        yield moment


@pytest.fixture
def legal_day() -> Iterator[None]:
    """Only the legal day stopped, for tests that need certificates or sessions of real time."""
    with clock.stopped(legal_day=cast.LEGAL_DAY):
        yield


# -- exchange ------------------------------------------------------------------------


@pytest.fixture
def exchange() -> Iterator[object]:
    """An exchange in memory in which the other systems are played (ExchangeDouble)."""
    from lienthong.exchange.testing import ExchangeDouble

    with ExchangeDouble() as double:
        yield double


# -- sockets -------------------------------------------------------------------------


class SocketsAreOff(AssertionError):
    """A test opened a connection; only scenario and browser tests may."""


@pytest.fixture(autouse=True)
def sockets_off(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection but those to the test database and to Unix sockets."""
    if request.node.get_closest_marker("scenario") or request.node.get_closest_marker("browser"):
        return
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def allowed(address: object) -> bool:
        if not isinstance(address, tuple):
            return True
        if "database_server" not in request.fixturenames:
            return False
        server = request.getfixturevalue("database_server")
        return address[:2] == ("127.0.0.1", server.cluster.port)

    def guarded(self: socket.socket, address: object) -> None:
        if not allowed(address):
            raise SocketsAreOff(f"a connection to {address!r} was tried")
        connect(self, address)  # type: ignore[arg-type]

    def guarded_ex(self: socket.socket, address: object) -> int:
        if not allowed(address):
            raise SocketsAreOff(f"a connection to {address!r} was tried")
        return connect_ex(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)


# -- whole nodes and browsers -----------------------------------------------------------


@pytest.fixture(scope="session")
def demo_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """A running node with the demo country, shared by the scenarios that do not break it."""
    # Another worker of this run that starts one too would cost a minute and crowd the machine.
    if "PYTEST_XDIST_WORKER" in os.environ:
        (tmp_path_factory.getbasetemp().parent / "demo-node").touch(exist_ok=False)
    with RunningNode.anywhere() as node:
        node.up("--demo")
        yield node


@pytest.fixture
def own_node() -> Iterator[RunningNode]:
    """A node of one's own, not started yet, for tests that kill or change it."""
    with RunningNode.anywhere() as node:
        yield node


# For one module at a time: Playwright's event loop would refuse everybody else's asyncio.run().
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium through Playwright; the test is skipped where there is none."""
    path = os.environ.get("LIENTHONG_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium here; `apt-get install chromium` brings it")
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop running in this thread, which Django takes for async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
