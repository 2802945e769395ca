"""The dated rules of every kind of event: read, entered and withdrawn by the ministry."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lienthong.kernel.actor import Actor
from lienthong.record import audit
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.apps import REGULATOR
from lienthong.systems.civil_status.domain.kinds import KindRule
from lienthong.systems.civil_status.errors import NoSuchKind, OverlappingRule
from lienthong.systems.civil_status.forms import event_words
from lienthong.systems.civil_status.forms.rules import LEVELS, RuleForm
from lienthong.systems.civil_status.models import EnteredRule
from lienthong.systems.civil_status.services import rules as rule_services
from lienthong.systems.civil_status.views import shown_events
from lienthong.web import actors
from lienthong.web.roles import requires


@requires(REGULATOR)
def rules(request: HttpRequest) -> HttpResponse:
    """The rule of every kind on the legal day, what was entered, and by whom."""
    actor = _actor(request)
    entered = EnteredRule.objects.order_by("-pk")
    context = {
        "day": actor.legal_day,
        "rows": [_shown(rule, actor) for rule in queries.rule_book().on(actor.legal_day)],
        "entered": [
            {
                "row": row,
                "title": event_words.KINDS[row.kind],
                "by": actors.officer_name(row.entered_by),
                "deeds": audit.entries_about(row).count(),
            }
            for row in entered
        ],
    }
    return render(request, "civil_status/rules.html", context)


@requires(REGULATOR)
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """Enter the rule of a kind from a day on; the form begins with the rule of today."""
    actor = _actor(request)
    if kind not in {rule.kind for rule in queries.rule_book().on(actor.legal_day)}:
        raise NoSuchKind
    standing = queries.rule_book().get(kind, actor.legal_day)
    form = RuleForm(request.POST or None, initial=_initial(standing, actor))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                rule_services.enter_rule(rule=form.rule(kind), by=actor)
            except OverlappingRule:
                status = 409
                form.add_error("valid_from", _("Another entered rule covers some of these days."))
            else:
                messages.success(request, _("The rule is entered and holds from its first day."))
                return redirect("civil_status:rules")
    context = {"form": form, "kind": kind, "title": event_words.KINDS[kind], "rule": standing}
    return render(request, "civil_status/rule_form.html", context, status=status)


@requires(REGULATOR)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an entered rule back; what stood before it stands again."""
    rule_services.withdraw_rule(pk=pk, by=_actor(request))
    messages.success(request, _("The rule is withdrawn; what stood before it stands again."))
    return redirect("civil_status:rules")


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _shown(rule: KindRule, actor: Actor) -> dict[str, Any]:
    levels = dict(LEVELS)
    return {
        "rule": rule,
        "title": event_words.KINDS[rule.kind],
        "domestic": levels.get(" ".join(rule.domestic), ""),
        "foreign": levels.get(" ".join(rule.foreign), ""),
        "limit": shown_events.limit_words(rule.limit, actor.legal_day),
    }


def _initial(rule: KindRule, actor: Actor) -> dict[str, Any]:
    return {
        "valid_from": actor.legal_day,
        "domestic": " ".join(rule.domestic),
        "foreign": " ".join(rule.foreign),
        "grown": " ".join(rule.grown),
        "limit": rule.limit,
        "limit_foreign": rule.limit_foreign,
        "series": rule.series,
        "declarant": rule.declarant,
        "youngest_woman": rule.youngest_woman,
        "youngest_man": rule.youngest_man,
        "legal_basis": rule.legal_basis,
        "doubt": rule.doubt,
    }
