"""Reads about what persons wrote: paragraphs by section, their changes, and approvals."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ..domain.outline import OUTLINE, Section
from ..domain.remarks import Remark, mixed_dates, mixed_names
from ..domain.tracked import Change, changes
from ..errors import NoSuchSection
from ..models import Passage, PassageRevision, ReportEdition, SectionApproval


def passages_of(edition: ReportEdition) -> dict[str, tuple[Passage, ...]]:
    """Paragraphs by section, in their order; those taken out are left out."""
    found: dict[str, list[Passage]] = {}
    for passage in Passage.objects.filter(edition=edition).exclude(text=""):
        found.setdefault(passage.section, []).append(passage)
    return {section: tuple(several) for section, several in found.items()}


def remarks_on(written: dict[str, tuple[Passage, ...]]) -> tuple[Remark, ...]:
    """
    What a careful reader would ask about the words: X11 over the whole text, X12 by section.

    A text keeps to one style of dates, wherever its paragraphs stand.
    """
    texts = {
        section: "\n".join(one.text for one in passages) for section, passages in written.items()
    }
    names = (
        remark
        for section in OUTLINE
        if section.anchor in texts
        for remark in mixed_names(texts[section.anchor], section.label)
    )
    return (*mixed_dates("\n".join(texts.values())), *names)


def section_named(anchor: str) -> Section:
    """Raises `NoSuchSection`."""
    found = next((section for section in OUTLINE if section.anchor == anchor), None)
    if found is None:
        raise NoSuchSection(section=anchor)
    return found


def digest_of(passages: tuple[Passage, ...]) -> str:
    """Names the words of a section as they stand."""
    whole = "\0".join(f"{one.mark}\0{one.text}" for one in passages)
    return hashlib.sha256(whole.encode()).hexdigest()


def approvals_of(edition: ReportEdition) -> dict[str, SectionApproval]:
    """The approvals that hold: of the words as they stand now."""
    written = passages_of(edition)
    found: dict[str, SectionApproval] = {}
    for approval in SectionApproval.objects.filter(edition=edition):
        passages = written.get(approval.section, ())
        if passages and approval.digest == digest_of(passages):
            found.setdefault(approval.section, approval)
    return found


def unapproved(edition: ReportEdition) -> list[str]:
    """Sections with words nobody has approved as they stand."""
    approved = approvals_of(edition)
    return sorted(section for section in passages_of(edition) if section not in approved)


@dataclass(frozen=True, slots=True)
class Step:
    """One revision and what it changed."""

    revision: PassageRevision
    changes: tuple[Change, ...]


def history_of(passage: Passage) -> list[Step]:
    """Newest first; the first revision is compared with the words carried over."""
    steps: list[Step] = []
    before = passage.carried
    for revision in passage.revisions.all():
        steps.append(Step(revision, changes(before, revision.text)))
        before = revision.text
    return [step for step in reversed(steps) if any(c.kind != "same" for c in step.changes)]
