"""Without a fresh, signed word that people agreed, nothing about them leaves (decision 18)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from exchange.whole import INSTANCE
from gateway.exchange_cast import OPERATOR, POLICE, Country, country
from lienthong import record
from lienthong.exchange import consent, edge, registry
from lienthong.exchange.cards import Effect, Offer, System
from lienthong.exchange.consent import Consent, ConsentFile, ConsentList, pseudonym, seal
from lienthong.exchange.edge import Caller
from lienthong.exchange.testing import OfferAnswer, ask_offer
from lienthong.kernel import clock
from lienthong.protocol.pki import write_private
from lienthong.protocol.snapshot import seal as seal_snapshot
from lienthong.record.models import Entry

pytestmark = pytest.mark.django_db
KEY = b"key of the list"
AN, BINH = "091195000017", "091093000025"
CLIENT = "GOV/G15/civil-status"
SERVICE = "GOV/G14/clinic/visits.find.v1"


class FindVisits(msgspec.Struct, frozen=True):
    people: list[str]


class Visits(msgspec.Struct, frozen=True):
    count: int


CLINIC = System(
    code="clinic", title="Phòng khám", title_en="Clinic", owner="G14",
    offers=(
        Offer(
            code="visits.find.v1", title="Tra cứu lượt khám", request=FindVisits, answers=Visits,
            effect=Effect.SENSITIVE, names_subjects=True, needs_consent=True,
        ),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def here() -> Country:
    return country()


@pytest.fixture
def place(here: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "anchor.json").write_bytes(here.anchor.dump())
    (tmp_path / "snapshot.json").write_bytes(seal_snapshot(here.snapshot, here.directory_key))
    file = ConsentFile(tmp_path, "GOV/G14", KEY)
    monkeypatch.setattr(consent, "_of_node", lambda: file)

    def find(request: FindVisits, caller: Caller) -> Visits:
        edge.name_subjects(request.people)
        record.done("clinic.looked", "visits", by=caller.actor)
        return Visits(len(request.people))

    with registry.playing(CLINIC):
        edge.offer("visits.find.v1", card=CLINIC)(find)
        yield tmp_path
        edge.remove("clinic", "visits.find.v1")


def agreed(*people: str, **changes: object) -> ConsentList:
    values: dict[str, object] = {
        "number": 7,
        "made_at": clock.instant(),
        "owner": "GOV/G14",
        "consents": {
            pseudonym(one, KEY): [Consent(client=CLIENT, service=SERVICE)] for one in people
        },
    }
    return ConsentList(**{**values, **changes})  # type: ignore[arg-type]


def put(place: Path, here: Country, said: ConsentList, *, by=OPERATOR) -> None:
    write_private(place / "consents.json", seal(said, here.keys[by]))


def ask(*people: str, client: str = CLIENT) -> OfferAnswer:
    return ask_offer(
        "clinic", "visits.find.v1", FindVisits(list(people)), client_id=f"{INSTANCE}/{client}"
    )


def refused(answer: OfferAnswer, code: str) -> None:
    assert answer.code == code
    assert not Entry.objects.filter(what="clinic.looked").exists(), "nothing has happened either"
    assert "lienthong-subject" not in answer.headers
    for one in (AN, BINH):
        assert one.encode() not in answer.raw


def test_who_agreed_is_answered_about(place: Path, here: Country) -> None:
    put(place, here, agreed(AN, BINH))
    assert ask(AN).status == 200
    assert ask(AN, BINH).body == {"count": 2}
    assert ask().body == {"count": 0}, "an answer about nobody needs nobody's consent"


def test_everybody_has_to_have_agreed_to_this_caller(place: Path, here: Country) -> None:
    put(place, here, agreed(AN))
    refused(ask(AN, BINH), "exchange.no_consent")
    refused(ask(AN, client="GOV/G01/population"), "exchange.no_consent")


def test_a_consent_ends_when_it_says(place: Path, here: Country) -> None:
    until = clock.instant() + timedelta(seconds=30)
    held = {pseudonym(AN, KEY): [Consent(client=CLIENT, service=SERVICE, until=until)]}
    put(place, here, agreed(consents=held))
    assert ask(AN).status == 200
    with clock.stopped(at=until):
        answer = ask(AN)
    assert answer.code == "exchange.no_consent"


@pytest.mark.parametrize(("seconds", "status"), [(59, 200), (61, 503), (3600, 503), (-10, 503)])
def test_after_a_minute_the_list_says_nothing(
    place: Path, here: Country, seconds: int, status: int
) -> None:
    put(place, here, agreed(AN, made_at=clock.instant() - timedelta(seconds=seconds)))
    answer = ask(AN)
    assert answer.status == status
    if status != 200:
        refused(answer, "exchange.consent_unknown")


def test_a_list_that_was_fresh_grows_old_where_it_lies(place: Path, here: Country) -> None:
    put(place, here, agreed(AN))
    assert ask(AN).status == 200
    with clock.stopped(at=clock.instant() + timedelta(seconds=61)):
        assert ask(AN).code == "exchange.consent_unknown"


def test_without_a_list_nothing_is_told(place: Path) -> None:
    refused(ask(AN), "exchange.consent_unknown")


def test_a_list_of_another_hand_is_none(place: Path, here: Country) -> None:
    put(place, here, agreed(AN), by=POLICE)
    refused(ask(AN), "exchange.consent_unknown")
    put(place, here, agreed(AN, owner="GOV/G01"), by=POLICE)
    refused(ask(AN), "exchange.consent_unknown")


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"payload":"!","kid":"x","value":"y"}'])
def test_a_broken_list_is_none(place: Path, raw: bytes) -> None:
    (place / "consents.json").write_bytes(raw)
    refused(ask(AN), "exchange.consent_unknown")


def test_a_changed_list_is_none(place: Path, here: Country) -> None:
    sealed = msgspec.json.decode(seal(agreed(AN), here.keys[OPERATOR]))
    other = msgspec.json.decode(seal(agreed(AN, BINH), here.keys[OPERATOR]))
    sealed["payload"] = other["payload"]
    (place / "consents.json").write_bytes(msgspec.json.encode(sealed))
    refused(ask(BINH), "exchange.consent_unknown")


def test_a_withdrawn_consent_does_not_come_back_with_an_older_list(
    place: Path, here: Country
) -> None:
    put(place, here, agreed(number=8))
    refused(ask(AN), "exchange.no_consent")
    put(place, here, agreed(AN, number=7))
    refused(ask(AN), "exchange.consent_unknown")


def test_an_offer_that_names_nobody_cannot_ask_for_consent() -> None:
    with pytest.raises(ValueError, match="names nobody"):
        Offer(
            code="x.y.v1", title="", request=FindVisits, answers=Visits, effect=Effect.PUBLIC,
            needs_consent=True,
        )  # fmt: skip
