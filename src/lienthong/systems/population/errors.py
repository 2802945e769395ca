"""What population refuses, each with a code callers may rely on."""

from __future__ import annotations

from lienthong.kernel.errors import Conflict, Invalid, NotFound, Refused, Unavailable


class UnknownPrefix(Invalid):
    """This province has no prefix of personal IDs."""

    code = "population.unknown_prefix"


class BirthAfterRegistration(Invalid):
    """The birth lies after its registration or in the future."""

    code = "population.birth_after_registration"


class OtherPerson(Conflict):
    """A personal ID was issued for this registration, with other particulars."""

    code = "population.other_person"


class RangeExhausted(Unavailable):
    """All numbers of this province, sex and year are used up."""

    code = "population.range_exhausted"


class BackupNeeded(Unavailable):
    """So many numbers were given since the last backup that another one is needed first."""

    code = "population.backup_needed"


class NoSuchPersonalId(NotFound):
    """No person has this personal ID."""

    code = "population.no_such_personal_id"


class AlreadyCancelled(Conflict):
    """This personal ID is cancelled already."""

    code = "population.already_cancelled"


class DecisionInFuture(Invalid):
    """The decision is dated after today."""

    code = "population.decision_in_future"


class NothingCorrected(Invalid):
    """A number is re-established only when its province, sex or birth year was wrong."""

    code = "population.nothing_corrected"


class OtherDeath(Conflict):
    """The death of this person is recorded already, from another registration or day."""

    code = "population.other_death"


class DeathOutOfOrder(Invalid):
    """The day of death lies before the birth or after the registration."""

    code = "population.death_out_of_order"


class RecordLocked(Refused):
    """The record of a deceased person is locked."""

    code = "population.record_locked"
