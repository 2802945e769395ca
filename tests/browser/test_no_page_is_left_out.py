"""Every address that shows a page is brought before axe by some test, or says why not."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

from browser import axe

NO_PAGE = {
    "catalogues:amendment_decide": "posts, then shows the change",
    "catalogues:reform_csv": "a CSV file",
    "catalogues:reform_propose": "posts, then shows the reform",
    "catalogues:reform_unit_drop": "posts, then shows the reform",
    "civil_status:ask_again": "posts, then shows the entry",
    "civil_status:birth_state": "asked by an open page; answers without a body",
    "civil_status:certificate": "a PDF",
    "civil_status:death_state": "asked by an open page; answers without a body",
    "civil_status:event_paper": "a PDF",
    "civil_status:event_tell_again": "posts, then shows the entry",
    "civil_status:export": "a CSV file",
    "civil_status:extract": "a PDF",
    "civil_status:seen": "posts, then shows the kinds of events",
    "civil_status:tell_again": "posts, then shows the entry",
    "civil_status:withdraw_rule": "posts, then shows the rules",
    "civil_status:words": "a few words beside a field of the form of a birth",
    "directory:join": "asked by a gateway; JSON",
    "directory:newest": "rows of the console, checked with it",
    "directory:receipt": "JSON",
    "directory:register": "asked by a gateway; JSON",
    "directory:renew": "asked by a gateway; JSON",
    "directory:retry": "posts, then shows what was given up",
    "directory:retry_event": "posts, then shows what was given up",
    "directory:snapshot": "JSON",
    "directory:traffic_file": "a CSV file",
    "directory:totals_csv": "a CSV file",
    "directory:withdraw_access": "posts, then shows the requests",
    "mfa_download_recovery_codes": "a text file",
    "set_language": "posts, then shows the page it was pressed on",
    "web:signing_sign": "posts, then shows what waits",
    "steering:catalogue_file": "a CSV file",
    "steering:choose": "posts, then shows the edition",
    "steering:collect": "posts, then shows the edition",
    "steering:collect_one": "a row of the edition, checked with it",
    "steering:collecting": "rows of the edition, checked with it",
    "steering:download": "a file",
    "steering:evidence": "a file",
    "steering:explain": "posts, then shows the edition",
    "steering:extension_ask": "posts, then shows the task",
    "steering:extension_decide": "posts, then shows the task",
    "steering:evidence_withdraw": "posts, then shows the task",
    "steering:hand_over": "posts, then shows the document",
    "steering:letter_draft": "posts, then shows the form of the draft",
    "steering:letter_drop": "posts, then shows the received document",
    "steering:letter_explain": "posts, then shows the letter",
    "steering:letter_file": "a file",
    "steering:letter_issue": "posts, then shows the letter",
    "steering:opinion": "posts, then shows the received document",
    "steering:opinion_withdraw": "posts, then shows the received document",
    "steering:report_day": "posts, then shows the task",
    "steering:figure_decide": "posts, then shows the entry",
    "steering:figure_evidence": "a file",
    "steering:figure_withdraw": "posts, then shows the entry",
    "steering:issue": "posts, then shows the edition",
    "steering:note": "posts, then shows the edition",
    "steering:passage_add": "posts, then shows the text",
    "steering:passage_comment": "posts, then shows the text",
    "steering:passage_edit": "posts, then shows the text",
    "steering:passage_undo": "posts, then shows the text",
    "steering:receipts": "posts, then shows the edition",
    "steering:report_file": "a file",
    "steering:report_take_back": "posts, then shows the task",
    "steering:seal": "posts, then shows the edition",
    "steering:section_approve": "posts, then shows the text",
    "steering:sign": "posts, then shows what is to be signed",
    "steering:signing_file": "a file",
    "steering:signing_refuse": "posts, then shows the edition",
    "steering:task_report": "posts, then shows the task",
    "steering:task_withdraw": "posts, then shows the task",
    "steering:tasks_export": "a CSV file",
    "web:document_anchor": "a certificate",
    "web:health": "JSON",
    "web:metrics": "text for a machine",
    "web:revocations": "a list of revoked certificates",
    "web:stay": "posted by an open page; JSON",
}


def named(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            within = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from named(pattern.url_patterns, within)
        else:
            assert pattern.name, f"{pattern.pattern} has no name, so no test can say it visits it"
            yield space + pattern.name


def test_every_page_is_brought_before_axe_or_says_why_not() -> None:
    for path in Path(__file__).parent.glob("test_*.py"):
        importlib.import_module(f"browser.{path.stem}")
    views = set(named(get_resolver().url_patterns))
    claimed = axe.CLAIMED - {""}
    assert views - claimed - set(NO_PAGE) == set(), "neither checked nor excused"
    assert set(NO_PAGE) <= views, "excused, and not there any more"
    assert claimed <= views, "checked, and not there any more"
    assert claimed & set(NO_PAGE) == set(), "checked and excused"
