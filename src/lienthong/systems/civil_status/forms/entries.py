"""What officers type: births, deaths, searches. Words of problems live here, rules do not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lienthong.kernel import names
from lienthong.kernel.identifiers import BadPersonalId, PersonalId, Sex
from lienthong.systems.civil_status.domain import entries
from lienthong.systems.civil_status.domain.entries import Kind

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What stands in a book: four digits; anything else is a slip of the hand.
YEAR = re.compile(r"(1[89]|2[0-3])[0-9]{2}")
DATES = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]
SEX_CHOICES = (("female", _("Female")), ("male", _("Male")))
PARENTS = ("mother", "father")
PERSON_PARTICULARS = ("name", "born_day", "ethnicity", "nationality", "residence")
PARTICULARS = ("name", "birth_year", "ethnicity", "nationality", "residence")

# By field and code where the place matters, else by code alone.
WORDS: dict[str, StrOrPromise] = {
    "missing": _("This is missing. Write it as it stands on the paper shown."),
    "bad_name": _("A name has letters, spaces and marks only. Write it without digits or signs."),
    "born_on/in_future": _(
        "A birth date cannot be after today. Enter it as it stands on the birth notice."
    ),
    "died_on/in_future": _(
        "A day of death cannot be after today. Enter it as it stands on the death notice."
    ),
    "after_registration": _("This day lies after the registration. Check the paper shown."),
    "before_birth": _("This day lies before the birth. Check both dates."),
    "not_older_than_child": _(
        "By this year the parent would not have been twelve years old. Check it."
    ),
    "died_before_birth": _(
        "The population register says the mother died before this birth. Check the number."
    ),
    "own_matter": _(
        "Somebody in this entry has the name of the officer or the signatory. Nobody registers"
        " for themselves or a relative (article 12): hand it to another, or say who it is."
    ),
    "same_as_mother": _("This is the mother's number. Enter the father's own."),
    "minutes_missing": _(
        "Both parents are unknown: enter the number of the minutes on the abandoned child."
    ),
    "family_name_of_mother": _("With the father unknown the child takes the mother's family name."),
    "family_name_of_father": _("With the mother unknown the child takes the father's family name."),
    "ethnicity_of_mother": _("With the father unknown the child takes the mother's ethnicity."),
    "ethnicity_of_father": _("With the mother unknown the child takes the father's ethnicity."),
}
# What to write where a field is empty: each mistake of a form reads differently.
MISSING: dict[str, StrOrPromise] = {
    "child_name": _("Write the child's name as it was chosen"),
    "birth_place": _("Write where the child was born"),
    "home_place": _("Write the child's home place"),
    "ethnicity": _("Write the ethnicity"),
    "nationality": _("Write the nationality"),
    "mother_name": _("Write the mother's name, or tick that she is unknown"),
    "father_name": _("Write the father's name, or tick that he is unknown"),
    "declarant_name": _("Write who declares"),
    "declarant_paper": _("Write the declarant's identity paper"),
    "full_name": _("Write the name of the deceased"),
    "born_on": _("Enter the birth date as it stands on the paper shown"),
    "died_on": _("Enter the day of death as it stands on the death notice"),
    "place": _("Write where the person died"),
    "notice": _("Write the number of the death notice, or of the paper in its stead"),
}
# Django's own codes, in the words of the rules.
CODES = {"required": "missing", "invalid": "unreadable", "invalid_choice": "unreadable"}
# What cannot be read, by field: which one it is, and how to write it.
UNREADABLE: dict[str, StrOrPromise] = {
    "mother_birth_year": _(
        "The mother's birth year has four digits, such as 1995. Write it so, or leave it empty."
    ),
    "father_birth_year": _(
        "The father's birth year has four digits, such as 1993. Write it so, or leave it empty."
    ),
    "birth_year": _(
        "The birth year of the deceased has four digits, such as 1944. Write it so, or leave"
        " it empty."
    ),
    "died_at": _(
        "The hour of death cannot be read. Write hour and minutes, such as 05:30, or leave it"
        " empty."
    ),
    "form_token": _("This form can no longer be read. Open it again and type it once more."),
    "sex": _("Choose male or female."),
}
# A rule is not told while a field it rests on could not be read: it would judge a stand-in.
RESTS_ON: dict[str, tuple[str, ...]] = {
    "not_older_than_child": ("born_on",),
    "died_before_birth": ("born_on",),
    "same_as_mother": ("mother_id", "father_id"),
    "family_name_of_mother": ("child_name", "mother_name"),
    "family_name_of_father": ("child_name", "father_name"),
    "ethnicity_of_mother": ("ethnicity", "mother_name", "mother_ethnicity"),
    "ethnicity_of_father": ("ethnicity", "father_name", "father_ethnicity"),
    "before_birth": ("died_on", "born_on", "birth_year"),
}
TOO_LONG = _("at most %(limit_value)d characters fit; now there are %(show_value)d. Shorten it.")
NOTES: dict[str, StrOrPromise] = {
    "late": _("Declared after sixty days: entered in the same way, and marked as late."),
    "unusual_age": _("The age of a parent at this birth is unusual."),
    "died_long_before": _("The father died more than 300 days before this birth."),
}


def words_of(field: str, code: str) -> StrOrPromise:
    if code == "missing" and field in MISSING:
        return MISSING[field]
    return WORDS.get(f"{field}/{code}") or WORDS.get(code) or NOTES.get(code) or WORDS["missing"]


def readable_year(text: str) -> bool:
    return YEAR.fullmatch("".join(text.split())) is not None


class CleanText(forms.CharField):
    """Text in NFC with single spaces and real Đ, whatever the keyboard sent."""

    default_error_messages = {"required": WORDS["missing"]}

    def to_python(self, value: Any) -> str:
        return names.clean(super().to_python(value) or "")


class NameField(CleanText):
    """A person's name; stored in capitals as the book has it."""

    def to_python(self, value: Any) -> str:
        return names.print_form(super().to_python(value))


