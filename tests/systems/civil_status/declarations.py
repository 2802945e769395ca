"""Births and deaths as declared, with any particular changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import cast
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.systems.civil_status.domain.entries import Birth, Child, Death, Declarant, Parent

CHILD_ID = "091321004217"
"""What population, as these tests play it, gives the newborn."""

RESIDENCE = "xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang"


def mother(**changes: Any) -> Parent:
    return replace(
        Parent(cast.AN.name, 1995, "Kinh", "Việt Nam", RESIDENCE, PersonalId(cast.AN.personal_id)),
        **changes,
    )


def father(**changes: Any) -> Parent:
    number = PersonalId(cast.BINH.personal_id)
    return replace(Parent(cast.BINH.name, 1993, "Kinh", "Việt Nam", RESIDENCE, number), **changes)


def child(**changes: Any) -> Child:
    return replace(
        Child(
            full_name=cast.NEWBORN.name,
            sex=Sex.MALE,
            born_on=cast.NEWBORN.born_on,
            birth_place="Trung tâm Y tế thành phố Phú Quốc",
            home_place=RESIDENCE,
            ethnicity="Kinh",
            nationality="Việt Nam",
        ),
        **changes,
    )


def birth(**changes: Any) -> Birth:
    """The birth of the story; ``child``, ``mother`` and the rest may be replaced."""
    return replace(
        Birth(
            child=child(),
            mother=mother(),
            father=father(),
            declarant=Declarant(cast.BINH.name, "Căn cước công dân 0910…", "cha"),
            registered_on=cast.LEGAL_DAY,
        ),
        **changes,
    )


def death(**changes: Any) -> Death:
    return replace(
        Death(
            full_name="Nguyễn Văn Lượm",
            sex=Sex.MALE,
            born_on=date(1944, 3, 8),
            birth_year=None,
            ethnicity="Kinh",
            nationality="Việt Nam",
            residence=RESIDENCE,
            died_on=date(2021, 8, 19),
            died_at=None,
            place="tại nhà",
            cause="bệnh già",
            notice="12/GBT-UBND ngày 20/08/2021",
            declarant=Declarant(cast.AN.name, "Căn cước công dân 0911…", "con"),
            registered_on=cast.LEGAL_DAY,
            personal_id=PersonalId("091044000318"),
        ),
        **changes,
    )


def birth_form(**changes: str) -> dict[str, str]:
    """What an officer's browser sends for the birth of the story."""
    return {
        "form_token": str(uuid4()),
        "child_name": cast.NEWBORN.name,
        "sex": "male",
        "born_on": f"{cast.NEWBORN.born_on:%d/%m/%Y}",
        "birth_place": "Trung tâm Y tế thành phố Phú Quốc",
        "home_place": RESIDENCE,
        "ethnicity": "Kinh",
        "nationality": "Việt Nam",
        "mother_id": cast.AN.personal_id,
        "mother_name": cast.AN.name,
        "mother_birth_year": "1995",
        "mother_ethnicity": "Kinh",
        "mother_nationality": "Việt Nam",
        "mother_residence": RESIDENCE,
        "father_id": cast.BINH.personal_id,
        "father_name": cast.BINH.name,
        "father_birth_year": "1993",
        "father_ethnicity": "Kinh",
        "father_nationality": "Việt Nam",
        "father_residence": RESIDENCE,
        "declarant_name": cast.BINH.name,
        "declarant_paper": "Căn cước công dân",
        "declarant_relation": "cha",
    } | changes


def death_form(**changes: str) -> dict[str, str]:
    return {
        "form_token": str(uuid4()),
        "full_name": "Nguyễn Văn Lượm",
        "sex": "male",
        "born_on": "08/03/1944",
        "ethnicity": "Kinh",
        "nationality": "Việt Nam",
        "residence": RESIDENCE,
        "personal_id": "091044000318",
        "died_on": "19/08/2021",
        "died_at": "05:30",
        "place": "tại nhà",
        "cause": "bệnh già",
        "notice": "12/GBT-UBND",
        "declarant_name": cast.AN.name,
        "declarant_paper": "Căn cước công dân",
    } | changes
