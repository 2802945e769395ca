"""
Printing events: the marriage certificate, and one extract for every other kind.

A marriage gives a certificate (giấy chứng nhận kết hôn), marital status a confirmation
valid for a time and a purpose; every other event gives an extract (Luật Hộ tịch art.
4.9). The lines of an extract follow from what its kind is made of.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from lienthong.kernel.actor import Actor
from lienthong.kernel.limits import NoSuchLimit
from lienthong.record import personal
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.domain import entries, wording
from lienthong.systems.civil_status.domain.entries import EventKind, Kind
from lienthong.systems.civil_status.domain.events import SPECS
from lienthong.systems.civil_status.errors import Withdrawn
from lienthong.systems.civil_status.models import (
    Annotation,
    Desk,
    Entry,
    MarriageRegistration,
    OtherRegistration,
)
from lienthong.systems.civil_status.services.papers import common, notes, paper_of, qr
from lienthong.web import catalogues
from lienthong.web.papers import typeset

MARRIAGE_BASIS = "Luật Hộ tịch 60/2014/QH13 Điều 18"
EXTRACT_BASIS = "Luật Hộ tịch 60/2014/QH13 Điều 4, 63"
FIELDS = ("names", "born_on", "personal_id", "residence", "particulars")
Line = list[str]


def marriage_certificate(*, key: UUID, by: Actor) -> bytes:
    """The giấy chứng nhận kết hôn of an entry as PDF; raises Withdrawn for a withdrawn one."""
    desk = queries.desk_of(by)
    with personal.opened(
        key,
        purpose="In giấy chứng nhận kết hôn",
        fields=FIELDS,
        actor=by,
        legal_basis=MARRIAGE_BASIS,
    ) as opening:
        entry = queries.entry(MarriageRegistration, key, desk=desk, lock=True)
        if entry.withdrawn_on is not None:
            raise Withdrawn
        opening.at(*filter(None, (entry.wife_id, entry.husband_id)))
        masked = " – ".join(map(entries.masked_name, (entry.wife_name, entry.husband_name)))
        paper = paper_of(entry, masked, desk, by)
        data = common(entry, desk, paper) | {
            "wife": _spouse(entry, "wife"),
            "husband": _spouse(entry, "husband"),
            "notes": notes(entry),
        }
    return typeset(
        "civil_status/papers/marriage_certificate.typ", data, files={"qr.svg": qr(paper.code)}
    )


def event_extract(*, key: UUID, by: Actor) -> bytes:
    """The extract or confirmation of any other event as PDF; raises Withdrawn."""
    desk = queries.desk_of(by)
    with personal.opened(
        key, purpose="In trích lục hộ tịch", fields=FIELDS, actor=by, legal_basis=EXTRACT_BASIS
    ) as opening:
        entry = queries.entry(OtherRegistration, key, desk=desk, lock=True)
        if entry.withdrawn_on is not None:
            raise Withdrawn
        opening.at(*numbers_in(entry))
        masked = entries.masked_name(entry.full_name)
        paper = paper_of(entry, masked, desk, by, number=printed_number(entry))
        data = common(entry, desk, paper) | {
            "title": wording.PAPERS[entry.event],
            "groups": groups(entry),
            "notes": notes(entry),
            "signs": "Người ký giấy xác nhận"
            if entry.event == EventKind.MARITAL_STATUS
            else "Người ký trích lục",
        }
    return typeset("civil_status/papers/event_extract.typ", data, files={"qr.svg": qr(paper.code)})


def printed_number(entry: OtherRegistration) -> str:
    """``3/2021/TLGH``: the number with the series of its kind on the day of registration."""
    rule = queries.rule_book().get(entry.event, entry.registered_on)
    return f"{entry.number}/{rule.series}" if rule.series else entry.number


def numbers_in(entry: OtherRegistration) -> list[str]:
    """The personal IDs of everybody an event names."""
    return [one["personal_id"] for one in entry.people.values() if one.get("personal_id")]


def groups(entry: OtherRegistration) -> list[list[Line]]:
    """The lines of an extract, in groups: people, particulars, what changes, registration."""
    spec = SPECS.get(entry.event)
    found: list[list[Line]] = []
    if spec is None or not entry.people:
        return [[["Họ, chữ đệm, tên:", entry.full_name], ["Nội dung:", entry.content]]]
    found += [
        _person(role.code, entry.people[role.code])
        for role in spec.roles
        if role.code in entry.people
    ]
    told = [
        [f"{wording.PARTS[part.code]}:", _part(entry.particulars[part.code])]
        for part in spec.parts
        if entry.particulars.get(part.code)
    ]
    if entry.event == EventKind.MARITAL_STATUS and (until := _valid_until(entry)):
        told.append(["Giấy này có giá trị đến hết ngày:", f"{until:%d/%m/%Y}"])
    if entry.changes:
        told.append(["Nội dung:", wording.changed(entry.changes)])
    if beside := noted_beside(entry):
        told.append(["Ghi vào sổ tại việc số:", beside])
    found.append(told)
    return [group for group in found if group]


def noted_beside(entry: Entry) -> str:
    """The entry an event was noted beside, as ``1/2021, Ủy ban nhân dân xã …``; or nothing."""
    annotation = Annotation.objects.filter(by_entry=entry.key, withdrawn_on=None).first()
    if annotation is None:
        return ""
    book = queries.BOOKS[Kind(annotation.book)]
    altered = book._default_manager.filter(key=annotation.entry, office=annotation.office).first()
    desk = Desk.objects.filter(office=annotation.office).first()
    return f"{altered.number}, {desk.name if desk else annotation.office}" if altered else ""


def _person(role: str, person: dict[str, str]) -> list[Line]:
    title = wording.ROLES[role]
    born = person["born_on"]
    origin = ", ".join(filter(None, (person["ethnicity"], person["nationality"])))
    return [
        [f"Họ, chữ đệm, tên {title}".rstrip() + ":", person["name"]],
        ["Ngày, tháng, năm sinh:", f"{date.fromisoformat(born):%d/%m/%Y}" if born else ""],
        ["Dân tộc, quốc tịch:", origin],
        ["Nơi cư trú:", person["residence"]],
        ["Giấy tờ tùy thân:", person["paper"] or person["personal_id"]],
    ]


def _part(value: str) -> str:
    return wording.VALUES.get(value, value)


def _valid_until(entry: Entry) -> date | None:
    try:
        limit = catalogues.limits().get("marital_status.valid", entry.registered_on)
    except NoSuchLimit:
        return None
    return limit.last_day(entry.registered_on, catalogues.calendar())


def _spouse(entry: MarriageRegistration, side: str) -> dict[str, str]:
    columns = ("name", "ethnicity", "nationality", "residence", "paper")
    told = {column: str(getattr(entry, f"{side}_{column}")) for column in columns}
    born = getattr(entry, f"{side}_born_on")
    number = getattr(entry, f"{side}_id") or ""
    return told | {"born_on": f"{born:%d/%m/%Y}", "paper": told["paper"] or number}
