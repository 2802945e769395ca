"""What can go wrong in writing the monthly report."""

from __future__ import annotations

from lienthong.kernel.errors import Conflict, Invalid, NotFound, Refused


class MonthNotBegun(Invalid):
    """This month has not begun, so nothing of it can be counted."""

    code = "steering.month_not_begun"


class NotAMonth(Invalid):
    """A monthly report is about one calendar month, written 2021-08."""

    code = "steering.not_a_month"


class NoSuchReport(NotFound):
    """There is no report of this month."""

    code = "steering.no_such_report"


class NoSuchFigure(NotFound):
    """This report has no such figure."""

    code = "steering.no_such_figure"


class AlreadyIssued(Conflict):
    """This report was issued; what was issued is never changed."""

    code = "steering.already_issued"


class NothingCollected(Conflict):
    """No system has stated a figure for this report yet."""

    code = "steering.nothing_collected"


class RelationUnexplained(Conflict):
    """A relation between figures does not hold and nobody has written why."""

    code = "steering.relation_unexplained"


class FiguresStale(Conflict):
    """A system did not answer the last time it was asked, so its figures are old or missing."""

    code = "steering.figures_stale"


class NoteMissing(Invalid):
    """Write why the figures stand as they are."""

    code = "steering.note_missing"


class ProofBroken(Conflict):
    """The receipt of an answer does not prove the figures that were read from it."""

    code = "steering.proof_broken"


class NothingToExplain(Conflict):
    """This relation holds, so there is nothing to explain."""

    code = "steering.nothing_to_explain"


class BadSymbol(Invalid):
    """This is no document number: write it as printed, such as 17/NQ-CP or 23/2021/QĐ-TTg."""

    code = "steering.bad_symbol"


class BadIssueDate(Invalid):
    """The date of the document is not possible: it lies in the future or in another year."""

    code = "steering.bad_issue_date"


class AlreadyEntered(Conflict):
    """This document of this issuer has been entered already."""

    code = "steering.already_entered"


class NoSuchDirective(NotFound):
    """There is no such document in the register of tasks."""

    code = "steering.no_such_directive"


class NoSuchTask(NotFound):
    """There is no such task."""

    code = "steering.no_such_task"


class NoSuchBodyKnown(Invalid):
    """No body with this name or code is known; choose one of the list or add it first."""

    code = "steering.no_such_body"


class BadDueRule(Invalid):
    """The time limit is not complete, or ends before the document was issued."""

    code = "steering.bad_due_rule"


class CascadeCircles(Conflict):
    """A task cannot be passed on to itself, directly or by way of others."""

    code = "steering.cascade_circles"


class PassedBackwards(Conflict):
    """A task is passed on by a document of the same day or later, never by an earlier one."""

    code = "steering.passed_backwards"


class ChangedMeanwhile(Conflict):
    """Someone else has changed this since you opened it. Look at it again before you change it."""

    code = "steering.changed_meanwhile"


class NotYourTask(Refused):
    """Your office is not the one that may do this with this task."""

    code = "steering.not_your_task"


class TaskClosed(Conflict):
    """This task is finished or withdrawn; nothing more is reported on it."""

    code = "steering.task_closed"


class ReasonMissing(Invalid):
    """Write the reason; it is kept with the task."""

    code = "steering.reason_missing"


class BadProgress(Invalid):
    """A progress report needs words, and a day that is not in the future."""

    code = "steering.bad_progress"


class BadExtension(Invalid):
    """A longer time must end after the present one."""

    code = "steering.bad_extension"


class ExtensionPending(Conflict):
    """A request for more time is already waiting for a decision."""

    code = "steering.extension_pending"


class AlreadyDecided(Conflict):
    """This request has been decided."""

    code = "steering.already_decided"


class CodeTaken(Conflict):
    """The document already has a task with this code for this body."""

    code = "steering.code_taken"


class FileRefused(Invalid):
    """This file cannot be taken: it is too large, of another kind, or damaged."""

    code = "steering.file_refused"


class NoTextInFile(Invalid):
    """The file holds no text that can be read; a scan has to be typed or pasted."""

    code = "steering.no_text_in_file"


class SeveralDocuments(Conflict):
    """Several documents bear this number; write the day and the issuer behind it."""

    code = "steering.several_documents"


class TooManyTasks(Invalid):
    """One document gives at most 6,000 tasks, one paragraph at most 200 bodies."""

    code = "steering.too_many_tasks"


class AlreadyFollows(Conflict):
    """This body follows the document already."""

    code = "steering.already_follows"


class OfficeThere(Conflict):
    """Another office works for this body already; rights are not given to a second one unseen."""

    code = "steering.office_there"


class EvidenceMissing(Invalid):
    """A day before today needs a file that shows it; without one the task is finished today."""

    code = "steering.evidence_missing"


class NothingToConfirm(Conflict):
    """No earlier day waits here for a confirmation."""

    code = "steering.nothing_to_confirm"


