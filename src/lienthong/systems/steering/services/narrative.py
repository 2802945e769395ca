"""
Writing the paragraphs of the report: carried over, edited, undone, commented, approved.

Each edit names the version it began from; another's edit in between is told and
nothing is overwritten. Nothing is deleted: a paragraph is taken out by an edit that
leaves no words, and undoing is an edit too.
"""

from __future__ import annotations

from django.db.models import Max

from lienthong import record
from lienthong.kernel import clock, names
from lienthong.kernel.actor import Actor
from lienthong.record import history

from ..domain.editions import State
from ..domain.tracked import LONGEST
from ..errors import BadPassage, ChangedMeanwhile, NothingToUndo, OwnWords
from ..models import Passage, PassageComment, PassageRevision, ReportEdition, SectionApproval
from ..queries import editions
from ..queries.narrative import digest_of, passages_of, section_named
from .guards import NUMBER
from .issuing import lock

MARKS = ("", "-", "+")


def carry_over(edition: ReportEdition, *, by: Actor) -> int:
    """
    Begin with the paragraphs of the newest edition of this or an earlier month; how many.

    Does nothing once the edition has paragraphs of its own.
    """
    if Passage.objects.filter(edition=edition).exists():
        return 0
    before = (
        editions.editions()
        .filter(period_start__lte=edition.period_start)
        .exclude(pk=edition.pk)
        .exclude(state=State.DRAFT)
        .first()
    )
    if before is None:
        return 0
    with history.acting(by):
        lock(edition)
        rows = [
            Passage(
                edition=edition,
                section=old.section,
                position=old.position,
                mark=old.mark,
                text=old.text,
                carried=old.text,
            )
            for old in Passage.objects.filter(edition=before).exclude(text="")
        ]
        Passage.objects.bulk_create(rows)
        if rows:
            record.done("steering.text.carried", edition, by=by, detail={"rows": len(rows)})
    return len(rows)


def add(
    edition: ReportEdition, section: str, text: str, *, mark: str = "-", by: Actor, name: str
) -> Passage:
    """A new paragraph at the end of a section; raises `NoSuchSection` or `BadPassage`."""
    section_named(section)
    words = words_of(text)
    if not words or mark not in MARKS:
        raise BadPassage()
    with history.acting(by):
        locked = lock(edition)
        own = Passage.objects.filter(edition=locked, section=section)
        last = own.aggregate(last=Max("position"))["last"]
        passage = Passage.objects.create(
            edition=locked, section=section, position=(last or 0) + 1, mark=mark, text=words
        )
        revise(passage, by=by, name=name)
        record.done("steering.text.added", locked, by=by, detail={"section": section})
    return passage


def edit(passage: Passage, text: str, *, version: int, by: Actor, name: str) -> Passage:
    """Other words for a paragraph; raises `ChangedMeanwhile` when ``version`` is an old one."""
    words = words_of(text)
    with history.acting(by):
        locked = locked_at(passage, version)
        if locked.text == words:
            return locked
        locked.text, locked.version = words, locked.version + 1
        locked.save(update_fields=["text", "version"])
        revise(locked, by=by, name=name)
        detail = {"section": locked.section, "version": locked.version}
        record.done("steering.text.edited", locked.edition, by=by, detail=detail)
    return locked


def undo(passage: Passage, *, version: int, by: Actor, name: str) -> Passage:
    """The words before the last edit, as a new revision; raises `NothingToUndo`."""
    earlier = passage.revisions.filter(version__lt=version).order_by("-version").first()
    if earlier is None and not passage.carried:
        raise NothingToUndo()
    words = earlier.text if earlier is not None else passage.carried
    return edit(passage, words, version=version, by=by, name=name)


def comment(passage: Passage, text: str, *, by: Actor, name: str) -> PassageComment:
    """A remark for whoever writes; never printed."""
    words = NUMBER.sub("…", " ".join(names.clean(text).split()))
    if not words or len(words) > 1000:
        raise BadPassage()
    with history.acting(by):
        edition = lock(passage.edition)
        made = PassageComment.objects.create(
            edition=edition, passage=passage, text=words, at=clock.instant(), by=str(by),
            by_name=name,
        )  # fmt: skip
        record.done("steering.text.commented", edition, by=by)
    return made


def approve(
    edition: ReportEdition, section: str, digest: str, *, by: Actor, name: str
) -> SectionApproval:
    """
    Stand for the words of a section as they were seen.

    Raises `ChangedMeanwhile` when they are others by now, and `OwnWords` for whoever
    wrote them last.
    """
    section_named(section)
    with history.acting(by):
        locked = lock(edition)
        passages = passages_of(locked).get(section, ())
        if not passages or digest_of(passages) != digest:
            raise ChangedMeanwhile(section=section)
        last = PassageRevision.objects.filter(passage__in=passages).order_by("-at", "-pk").first()
        if last is not None and by.did(last.by):
            raise OwnWords()
        made = SectionApproval.objects.create(
            edition=locked, section=section, digest=digest, at=clock.instant(), by=str(by),
            by_name=name,
        )  # fmt: skip
        record.done("steering.text.approved", locked, by=by, detail={"section": section})
    return made


def revise(passage: Passage, *, by: Actor, name: str) -> None:
    PassageRevision.objects.create(
        edition_id=passage.edition_id,
        passage=passage,
        version=passage.version,
        text=passage.text,
        at=clock.instant(),
        by=str(by),
        by_name=name,
    )


def locked_at(passage: Passage, version: int) -> Passage:
    """The paragraph, locked after its draft; raises `AlreadyIssued` or `ChangedMeanwhile`."""
    lock(passage.edition)
    locked = Passage.objects.select_for_update().select_related("edition").get(pk=passage.pk)
    if locked.version != version:
        raise ChangedMeanwhile(passage=str(locked))
    return locked


def words_of(text: str) -> str:
    """One line in NFC; raises `BadPassage` for more than a paragraph."""
    words = " ".join(names.clean(text).split())
    if len(words) > LONGEST:
        raise BadPassage(most=LONGEST)
    return words
