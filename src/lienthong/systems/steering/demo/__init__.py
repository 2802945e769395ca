"""
Demonstration data of the steering secretariat: documents, tasks, and values on paper.

The report of the demonstration month is collected live, through the exchange,
from what the systems hold; a report loaded beside them would prove nothing. Only
figures of systems that are not built are entered by hand, and marked so. The
documents are those the seed names, with the tasks its fact sheet lists; two
letters are made up, say so in their subject, and are there so that boards show
deadlines. Two documents of the seed are dated after the day of the
demonstration: they are loaded with the others, since the chain from the
resolution to the province's letter is what is shown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from django.db import transaction

from lienthong import record
from lienthong.exchange import gateway_admin
from lienthong.kernel import clock, names
from lienthong.kernel.actor import system_actor
from lienthong.kernel.demo import DemoPlan
from lienthong.record import history
from lienthong.web import catalogues

from ..domain.bodies import Bodies, Level
from ..domain.symbols import DocumentNumber
from ..models import (
    AddedBody,
    CoLead,
    DirectiveDocument,
    DocumentLink,
    FigureEntry,
    PassedOn,
    Progress,
    Task,
)
from ..models.directives import Origin
from ..queries.bodies import bodies_on
from ..services import reminding
from . import entries, letters
from .seed import (
    ADDED,
    DOCUMENTS,
    LETTER,
    REORGANISED,
    REPORT,
    TASKS,
    SeedDocument,
    SeedTask,
)

SOURCE = "steering: documents, tasks and unbuilt systems' figures the seed names"
GROUPS = {
    "@ministries": (Level.MINISTRY,),
    "@provinces": (Level.PROVINCE,),
    "@all": (Level.MINISTRY, Level.PROVINCE),
}
Tell = Callable[[str, int, int], None]


def load(plan: DemoPlan, tell: Tell) -> None:
    """Load the documents once; what is there already is left alone."""
    if not DirectiveDocument.objects.filter(origin=Origin.IMPORT).exists():
        Loading(plan, tell).all()
    entries.load(tell)
    rows = DirectiveDocument.objects.filter(origin=Origin.IMPORT).count()
    rows += Task.objects.filter(origin=Origin.IMPORT).count()
    rows += FigureEntry.objects.filter(origin=Origin.IMPORT).count()
    # After the commit, and again at a repeated load: the log knows a statement by its digest.
    gateway_admin.import_records(source=SOURCE, records=rows, digest=digest())


def digest() -> str:
    """SHA-256 of what is loaded, the same on every node."""
    parts = [*(asdict(one) for one in (*ADDED, *DOCUMENTS, *TASKS)), *letters.ITEMS]
    parts += [{"figure": one} for one in entries.told()]
    return hashlib.sha256(json.dumps(parts, default=str, ensure_ascii=False).encode()).hexdigest()


@dataclass
class Loading:
    """One load: bodies, documents with their links, tasks, what was done about them."""

    plan: DemoPlan
    tell: Tell

    def all(self) -> None:
        self.by = system_actor("steering", self.plan.legal_day)
        self.chance = self.plan.random("steering")
        with history.acting(self.by), transaction.atomic():
            self.bodies = self._bodies()
            documents = {seed.number: self._document(seed) for seed in DOCUMENTS}
            self._links(documents)
            made = 0
            for number, seed in enumerate(TASKS, start=1):
                made += self._tasks(documents[seed.document], seed)
                self.tell("steering tasks", number, len(TASKS))
            self._passed_on()
            letters.load(documents[REPORT], documents[LETTER], by=self.by)
            record.done(
                "steering.imported",
                "steering",
                by=self.by,
                detail={"source": SOURCE, "tasks": made, "digest": digest()},
            )
        reminding.remind(self.plan.legal_day)

    def _bodies(self) -> Bodies:
        for body in ADDED:
            AddedBody.objects.get_or_create(
                code=body.code,
                defaults={
                    "name": body.name,
                    "parent": body.parent,
                    "serves_parent": body.serves_parent,
                    "abbreviation": body.abbreviation,
                    "valid_from": date(2021, 1, 1),
                    "added_by": str(self.by),
                },
            )
        return bodies_on(self.plan.legal_day)

    def _document(self, seed: SeedDocument) -> DirectiveDocument:
        number = DocumentNumber.parse(seed.number)
        return DirectiveDocument.objects.create(
            number=number.number,
            act_year=number.act_year,
            symbol=number.symbol,
            kind=number.kind.value,
            issuer=self.bodies.get(seed.issuer).code,
            issued_on=seed.issued_on,
            issue_year=seed.issued_on.year,
            subject=seed.subject,
            signer=seed.signer,
            followed_by=seed.followed_by,
            origin=Origin.IMPORT,
            entered_on=self.plan.legal_day,
            entered_at=clock.instant(),
            entered_by=str(self.by),
        )

    def _links(self, documents: dict[str, DirectiveDocument]) -> None:
        DocumentLink.objects.bulk_create(
            DocumentLink(later=documents[seed.number], earlier=documents[earlier], how=how)
            for seed in DOCUMENTS
            for earlier, how in seed.links
        )

    def _tasks(self, document: DirectiveDocument, seed: SeedTask) -> int:
        leads = list(self._leads(seed.leads))
        made = Task.objects.bulk_create(
            [self._task(document, seed, lead) for lead in leads], batch_size=500
        )
        CoLead.objects.bulk_create(
            [
                CoLead(task=task, body=body.code if body else "", words=body.name if body else one)
                for task in made
                for one in seed.co_leads
                for body in (self.bodies.find(one),)
            ],
            batch_size=1000,
        )
        Progress.objects.bulk_create(
            [self._progress(task, seed) for task in made if task.finished_on], batch_size=500
        )
        return len(made)

    def _leads(self, leads: tuple[str, ...]) -> Iterator[str]:
        for lead in leads:
            if levels := GROUPS.get(lead):
                yield from (body.code for body in self.bodies.of_level(*levels))
            else:
                yield lead

    def _task(self, document: DirectiveDocument, seed: SeedTask, lead: str) -> Task:
        finished = self._finished(seed, lead)
        rule = seed.rule
        words = (seed.code, seed.document, self.bodies.name(lead), seed.text, seed.field)
        return Task(
            document=document,
            code=seed.code,
            source_ref=seed.source_ref,
            text=seed.text,
            basis=seed.basis,
            field=seed.field,
            product=seed.product,
            lead=lead,
            general=seed.general,
            due_kind=rule.kind.value,
            due_day=rule.day,
            due_days=rule.days,
            cadence=rule.cadence.value if rule.cadence else "",
            due_note=rule.note,
            due_on=rule.due(document.issued_on, catalogues.calendar(), seed.periods_done),
            periods_done=seed.periods_done,
            finished_on=finished,
            origin=Origin.IMPORT,
            entered_at=clock.instant(),
            entered_by=str(self.by),
            search_key=names.folding_key(" ".join((*words, seed.product))),
        )

    def _finished(self, seed: SeedTask, lead: str) -> date | None:
        """The seed names who finished under 701/QĐ-TTg; other days are made up."""
        if seed.code == "701-1":
            done = self.bodies.name(lead) in REORGANISED or lead in REORGANISED
            return self._day(date(2020, 7, 1), date(2021, 8, 15)) if done else None
        if seed.spread:
            first, last, share = seed.spread
            return self._day(first, last) if self.chance.random() < share else None
        return seed.finished_on

    def _day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.chance.randrange((last - first).days + 1))

    def _progress(self, task: Task, seed: SeedTask) -> Progress:
        assert task.finished_on is not None
        return Progress(
            task=task,
            reported_on=task.finished_on,
            reported_at=clock.instant(),
            body=task.lead,
            by=str(self.by),
            words=seed.report or "Đã hoàn thành (nhập từ hồ sơ, dữ liệu trình diễn).",
            percent=100,
            finishes=True,
            origin=Origin.IMPORT,
        )

    def _passed_on(self) -> None:
        for seed in TASKS:
            for document, code in seed.parents:
                child = Task.objects.get(document__symbol=symbol(seed.document), code=seed.code)
                parent = Task.objects.get(
                    document__symbol=symbol(document), code=code, lead=seed.parents_lead
                )
                PassedOn.objects.create(child=child, parent=parent)


def symbol(number: str) -> str:
    return DocumentNumber.parse(number).symbol
