"""A desk, its officer, and population played by the exchange double."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client

import cast
from lienthong.exchange.testing import ExchangeDouble
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.systems.civil_status import shapes
from lienthong.systems.civil_status.models import Desk
from lienthong.web.accounts import second_factor
from lienthong.web.accounts.models import Account
from lienthong.web.offices import Office, Position
from systems.civil_status.declarations import CHILD_ID


@pytest.fixture(autouse=True)
def _days(db: None) -> Iterator[None]:
    with clock.stopped(legal_day=cast.LEGAL_DAY):
        yield


@pytest.fixture
def desk() -> Desk:
    return Desk.objects.create(
        office=cast.LE_CUONG.office,
        level="commune",
        unit=cast.DUONG_TO,
        name="Ủy ban nhân dân xã Dương Tơ",
        opened_on=date(2020, 10, 1),
    )


@pytest.fixture
def cuong(desk: Desk) -> Actor:
    """Lê Cường at his desk."""
    return Actor("a-cuong", desk.office, desk.unit, cast.LEGAL_DAY, cast.LE_CUONG.roles)


@pytest.fixture
def other_officer(desk: Desk) -> Actor:
    """An officer of the neighbour commune."""
    Desk.objects.create(
        office="neighbour",
        level="commune",
        unit="31090",
        name="Ủy ban nhân dân xã Cửa Dương",
        opened_on=date(2020, 10, 1),
    )
    return Actor("a-other", "neighbour", "31090", cast.LEGAL_DAY, cast.LE_CUONG.roles)


@pytest.fixture
def population(exchange: ExchangeDouble) -> ExchangeDouble:
    """Population as these tests play it: it knows An and Bình and gives numbers."""
    people = {person.personal_id: person for person in (cast.AN, cast.BINH)}

    def find(request: shapes.FindPerson) -> shapes.FoundPerson:
        person = people.get(request.personal_id)
        if person is None:
            return shapes.FoundPerson(found=False)
        return shapes.FoundPerson(
            found=True,
            personal_id=person.personal_id,
            full_name=person.name.upper(),
            sex=person.sex,  # type: ignore[arg-type]
            born_on=person.born_on,
            ethnicity=shapes.Ethnicity("Kinh", "01"),
            nationality="Việt Nam",
            residence="xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang",
        )

    def issue(request: shapes.IssuePersonalId) -> shapes.IssuedPersonalId:
        return shapes.IssuedPersonalId(request.registration, CHILD_ID, cast.LEGAL_DAY)

    def record(request: shapes.RecordDeath) -> dict[str, Any]:
        return {
            "personal_id": request.personal_id,
            "standing": "deceased",
            "died_on": request.died_on.isoformat(),
        }

    def verify(request: shapes.VerifyPerson) -> dict[str, Any]:
        known = people.get(request.personal_id)
        same = known is not None and known.name.upper() == request.full_name
        return {"known": known is not None, "alive": True, "verdict": "yes" if same else "no"}

    exchange.answers("population", "person.find.v1", find)
    exchange.answers("population", "person.verify.v1", verify)
    exchange.answers("population", "personal-id.issue.v1", issue)
    exchange.answers("population", "death.record.v1", record)
    exchange.answers(
        "population",
        "personal-id.cancel.v1",
        lambda request: {
            "personal_id": request.personal_id,
            "cancelled_on": request.decided_on.isoformat(),
        },
    )
    return exchange


@pytest.fixture
def browser(desk: Desk, client: Client) -> Client:
    """Lê Cường's browser, signed in with both factors."""
    account = Account.objects.create_local(cast.LE_CUONG.login, "mật khẩu của Cường")
    second_factor.set_up(account)
    office = Office.objects.create(
        code=desk.office, name=desk.name, unit=desk.unit, body="H33", valid_from=date(2020, 1, 1)
    )
    Position.objects.create(
        account=account,
        office=office,
        officer_name=cast.LE_CUONG.name,
        title="Công chức tư pháp - hộ tịch",
        roles=sorted(cast.LE_CUONG.roles),
        valid_from=date(2020, 1, 1),
    )
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client
