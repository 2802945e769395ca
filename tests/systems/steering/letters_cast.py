"""Kiên Giang on the day of the letter 6922/VP-KGVX: what it was sent, and who writes there."""

from __future__ import annotations

from datetime import date

from lienthong.systems.steering.demo import letters as seed
from lienthong.systems.steering.demo.seed import DOCUMENTS, REPORT, TASKS
from lienthong.systems.steering.models import DirectiveDocument, Letter, Reception, Task
from lienthong.systems.steering.services import directives, letters, receiving, tasks
from systems.steering import tasks_cast as story

DAY = date(2021, 9, 11)
OFFICE = story.officer("ngo.phuc", "H33.VP", story.LEADER, DAY)
WRITER = story.officer("ly.hoa", "H33.VP", story.SECRETARY, DAY)
NAMED = (
    "17/NQ-CP",
    "2304/BTTTT-THH",
    "68/NQ-CP",
    "4834/VP-KGVX",
    "23/2021/QĐ-TTg",
    "76/BC-BTTTT",
)


def documents() -> DirectiveDocument:
    """What the letter cites, entered; the report with the tasks it gives to Kiên Giang."""
    made: dict[str, DirectiveDocument] = {}
    ministry = story.officer("vu.ha", "G14.TH", story.SECRETARY, DAY)
    for one in DOCUMENTS:
        if one.number in NAMED:
            entry = directives.DocumentEntry(
                number=one.number, issuer=one.issuer, issued_on=one.issued_on, subject=one.subject
            )
            made[one.number] = directives.enter_document(entry, by=ministry)
    for task in TASKS:
        if task.document == REPORT and task.code != "R1":
            given = tasks.TaskEntry(
                code=task.code, text=task.text, leads=("H33",), rule=task.rule, field=task.field
            )
            tasks.assign(made[REPORT], given, by=ministry)
    return made[REPORT]


def received(report: DirectiveDocument) -> Reception:
    return receiving.receive(report, on=date(2021, 9, 6), by=OFFICE)


def drafted(reception: Reception) -> Letter:
    """A draft with nothing of its own yet."""
    opinion = receiving.record_opinion(
        reception,
        leader=seed.LEADER,
        title=seed.TITLE,
        given_on=date(2021, 9, 9),
        words=seed.WORDS,
        by=OFFICE,
    )
    return letters.draft_letter(reception, opinion, lead="H33.STTTT", by=OFFICE)


def entry(letter: Letter, *, items: tuple[str, ...] | None = None) -> letters.LetterEntry:
    """The seed's letter, with the texts of its items exchanged for others when given."""
    given = {task.code: task.pk for task in Task.objects.filter(document__symbol="BC-BTTTT")}
    texts = items if items is not None else tuple(text for text, _codes, _rule in seed.ITEMS)
    return letters.LetterEntry(
        symbol="VP-KGVX",
        subject=seed.SUBJECT,
        lead="H33.STTTT",
        co_leads=seed.WITH,
        task=seed.TASK,
        recipients=seed.RECIPIENTS,
        authority=("KT. Chánh Văn phòng", "Phó Chánh Văn phòng"),
        signer="Trần Công Danh",
        place="Kiên Giang",
        items=tuple(
            letters.ItemEntry(
                text=text,
                source=letter.reception.document_id,
                tasks=tuple(given[code] for code in codes),
                rule=rule,
            )
            for text, (_text, codes, rule) in zip(texts, seed.ITEMS, strict=False)
        ),
    )


def mended() -> tuple[str, ...]:
    """The items of the seed with the year as the strategy has it."""
    return tuple(
        text.replace("hướng đến năm 2020", "hướng đến năm 2030")
        for text, _codes, _rule in seed.ITEMS
    )
