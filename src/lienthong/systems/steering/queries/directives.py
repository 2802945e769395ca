"""Reads about documents: one by its number, the chain both ways, what a letter leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from lienthong.kernel import clock

from ..domain.bodies import Bodies
from ..domain.cascade import Coverage, Passed, coverage
from ..domain.citing import Citation
from ..errors import NoSuchBodyKnown, NoSuchDirective, NoSuchTask, SeveralDocuments
from ..models import DirectiveDocument, DocumentLink, PassedOn, Task
from .bodies import bodies_on

DEEPEST = 50
"""Of a walk along a chain: no chain of documents is longer, and a fault must not spin."""
MOST_NAMED = 10
"""Candidates named in an error."""


def documents() -> QuerySet[DirectiveDocument]:
    """Every document, newest first, with how many tasks it assigns."""
    return DirectiveDocument.objects.annotate(
        assigned=Count("tasks", filter=Q(tasks__withdrawn_on=None))
    ).order_by("-issued_on", "-pk")


def document(pk: int) -> DirectiveDocument:
    """One document; raises `NoSuchDirective`."""
    found = DirectiveDocument.objects.filter(pk=pk).first()
    if found is None:
        raise NoSuchDirective(document=pk)
    return found


def documents_cited(text: str, bodies: Bodies | None = None) -> list[DirectiveDocument]:
    """
    The documents a citation may mean, newest first; raises `BadSymbol`.

    ``17/NQ-CP`` by itself, or with ``ngày 07/3/2019`` and ``của Chính phủ`` behind it.
    """
    said = Citation.parse(text)
    found = DirectiveDocument.objects.filter(number=said.number.number, symbol=said.number.symbol)
    if said.number.act_year is not None:
        found = found.filter(act_year=said.number.act_year)
    if said.on is not None:
        found = found.filter(issued_on=said.on)
    if said.issuer:
        found = found.filter(issuer=issuer_code(said.issuer, bodies))
    return list(found.order_by("-issued_on", "pk"))


def issuer_code(text: str, bodies: Bodies | None) -> str:
    """The code behind a name or code; what nobody knows names no document."""
    known = bodies if bodies is not None else bodies_on(clock.today())
    try:
        return known.get(text).code
    except NoSuchBodyKnown:
        return text


def document_numbered(text: str, bodies: Bodies | None = None) -> DirectiveDocument:
    """
    The one document of a citation.

    Raises `BadSymbol`, `NoSuchDirective`, and `SeveralDocuments` with the candidates
    when the number alone does not tell them apart.
    """
    found = documents_cited(text, bodies)
    if not found:
        raise NoSuchDirective(document=text[:60])
    if len(found) > 1:
        raise SeveralDocuments(documents=[one.cited for one in found[:MOST_NAMED]])
    return found[0]


def task(pk: int) -> Task:
    """One task with its document; raises `NoSuchTask`."""
    found = Task.objects.select_related("document").filter(pk=pk).first()
    if found is None:
        raise NoSuchTask(task=pk)
    return found


@dataclass(frozen=True, slots=True)
class Step:
    """A document met on the way along a chain."""

    document: DirectiveDocument
    how: str
    depth: int


def earlier(document: DirectiveDocument, *, cites: bool = False) -> list[Step]:
    """
    What a document goes back to, nearest first; each document once.

    A citation is no passing-on: it is shown only where it is asked for.
    """
    return _walk(document, "later_id", "earlier", cites)


def later(document: DirectiveDocument, *, cites: bool = False) -> list[Step]:
    """What came of a document, nearest first; each document once."""
    return _walk(document, "earlier_id", "later", cites)


def _walk(document: DirectiveDocument, here: str, there: str, cites: bool) -> list[Step]:
    steps: list[Step] = []
    seen, front = {document.pk}, [document.pk]
    for depth in range(1, DEEPEST):
        links = DocumentLink.objects.filter(**{f"{here}__in": front}).select_related(there)
        if not cites:
            links = links.exclude(how=DocumentLink.How.CITES)
        front = []
        for link in links.order_by(f"{there}__issued_on", "pk"):
            found: DirectiveDocument = getattr(link, there)
            if found.pk not in seen:
                seen.add(found.pk)
                front.append(found.pk)
                steps.append(Step(found, link.how, depth))
        if not front:
            break
    return steps


def chain(document: DirectiveDocument) -> list[Step]:
    """The whole line a document stands in, oldest first; the document itself has depth 0."""
    before = [Step(step.document, step.how, -step.depth) for step in earlier(document)]
    after = later(document)
    line = [*before, Step(document, "", 0), *after]
    return sorted(line, key=lambda step: (step.document.issued_on, step.document.pk))


@dataclass(frozen=True, slots=True)
class CoverageShown:
    """What a passing-on document does with the tasks of one earlier document."""

    earlier: DirectiveDocument
    later: DirectiveDocument
    body: str
    """The body the earlier tasks were given to and that passes them on."""
    result: Coverage
    tasks: dict[int, Task]

    def _rows(self, keys: Iterable[int]) -> list[Task]:
        return [self.tasks[key] for key in keys]

    @property
    def singled_out(self) -> list[tuple[Task, list[Task]]]:
        return [(self.tasks[k], self._rows(v)) for k, v in self.result.singled_out.items()]

    @property
    def only_general(self) -> list[tuple[Task, list[Task]]]:
        return [(self.tasks[k], self._rows(v)) for k, v in self.result.only_general.items()]

    @property
    def left_out(self) -> list[Task]:
        return self._rows(self.result.left_out)


def coverage_of(letter: DirectiveDocument, body: str) -> list[CoverageShown]:
    """For each document a letter passes on: which of this body's tasks it names or leaves out."""
    own = list(letter.tasks.filter(withdrawn_on=None))
    parents: dict[int, set[int]] = {task.pk: set() for task in own}
    for link in PassedOn.objects.filter(child__in=own):
        parents[link.child_id].add(link.parent_id)
    passed = [Passed(task.pk, frozenset(parents[task.pk]), task.general) for task in own]
    links = letter.earlier_links.filter(how=DocumentLink.How.PASSES_ON).select_related("earlier")
    return [_coverage(link.earlier, letter, body, own, passed) for link in links]


