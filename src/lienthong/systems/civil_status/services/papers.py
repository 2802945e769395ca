"""
Printing: the birth certificate and the death extract, each with a code anyone can check.

Two papers are certificates (giấy khai sinh, giấy chứng nhận kết hôn); every other event
gives an extract, so a death gives a trích lục khai tử (Luật Hộ tịch art. 4.9). A paper
is printed from the book and nothing else. The certificate waits for the personal ID.
"""

from __future__ import annotations

import base64
import io
import secrets
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from lienthong import record
from lienthong.kernel.actor import Actor
from lienthong.kernel.words import date_in_words, long_date
from lienthong.record import personal
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.domain import entries, wording
from lienthong.systems.civil_status.domain.entries import IdState
from lienthong.systems.civil_status.errors import NumberAwaited, Withdrawn
from lienthong.systems.civil_status.models import (
    BirthRegistration,
    DeathRegistration,
    Desk,
    Entry,
    Paper,
)
from lienthong.web import catalogues
from lienthong.web.papers import typeset

CODE_BYTES = 10
SEXES = {"male": "Nam", "female": "Nữ"}
BIRTH_BASIS = "Luật Hộ tịch 60/2014/QH13 Điều 16"
DEATH_BASIS = "Luật Hộ tịch 60/2014/QH13 Điều 34"


def birth_certificate(*, key: UUID, by: Actor) -> bytes:
    """
    The giấy khai sinh of an entry as PDF.

    Raises NumberAwaited until population has given the number, unless the law gives
    none (Luật art. 36.2); Withdrawn for a withdrawn entry.
    """
    desk = queries.desk_of(by)
    fields = ("child_name", "born_on", "personal_id", "mother", "father", "declarant")
    with personal.opened(
        key,
        purpose="In giấy khai sinh",
        fields=fields,
        actor=by,
        legal_basis=BIRTH_BASIS,
    ) as opening:
        entry = queries.entry(BirthRegistration, key, desk=desk, lock=True)
        if entry.withdrawn_on is not None:
            raise Withdrawn
        if entry.id_state == IdState.WAITING:
            raise NumberAwaited
        opening.at(*filter(None, (entry.personal_id, entry.mother_id, entry.father_id)))
        paper = paper_of(entry, entries.masked_name(entry.child_name), desk, by)
        data = _birth_data(entry, desk, paper)
    return typeset(
        "civil_status/papers/birth_certificate.typ", data, files={"qr.svg": qr(paper.code)}
    )


def death_extract(*, key: UUID, by: Actor) -> bytes:
    """The trích lục khai tử of an entry as PDF; it does not wait for population."""
    desk = queries.desk_of(by)
    fields = ("full_name", "born_on", "personal_id", "died_on", "cause", "declarant")
    with personal.opened(
        key,
        purpose="In trích lục khai tử",
        fields=fields,
        actor=by,
        legal_basis=DEATH_BASIS,
    ) as opening:
        entry = queries.entry(DeathRegistration, key, desk=desk, lock=True)
        if entry.withdrawn_on is not None:
            raise Withdrawn
        if entry.personal_id:
            opening.at(entry.personal_id)
        paper = paper_of(entry, entries.masked_name(entry.full_name), desk, by)
        data = _death_data(entry, desk, paper)
    return typeset("civil_status/papers/death_extract.typ", data, files={"qr.svg": qr(paper.code)})


def check_url(code: str) -> str:
    """Where anyone can check a paper; the code is random and tells nothing."""
    return f"{settings.PUBLIC_URL}/kiem-tra/{code}"


