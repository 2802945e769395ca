"""Officers and documents of the stories about tasks."""

from __future__ import annotations

from datetime import date

import cast
from lienthong.kernel.actor import Actor
from lienthong.systems.steering.domain.deadlines import DueKind, DueRule
from lienthong.systems.steering.models import AddedBody, DirectiveDocument, Task
from lienthong.systems.steering.services import directives, tasks
from lienthong.web.offices import Office

SINCE = date(2021, 1, 1)
ROLES = frozenset({"steering.tasks"})
SECRETARY = ROLES | {"steering.secretary"}
LEADER = SECRETARY | {"steering.leader"}
CONTINUOUS = DueRule(DueKind.NONE, note="Thường xuyên")


def offices() -> None:
    """Desks of the Government's office, a ministry, and two bodies of Kiên Giang."""
    for code, name, body in (
        ("G22.TH", "Vụ Tổng hợp, Văn phòng Chính phủ", "G22"),
        ("G14.TH", "Văn phòng Bộ Thông tin và Truyền thông", "G14"),
        ("H33.VP", "Văn phòng UBND tỉnh Kiên Giang", "H33"),
        ("H33.STTTT", "Sở Thông tin và Truyền thông", "H33"),
    ):
        Office.objects.get_or_create(
            code=code, defaults={"name": name, "body": body, "valid_from": SINCE}
        )
    for code, name, serves in (
        ("H33.VP", "Văn phòng Ủy ban nhân dân tỉnh Kiên Giang", True),
        ("H33.STTTT", "Sở Thông tin và Truyền thông tỉnh Kiên Giang", False),
    ):
        AddedBody.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "parent": "H33",
                "serves_parent": serves,
                "valid_from": SINCE,
                "added_by": "test",
            },
        )


def officer(login: str, office: str, roles: frozenset[str], day: date = cast.LEGAL_DAY) -> Actor:
    return Actor(login, office, "", day, roles)


GOVERNMENT = officer("mai.thu", "G22.TH", SECRETARY)
MINISTRY = officer("vu.ha", "G14.TH", SECRETARY)
PROVINCE = officer("ngo.phuc", "H33.VP", LEADER)
DEPARTMENT = officer("lam.yen", "H33.STTTT", ROLES)


def document(
    number: str = "5121/VP-KGVX",
    *,
    by: Actor = PROVINCE,
    issuer: str = "H33.VP",
    on: date = date(2021, 8, 2),
    links: tuple[tuple[int, str], ...] = (),
) -> DirectiveDocument:
    return directives.enter_document(
        directives.DocumentEntry(
            number=number, issuer=issuer, issued_on=on, subject="Về một số việc", links=links
        ),
        by=by,
    )


def assign(
    where: DirectiveDocument,
    code: str = "K1",
    *,
    by: Actor = PROVINCE,
    leads: tuple[str, ...] = ("H33.STTTT",),
    rule: DueRule | None = None,
    **more: object,
) -> Task:
    given = tasks.TaskEntry(
        code=code,
        text=f"Làm việc {code}",
        leads=leads,
        rule=rule or DueRule(DueKind.WORKING_DAYS, days=10),
        **more,  # type: ignore[arg-type]
    )
    return tasks.assign(where, given, by=by)[0]
