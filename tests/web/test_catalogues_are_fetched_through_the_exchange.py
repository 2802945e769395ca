"""A node without the catalogues asks for them like any system asks another."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from lienthong.cli import worker
from lienthong.exchange import errors, registry
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel import clock
from lienthong.web import catalogues
from lienthong.web.catalogues import fetched, published
from lienthong.web.catalogues.shipped import shipped

CODE = "units.snapshot.v1"
ASKING = registry.card("population")


@pytest.fixture(autouse=True)
def empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    return tmp_path


def publish(exchange: ExchangeDouble, number: int, /, **changes: object) -> published.Sealed:
    sealed = published.seal(shipped(), number=number, made_at=clock.instant())
    answer = {
        "number": number,
        "made_at": clock.instant().isoformat(),
        "digest": sealed.digest,
        "content": base64.b64encode(sealed.content).decode(),
    }
    exchange.answers("catalogues", CODE, {**answer, **changes})
    return sealed


def test_a_newer_snapshot_is_put_in_use_with_the_exchange_it_came_in(
    exchange: ExchangeDouble, empty_home: Path
) -> None:
    sealed = publish(exchange, 7)
    assert fetched.fetch(ASKING) == fetched.Fetched(7, fresh=True)
    assert catalogues.snapshot_number() == 7
    source = json.loads((empty_home / "catalogues" / "source.json").read_text())
    assert (source["number"], source["digest"]) == (7, sealed.digest)
    assert source["message_id"]


def test_what_is_held_already_is_not_sent_again(exchange: ExchangeDouble) -> None:
    publish(exchange, 7)
    fetched.fetch(ASKING)
    publish(exchange, 7, content="")
    assert fetched.fetch(ASKING) == fetched.Fetched(7, fresh=False)
    assert [asked.after for asked in exchange.asked("catalogues", CODE)][-1] == 7


def test_an_older_snapshot_changes_nothing(exchange: ExchangeDouble) -> None:
    publish(exchange, 7)
    fetched.fetch(ASKING)
    publish(exchange, 6)
    assert fetched.fetch(ASKING).number == 7


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": hashlib.sha256(b"other").hexdigest()},
        {"number": 9},
    ],
)
def test_a_snapshot_that_is_not_what_its_answer_says_is_not_used(
    exchange: ExchangeDouble, changes: dict[str, object]
) -> None:
    publish(exchange, 7)
    fetched.fetch(ASKING)
    publish(exchange, 8, **changes)
    with pytest.raises(fetched.WrongSnapshot):
        fetched.fetch(ASKING)
    assert catalogues.snapshot_number() == 7


def test_while_the_catalogues_are_down_the_copy_stays_in_use(exchange: ExchangeDouble) -> None:
    publish(exchange, 7)
    fetched.fetch(ASKING)
    exchange.is_down("catalogues")
    with pytest.raises(errors.Unavailable):
        fetched.fetch(ASKING)
    assert catalogues.snapshot_number() == 7


def test_a_node_that_carries_the_catalogues_asks_nobody() -> None:
    home, police = registry.card("catalogues"), registry.card("population")
    assert fetched.asker((home, police)) is None
    assert fetched.asker((police,)) == police


def test_the_worker_asks_and_survives_a_refusal(
    exchange: ExchangeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIENTHONG_SYSTEMS", "population")
    publish(exchange, 7)
    worker.keep_catalogues()
    assert catalogues.snapshot_number() == 7
    exchange.is_down("catalogues")
    worker.keep_catalogues()
    assert catalogues.snapshot_number() == 7
