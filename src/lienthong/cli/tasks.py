"""
Assigned tasks of this node: list them, show one, check what a letter leaves out.

    lienthong tasks list --state overdue --body G14
    lienthong tasks show 17/NQ-CP
    lienthong tasks show 41
    lienthong tasks coverage 6922/VP-KGVX

States are derived on the node's legal day; nothing is written here.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from lienthong.cli import django_setup

if TYPE_CHECKING:
    from lienthong.systems.steering.models import DirectiveDocument

STATES = ("overdue", "soon", "in_time", "open", "not_done", "done", "done_in_time", "done_late")
MOST = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    things = parser.add_subparsers(dest="thing", required=True)
    listed = things.add_parser("list", help="tasks, nearest deadline first")
    listed.add_argument("words", nargs="*", help="words of the task, with or without tone marks")
    listed.add_argument("--state", choices=STATES, default="")
    listed.add_argument("--body", default="", help="code or name of the lead (G14)")
    listed.add_argument("--document", default="", help="number of the document (17/NQ-CP)")
    shown = things.add_parser("show", help="a document with its chain and tasks, or one task")
    shown.add_argument("what", help="a number such as 17/NQ-CP, or the number of a task")
    covered = things.add_parser("coverage", help="what a passing-on letter leaves out")
    covered.add_argument("document", help="for example 6922/VP-KGVX")
    for one in (listed, shown, covered):
        one.add_argument("--json", action="store_true", help="for a machine to read")


def run(args: argparse.Namespace) -> int:
    django_setup.start()
    return {"list": list_tasks, "show": show, "coverage": coverage}[args.thing](args)


def numbered(text: str) -> DirectiveDocument:
    """The document of a citation; when several bear the number they are named."""
    from lienthong.systems.steering.errors import SeveralDocuments
    from lienthong.systems.steering.queries.directives import document_numbered

    try:
        return document_numbered(text)
    except SeveralDocuments as several:
        for cited in several.detail["documents"]:  # type: ignore[attr-defined]
            print(f"  {cited}", file=sys.stderr)
        raise


def list_tasks(args: argparse.Namespace) -> int:
    from lienthong.kernel import clock
    from lienthong.systems.steering.queries import tasks
    from lienthong.systems.steering.queries.bodies import bodies_on

    day = clock.today()
    bodies = bodies_on(day)
    asked = tasks.Filter(
        text=" ".join(args.words),
        standing=args.state,
        body=bodies.get(args.body).code if args.body else "",
        document=numbered(args.document).pk if args.document else None,
    )
    rows = tasks.board(asked, day)
    found = [described(task) for task in rows[:MOST]]
    if args.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return 0
    for task in found:
        due = task["due_on"] or task["rule"]["note"] or "-"
        print(f"{task['id']:>6}  {task['state']:<12}  {due:<12.12}  {task['lead']:<10}", end="  ")
        print(f"{task['document']} {task['code']}  {task['text'][:70]}")
    counted = tasks.tally(rows)
    print(f"{counted.total} tasks: {counted.done} done, {counted.overdue} overdue.")
    if counted.total > MOST:
        print(f"The first {MOST} are shown.")
    print("Next: `lienthong tasks show <number>` for one of them.")
    return 0


def show(args: argparse.Namespace) -> int:
    if args.what.isdigit():
        return show_task(int(args.what), as_json=args.json)
    return show_document(args.what, as_json=args.json)


def show_task(pk: int, *, as_json: bool) -> int:
    from lienthong.kernel import clock
    from lienthong.systems.steering.queries import directives, tasks

    found = directives.task(pk)
    task = described(tasks.standing_on(clock.today()).select_related("document").get(pk=pk))
    task |= {
        "above": [[str(t.document), t.code, t.pk] for t in directives.parents_of(found)],
        "below": [[str(t.document), t.code, t.pk] for t in directives.children_of(found)],
        "reports": [
            {"on": str(one.reported_on), "finishes": one.finishes, "taken_back": gone(one)}
            for one in found.progress.all()
        ],
    }
    if as_json:
        print(json.dumps(task, ensure_ascii=False, indent=1))
        return 0
    print(f"{task['document']} {task['code']}: {task['text']}")
    print(f"  lead {task['lead']}, due {task['due_on'] or task['rule']['note']}, {task['state']}")
    for way in ("above", "below"):
        for document, code, number in task[way]:
            print(f"  {way}: {document} {code} ({number})")
    for report in task["reports"]:
        ends = " finished" if report["finishes"] else ""
        print(f"  reported {report['on']}{ends}{' (taken back)' if report['taken_back'] else ''}")
    print(f"Next: `lienthong tasks show {task['document']}` for its document.")
    return 0


def gone(report: Any) -> bool:
    return report.withdrawn_at is not None


def show_document(number: str, *, as_json: bool) -> int:
    from lienthong.kernel import clock
    from lienthong.systems.steering.queries import directives, tasks

    document = numbered(number)
    chain = [
        {"document": str(step.document), "issued_on": str(step.document.issued_on), "how": step.how}
        for step in directives.chain(document)
    ]
    rows = tasks.board(tasks.Filter(document=document.pk, sort="code"), clock.today())
    given = [described(task) for task in rows]
    if as_json:
        shown = {"document": identity(document), "chain": chain, "tasks": given}
        print(json.dumps(shown, ensure_ascii=False, indent=1))
        return 0
    print(f"{document} of {document.issued_on}, {document.issuer}: {document.subject}")
    for step in chain:
        print(f"  {step['issued_on']}  {step['document']:<16} {step['how']}")
    paragraphs: dict[str, list[dict[str, Any]]] = {}
    for task in given:
        paragraphs.setdefault(task["code"], []).append(task)
    for code, same in paragraphs.items():
        whom = same[0]["lead"] if len(same) == 1 else f"{len(same)} bodies"
        print(f"  {code:<8} {whom:<12} {same[0]['text'][:80]}")
    print(f"Next: `lienthong tasks list --document {document}`.")
    return 0


def coverage(args: argparse.Namespace) -> int:
    """Exit status 1 when the letter leaves something out or only hands it on with the rest."""
    from lienthong.kernel import clock
    from lienthong.systems.steering.queries import directives
    from lienthong.systems.steering.queries.bodies import bodies_on

    letter = numbered(args.document)
    served = {body.served_by: body.code for body in bodies_on(clock.today()) if body.served_by}
    found = directives.coverage_of(letter, served.get(letter.issuer, letter.issuer))
    shown = [
        {
            "earlier": str(part.earlier),
            "body": part.body,
            "named": {task.code: [one.code for one in by] for task, by in part.singled_out},
            "covered_only_by": {
                task.code: [one.code for one in by] for task, by in part.only_general
            },
            "left_out": [task.code for task in part.left_out],
        }
        for part in found
    ]
    if args.json:
        print(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        print_coverage(letter, shown)
    return 0 if all(part.result.is_whole for part in found) else 1


def print_coverage(letter: DirectiveDocument, shown: list[dict[str, Any]]) -> None:
    if not shown:
        print(f"{letter} passes no earlier document on.")
    for part in shown:
        print(f"{letter} passes on {part['earlier']}, tasks of {part['body']}:")
        for code, by in part["named"].items():
            print(f"  named            {code:<8} by {', '.join(by)}")
        for code, by in part["covered_only_by"].items():
            print(f"  covered only by  {code:<8} {', '.join(by)}")
        for code in part["left_out"]:
            print(f"  left out         {code}")
    print(f"Next: `lienthong tasks show {letter}`.")


def described(task: Any) -> dict[str, Any]:
    """A task that carries ``standing``, for a machine: open data only."""
    return {
        "id": task.pk,
        "document": str(task.document),
        "code": task.code,
        "text": task.text,
        "lead": task.lead,
        "state": task.standing,
        "due_on": str(task.due_on) if task.due_on else None,
        "rule": {
            "kind": task.due_kind,
            "day": str(task.due_day) if task.due_day else None,
            "working_days": task.due_days,
            "cadence": task.cadence or None,
            "note": task.due_note,
        },
        "finished_on": str(task.finished_on) if task.finished_on else None,
    }


def identity(document: DirectiveDocument) -> dict[str, Any]:
    return {
        "number": str(document.written),
        "kind": document.kind,
        "issuer": document.issuer,
        "issued_on": str(document.issued_on),
        "subject": document.subject,
    }
