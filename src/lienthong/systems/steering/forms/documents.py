"""Input of the pages about documents: entering, correcting, handing over, bodies."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.errors import LienThongError

from ..domain.bodies import Bodies
from ..models import DirectiveDocument, DocumentLink
from ..models.directives import Urgency
from ..queries.directives import document_numbered
from ..services.directives import DocumentEntry
from .fields import BodyField, day_field, known, lines, not_one

URGENCIES = (
    (Urgency.NORMAL, _("Normal")),
    (Urgency.URGENT, _("Urgent")),
    (Urgency.VERY_URGENT, _("Very urgent")),
    (Urgency.EXPRESS, _("Express")),
)
LINKS = (
    ("carries_out", DocumentLink.How.CARRIES_OUT, _("Carries out")),
    ("reports_on", DocumentLink.How.REPORTS_ON, _("Reports on")),
    ("passes_on", DocumentLink.How.PASSES_ON, _("Passes on")),
    ("cites", DocumentLink.How.CITES, _("Cites")),
)


class DocumentForm(forms.Form):
    """A document: its number, who issued it, what it goes back to."""

    number = forms.CharField(
        label=_("Number and symbol"),
        max_length=60,
        help_text=_("As printed, such as 17/NQ-CP; the kind is read from it"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    issued_on = day_field(_("Date"), required=True)
    issuer = BodyField(label=_("Issuing body"))
    signer = forms.CharField(label=_("Signed by"), max_length=150, required=False)
    subject = forms.CharField(
        label=_("Subject line"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    urgency = forms.ChoiceField(label=_("Urgency"), choices=URGENCIES, initial=Urgency.NORMAL)
    carries_out = forms.CharField(
        label=_("Carries out"),
        required=False,
        max_length=1000,
        help_text=_("Numbers of documents entered here; several with a semicolon between"),
    )
    reports_on = forms.CharField(label=_("Reports on"), required=False, max_length=1000)
    passes_on = forms.CharField(label=_("Passes on"), required=False, max_length=1000)
    cites = forms.CharField(label=_("Cites"), required=False, max_length=2000)
    unlink_reason = forms.CharField(
        label=_("Why a link is left out"),
        required=False,
        max_length=500,
        help_text=_("Only when a document that was linked is linked no more"),
    )
    file = forms.FileField(
        label=_("File of the document"),
        required=False,
        help_text=_("PDF, DOCX, XLSX, picture or ZIP, at most 10 MB"),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        bodies: Bodies,
        document: DirectiveDocument | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = bodies
        self.document = document

    @classmethod
    def initial_of(cls, document: DirectiveDocument, bodies: Bodies) -> dict[str, Any]:
        held: dict[str, list[str]] = {}
        for link in document.earlier_links.select_related("earlier"):
            held.setdefault(link.how, []).append(link.earlier.cited)
        return {
            "number": str(document.written),
            "issued_on": document.issued_on,
            "issuer": bodies.name(document.issuer),
            "signer": document.signer,
            "subject": document.subject,
            "urgency": document.urgency,
            "version": document.version,
            **{how: "; ".join(numbers) for how, numbers in held.items()},
        }

    def clean_issuer(self) -> str:
        return known(self.bodies, self.cleaned_data["issuer"])

    def linked_already(self) -> dict[str, int]:
        """
        Documents linked by now, by every way the field may name them.

        A link whose own words nobody changed stays with its document, also when
        another one of the same number has been entered meanwhile.
        """
        if self.document is None:
            return {}
        found: dict[str, set[int]] = {}
        for link in self.document.earlier_links.select_related("earlier"):
            one = link.earlier
            for words in (one.cited, one.dated, str(one.written)):
                found.setdefault(words, set()).add(one.pk)
        return {words: pk for words, (pk, *more) in found.items() if not more}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        links: list[tuple[int, str]] = []
        held = self.linked_already()
        for name, how, _label in LINKS:
            for text in lines(data.get(name, "")):
                if (key := " ".join(text.split())) in held:
                    links.append((held[key], how.value))
                    continue
                try:
                    links.append((document_numbered(text, self.bodies).pk, how.value))
                except LienThongError as problem:
                    self.add_error(name, not_one(problem, text))
        gone = set(held.values()) - {pk for pk, _how in links}
        if gone and not self.errors and not data.get("unlink_reason"):
            self.add_error(
                "unlink_reason", _("Write why a document is left out that was linked before.")
            )
        data["links"] = tuple(links)
        return data

    @property
    def entry(self) -> DocumentEntry:
        data = self.cleaned_data
        return DocumentEntry(
            number=data["number"],
            issuer=data["issuer"],
            issued_on=data["issued_on"],
            subject=data["subject"],
            signer=data["signer"],
            urgency=data["urgency"],
            links=data["links"],
            unlink_reason=data["unlink_reason"],
        )


class HandOverForm(forms.Form):
    """Which body follows a document from now on."""

    to = BodyField(label=_("Followed from now on by"))
    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, bodies: Bodies, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = bodies

    def clean_to(self) -> str:
        return known(self.bodies, self.cleaned_data["to"])


class BodyForm(forms.Form):
    """A body that the catalogues do not have."""

    code = forms.RegexField(
        r"^[A-Z][0-9]{2}(\.[0-9A-Z]+)+$",
        label=_("Code"),
        max_length=35,
        help_text=_("Begins with the code of your own body, such as H33.STTTT"),
        error_messages={"invalid": _("Capital letters and digits in groups between points.")},
    )
    name = forms.CharField(label=_("Full name"), max_length=200)
    abbreviation = forms.CharField(
        label=_("In symbols"), max_length=30, required=False, help_text="STTTT"
    )
    serves_parent = forms.BooleanField(
        label=_("Its officers work for the body above it, as an office does"), required=False
    )
