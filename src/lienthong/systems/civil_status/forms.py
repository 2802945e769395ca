"""What officers type: births, deaths, searches. Words of problems live here, rules do not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.kernel import names
from lienthong.kernel.identifiers import BadPersonalId, PersonalId, Sex
from lienthong.systems.civil_status import domain
from lienthong.systems.civil_status.domain import Kind

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

DATES = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]
SEX_CHOICES = (("female", _("Female")), ("male", _("Male")))
PARENTS = ("mother", "father")
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
NOTES: dict[str, StrOrPromise] = {
    "late": _("Declared after sixty days: entered in the same way, and marked as late."),
    "unusual_age": _("The age of a parent at this birth is unusual."),
    "died_long_before": _("The father died more than 300 days before this birth."),
}


def words_of(field: str, code: str) -> StrOrPromise:
    if code == "missing" and field in MISSING:
        return MISSING[field]
    return WORDS.get(f"{field}/{code}") or WORDS.get(code) or NOTES.get(code) or WORDS["missing"]


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


def date_field(label: StrOrPromise, **kwargs: Any) -> forms.DateField:
    widget = forms.DateInput(
        format="%d/%m/%Y", attrs={"inputmode": "numeric", "placeholder": "dd/mm/yyyy"}
    )
    kwargs.setdefault("error_messages", {}).update(
        invalid=_("This is not a date. Write day, month and year, such as 12/08/2021."),
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in MISSING.items():
            if name in self.fields:
                self.fields[name].error_messages["required"] = words

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

    def declarant(self) -> domain.Declarant:
        number = self.cleaned_data.get("declarant_id")
        paper = self.cleaned_data["declarant_paper"]
        if number and not paper:
            paper = str(_("personal ID %(number)s") % {"number": number})
        return domain.Declarant(
            full_name=self.cleaned_data["declarant_name"],
            paper=paper,
            relation=self.cleaned_data["declarant_relation"],
        )


class BirthForm(EntryForm):
    """The declaration of a birth (Luật Hộ tịch art. 14, 16)."""

    child_name = NameField(label=_("Family, middle and given name"), max_length=120)
    sex = forms.ChoiceField(
        label=_("Sex"), choices=SEX_CHOICES, widget=forms.RadioSelect,
        error_messages={"required": _("Choose the sex as it stands on the birth notice.")},
    )  # fmt: skip
    born_on = date_field(_("Birth date"))
    birth_place = long_text(_("Place of birth"))
    home_place = long_text(_("Home place"))
    ethnicity = CleanText(label=_("Ethnicity"), max_length=40, initial="Kinh")
    nationality = CleanText(label=_("Nationality"), max_length=60, initial=domain.VIET_NAM)
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

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for role in PARENTS:
            if not data.get(f"{role}_unknown") and not data.get(f"{role}_name"):
                words = MISSING[f"{role}_name"]
                self.add_error(f"{role}_name", forms.ValidationError(words, code="missing"))
        return data

    def birth(self, registered_on: date, known: dict[str, dict[str, Any]]) -> domain.Birth:
        """The birth as declared; ``known`` is what population said of each parent."""
        data = self.cleaned_data
        return domain.Birth(
            child=domain.Child(
                full_name=data["child_name"],
                sex=Sex(data["sex"]),
                born_on=data["born_on"],
                birth_place=data["birth_place"],
                home_place=data["home_place"],
                ethnicity=data["ethnicity"],
                nationality=data["nationality"],
                birth_notice=data["birth_notice"],
            ),
            mother=self._parent("mother", known.get("mother", {})),
            father=self._parent("father", known.get("father", {})),
            declarant=self.declarant(),
            registered_on=registered_on,
        )

    def _parent(self, role: str, known: dict[str, Any]) -> domain.Parent | None:
        data = self.cleaned_data
        if data.get(f"{role}_unknown"):
            return None
        number = data.get(f"{role}_id")
        told = known if known.get("personal_id") == str(number or "") else {}
        died_on = told.get("died_on")
        return domain.Parent(
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
        f"{role}_birth_year": forms.IntegerField(
            label=_("Birth year"), min_value=1900, max_value=2399, required=False,
            widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        ),
        f"{role}_ethnicity": CleanText(label=_("Ethnicity"), max_length=40, required=False),
        f"{role}_nationality": CleanText(
            label=_("Nationality"), max_length=60, required=False, initial=domain.VIET_NAM
        ),
        f"{role}_residence": long_text(_("Residence"), required=False),
        # What population said, signed, so that it need not be asked twice.
        f"{role}_known": forms.CharField(required=False, widget=forms.HiddenInput),
        f"{role}_kept": forms.CharField(required=False, widget=forms.HiddenInput),
    }  # fmt: skip


_BIRTH_ORDER = [
    "child_name", "sex", "born_on", "birth_place", "home_place", "ethnicity", "nationality",
    "birth_notice",
    *(f"{role}_{part}" for role in PARENTS for part in ("unknown", "id", *PARTICULARS)),
    "declarant_name", "declarant_id", "declarant_paper", "declarant_relation", "signatory",
    "not_duplicate",
]  # fmt: skip


class DeathForm(EntryForm):
    """The declaration of a death (Decree 123/2015/NĐ-CP art. 4.2)."""

    personal_id = PersonalIdField(label=_("Personal ID"), required=False)
    full_name = NameField(label=_("Family, middle and given name"), max_length=120, required=False)
    sex = forms.ChoiceField(
        label=_("Sex"), choices=SEX_CHOICES, widget=forms.RadioSelect, required=False
    )
    born_on = date_field(_("Birth date"), required=False)
    birth_year = forms.IntegerField(
        label=_("Birth year"), min_value=1850, max_value=2399, required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=_("When the day is not known"),
    )  # fmt: skip
    ethnicity = CleanText(label=_("Ethnicity"), max_length=40, required=False)
    nationality = CleanText(
        label=_("Nationality"), max_length=60, required=False, initial=domain.VIET_NAM
    )
    residence = long_text(_("Last residence"), required=False)
    identity_paper = CleanText(label=_("Identity paper"), max_length=160, required=False)
    died_on = date_field(_("Day of death"))
    died_at = forms.TimeField(
        label=_("Hour of death"), required=False, input_formats=["%H:%M", "%Hh%M", "%H.%M"],
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": "hh:mm"}),
    )  # fmt: skip
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

    def death(self, registered_on: date) -> domain.Death:
        data = self.cleaned_data
        return domain.Death(
            full_name=data["full_name"],
            sex=Sex(data["sex"]),
            born_on=data["born_on"],
            birth_year=data["birth_year"],
            ethnicity=data["ethnicity"],
            nationality=data["nationality"] or domain.VIET_NAM,
            residence=data["residence"],
            died_on=data["died_on"],
            died_at=data["died_at"],
            place=data["place"],
            cause=data["cause"],
            notice=data["notice"],
            declarant=self.declarant(),
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
    start = date_field(_("From"), required=False)
    end = date_field(_("To"), required=False)


class WithdrawForm(forms.Form):
    """Why an entry is withdrawn, and by which decision."""

    decision = CleanText(label=_("Number and day of the decision"), max_length=120)
    reason = CleanText(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class CheckForm(forms.Form):
    """The code under the QR picture of a paper."""

    code = forms.CharField(
        label=_("Code of the paper"), max_length=40,
        help_text=_("Sixteen letters and digits under the QR picture"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )  # fmt: skip

    def clean_code(self) -> str:
        return "".join(c for c in self.cleaned_data["code"].upper() if c.isalnum())
