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


class DatesOutOfOrder(Invalid):
    """The end lies before the beginning, or a day lies before the birth or in the future."""

    code = "population.dates_out_of_order"


class StandingStep(Conflict):
    """The register does not lead from this standing to that one."""

    code = "population.standing_step"


class BasisMissing(Invalid):
    """A change of the register names its reason, its document and its legal basis."""

    code = "population.basis_missing"


class NumberWouldContradict(Conflict):
    """The number says another sex or birth year; it has to be re-established instead."""

    code = "population.number_would_contradict"


class NothingChanged(Invalid):
    """The register says this already."""

    code = "population.nothing_changed"


class NotAParticular(Invalid):
    """This field is not corrected in this way, or not to this value."""

    code = "population.not_a_particular"


class Relatives(Invalid):
    """A person is nobody's own parent, child or spouse, and is younger than the parents."""

    code = "population.relatives"


class TemporaryTooLong(Invalid):
    """A temporary residence lasts two years at most and is then registered again."""

    code = "population.temporary_too_long"


class SameCommune(Invalid):
    """Within the commune of the permanent residence nobody is registered as temporary or away."""

    code = "population.same_commune"


class UnknownCommune(Invalid):
    """There was no commune with this code on that day."""

    code = "population.unknown_commune"


class ResidenceOverlaps(Conflict):
    """Another residence of the same kind covers some of these days."""

    code = "population.residence_overlaps"


class NoSuchResidence(NotFound):
    """This person has no such residence, or it has ended."""

    code = "population.no_such_residence"


class NoSuchHousehold(NotFound):
    """There is no such household, or it is closed."""

    code = "population.no_such_household"


class InAnotherHousehold(Conflict):
    """The person belongs to a household on that day; they leave it first."""

    code = "population.in_another_household"


class HeadLeaves(Conflict):
    """The head leaves only after another member became head, or as the last one."""

    code = "population.head_leaves"


class NotAMember(Conflict):
    """The person is no member of this household on that day."""

    code = "population.not_a_member"


class CursorUnknown(Invalid):
    """This place in the list of changes was not given out by this register."""

    code = "population.cursor_unknown"


class FieldsNotGranted(Refused):
    """The grant does not list these fields, so no change of them is told."""

    code = "population.fields_not_granted"


class NoSuchRepair(NotFound):
    """There is no such request."""

    code = "population.no_such_repair"


class RepairClosed(Conflict):
    """The request was decided already."""

    code = "population.repair_closed"


class SecondOfficerNeeded(Refused):
    """Another officer than the one who asked decides about a number."""

    code = "population.second_officer_needed"


class EvidenceMissing(Invalid):
    """A request about a number comes with the papers it rests on."""

    code = "population.evidence_missing"


class StructureAgrees(Invalid):
    """The number and the person agree, so there is nothing to repair."""

    code = "population.structure_agrees"


class ChangedMeanwhile(Conflict):
    """Somebody changed this record after it was opened; look at it again first."""

    code = "population.changed_meanwhile"
