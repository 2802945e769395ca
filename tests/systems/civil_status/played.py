"""Population, as the tests of civil status play it."""

from __future__ import annotations

from typing import Any

import cast
from lienthong.exchange.testing import ExchangeDouble
from lienthong.systems.civil_status import shapes
from systems.civil_status.declarations import CHILD_ID


def play_population(exchange: ExchangeDouble) -> None:
    """Let the double answer as population would: it knows An and Bình and gives numbers."""
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
        "particulars.correct.v1",
        lambda request: {"personal_id": request.personal_id, "changed": []},
    )
    exchange.answers(
        "population",
        "marriage.record.v1",
        lambda request: {"personal_ids": request.personal_ids, "marital": "married"},
    )
    exchange.answers(
        "population",
        "standing.record.v1",
        lambda request: {"personal_id": request.personal_id, "standing": request.standing},
    )
    exchange.answers(
        "population",
        "personal-id.reestablish.v1",
        lambda request: {
            "personal_id": "091194000011",
            "cancelled": request.personal_id,
            "issued_on": cast.LEGAL_DAY.isoformat(),
        },
    )
    exchange.answers(
        "population",
        "personal-id.cancel.v1",
        lambda request: {
            "personal_id": request.personal_id,
            "cancelled_on": request.decided_on.isoformat(),
        },
    )
