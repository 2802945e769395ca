"""
Numbers after a restore: every range is moved past what was given since the backup.

Decision 0039. A number given after the backup is known to the gateway's log by its
pseudonym only, and to whoever asked for it; here it is stepped over, never given again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction

from lienthong.exchange import epoch
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.record import personal
from lienthong.systems.population import queries
from lienthong.systems.population.domain import ids
from lienthong.systems.population.models import (
    ImportStatement,
    LostNumber,
    RangeCounter,
    SteppedOver,
)
from lienthong.systems.population.services.numbers import number_key

GIVE_NUMBERS = ("personal-id.issue.v1", "personal-id.reestablish.v1", "repair.carry-out.v1")
"""The offers that give a number."""
IMPORTED = "population: "
"""How a load of this register is named in the gateway's log."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the gateway's log says of the time since the backup (`gateway.since`)."""

    requests: int
    """Requests that may have given a number; the log is strict, so no number lacks one."""
    unanswered: int
    """Those of them whose answer is not in the log."""
    named: Mapping[bytes, str]
    """Pseudonyms of the people they were answered about, each with a message id."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """What a reconciliation found and did; counts only."""

    lost: int
    """Numbers known to have been given after the backup."""
    unrecognised: int
    floor: int


def note_backup(used: Mapping[str, int]) -> None:
    """Remember how far each range was used in a backup that is now whole."""
    with transaction.atomic():
        for digits, places in used.items():
            RangeCounter.objects.filter(digits=digits, kept__lt=places).update(kept=places)


def step_over_by_log(*, evidence: Evidence, pseudonyms: Pseudonyms, by: Actor) -> Stepped:
    """
    Move every range past what was given after the backup, as the gateway's log proves it.

    ``pseudonyms`` are those of the log's subject index: the order of the numbers is known
    here, so each pseudonym of the log is found again by trying the next places of each range. What
    was recognised is kept as a lost number. Every request whose answer the log lacks may
    have taken one place more; and when a pseudonym is not recognised, each range is moved
    by the number of all requests, which no loss can exceed. Then numbers may be given.
    """
    with personal.writing("population.step_over", by=by):
        start = {row.digits: row.used for row in RangeCounter.objects.select_for_update()}
        floor = queries.floor()
        # A range with numbers that came in from elsewhere is stepped through like a begun one.
        begun = {digits: floor for digits in queries.ranges_in_use()} | start
        search = _Search(dict(evidence.named), pseudonyms, evidence.unanswered)
        ends = {
            digits: search.walk(ids.NumberRange(digits), place) for digits, place in begun.items()
        }
        for span in ids.NumberRange.all_of_a_lifetime(by.legal_day.year):
            if not search.wanted:
                break
            if span.digits in begun:
                continue
            if (end := search.walk(span, floor, unused=True)) > floor:
                ends[span.digits] = end
        search.forget_known()
        ahead = evidence.requests if search.wanted else evidence.unanswered
        _keep_lost(search.found)
        for digits, end in ends.items():
            place = queries.free_places_on(ids.NumberRange(digits), end, ahead, number_key())
            _move(digits, place, kept=begun.get(digits, floor))
        done = Stepped(len(search.found), len(search.wanted), floor + ahead)
        _note_stepping(done, evidence, by_log=True)
        epoch.release("numbers", by=by, detail=_grounds(done, evidence, by_log=True))
        return done


def step_over_by_block(*, events: int, by: Actor) -> Stepped:
    """
    Move every range past whatever can have been given after the backup, without any log.

    `_take` enters no block of places before a backup knows the block before it, so after a
    backup and ``events`` further ones nothing lies beyond the block this steps to. The next
    number then needs a fresh backup first.
    """
    with personal.writing("population.step_over", by=by):
        for row in RangeCounter.objects.select_for_update():
            _move(row.digits, ids.beyond_every_loss(row.used, events=events), kept=row.used)
        floor = ids.beyond_every_loss(queries.floor(), events=events)
        nothing = Evidence(0, 0, {})
        done = Stepped(0, 0, floor)
        _note_stepping(done, nothing, by_log=False)
        epoch.release("numbers", by=by, detail=_grounds(done, nothing, by_log=False))
        return done


Pseudonyms = Callable[[bytes], Iterable[bytes]]
"""Every form in which the log's index may hold a data subject, one for each key it has had."""


class _Search:
    """Finds numbers of which only a pseudonym is known, place after place."""

    def __init__(self, wanted: dict[bytes, str], pseudonyms: Pseudonyms, slack: int) -> None:
        self.wanted = wanted
        self.found: dict[str, str] = {}
        self._pseudonyms = pseudonyms
        self._slack = slack

    def walk(self, span: ids.NumberRange, place: int, *, unused: bool = False) -> int:
        """
        The place after the last number of this range that is known to have been given.

        Numbers that are here are stepped over; ``unused`` says that there is none.
        """
        end, missed = place, 0
        while missed <= self._slack and place < ids.SERIALS:
            number = span.number(place, key=number_key())
            place += 1
            message = self._take(str(number))
            if message is not None:
                self.found[str(number)] = message
                end = place
            elif unused or not queries.was_given(number):
                missed += 1
        return end

    def forget_known(self) -> None:
        """People asked about whose numbers are still here were not lost."""
        for number in queries.every_number():
            if not self.wanted:
                return
            self._take(number)

    def _take(self, number: str) -> str | None:
        """The message of a wanted number, under whichever key the log indexed it."""
        found = None
        for pseudonym in self._pseudonyms(number.encode()):
            found = self.wanted.pop(pseudonym, found)
        return found


def _move(digits: str, place: int, *, kept: int) -> None:
    last = min(place, ids.SERIALS)
    RangeCounter.objects.update_or_create(digits=digits, defaults={"used": last, "kept": kept})


def _keep_lost(found: Mapping[str, str]) -> None:
    now = clock.instant()
    LostNumber.objects.bulk_create(
        [LostNumber(number=number, message_id=message, found_at=now)
         for number, message in found.items()],
        ignore_conflicts=True,
    )  # fmt: skip


def _note_stepping(done: Stepped, evidence: Evidence, *, by_log: bool) -> None:
    SteppedOver.objects.create(
        at=clock.instant(),
        by_log=by_log,
        floor=done.floor,
        requests=evidence.requests,
        unanswered=evidence.unanswered,
        recognised=done.lost,
        unrecognised=done.unrecognised,
    )


def _grounds(done: Stepped, evidence: Evidence, *, by_log: bool) -> dict[str, object]:
    return {
        "by": "log" if by_log else "blocks",
        "requests": evidence.requests,
        "unanswered": evidence.unanswered,
        "lost": done.lost,
        "unrecognised": done.unrecognised,
    }


def imports_missing(sources: Iterable[str]) -> list[str]:
    """Which of these loads of this register, as the log names them, are not in its tables."""
    known = {
        f"{IMPORTED}{source}" for source in ImportStatement.objects.values_list("source", flat=True)
    }
    ours = (source for source in sources if source.startswith(IMPORTED))
    return [source for source in ours if source not in known]
