from __future__ import annotations

import json
from decimal import Decimal

import pytest

import cast
from lienthong.cli import django_setup, main
from lienthong.exchange import gateway_admin
from lienthong.kernel.demo import DemoPlan
from lienthong.systems.steering import demo
from lienthong.systems.steering.models import DirectiveDocument, Task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def loaded(stopped_clock: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demonstration's tasks; the verb finds a Django that is set up already."""
    monkeypatch.setattr(gateway_admin, "import_records", lambda **_: None)
    monkeypatch.setattr(django_setup, "start", lambda: None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    demo.load(DemoPlan.make(Decimal("0.001"), 2021, cast.LEGAL_DAY), lambda *_: None)


def test_overdue_tasks_of_a_body_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["tasks", "list", "--state", "overdue", "--body", "H33.STTTT"]) == 0
    said = capsys.readouterr().out
    assert "K1" in said
    assert "2021-08-16" in said
    assert "1 tasks: 0 done, 1 overdue." in said


def test_words_find_a_task_without_their_marks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["tasks", "list", "so", "suc", "khoe", "--json"]) == 0
    (task,) = json.loads(capsys.readouterr().out)
    assert (task["code"], task["lead"], task["state"]) == ("88-1", "G14", "open")


def test_a_document_shows_its_chain_and_its_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["tasks", "show", "6922/VP-KGVX", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [step["document"] for step in shown["chain"]] == [
        "17/NQ-CP",
        "435/LĐCP",
        "76/BC-BTTTT",
        "6922/VP-KGVX",
    ]
    assert {task["code"] for task in shown["tasks"]} == {"C0", "C1", "C2", "C3"}


def test_one_task_shows_what_is_above_it(capsys: pytest.CaptureFixture[str]) -> None:
    task = Task.objects.get(code="C2")
    assert main.main(["tasks", "show", str(task.pk)]) == 0
    said = capsys.readouterr().out
    assert "above: 76/BC-BTTTT R2c" in said
    assert "above: 76/BC-BTTTT R2d" in said


def test_coverage_names_what_only_the_general_task_covers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main.main(["tasks", "coverage", "6922/VP-KGVX"]) == 1
    said = capsys.readouterr().out
    assert "covered only by  R2e      C0" in said
    assert "named            R2c      by C2" in said


def test_what_is_not_there_is_said_with_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["tasks", "coverage", "1/NQ-QH"]) == 1
    assert "steering.no_such_directive" in capsys.readouterr().err


def test_a_number_that_two_documents_bear_is_asked_about(
    capsys: pytest.CaptureFixture[str],
) -> None:
    twin = DirectiveDocument.objects.get(symbol="NQ-CP", number=68)
    twin.pk, twin.issuer = None, "H33"
    twin.save()
    assert main.main(["tasks", "show", "68/NQ-CP"]) == 1
    told = capsys.readouterr().err
    assert "68/NQ-CP ngày 01/07/2021 của CP" in told
    assert "68/NQ-CP ngày 01/07/2021 của H33" in told
    assert main.main(["tasks", "show", "68/NQ-CP của Chính phủ"]) == 0