def grouped(code: str) -> str:
    """``7K2M-9QXD-4TWA-PR3F``, as it is printed and read aloud."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _new_code() -> str:
    """Sixteen letters and digits, 80 random bits, without 0, 1, 8, 9 to be confused."""
    return base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode()


def qr(code: str) -> bytes:
    # Imported on use: a page that prints nothing need not carry it.
    import segno

    out = io.BytesIO()
    segno.make(check_url(code), error="m").save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue()


@transaction.atomic
def paper_of(entry: Entry, masked: str, desk: Desk, by: Actor, number: str = "") -> Paper:
    """The paper of an entry; printing again keeps its code, so both copies check alike."""
    paper, made = Paper.objects.get_or_create(
        kind=entry.kind.value,
        entry=entry.key,
        defaults={
            "event": getattr(entry, "event", ""),
            "code": _new_code(),
            "number": number or entry.number,
            # By name alone there are communes of one name in many provinces.
            "office_name": _place(entry, desk),
            "registered_on": entry.registered_on,
            "masked": masked,
            "printed_on": by.legal_day,
        },
    )
    if entry.printed_on is None:
        entry.printed_on = by.legal_day
        entry.save(update_fields=["printed_on"])
    record.done(
        f"civil_status.{entry.kind.value}_printed", entry, by=by, detail={"again": not made}
    )
    return paper


def common(entry: Entry, desk: Desk, paper: Paper) -> dict[str, Any]:
    """What stands on every paper: number, office, day, signatory, the code of its check."""
    return {
        "number": paper.number,
        "office": _head(entry, desk),
        "registered_at": _place(entry, desk),
        "registered_on": long_date(entry.registered_on),
        "signatory": entry.signatory,
        "code": grouped(paper.code),
        "check": f"{settings.PUBLIC_URL}/kiem-tra/",
        "demo": settings.DEMO,
    }


def _head(entry: Entry, desk: Desk) -> str:
    """The desk in capitals, with its place on a line of its own."""
    unit = catalogues.units().get(desk.unit, entry.registered_on)
    return desk.name.replace(f" {unit.full_name}", f"\n{unit.full_name}").upper()


def _place(entry: Entry, desk: Desk) -> str:
    """The desk with the units above it, as they stood on the day of registration."""
    line = catalogues.units().line(desk.unit, entry.registered_on)
    return ", ".join((desk.name, *(unit.full_name for unit in line[1:])))


def _birth_data(entry: BirthRegistration, desk: Desk, paper: Paper) -> dict[str, Any]:
    return common(entry, desk, paper) | {
        "name": entry.child_name,
        "born_on": f"{entry.born_on:%d/%m/%Y}",
        "born_in_words": date_in_words(entry.born_on),
        "sex": SEXES[entry.sex],
        "ethnicity": entry.ethnicity,
        "nationality": entry.nationality,
        "birth_place": entry.birth_place,
        "home_place": entry.home_place,
        "personal_id": entry.personal_id or "",
        "mother": _parent(entry, "mother"),
        "father": _parent(entry, "father"),
        "declarant": entry.declarant_name,
        "declarant_paper": entry.declarant_paper,
        "notes": notes(entry),
    }


def notes(entry: Entry) -> list[str]:
    """What was noted beside the entry since, a line each, as the back of a paper has it."""
    return [
        " ".join(
            filter(
                None,
                (
                    f"{annotation.noted_on:%d/%m/%Y}:",
                    wording.TITLES[annotation.event],
                    f"(số {annotation.by_number})",
                    f"theo {annotation.basis}." if annotation.basis else "",
                    wording.changed(annotation.changes),
                ),
            )
        )
        for annotation in queries.annotations_of(entry)
    ]


def _parent(entry: BirthRegistration, role: str) -> dict[str, str]:
    """A parent's lines; all blank when unknown, as the law asks."""
    columns = ("name", "birth_year", "ethnicity", "nationality", "residence")
    return {column: str(getattr(entry, f"{role}_{column}") or "") for column in columns}


def _death_data(entry: DeathRegistration, desk: Desk, paper: Paper) -> dict[str, Any]:
    hour = f"{entry.died_at:%H} giờ {entry.died_at:%M} phút, " if entry.died_at else ""
    born = f"{entry.born_on:%d/%m/%Y}" if entry.born_on else str(entry.birth_year or "")
    return common(entry, desk, paper) | {
        "name": entry.full_name,
        "born_on": born,
        "sex": SEXES[entry.sex],
        "ethnicity": entry.ethnicity,
        "nationality": entry.nationality,
        "personal_id": entry.personal_id or "",
        "identity_paper": entry.identity_paper,
        "died": f"{hour}{long_date(entry.died_on)}",
        "died_in_words": date_in_words(entry.died_on),
        "place": entry.place,
        "cause": entry.cause,
        "notice": entry.notice,
        "declarant": entry.declarant_name,
        "declarant_paper": entry.declarant_paper,
    }
