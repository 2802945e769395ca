"""How well the rules of drafting do: precision and recall of heads, tasks, leads and limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from lienthong.kernel import names
from lienthong.systems.steering.demo.seed import ADDED
from lienthong.systems.steering.domain.bodies import CENTRE, Bodies, Known, Level
from lienthong.systems.steering.domain.drafting.propose import Draft, Proposal, draft
from lienthong.systems.steering.queries.bodies import _of_catalogues
from lienthong.web import catalogues
from unit.systems.steering.gold import DOCUMENTS, GOLD, Gold, GoldTask


@lru_cache(maxsize=1)
def bodies() -> Bodies:
    """The bodies of August 2021 with those Kiên Giang added."""
    central = _of_catalogues(catalogues.bodies(), date(2021, 8, 20))
    added = tuple(
        Known(b.code, b.name, Level.DEPARTMENT, b.parent, "", (b.abbreviation,)) for b in ADDED
    )
    return Bodies(CENTRE + central + added)


def drafted(name: str) -> Draft:
    return draft((DOCUMENTS / f"{name}.txt").read_text(encoding="utf-8"), bodies())


@dataclass
class Score:
    """Right ones, proposed ones, and those there are."""

    right: int = 0
    proposed: int = 0
    there: int = 0

    def add(self, other: Score) -> None:
        self.right += other.right
        self.proposed += other.proposed
        self.there += other.there

    @property
    def precision(self) -> float:
        return self.right / self.proposed if self.proposed else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.there if self.there else 1.0


KINDS = ("head", "tasks", "leads", "dues")


@dataclass
class Measured:
    scores: dict[str, Score] = field(default_factory=lambda: {kind: Score() for kind in KINDS})
    missed: list[str] = field(default_factory=list)

    def add(self, other: Measured) -> None:
        for kind in KINDS:
            self.scores[kind].add(other.scores[kind])
        self.missed += other.missed


def measure(name: str) -> Measured:
    found, gold = drafted(name), GOLD[name]
    result = Measured()
    head_score(result, found, gold)
    pairs = paired(found.tasks, gold.tasks)
    result.scores["tasks"] = Score(len(pairs), len(found.tasks), len(gold.tasks))
    for task in gold.tasks:
        if task not in [one for _proposal, one in pairs]:
            result.missed.append(f"{name}: {task.starts}")
    for proposal, task in pairs:
        lead, due = lead_of(proposal), due_of(proposal)
        count(result.scores["leads"], lead, task.lead)
        count(result.scores["dues"], "" if due == "none" else due, task.due.removeprefix("none"))
    # A limit or lead of a task that was not found is missed as well.
    for task in gold.tasks:
        if task not in [one for _proposal, one in pairs]:
            result.scores["leads"].there += bool(task.lead)
            result.scores["dues"].there += task.due != "none"
    return result


def head_score(result: Measured, found: Draft, gold: Gold) -> None:
    for value, right in (
        (found.head.number, gold.number),
        (found.head.issued_on, gold.issued_on),
        (found.head.issuer, gold.issuer),
    ):
        count(result.scores["head"], value.value if value else "", right)


def count(score: Score, proposed: str, right: str) -> None:
    score.proposed += bool(proposed)
    score.there += bool(right)
    score.right += bool(proposed) and proposed == right


def paired(
    proposals: tuple[Proposal, ...], gold: tuple[GoldTask, ...]
) -> list[tuple[Proposal, GoldTask]]:
    """Each task with the first proposal that holds its words; a proposal serves once."""
    free, pairs = list(proposals), []
    for task in gold:
        words = names.folding_key(task.starts)
        for proposal in free:
            if words in names.folding_key(proposal.text):
                free.remove(proposal)
                pairs.append((proposal, task))
                break
    return pairs


def lead_of(proposal: Proposal) -> str:
    return proposal.lead or (f"@{proposal.group}" if proposal.group else "")


def due_of(proposal: Proposal) -> str:
    rule = proposal.rule
    value = rule.day or rule.days
    if rule.cadence is not None:
        value = rule.cadence.value  # type: ignore[assignment]
    return "none" if rule.kind == "none" else f"{rule.kind}:{value}"
