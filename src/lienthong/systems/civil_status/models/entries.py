"""
The entries of the books: one shape for all of them, a table for each kind of content.

An entry keeps for ever the office that wrote it, its number and its page; what
changes with mergers of units is only the custodian (Luật Hộ tịch art. 58, 60). The
number is unique for entries born here and merely kept for digitised ones, since real
books hold duplicates. The tables are spread over hash partitions by the office at
registration, which never changes (decision 31); in the database their key is therefore
``(key, office)``, and what must be unique over the whole country, a personal ID, is
claimed in `NumberClaim` by triggers. Row history is written by triggers as well.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q, Value

from lienthong.record import fields
from lienthong.record.personal import PersonalManager
from lienthong.systems.civil_status.domain.entries import (
    DeathState,
    DeskLevel,
    EventKind,
    IdState,
    Kind,
)

from .books import ImportStatement, Origin, choices

SEXES = (("male", "male"), ("female", "female"))


class Entry(models.Model):
    """What every entry of every book has."""

    kind: ClassVar[Kind]

    key = fields.UUIDField(primary_key=True, data="internal")
    office = fields.CharField(max_length=40, data="open")
    custodian = fields.CharField(max_length=40, data="open")
    entry_no = fields.IntegerField(data="open")
    entry_year = fields.SmallIntegerField(data="open")
    book_no = fields.CharField(max_length=40, blank=True, data="open")
    page = fields.CharField(max_length=20, blank=True, data="open")
    registered_on = fields.DateField(data="open")
    recorded_at = fields.DateTimeField(data="internal")
    registrar = fields.CharField(max_length=160, blank=True, data="internal")
    signatory = fields.CharField(max_length=120, blank=True, data="internal")
    level = fields.CharField(
        max_length=8, blank=True, db_default="", choices=choices(DeskLevel), data="open"
    )
    """The level of desk that was competent on that day; empty for what was loaded."""
    form_token = fields.UUIDField(null=True, data="internal")
    """The form it came from: sending one form twice writes one entry."""
    not_self = fields.CharField(max_length=200, blank=True, db_default="", data="internal")
    """Why an officer of the same name as somebody in it may register it (Luật art. 12)."""
    due_on = fields.DateField(null=True, data="internal")
    printed_on = fields.DateField(null=True, data="internal")
    withdrawn_on = fields.DateField(null=True, data="open")
    withdrawn_reason = fields.TextField(blank=True, data="internal")
    origin = fields.CharField(max_length=6, choices=Origin.choices, data="internal")
    # Nobody looks entries up by their import, and an index would slow every load.
    statement = fields.ForeignKey(
        ImportStatement, null=True, on_delete=models.PROTECT, db_index=False, data="internal"
    )

    class Meta:
        abstract = True

    @property
    def number(self) -> str:
        """As printed: ``118/2021``."""
        return f"{self.entry_no}/{self.entry_year}"


def _entry_constraints(
    name: str, numbered: tuple[str, ...] = ("office", "entry_year", "entry_no")
) -> tuple[models.BaseConstraint, ...]:
    return (
        models.UniqueConstraint(
            fields=numbered,
            condition=Q(origin="live"),
            name=f"civil_status_{name}_number",
        ),
        models.UniqueConstraint(
            fields=["office", "form_token"],
            condition=Q(form_token__isnull=False),
            name=f"civil_status_{name}_form",
        ),
        models.CheckConstraint(
            condition=Q(withdrawn_on=None) | ~Q(withdrawn_reason=""),
            name=f"civil_status_{name}_withdrawn",
        ),
    )


def _entry_indexes(name: str, searched: str) -> tuple[models.Index, ...]:
    return (
        # A desk looks at what is in its custody, which after a merger is not all its own.
        models.Index(fields=["custodian", "registered_on"], name=f"civil_status_{name}_day"),
        models.Index(fields=["custodian", searched], name=f"civil_status_{name}_name"),
        # Figures count by day over the whole country; the index alone answers them.
        models.Index(fields=["registered_on", "origin"], name=f"civil_status_{name}_count"),
    )


def _held_as_json(kind: type[dict[str, object]] | type[list[object]]) -> fields.JSONField:
    return fields.JSONField(
        default=kind, db_default=Value(kind(), models.JSONField()), blank=True, data="sensitive"
    )


def _held(name: str, column: str, what: str = "id") -> models.Index:
    """Look-up by a personal ID; most entries of the old books have none."""
    return models.Index(
        fields=[column],
        condition=Q(**{f"{column}__isnull": False}),
        name=f"civil_status_{name}_{what}",
    )


class BirthRegistration(Entry):
    """A birth in the book (Luật art. 14)."""

    kind = Kind.BIRTH

    child_name = fields.CharField(max_length=120, data="personal")
    name_sort = fields.CharField(max_length=400, data="personal")
    name_fold = fields.CharField(max_length=120, data="personal")
    sex = fields.CharField(max_length=6, choices=SEXES, data="personal")
    born_on = fields.DateField(data="personal")
    birth_place = fields.CharField(max_length=200, data="personal")
    home_place = fields.CharField(max_length=200, data="personal")
    ethnicity = fields.CharField(max_length=40, data="sensitive")
    nationality = fields.CharField(max_length=60, data="personal")
    birth_notice = fields.CharField(max_length=120, blank=True, data="personal")
    mother_id = fields.CharField(max_length=12, blank=True, data="personal")
    mother_name = fields.CharField(max_length=120, blank=True, data="personal")
    mother_fold = fields.CharField(max_length=120, blank=True, data="personal")
    mother_birth_year = fields.SmallIntegerField(null=True, data="personal")
    mother_ethnicity = fields.CharField(max_length=40, blank=True, data="sensitive")
    mother_nationality = fields.CharField(max_length=60, blank=True, data="personal")
    mother_residence = fields.CharField(max_length=200, blank=True, data="personal")
    father_id = fields.CharField(max_length=12, blank=True, data="personal")
    father_name = fields.CharField(max_length=120, blank=True, data="personal")
    father_birth_year = fields.SmallIntegerField(null=True, data="personal")
    father_ethnicity = fields.CharField(max_length=40, blank=True, data="sensitive")
    father_nationality = fields.CharField(max_length=60, blank=True, data="personal")
    father_residence = fields.CharField(max_length=200, blank=True, data="personal")
    declarant_name = fields.CharField(max_length=120, blank=True, data="personal")
    declarant_paper = fields.CharField(max_length=160, blank=True, data="personal")
    declarant_relation = fields.CharField(max_length=40, blank=True, data="personal")
    differences = _held_as_json(list)
    """Where the declaration of a parent differed from population, and what was decided."""
    late = fields.BooleanField(default=False, data="internal")
    not_duplicate = fields.TextField(blank=True, data="internal")
    """Why the officer entered it although another entry looked the same."""
    personal_id = fields.CharField(max_length=12, null=True, data="personal")
    id_cancelled_on = fields.DateField(null=True, data="internal")
    """The day population cancelled the number; what was entered stays in the book."""
    id_successor = fields.CharField(max_length=12, null=True, data="personal")
    """The number that replaced it, if any."""
    id_state = fields.CharField(max_length=7, choices=choices(IdState), data="internal")
    id_issued_on = fields.DateField(null=True, data="internal")
    id_message = fields.CharField(max_length=80, blank=True, data="internal")
    """The exchange's identifier of the message that brought the number."""

    objects = PersonalManager()

    class Meta:
        constraints = (
            *_entry_constraints("birth"),
            models.CheckConstraint(
                condition=Q(
                    id_state="issued", personal_id__isnull=False, id_issued_on__isnull=False
                )
                | (~Q(id_state="issued") & Q(personal_id=None, id_issued_on=None)),
                name="civil_status_birth_id_state",
            ),
            models.CheckConstraint(
                condition=Q(born_on__lte=models.F("registered_on")),
                name="civil_status_birth_order",
            ),
        )
        indexes = (
            *_entry_indexes("birth", "name_fold"),
            models.Index(fields=["born_on", "name_fold"], name="civil_status_birth_same"),
            models.Index(fields=["id_issued_on", "origin"], name="civil_status_birth_ids"),
            _held("birth", "personal_id"),
            _held("birth", "id_successor", "next"),
            models.Index(
                fields=["custodian", "due_on"],
                condition=Q(id_state="waiting"),
                name="civil_status_birth_wait",
            ),
        )


