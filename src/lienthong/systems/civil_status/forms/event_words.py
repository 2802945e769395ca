"""The words of events on pages: kinds, roles, particulars, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lienthong.systems.civil_status.domain.entries import EventKind, Kind
from lienthong.systems.civil_status.forms.entries import words_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

KINDS: dict[str, StrOrPromise] = {
    Kind.BIRTH: _("Birth"),
    Kind.MARRIAGE: _("Marriage"),
    Kind.DEATH: _("Death"),
    EventKind.RECOGNITION: _("Recognition of parent and child"),
    EventKind.GUARDIANSHIP: _("Guardianship"),
    EventKind.GUARDIANSHIP_END: _("End of guardianship"),
    EventKind.CHANGE: _("Change of name"),
    EventKind.CORRECTION: _("Correction of the book"),
    EventKind.SUPPLEMENT: _("Supplement to the book"),
    EventKind.ETHNICITY: _("Re-determination of ethnicity"),
    EventKind.MARITAL_STATUS: _("Confirmation of marital status"),
    EventKind.ADOPTION: _("Adoption noted"),
    EventKind.DIVORCE: _("Divorce noted"),
    EventKind.ANNULMENT: _("Annulment of a marriage noted"),
    EventKind.PARENTAGE_DECIDED: _("Parentage decided by a court noted"),
    EventKind.CITIZENSHIP: _("Change of citizenship noted"),
    EventKind.SEX: _("Re-determination of sex noted"),
    EventKind.CAPACITY: _("Legal capacity noted"),
    EventKind.DECLARATION_CANCELLED: _("Cancelled declaration of missing or dead noted"),
    EventKind.DECLARED_MISSING: _("Declaration of a missing person noted"),
    EventKind.DECLARED_DEAD: _("Declaration of death noted"),
    EventKind.NOTE: _("Note in the book"),
}
ICONS: dict[str, str] = {
    Kind.MARRIAGE: "heart-handshake",
    EventKind.RECOGNITION: "users",
    EventKind.GUARDIANSHIP: "shield-check",
    EventKind.GUARDIANSHIP_END: "shield-off",
    EventKind.CHANGE: "pencil",
    EventKind.CORRECTION: "eraser",
    EventKind.SUPPLEMENT: "text-plus",
    EventKind.ETHNICITY: "replace",
    EventKind.MARITAL_STATUS: "certificate",
    EventKind.ADOPTION: "home-heart",
    EventKind.DIVORCE: "gavel",
    EventKind.ANNULMENT: "ban",
    EventKind.PARENTAGE_DECIDED: "gavel",
    EventKind.CITIZENSHIP: "flag",
    EventKind.SEX: "replace",
    EventKind.CAPACITY: "scale",
    EventKind.DECLARATION_CANCELLED: "arrow-back-up",
    EventKind.DECLARED_MISSING: "user-question",
    EventKind.DECLARED_DEAD: "candle",
}
ROLES: dict[str, StrOrPromise] = {
    "wife": _("Wife"),
    "husband": _("Husband"),
    "parent": _("Parent"),
    "child": _("Child"),
    "guardian": _("Guardian"),
    "ward": _("Person under guardianship"),
    "person": _("Person concerned"),
    "adoptive_mother": _("Adoptive mother"),
    "adoptive_father": _("Adoptive father"),
}
PARTS: dict[str, StrOrPromise] = {
    "relation": _("Who the parent is"),
    "evidence": _("Evidence of the relation"),
    "grounds": _("Grounds"),
    "decision": _("Number of the judgment or decision"),
    "decided_on": _("Day of the decision"),
    "issuer": _("Who decided"),
    "died_on": _("Day of death by the decision"),
    "capacity": _("Capacity to act"),
    "status": _("Marital status"),
    "spouse": _("Name of the spouse"),
    "purpose": _("What the paper is for"),
    "papers": _("Papers shown"),
}
CHOICES: dict[str, StrOrPromise] = {
    "father": _("Father"),
    "mother": _("Mother"),
    "lost": _("Lost"),
    "limited": _("Limited"),
    "restored": _("Declaration cancelled"),
    "never_married": _("Never married"),
    "married": _("Married now"),
    "divorced": _("Divorced"),
    "widowed": _("Widowed"),
}
FIELDS: dict[str, StrOrPromise] = {
    "child_name": _("Full name"),
    "born_on": _("Birth date"),
    "sex": _("Sex"),
    "birth_place": _("Place of birth"),
    "home_place": _("Home place"),
    "ethnicity": _("Ethnicity"),
    "nationality": _("Nationality"),
    "mother_name": _("Mother's name"),
    "mother_birth_year": _("Mother's birth year"),
    "mother_ethnicity": _("Mother's ethnicity"),
    "mother_nationality": _("Mother's nationality"),
    "mother_residence": _("Mother's residence"),
    "father_name": _("Father's name"),
    "father_birth_year": _("Father's birth year"),
    "father_ethnicity": _("Father's ethnicity"),
    "father_nationality": _("Father's nationality"),
    "father_residence": _("Father's residence"),
}
PERSON_WORDS: dict[str, StrOrPromise] = {
    "name/missing": _("write the name as it stands on the paper shown"),
    "name/bad_name": _("a name has letters, spaces and marks only"),
    "born_day/missing": _("enter the birth date as it stands on the paper shown"),
    "nationality/missing": _("write the nationality"),
    "name/dead_in_population": _(
        "the population register says this person has died; their record is locked"
    ),
    "name/dead_in_book": _("the death of this person stands in the books; nothing follows it"),
    "name/married_in_book": _(
        "a marriage of this person stands in the books and nothing has ended it"
    ),
    "name/same_person": _("this is the person named above"),
    "name/close_kin": _(
        "by the births in the books they are parent and child or have a parent in common"
    ),
    "name/guarded_already": _("a guardianship over this person stands in the books"),
    "born_day/day_in_future": _("a birth date cannot be after today"),
    "born_day/too_young_to_marry": _(
        "not old enough to marry on this day (woman 18, man 20; Law on Marriage and Family"
        " article 8)"
    ),
    "born_day/parent_not_older": _("by this date not twelve years older than the child"),
    "born_day/guardian_too_young": _("a guardian has reached eighteen"),
}
WORDS: dict[str, StrOrPromise] = {
    "relation/missing": _("Choose whether it is the father or the mother."),
    "relation/parent_in_book": _(
        "The birth entry of the child names this parent already. Another one is a matter for"
        " the court."
    ),
    "capacity/missing": _("Choose what was decided about the capacity to act."),
    "evidence/missing": _("Write what proves the relation."),
    "grounds/missing": _("Write the grounds."),
    "decision/missing": _("Write the number of the decision."),
    "decision/ward_is_grown": _(
        "A grown person has a guardian only by a court's decision. Write its number."
    ),
    "decision/ended_already": _("The book says already that this marriage has ended."),
    "decided_on/missing": _("Enter the day of the decision."),
    "died_on/missing": _("Enter the day of death the decision states."),
    "issuer/missing": _("Write which court or authority decided."),
    "status/missing": _("Choose the marital status."),
    "status/book_says_married": _(
        "The book says this person is married. The book prevails (article 60): choose “Married"
        " now”, or note first what ended the marriage."
    ),
    "status/book_says_was_married": _(
        "A marriage of this person that has ended stands in the books: they were married once."
    ),
    "spouse/spouse_missing": _("Write the name of the spouse."),
    "purpose/missing": _("Write what the paper is for; it is valid for that alone."),
    "day_in_future": _("This day is after today. Check the paper shown."),
    "nothing_changes": _("This is what the book says already."),
    "not_as_in_book": _("The book says something else today. Copy it, or leave this empty."),
    "not_blank": _("The book has this already. A supplement fills only what was left blank."),
    "changed_twice": _("One particular is changed twice."),
    "not_of_this_kind": _("This particular is changed by another kind of event."),
    "not_a_day": _("Write a day as 12/08/2021."),
    "not_a_year": _("Write a year of four digits."),
    "not_a_sex": _("Write male or female."),
    "change_1_field/missing": _("Choose what is to be changed."),
    "becomes/missing": _("Write what the book is to say."),
}


def told(field: str, code: str) -> StrOrPromise:
    """What is wrong, in words that name the person it is about."""
    for role, title in ROLES.items():
        part = field.removeprefix(f"{role}_")
        if part != field and f"{part}/{code}" in PERSON_WORDS:
            return format_lazy("{}: {}.", title, PERSON_WORDS[f"{part}/{code}"])
    if field.startswith("change_") and field.endswith("_becomes") and code == "missing":
        return WORDS["becomes/missing"]
    return WORDS.get(f"{field}/{code}") or WORDS.get(code) or words_of(field, code)
