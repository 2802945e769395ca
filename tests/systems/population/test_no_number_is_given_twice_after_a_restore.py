"""Tables that went back in time have forgotten numbers; none of them is given again."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.db import transaction

from lienthong.exchange import epoch
from lienthong.exchange.models import Epoch
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.identifiers import PersonalId, Sex
from lienthong.record import personal
from lienthong.systems.population.domain import ids
from lienthong.systems.population.domain.repairs import RepairKind
from lienthong.systems.population.errors import BackupNeeded
from lienthong.systems.population.models import (
    LostNumber,
    PersonalIdRow,
    RangeCounter,
    Repair,
    SteppedOver,
)
from lienthong.systems.population.services import after_restore, numbers, repairs
from systems.population import lives

KEY = b"the subject index key of the tests"
NEXT_YEAR = b"that of the year after"


class _GoneBack(Exception):
    """Ends a savepoint, so that its rows are lost as in a restore."""


def lost(work: Callable[[], list[str]]) -> list[str]:
    """What ``work`` gave, with the tables as they were before it, and an epoch raised."""
    given: list[str] = []
    with contextlib.suppress(_GoneBack), transaction.atomic():
        given += work()
        raise _GoneBack
    restored()
    return given


def restored(events: int = 0) -> None:
    Epoch.objects.create(
        number=Epoch.objects.count() + 1, backup="b", taken_at=clock.instant(),
        raised_at=clock.instant(), events_missed=events, log_restored=False, log_position={},
    )  # fmt: skip


def pseudonym(number: str) -> bytes:
    return hmac.digest(KEY, number.encode(), hashlib.sha256)


def pseudonyms(subject: bytes) -> list[bytes]:
    """Under each of two keys, as a log that went from one year into the next holds them."""
    later = b"\x07\xe6" + hmac.digest(NEXT_YEAR, subject, hashlib.sha256)
    return [hmac.digest(KEY, subject, hashlib.sha256), later]


def evidence(
    numbers: list[str], *, unanswered: int = 0, requests: int = 0
) -> after_restore.Evidence:
    return after_restore.Evidence(
        requests or len(numbers) + unanswered,
        unanswered,
        {pseudonym(number): f"VN-{place}" for place, number in enumerate(numbers)},
    )


def several(by: Actor, count: int, name: str = "later", **changes: object) -> list[str]:
    return [
        lives.given(by, registration=f"{name}-{place}", **changes).number for place in range(count)
    ]


def test_after_a_restore_no_number_is_given_before_the_reconciliation(civil_status: Actor) -> None:
    lives.given(civil_status)
    restored()
    with pytest.raises(epoch.NumberingBlocked):
        lives.given(civil_status, registration="birth-2")
    answer = lives.issue(registration="birth-3")
    assert (answer.status, answer.code) == (503, "exchange.numbering_blocked")


def test_what_was_given_before_is_still_answered_while_numbering_waits(civil_status: Actor) -> None:
    known = lives.given(civil_status)
    restored()
    assert lives.given(civil_status).number == known.number


def test_the_lost_numbers_are_recognised_in_the_log_and_never_given_again(
    civil_status: Actor,
) -> None:
    several(civil_status, 3, "before")
    gone = lost(lambda: several(civil_status, 5))
    done = after_restore.step_over_by_log(
        evidence=evidence(gone), pseudonyms=pseudonyms, by=civil_status
    )
    assert (done.lost, done.unrecognised) == (5, 0)
    with personal.writing("tests", by=civil_status):
        assert set(LostNumber.objects.values_list("number", flat=True)) == set(gone)
    assert set(several(civil_status, 20, "after")).isdisjoint(gone)
    assert RangeCounter.objects.get().used == 3 + 5 + 20, "no place more was lost than needed"


def test_numbers_of_a_range_nobody_had_used_before_the_backup_are_recognised(
    civil_status: Actor,
) -> None:
    gone = lost(lambda: several(civil_status, 4, province="79", sex=Sex.FEMALE))
    done = after_restore.step_over_by_log(
        evidence=evidence(gone), pseudonyms=pseudonyms, by=civil_status
    )
    assert done.lost == 4
    after = several(civil_status, 9, "after", province="79", sex=Sex.FEMALE)
    assert set(after).isdisjoint(gone)


def test_a_request_without_an_answer_in_the_log_costs_each_range_a_place(
    civil_status: Actor,
) -> None:
    several(civil_status, 2, "before")
    gone = lost(lambda: several(civil_status, 4))
    # The answers of the second and the last never came to the log.
    told = [gone[0], gone[2]]
    done = after_restore.step_over_by_log(
        evidence=evidence(told, unanswered=2), pseudonyms=pseudonyms, by=civil_status
    )
    assert (done.lost, done.floor) == (2, 2)
    assert set(several(civil_status, 12, "after")).isdisjoint(gone)
    elsewhere = lives.given(civil_status, registration="other range", province="01")
    counter = RangeCounter.objects.get(digits=elsewhere.number[:6])
    assert counter.used == 3, "in a range nobody knows of, both may have been taken too"


def test_numbers_are_recognised_under_every_key_the_index_has_had(civil_status: Actor) -> None:
    several(civil_status, 2, "before")
    gone = lost(lambda: several(civil_status, 2))
    named = {pseudonyms(number.encode())[place]: f"VN-{place}" for place, number in enumerate(gone)}
    done = after_restore.step_over_by_log(
        evidence=after_restore.Evidence(2, 0, named), pseudonyms=pseudonyms, by=civil_status
    )
    assert (done.lost, done.unrecognised) == (2, 0)


def test_when_the_log_names_somebody_unknown_every_range_is_moved_by_all_requests(
    civil_status: Actor,
) -> None:
    several(civil_status, 2, "before")
    gone = lost(lambda: several(civil_status, 3))
    strange = after_restore.Evidence(4, 0, {pseudonym(gone[0]): "VN-1", b"another key's": "VN-2"})
    done = after_restore.step_over_by_log(evidence=strange, pseudonyms=pseudonyms, by=civil_status)
    assert (done.lost, done.unrecognised) == (1, 1)
    assert set(several(civil_status, 8, "after")).isdisjoint(gone)


def test_people_who_were_only_asked_about_are_not_lost(civil_status: Actor) -> None:
    known = lives.given(civil_status).number
    restored()
    done = after_restore.step_over_by_log(
        evidence=evidence([known]), pseudonyms=pseudonyms, by=civil_status
    )
    assert (done.lost, done.unrecognised) == (0, 0)
    assert RangeCounter.objects.get().used == 1


def test_numbers_that_came_in_from_elsewhere_do_not_hide_the_lost_ones(
    civil_status: Actor,
) -> None:
    """Imported numbers lie in the way: places that are stepped over count for nobody."""
    span = ids.NumberRange.of(province="91", sex=lives.CHILD.sex, born_on=lives.CHILD.born_on)
    several(civil_status, 6, "imported")
    RangeCounter.objects.update(used=0, kept=0)
    gone = lost(lambda: several(civil_status, 2))
    assert gone[0] == str(span.number(6, key=numbers.number_key()))
    unheard = after_restore.Evidence(2, 2, {})
    after_restore.step_over_by_log(evidence=unheard, pseudonyms=pseudonyms, by=civil_status)
    assert set(several(civil_status, 5, "after")).isdisjoint(gone)


def test_without_a_log_whole_blocks_are_stepped_over_and_a_backup_is_asked_for(
    civil_status: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ids, "BLOCK", 4)
    several(civil_status, 3, "before")
    after_restore.note_backup({row.digits: row.used for row in RangeCounter.objects.all()})
    # The rest of this block and the whole next one, and not a single number more.
    gone = lost(lambda: several(civil_status, 5))
    after_restore.step_over_by_block(events=0, by=civil_status)
    with pytest.raises(BackupNeeded):
        lives.given(civil_status, registration="too early")
    after_restore.note_backup({row.digits: row.used for row in RangeCounter.objects.all()})
    assert set(several(civil_status, 4, "after")).isdisjoint(gone)


def test_beyond_one_block_past_the_last_backup_no_number_is_given(
    civil_status: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ids, "BLOCK", 4)
    several(civil_status, 4)
    answer = lives.issue(registration="the fifth")
    assert (answer.status, answer.code) == (503, "population.backup_needed")
    after_restore.note_backup({row.digits: row.used for row in RangeCounter.objects.all()})
    assert lives.issue(key="k-2", registration="the fifth").status == 200


def test_the_second_restore_begins_where_the_first_one_was_moved_to(civil_status: Actor) -> None:
    several(civil_status, 1, "before")
    first = lost(lambda: several(civil_status, 2))
    after_restore.step_over_by_log(evidence=evidence(first), pseudonyms=pseudonyms, by=civil_status)
    second = lost(lambda: several(civil_status, 3, "more"))
    after_restore.step_over_by_log(
        evidence=after_restore.Evidence(3, 3, {}), pseudonyms=pseudonyms, by=civil_status
    )
    later = several(civil_status, 6, "after")
    assert len({*first, *second, *later}) == 11
    assert SteppedOver.objects.count() == 2


def test_a_reconciliation_happens_once(civil_status: Actor) -> None:
    restored()
    after_restore.step_over_by_log(evidence=evidence([]), pseudonyms=pseudonyms, by=civil_status)
    with pytest.raises(epoch.NothingToRelease), transaction.atomic():
        after_restore.step_over_by_block(events=0, by=civil_status)
    assert PersonalIdRow.objects.count() == 0


def granted_repair(number: str, by: Actor) -> str:
    """A repair that two officers agreed on; nothing when one is open for the number."""
    if (row := Repair.objects.values_list("key", flat=True).first()) is None:
        row = repairs.ask_repair(
            number=PersonalId(number), kind=RepairKind.STRUCTURE, proposal={"sex": "female"},
            reason="r", evidence=[{"kind": "giấy khai sinh"}], by=replace(by, account="one"),
        ).pk  # fmt: skip
        repairs.decide(
            repair=row, grant=True, decision="d", answer="", by=replace(by, account="two")
        )
    return str(row)


def test_every_offer_that_gives_a_number_is_looked_for_in_the_log(civil_status: Actor) -> None:
    """An offer that takes a place and is not in the list would be forgotten by a restore."""
    restored()
    blocked = set()
    number = "091221000001"
    for code, body in {
        "personal-id.issue.v1": lives.request(),
        "repair.carry-out.v1": {"repair": ""},
        "personal-id.reestablish.v1": {
            "personal_id": number, "reason": "r", "decision": "d", "decided_on": date(2021, 8, 1),
            "sex": "female",
        },
        "personal-id.cancel.v1": {
            "personal_id": number, "reason": "r", "decision": "d", "decided_on": date(2021, 8, 1),
        },
        "death.record.v1": {
            "registration": "x", "registered_on": date(2021, 8, 1), "office": "o",
            "personal_id": number, "died_on": date(2021, 8, 1),
        },
    }.items():  # fmt: skip
        Epoch.objects.all().delete()
        child = lives.given(civil_status, registration="the one")
        own = {"personal_id": child.number, "repair": granted_repair(child.number, civil_status)}
        restored()
        answer = lives.ask(code, key=code, **{**body, **{k: own[k] for k in own if k in body}})
        if answer.code == "exchange.numbering_blocked":
            blocked.add(code)
    assert blocked == set(after_restore.GIVE_NUMBERS)
