"""Children who are given numbers, with any particular changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import cast
from lienthong.exchange.testing import OfferAnswer, ask_offer
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.systems.population.domain.lives import Ground, Relation, ResidenceKind
from lienthong.systems.population.models import Household, PersonalIdRow, Residence
from lienthong.systems.population.services import households, numbers, residences

DUONG_DONG, HAM_NINH = "31078", "31093"
"""Two communes beside that of the story, by their codes of August 2021."""

CHILD = numbers.Newborn(
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
    return numbers.issue_personal_id(
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


def ground(on: date = cast.LEGAL_DAY, registration: str = "", **changes: Any) -> Ground:
    """Why a record is changed: a decision of the day."""
    said = {
        "reason": "theo đề nghị của công dân",
        "document": "12/QĐ-CA",
        "basis": "Luật Cư trú 68/2020/QH14",
        "effective_on": on,
        "registration": registration,
    }
    return Ground(**(said | changes))


def grown(by: Actor, registration: str, *, sex: Sex = Sex.MALE, year: int = 1990) -> str:
    """The number of somebody old enough to live a life."""
    return given(
        by,
        registration,
        full_name=f"Lê Văn {registration.title()}",
        sex=sex,
        born_on=date(year, 5, 6),
    ).number


def moved(
    number: str,
    by: Actor,
    *,
    unit: str = cast.DUONG_TO,
    on: date = cast.LEGAL_DAY,
    kind: ResidenceKind = ResidenceKind.PERMANENT,
    ends: date | None = None,
    address: str = "tổ 2, ấp Suối Lớn",
    **changes: Any,
) -> Residence:
    """A residence of a person from a day on."""
    return residences.register_residence(
        number=PersonalId(number),
        kind=kind,
        place=residences.Place(unit=unit, address=address),
        begins=on,
        ends=ends,
        ground=ground(min(on, cast.LEGAL_DAY)),
        by=by,
        **changes,
    )


def founded(number: str, by: Actor, on: date = cast.LEGAL_DAY) -> Household:
    return households.found_household(
        head=PersonalId(number),
        place=residences.Place(unit=cast.DUONG_TO, address="số 5"),
        on=on,
        ground=ground(on),
        by=by,
    )


def joined(household: Household, number: str, relation: Relation, by: Actor, on: date) -> None:
    households.join_household(
        household=household.key,
        number=PersonalId(number),
        relation=relation,
        on=on,
        ground=ground(on),
        by=by,
    )