class DeathRegistration(Entry):
    """A death in the book (Decree 123/2015/NĐ-CP art. 4.2)."""

    kind = Kind.DEATH

    full_name = fields.CharField(max_length=120, data="personal")
    name_sort = fields.CharField(max_length=400, data="personal")
    name_fold = fields.CharField(max_length=120, data="personal")
    sex = fields.CharField(max_length=6, choices=SEXES, data="personal")
    born_on = fields.DateField(null=True, data="personal")
    birth_year = fields.SmallIntegerField(null=True, data="personal")
    ethnicity = fields.CharField(max_length=40, blank=True, data="sensitive")
    nationality = fields.CharField(max_length=60, blank=True, data="personal")
    residence = fields.CharField(max_length=200, blank=True, data="personal")
    personal_id = fields.CharField(max_length=12, null=True, data="personal")
    identity_paper = fields.CharField(max_length=160, blank=True, data="personal")
    died_on = fields.DateField(data="personal")
    died_at = fields.TimeField(null=True, data="personal")
    place = fields.CharField(max_length=200, data="personal")
    cause = fields.CharField(max_length=300, blank=True, data="sensitive")
    notice = fields.CharField(max_length=200, blank=True, data="personal")
    declarant_name = fields.CharField(max_length=120, blank=True, data="personal")
    declarant_paper = fields.CharField(max_length=160, blank=True, data="personal")
    declarant_relation = fields.CharField(max_length=40, blank=True, data="personal")
    late = fields.BooleanField(default=False, data="internal")
    state = fields.CharField(max_length=9, choices=choices(DeathState), data="internal")
    message = fields.CharField(max_length=80, blank=True, data="internal")

    objects = PersonalManager()

    class Meta:
        constraints = (
            *_entry_constraints("death"),
            models.CheckConstraint(
                condition=Q(died_on__lte=models.F("registered_on")),
                name="civil_status_death_order",
            ),
        )
        indexes = (
            *_entry_indexes("death", "name_fold"),
            models.Index(fields=["died_on", "name_fold"], name="civil_status_death_same"),
            _held("death", "personal_id"),
            models.Index(
                fields=["custodian", "due_on"],
                condition=Q(state="waiting"),
                name="civil_status_death_wait",
            ),
        )