class EvidenceNeeded(Conflict):
    """A confirmed day rests on this file; take the report back instead."""

    code = "steering.evidence_needed"


class SamePerson(Refused):
    """Whoever asked does not decide on it, whichever seat is taken."""

    code = "steering.same_person"


class NoFileThere(Conflict):
    """This report shows no file, or it was withdrawn already."""

    code = "steering.no_file_there"


class ReceivedAlready(Conflict):
    """This document stands in the incoming register of this body already."""

    code = "steering.received_already"


class NoSuchLetter(NotFound):
    """There is no such letter or received document at your desk."""

    code = "steering.no_such_letter"


class OpinionMissing(Invalid):
    """Record what the leader said first: who, on which day, and the words."""

    code = "steering.opinion_missing"


class LetterClosed(Conflict):
    """This letter was issued or given up; it is not changed any more."""

    code = "steering.letter_closed"


class LetterDrafted(Conflict):
    """A letter on this document is being drafted already."""

    code = "steering.letter_drafted"


class LetterIncomplete(Invalid):
    """The letter is not complete: it needs a lead, its items or general task, and a signer."""

    code = "steering.letter_incomplete"


class QuotesUnexplained(Conflict):
    """The letter quotes a document otherwise than it is; correct it, or write why it stands."""

    code = "steering.quotes_unexplained"


class NothingQuotedSo(Conflict):
    """The letter does not quote this any more, so there is nothing to explain."""

    code = "steering.nothing_quoted_so"


class FileOfAnother(Invalid):
    """The file bears another number or day than the document that was chosen."""

    code = "steering.file_of_another"


class WrongWindow(Invalid):
    """These days are not the ones this figure is counted over in the report of that month."""

    code = "steering.wrong_window"


class BadValue(Invalid):
    """This value is not possible for this figure."""

    code = "steering.bad_value"


class SourceMissing(Invalid):
    """Give the number of the letter the value comes from, or its file."""

    code = "steering.source_missing"


class FigureTwice(Conflict):
    """This figure has a value for this month already; revise that one and say why."""

    code = "steering.figure_twice"


class NotYourFigure(Refused):
    """Your office is not the one that reports or decides on this figure."""

    code = "steering.not_your_figure"


class SecondOfficer(Refused):
    """Another officer than the one who wrote it decides on it."""

    code = "steering.second_officer"


class EntryClosed(Conflict):
    """This value has been decided on; it can only be revised."""

    code = "steering.entry_closed"


class NoSuchEntry(NotFound):
    """There is no such entry."""

    code = "steering.no_such_entry"


class ChoiceMissing(Conflict):
    """A figure is stated live and was also entered; choose which one the report prints."""

    code = "steering.choice_missing"


class NothingToChoose(Conflict):
    """This figure came in one way only, so there is nothing to choose."""

    code = "steering.nothing_to_choose"


class RevisionUnexplained(Conflict):
    """A figure differs from the issued report and nobody has written why."""

    code = "steering.revision_unexplained"


class NothingRevised(Conflict):
    """This figure is as the issued report has it."""

    code = "steering.nothing_revised"


class BadTrendLimit(Invalid):
    """A limit of growth is a percentage above 0, from a day that has not passed."""

    code = "steering.bad_trend_limit"


class StatedLive(Conflict):
    """This figure is counted by its system and comes through the exchange; it is not entered."""

    code = "steering.stated_live"


class BadNumberStyle(Invalid):
    """Write the number with a point between thousands and a comma before decimals."""

    code = "steering.bad_number_style"


class NotSigning(Conflict):
    """This report does not wait for a signature."""

    code = "steering.not_signing"


class NotTheSigner(Refused):
    """Another officer was named to sign this report."""

    code = "steering.not_the_signer"


class SignedAlready(Conflict):
    """The report is signed already; it can be sealed, or refused with a reason."""

    code = "steering.signed_already"


class NotSignedYet(Conflict):
    """The person signs first; the seal follows."""

    code = "steering.not_signed_yet"


class MustBeSigned(Conflict):
    """This body signs electronically, so its report is numbered, signed and sealed."""

    code = "steering.must_be_signed"


class LayoutBroken(Conflict):
    """The printed report does not keep the layout of Decree 30/2020, so it is not signed."""

    code = "steering.layout_broken"


class WaitsForSignature(Conflict):
    """This report waits for a signature; nothing of it is changed meanwhile."""

    code = "steering.waits_for_signature"


class NoSuchSection(NotFound):
    """The report has no such section."""

    code = "steering.no_such_section"


class BadPassage(Invalid):
    """A paragraph needs words, and not more than a report has room for."""

    code = "steering.bad_passage"


class NothingToUndo(Conflict):
    """There is no earlier wording of this paragraph."""

    code = "steering.nothing_to_undo"


class OwnWords(Refused):
    """Whoever wrote the words does not approve them; somebody else does."""

    code = "steering.own_words"


class SectionUnapproved(Conflict):
    """A section holds words that nobody has approved as they stand."""

    code = "steering.section_unapproved"