def _coverage(
    earlier: DirectiveDocument,
    letter: DirectiveDocument,
    body: str,
    own: list[Task],
    passed: list[Passed],
) -> CoverageShown:
    given = list(earlier.tasks.filter(lead=body, withdrawn_on=None).order_by("pk"))
    return CoverageShown(
        earlier=earlier,
        later=letter,
        body=body,
        result=coverage([task.pk for task in given], passed),
        tasks={task.pk: task for task in [*given, *own]},
    )


def parents_of(task: Task) -> list[Task]:
    """The tasks this one carries on."""
    rows = Task.objects.filter(passed_to__child=task).select_related("document")
    return list(rows.order_by("document__issued_on", "pk"))


def children_of(task: Task) -> list[Task]:
    """The tasks that carry this one on."""
    rows = Task.objects.filter(passed_from__parent=task).select_related("document")
    return list(rows.order_by("document__issued_on", "pk"))


def above(tasks: Iterable[int]) -> dict[int, set[int]]:
    """Parents of these tasks, of their parents, and so on, for the check against circles."""
    found: dict[int, set[int]] = {}
    front = set(tasks)
    while front:
        links = PassedOn.objects.filter(child__in=front)
        for link in links:
            found.setdefault(link.child_id, set()).add(link.parent_id)
        done = front | set(found)
        front = {parent for one in front for parent in found.get(one, ())} - done
    return found


def above_documents(documents: Iterable[int]) -> set[int]:
    """All documents these go back to, by any link."""
    found: set[int] = set()
    front = set(documents)
    while front:
        links = DocumentLink.objects.filter(later__in=front)
        front = set(links.values_list("earlier", flat=True)) - found
        found |= front
    return found