class MarriageRegistration(Entry):
    """A marriage in the book (Luật art. 17.2); wife first, as the certificate has it."""

    kind = Kind.MARRIAGE

    wife_id = fields.CharField(max_length=12, null=True, data="personal")
    wife_name = fields.CharField(max_length=120, data="personal")
    wife_fold = fields.CharField(max_length=120, data="personal")
    wife_born_on = fields.DateField(data="personal")
    wife_ethnicity = fields.CharField(max_length=40, blank=True, data="sensitive")
    wife_nationality = fields.CharField(max_length=60, data="personal")
    wife_residence = fields.CharField(max_length=200, blank=True, data="personal")
    wife_paper = fields.CharField(max_length=160, blank=True, data="personal")
    husband_id = fields.CharField(max_length=12, null=True, data="personal")
    husband_name = fields.CharField(max_length=120, data="personal")
    husband_fold = fields.CharField(max_length=120, data="personal")
    husband_born_on = fields.DateField(data="personal")
    husband_ethnicity = fields.CharField(max_length=40, blank=True, data="sensitive")
    husband_nationality = fields.CharField(max_length=60, data="personal")
    husband_residence = fields.CharField(max_length=200, blank=True, data="personal")
    husband_paper = fields.CharField(max_length=160, blank=True, data="personal")
    declarant_name = fields.CharField(max_length=120, blank=True, db_default="", data="personal")
    declarant_paper = fields.CharField(max_length=160, blank=True, db_default="", data="personal")
    particulars = _held_as_json(dict)
    """What else the declaration said, by the parts of its kind."""
    differences = _held_as_json(list)

    objects = PersonalManager()

    class Meta:
        constraints = _entry_constraints("marriage")
        indexes = (
            *_entry_indexes("marriage", "wife_fold"),
            _held("marriage", "wife_id", "wife"),
            _held("marriage", "husband_id", "husband"),
            # Whether somebody is married already is asked by name and birth too.
            models.Index(fields=["wife_born_on", "wife_fold"], name="civil_status_wife"),
            models.Index(fields=["husband_born_on", "husband_fold"], name="civil_status_husband"),
        )


class OtherRegistration(Entry):
    """Every other event the book confirms or notes (Luật art. 3)."""

    kind = Kind.OTHER

    event = fields.CharField(max_length=26, choices=choices(EventKind), data="personal")
    full_name = fields.CharField(max_length=120, data="personal")
    name_sort = fields.CharField(max_length=400, data="personal")
    name_fold = fields.CharField(max_length=120, data="personal")
    born_on = fields.DateField(null=True, data="personal")
    content = fields.TextField(blank=True, data="personal")
    legal_basis = fields.CharField(max_length=200, blank=True, data="open")
    personal_id = fields.CharField(max_length=12, null=True, data="personal")
    other_fold = fields.CharField(max_length=240, blank=True, db_default="", data="personal")
    """The names of the others in it, for searching."""
    declarant_name = fields.CharField(max_length=120, blank=True, db_default="", data="personal")
    declarant_paper = fields.CharField(max_length=160, blank=True, db_default="", data="personal")
    people = _held_as_json(dict)
    """Who stands in it, by role, with the particulars of the declaration."""
    particulars = _held_as_json(dict)
    """What else the declaration or decision said, by the parts of its kind."""
    changes = _held_as_json(list)
    """What it rewrites in the entry it alters: field, was, becomes."""
    differences = _held_as_json(list)

    objects = PersonalManager()

    class Meta:
        constraints = _entry_constraints("other", ("office", "event", "entry_year", "entry_no"))
        indexes = (
            *_entry_indexes("other", "name_fold"),
            _held("other", "personal_id"),
            models.Index(fields=["born_on", "name_fold"], name="civil_status_other_same"),
        )


class NumberClaim(models.Model):
    """
    Which entry a personal ID belongs to: one birth and one standing death for each number.

    Partitions by office cannot hold a key that is unique over the whole country, so
    triggers on both tables keep it here (0006), also for rows written by COPY.
    """

    class Purpose(models.TextChoices):
        BIRTH = "birth", "birth"
        DEATH = "death", "death"

    number = fields.CharField(max_length=12, data="personal")
    purpose = fields.CharField(max_length=5, choices=Purpose.choices, data="internal")
    entry = fields.UUIDField(data="internal")

    objects = PersonalManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["number", "purpose"], name="civil_status_one_claim"),
        )
        indexes = (models.Index(fields=["entry"], name="civil_status_claim_entry"),)
