"""Children who are given numbers, with any particular changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import cast
from lienthong.exchange.testing import OfferAnswer, ask_offer
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import Sex
from lienthong.systems.population import services
from lienthong.systems.population.models import PersonalIdRow

CHILD = services.Newborn(
    full_name=cast.NEWBORN.name,
    sex=Sex.MALE,
    born_on=cast.NEWBORN.born_on,
    ethnicity="Kinh",
    ethnicity_code="01",
    ethnicity_list="1019/QĐ-TCTK 2008",
    nationality="Việt Nam",
    home_place="xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang",
)


def given(
    by: Actor,
    registration: str = "birth-1",
    province: str = "91",
    registered_on: date = cast.LEGAL_DAY,
    **changes: Any,
) -> PersonalIdRow:
    """A child of Kiên Giang with a number."""
    return services.issue_personal_id(
        child=replace(CHILD, **changes),
        registration=registration,
        registered_on=registered_on,
        province=province,
        by=by,
    )


def request(**changes: Any) -> dict[str, Any]:
    """What civil status sends for the newborn of the story."""
    return {
        "registration": "7f3c",
        "registered_on": cast.LEGAL_DAY.isoformat(),
        "office": "kien-giang.duong-to",
        "province": "91",
        "full_name": cast.NEWBORN.name,
        "sex": "male",
        "born_on": cast.NEWBORN.born_on.isoformat(),
        "ethnicity": {"name": "Kinh"},
        "nationality": "Việt Nam",
        "home_place": "xã Dương Tơ",
    } | changes


def issue(key: str = "k-1", **changes: Any) -> OfferAnswer:
    return ask_offer("population", "personal-id.issue.v1", request(**changes), key=key)


def ask(code: str, key: str = "", **body: Any) -> OfferAnswer:
    plain = {name: v.isoformat() if isinstance(v, date) else v for name, v in body.items()}
    return ask_offer("population", code, plain, key=key)
