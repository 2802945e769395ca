"""The board of tasks and the page of one: what stands, what was done, what may be done."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lienthong.kernel.errors import NotFound
from lienthong.web.csv_answer import csv_answer
from lienthong.web.roles import RoleMissing, requires

from ..errors import NoSuchTask
from ..forms.tasks import ExtensionForm, ProgressForm, ReasonForm, TaskForm
from ..models import Evidence, Extension, Progress, Task
from ..queries import directives as reading
from ..queries import tasks as boards
from ..services import extensions, progress, reminding, tasks
from ..services.guards import LEADER, SECRETARY
from . import board
from .acting import READER, actor, around, needs_secretary, told, told_in, uploaded
from .history import history_shown

ROWS_A_PAGE = 30
MOST_EXPORTED = 20_000


@requires(READER)
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The board: how tasks stand, by body, field and week, and the tasks themselves."""
    context = around(request, "tasks")
    form, asked = board.asked(request, context)
    rows = boards.board(asked, context["day"])
    listing = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("trang"))
    # The tiles count what the other questions leave, whatever state is looked at.
    every = boards.board(board.without_standing(asked), context["day"])
    context |= {
        "form": form,
        "narrowed": board.narrowed(request),
        "tiles": board.tiles(request, every, context["day"]),
        "by_body": board.shown_groups(request, every, "lead", context),
        "by_field": board.shown_groups(request, every, "field", context),
        "weeks": board.shown_weeks(request, every, asked, context["day"]),
        "figure": asked.figure,
        "is_past": context["day"] != context["today"],
        "listing": listing,
        "rows": [board.shown(task, context) for task in listing.object_list],
        "query": board.query_without(request, "trang"),
    }
    return render(request, "steering/tasks/board.html", context)


@requires(READER)
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The tasks of the board as a CSV file."""
    context = around(request, "tasks")
    _form, asked = board.asked(request, context)
    response, writer = csv_answer(f"nhiem-vu-{context['day']}.csv")
    writer.writerow(
        [_("Document"), _("Date"), _("Code"), _("Task"), _("Lead body"), _("With")]
        + [_("Field of work"), _("Deadline"), _("State"), _("Finished on"), _("Product")]
    )
    rows = boards.board(asked, context["day"]).prefetch_related("co_leads")
    for task in rows[:MOST_EXPORTED]:
        writer.writerow([board.cell(value) for value in board.csv_row(task, context)])
    return response


@requires(READER)
@require_GET
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One task: the chain above and below, reports, requests, history, and what may be done."""
    return render(request, "steering/tasks/task.html", task_context(request, reading.task(pk)))


def task_context(request: HttpRequest, found: Task, **forms: Any) -> dict[str, Any]:
    context = around(request, "tasks")
    mine = context["mine"]
    leads = found.lead in mine
    follows = found.document.followed_by in mine
    row = boards.standing_on(context["day"]).select_related("document").get(pk=found.pk)
    waiting = found.extensions.filter(state=Extension.State.ASKED).first()
    return (
        context
        | {
            "task": row,
            "one": board.shown(row, context),
            "document": found.document,
            "issuer": context["bodies"].name(found.document.issuer),
            "above": board.related(reading.parents_of(found), context),
            "below": board.related(reading.children_of(found), context),
            "co_leads": found.co_leads.all(),
            "reports": board.reports_shown(found, context),
            "extensions": board.extensions_shown(found),
            "waiting": waiting,
            "history": history_shown(found, context),
            "may_report": leads and not found.is_closed,
            "may_ask": leads and not found.is_closed and found.due_on and waiting is None,
            "may_decide": follows and context["is_leader"] and waiting is not None,
            "may_confirm": follows and (context["is_secretary"] or context["is_leader"]),
            "may_edit": follows and context["is_secretary"] and not found.is_closed,
            "may_withdraw": follows and context["is_secretary"] and found.withdrawn_on is None,
            "may_restore": follows and context["is_secretary"] and found.withdrawn_on is not None,
            "may_take_back": (leads or follows) and found.withdrawn_on is None,
            "progress_form": ProgressForm(initial={"version": found.version}),
            "extension_form": ExtensionForm(),
            "withdraw_form": ReasonForm(prefix="w"),
            "decision_form": ReasonForm(prefix="d"),
        }
        | forms
    )


@requires(READER)
@require_POST
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down progress, with a file that shows it."""
    found, by = reading.task(pk), actor(request)
    form = ProgressForm(request.POST, request.FILES)
    if form.is_valid():
        data = form.cleaned_data
        # A file of somebody who may not report goes with the refusal.
        with told_in(form), transaction.atomic():
            progress.report(
                found,
                words=data["words"],
                percent=data["percent"],
                finishes=data["finishes"],
                on=data["on"],
                evidence=uploaded(request, by),
                version=data["version"],
                by=by,
            )
            messages.success(request, _("Your report is kept."))
            return redirect("steering:task", pk=pk)
    context = task_context(request, found, progress_form=form)
    return render(request, "steering/tasks/task.html", context, status=400)


@requires(READER)
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a report back; the words stay and are struck through."""
    found = report_of(pk)
    with told(request):
        progress.take_back(found, request.POST.get("reason", ""), by=actor(request))
        messages.success(request, _("The report is taken back."))
    return redirect("steering:task", pk=found.task_id)