class PersonalIdField(forms.CharField):
    """Twelve digits, grouped or not."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)
        self.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}

    def clean(self, value: Any) -> PersonalId | None:
        text = "".join(str(value or "").split())
        if not text:
            return None
        try:
            return PersonalId.parse(text)
        except BadPersonalId:
            raise forms.ValidationError(
                _("An ID has 12 digits, %(typed)s were entered. Enter all 12."),
                code="not_twelve_digits",
                params={"typed": sum(character.isdigit() for character in text)},
            ) from None


class YearField(forms.CharField):
    """A year of four digits, as text: what cannot be read is told in our own words."""

    default_error_messages = {"invalid": UNREADABLE["birth_year"]}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)
        self.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}

    def clean(self, value: Any) -> int | None:
        text = "".join(str(value or "").split())
        if not text:
            return None
        if not readable_year(text):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return int(text)


def date_field(
    label: StrOrPromise, unreadable: StrOrPromise = "", **kwargs: Any
) -> forms.DateField:
    """A day typed in digits; ``unreadable`` names the field when it is not one."""
    widget = forms.DateInput(
        format="%d/%m/%Y", attrs={"inputmode": "numeric", "placeholder": _("day/month/year")}
    )
    kwargs.setdefault("error_messages", {}).update(
        invalid=unreadable
        or _("This is not a date. Write day, month and year, such as 12/08/2021."),
    )
    return forms.DateField(label=label, widget=widget, input_formats=DATES, **kwargs)


def long_text(label: StrOrPromise, **kwargs: Any) -> CleanText:
    return CleanText(
        label=label, max_length=200, widget=forms.Textarea(attrs={"rows": 1}), **kwargs
    )


class EntryForm(forms.Form):
    """What both declarations share; what is missing is said by the rules, not by the fields."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    declarant_name = NameField(label=_("Family, middle and given name"), max_length=120)
    declarant_id = PersonalIdField(label=_("Personal ID"), required=False)
    declarant_paper = CleanText(
        label=_("Identity paper"), max_length=160, required=False,
        help_text=_("Kind and number, such as: citizen card 091195000017"),
    )  # fmt: skip
    declarant_relation = CleanText(label=_("Relation to the person"), max_length=40, required=False)
    signatory = CleanText(label=_("Who signs the paper"), max_length=120, required=False)
    not_self = CleanText(
        label=_("Why this is neither you nor the signatory"), max_length=200, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._give_words()

    def _give_words(self) -> None:
        """Our own words for each field; what a framework says of a mistake names neither."""
        for name, field in self.fields.items():
            if name in MISSING:
                field.error_messages["required"] = MISSING[name]
            if name in UNREADABLE:
                told = dict.fromkeys(("invalid", "invalid_choice"), UNREADABLE[name])
                field.error_messages |= told
            field.error_messages["max_length"] = format_lazy("{}: {}", field.label, TOO_LONG)
        self.fields["form_token"].error_messages["required"] = UNREADABLE["form_token"]

    def tell(self, problems: Iterable[tuple[str, str]]) -> None:
        """Put the problems a service found beside their fields."""
        for field, code in problems:
            place = field if field in self.fields else None
            self.add_error(place, forms.ValidationError(words_of(field, code), code=code))

    def problem_codes(self) -> set[str]:
        """The codes of everything that is wrong; each stands for words told beside a field."""
        found = {one["code"] for errors in self.errors.get_json_data().values() for one in errors}
        return {CODES.get(code, code) for code in found}

    def mended_codes(self) -> set[str]:
        """What was taken but had to be mended in the names typed."""
        typed = (
            str(self[name].data or "")
            for name, field in self.fields.items()
            if isinstance(field, NameField)
        )
        return {f"name_{code}" for text in typed for code in names.mended(text)}

    def tell_also(self, problems: Iterable[entries.Problem]) -> None:
        """
        Put what the rules say beside what could not be read, so that one round mends all.

        A field that has its own mistake keeps only that, and a rule that rests on one
        says nothing.
        """
        wrong = set(self.errors)
        self.tell(
            (problem.field, problem.code)
            for problem in problems
            if not wrong & {problem.field, *RESTS_ON.get(problem.code, ())}
        )

    def readable(self, **stand_ins: Any) -> dict[str, Any]:
        """What could be read; the rest empty, or with the stand-ins given."""
        blank: dict[str, Any] = {
            name: None if isinstance(field, (YearField, PersonalIdField)) else ""
            for name, field in self.fields.items()
        }
        return blank | stand_ins | self.cleaned_data

    def _declarant(self, data: Mapping[str, Any]) -> entries.Declarant:
        number = data["declarant_id"]
        paper = data["declarant_paper"]
        if number and not paper:
            paper = str(_("personal ID %(number)s") % {"number": number})
        return entries.Declarant(
            full_name=data["declarant_name"],
            paper=paper,
            relation=data["declarant_relation"],
        )


class BirthForm(EntryForm):
    """The declaration of a birth (Luật Hộ tịch art. 14, 16)."""

    child_name = NameField(label=_("Family, middle and given name"), max_length=120)
    sex = forms.ChoiceField(
        label=_("Sex"), choices=SEX_CHOICES, widget=forms.RadioSelect,
        error_messages={"required": _("Choose the sex as it stands on the birth notice.")},
    )  # fmt: skip
    born_on = date_field(
        _("Birth date"),
        _("The birth date cannot be read. Write day/month/year, such as 12/08/2021."),
    )
    birth_place = long_text(_("Place of birth"))
    home_place = long_text(_("Home place"))
    ethnicity = CleanText(label=_("Ethnicity"), max_length=40, initial="Kinh")
    nationality = CleanText(label=_("Nationality"), max_length=60, initial=entries.VIET_NAM)
    birth_notice = CleanText(
        label=_("Number of the birth notice"), max_length=120, required=False,
        help_text=_("Or of the paper in its stead: a witness's statement, an undertaking, minutes"),
    )  # fmt: skip
    not_duplicate = CleanText(label=_("Why this is another child"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for role in PARENTS:
            self.fields |= _parent_fields(role)
        self.order_fields(_BIRTH_ORDER)
        self._give_words()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for role in PARENTS:
            if not data.get(f"{role}_unknown") and not data.get(f"{role}_name"):
                words = MISSING[f"{role}_name"]
                self.add_error(f"{role}_name", forms.ValidationError(words, code="missing"))
        return data

    def birth(self, registered_on: date, known: dict[str, dict[str, Any]]) -> entries.Birth:
        """The birth as declared; ``known`` is what population said of each parent."""
        return self._birth(self.cleaned_data, registered_on, known)

    def tell_rules(self, today: date, known: dict[str, dict[str, Any]]) -> None:
        """The rules' word on a form in which something could not be read."""
        data = self.readable(sex=Sex.FEMALE.value, born_on=today)
        self.tell_also(self._birth(data, today, known).problems(today))

    def _birth(
        self, data: Mapping[str, Any], registered_on: date, known: dict[str, dict[str, Any]]
    ) -> entries.Birth:
        return entries.Birth(
            child=entries.Child(
                full_name=data["child_name"],
                sex=Sex(data["sex"]),
                born_on=data["born_on"],
                birth_place=data["birth_place"],
                home_place=data["home_place"],
                ethnicity=data["ethnicity"],
                nationality=data["nationality"],
                birth_notice=data["birth_notice"],
            ),
            mother=self._parent(data, "mother", known.get("mother", {})),
            father=self._parent(data, "father", known.get("father", {})),
            declarant=self._declarant(data),
            registered_on=registered_on,
        )

    def _parent(
        self, data: Mapping[str, Any], role: str, known: dict[str, Any]
    ) -> entries.Parent | None:
        if data.get(f"{role}_unknown"):
            return None
        number = data.get(f"{role}_id")
        told = known if known.get("personal_id") == str(number or "") else {}
        died_on = told.get("died_on")
        return entries.Parent(
            full_name=data[f"{role}_name"],
            birth_year=data.get(f"{role}_birth_year"),
            ethnicity=data.get(f"{role}_ethnicity", ""),
            nationality=data.get(f"{role}_nationality", ""),
            residence=data.get(f"{role}_residence", ""),
            personal_id=number,
            died_on=date.fromisoformat(died_on) if died_on else None,
        )


def _parent_fields(role: str) -> dict[str, forms.Field]:
    unknown = _("Mother unknown") if role == "mother" else _("Father unknown")
    return {
        f"{role}_unknown": forms.BooleanField(label=unknown, required=False),
        f"{role}_id": PersonalIdField(label=_("Personal ID"), required=False),
        f"{role}_name": NameField(
            label=_("Family, middle and given name"), max_length=120, required=False
        ),
        f"{role}_birth_year": YearField(label=_("Birth year"), required=False),
        f"{role}_ethnicity": CleanText(label=_("Ethnicity"), max_length=40, required=False),
        f"{role}_nationality": CleanText(
            label=_("Nationality"), max_length=60, required=False, initial=entries.VIET_NAM
        ),
        f"{role}_residence": long_text(_("Residence"), required=False),
        # What population said, signed, so that it need not be asked twice.
        f"{role}_known": forms.CharField(required=False, widget=forms.HiddenInput),
        # And what the officer decided where it differed.
        f"{role}_settled": forms.CharField(required=False, widget=forms.HiddenInput),
    }  # fmt: skip


_BIRTH_ORDER = [
    "child_name", "sex", "born_on", "birth_place", "home_place", "ethnicity", "nationality",
    "birth_notice",
    *(f"{role}_{part}" for role in PARENTS for part in ("unknown", "id", *PARTICULARS)),
    "declarant_name", "declarant_id", "declarant_paper", "declarant_relation", "signatory",
    "not_self", "not_duplicate",
]  # fmt: skip


class DeathForm(EntryForm):
    """The declaration of a death (Decree 123/2015/NĐ-CP art. 4.2)."""

    personal_id = PersonalIdField(label=_("Personal ID"), required=False)
    full_name = NameField(label=_("Family, middle and given name"), max_length=120, required=False)
    sex = forms.ChoiceField(
        label=_("Sex"), choices=SEX_CHOICES, widget=forms.RadioSelect, required=False
    )
    born_on = date_field(
        _("Birth date"),
        _("The birth date of the deceased cannot be read. Write day/month/year, or the year alone"
          " beside it."),
        required=False,
    )  # fmt: skip
    birth_year = YearField(
        label=_("Birth year"), required=False, help_text=_("When the day is not known")
    )
    ethnicity = CleanText(label=_("Ethnicity"), max_length=40, required=False)
    nationality = CleanText(
        label=_("Nationality"), max_length=60, required=False, initial=entries.VIET_NAM
    )
    residence = long_text(_("Last residence"), required=False)
    identity_paper = CleanText(label=_("Identity paper"), max_length=160, required=False)
    died_on = date_field(
        _("Day of death"),
        _("The day of death cannot be read. Write day/month/year, such as 19/08/2021."),
    )
    died_at = forms.TimeField(
        label=_("Hour of death"),
        required=False,
        input_formats=["%H:%M", "%Hh%M", "%Hg%M", "%H.%M", "%H giờ %M"],
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": _("hour:minutes")}),
    )
    place = long_text(_("Place of death"))
    cause = CleanText(label=_("Cause of death"), max_length=300, required=False)
    notice = CleanText(
        label=_("Death notice"), max_length=200,
        help_text=_("Number, day and issuer, or of the paper in its stead"),
    )  # fmt: skip
    person_known = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = (
        "personal_id", "full_name", "sex", "born_on", "birth_year", "ethnicity", "nationality",
        "residence", "identity_paper", "died_on", "died_at", "place", "cause", "notice",
    )  # fmt: skip

    def clean_sex(self) -> str:
        sex: str = self.cleaned_data["sex"]
        if not sex:
            raise forms.ValidationError(_("Choose the sex."), code="missing")
        return sex

    def death(self, registered_on: date) -> entries.Death:
        return self._death(self.cleaned_data, registered_on)

    def tell_rules(self, today: date) -> None:
        """The rules' word on a form in which something could not be read."""
        data = self.readable(sex=Sex.FEMALE.value, born_on=None, died_on=today, died_at=None)
        self.tell_also(self._death(data, today).problems(today))

    def _death(self, data: Mapping[str, Any], registered_on: date) -> entries.Death:
        return entries.Death(
            full_name=data["full_name"],
            sex=Sex(data["sex"]),
            born_on=data["born_on"],
            birth_year=data["birth_year"],
            ethnicity=data["ethnicity"],
            nationality=data["nationality"] or entries.VIET_NAM,
            residence=data["residence"],
            died_on=data["died_on"],
            died_at=data["died_at"],
            place=data["place"],
            cause=data["cause"],
            notice=data["notice"],
            declarant=self._declarant(data),
            registered_on=registered_on,
            personal_id=data["personal_id"],
            identity_paper=data["identity_paper"],
        )


KINDS = (
    (Kind.BIRTH.value, _("Births")),
    (Kind.MARRIAGE.value, _("Marriages")),
    (Kind.DEATH.value, _("Deaths")),
    (Kind.OTHER.value, _("Other events")),
)


class RegisterSearch(forms.Form):
    """One field that takes a name, a number or an ID; then the book and the days."""

    q = CleanText(label=_("Name, entry number or personal ID"), max_length=120, required=False)
    book = forms.ChoiceField(label=_("Book"), choices=KINDS, required=False)
    start = date_field(
        _("From"),
        _("The first day cannot be read. Write day/month/year, such as 12/08/2021."),
        required=False,
    )
    end = date_field(
        _("To"),
        _("The last day cannot be read. Write day/month/year, such as 12/08/2021."),
        required=False,
    )


class WithdrawForm(forms.Form):
    """Why an entry is withdrawn, and by which decision."""

    decision = CleanText(label=_("Number and day of the decision"), max_length=120)
    reason = CleanText(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


CODE_LENGTH = 16


class CheckForm(forms.Form):
    """The code under the QR picture of a paper."""

    code = forms.CharField(
        label=_("Code of the paper"), max_length=40,
        help_text=_("Sixteen letters and digits under the QR picture"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={
            "required": _("Enter the code under the QR picture of the paper."),
            "max_length": _("The code has 16 letters and digits. Enter those alone."),
        },
    )  # fmt: skip

    def clean_code(self) -> str:
        code = "".join(c for c in self.cleaned_data["code"].upper() if c.isalnum())
        if len(code) != CODE_LENGTH:
            raise forms.ValidationError(
                _("The code has %(wanted)d letters and digits, %(typed)d were entered. Enter all.")
                % {"wanted": CODE_LENGTH, "typed": len(code)}
            )
        return code