@requires(READER)
@require_POST
def decide_day(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm the earlier day of a finish, or say why it does not count."""
    found, by = report_of(pk), actor(request)
    if not by.has(SECRETARY) and not by.has(LEADER):
        raise RoleMissing(role=SECRETARY, office=by.office)
    confirm = request.POST.get("decision") == "confirm"
    with told(request):
        progress.decide_day(found, confirm=confirm, answer=request.POST.get("reason", ""), by=by)
        messages.success(
            request,
            _("The earlier day counts now.") if confirm else _("The day of the report counts."),
        )
    return redirect("steering:task", pk=found.task_id)


@requires(READER)
@require_POST
def withdraw_evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back the file of a report; the report and its digest stay readable."""
    found = report_of(pk)
    with told(request):
        progress.withdraw_evidence(found, request.POST.get("reason", ""), by=actor(request))
        messages.success(request, _("The file is withdrawn."))
    return redirect("steering:task", pk=found.task_id)


def report_of(pk: int) -> Progress:
    found = Progress.objects.select_related("task").filter(pk=pk).first()
    if found is None:
        raise NoSuchTask(report=pk)
    return found


@requires(READER)
@require_POST
def ask_extension(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a later day."""
    found = reading.task(pk)
    form = ExtensionForm(request.POST)
    if form.is_valid():
        with told_in(form):
            data = form.cleaned_data
            extensions.ask(found, data["new_due"], data["reason"], by=actor(request))
            messages.success(request, _("Your request waits for a decision."))
            return redirect("steering:task", pk=pk)
    context = task_context(request, found, extension_form=form)
    return render(request, "steering/tasks/task.html", context, status=400)


@requires(READER)
@require_POST
def decide_extension(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant or refuse a later day, with the reason."""
    found = Extension.objects.select_related("task").filter(pk=pk).first()
    if found is None:
        raise NoSuchTask(extension=pk)
    grant = request.POST.get("decision") == "grant"
    with told(request):
        answer = request.POST.get("d-reason", "")
        extensions.decide(found, grant=grant, answer=answer, by=actor(request))
        messages.success(
            request, _("The new deadline holds.") if grant else _("The request is refused.")
        )
    return redirect("steering:task", pk=found.task_id)


@requires(READER)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a task; who saves second is told and keeps what was typed."""
    by = needs_secretary(request)
    found = reading.task(pk)
    context = around(request, "tasks")
    bodies, above = context["bodies"], board.possible_parents(found.document, of=found)
    if request.method == "POST":
        form = TaskForm(request.POST, bodies=bodies, above=above)
        if form.is_valid():
            with told_in(form):
                tasks.edit_task(found, form.entry, version=form.cleaned_data["version"] or 0, by=by)
                messages.success(request, _("The task is changed."))
                return redirect("steering:task", pk=pk)
    else:
        form = TaskForm(initial=TaskForm.initial_of(found, bodies), bodies=bodies, above=above)
    context |= {"form": form, "task": found, "document": found.document}
    context["fields_used"] = boards.fields_used()
    return render(request, "steering/tasks/task_form.html", context)


@requires(READER)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a task back, with a reason; or, with ``restore``, undo that."""
    by, found = needs_secretary(request), reading.task(pk)
    version = board.whole_number(request.POST.get("version", ""))
    with told(request):
        if "restore" in request.POST:
            tasks.restore(found, version=version, by=by)
            messages.success(request, _("The task is in hand again."))
        else:
            tasks.withdraw(found, request.POST.get("w-reason", ""), version=version, by=by)
            messages.success(request, _("The task is withdrawn; it stays readable."))
    return redirect("steering:task", pk=pk)


@requires(READER)
@require_http_methods(["GET", "POST"])
def reminders(request: HttpRequest) -> HttpResponse:
    """Notices to this officer's bodies; reading them is noted once."""
    by = actor(request)
    context = around(request, "reminders")
    if request.method == "POST":
        unread = boards.reminders_of(context["mine"], unread=True)
        read = reminding.mark_read(list(unread.values_list("pk", flat=True)), by=by)
        messages.success(request, _("%(n)s notices are marked as read.") % {"n": read})
        return redirect("steering:reminders")
    rows = boards.reminders_of(context["mine"])
    listing = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("trang"))
    context |= {
        "listing": listing,
        "rows": [board.reminder_shown(one, context) for one in listing.object_list],
        "requests": [
            (one, context["bodies"].name(one.task.lead))
            for one in boards.waiting_requests(context["mine"])
        ],
        "days": [
            (one, context["bodies"].name(one.task.lead))
            for one in boards.waiting_days(context["mine"])
        ],
    }
    return render(request, "steering/tasks/reminders.html", context)


@requires(READER)
@require_GET
def evidence(request: HttpRequest, digest: str) -> HttpResponse:
    """A kept file, for the bodies it concerns; of any other body it is not there."""
    mine = around(request, "tasks")["mine"]
    found = Evidence.objects.filter(digest=digest).first()
    if found is None or not board.concerned(found, mine):
        raise NotFound(digest=digest[:12])
    response = HttpResponse(bytes(found.content), content_type=found.media_type)
    response["Content-Disposition"] = f'attachment; filename="{digest[:12]}{board.suffix(found)}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Digest"] = f"sha-256={digest}"
    return response
