"""Bodies and people are asked for at the terminal; who asked and why is in the log first."""

from __future__ import annotations

import argparse
import io
import json
import os
from pathlib import Path

import msgspec
import pytest

from gateway.exchange_cast import ISSUE, asks
from gateway.test_gateway_processes import Running
from lienthong.cli import log
from lienthong.exchange import gateway_admin

pytestmark = pytest.mark.scenario

SUBJECT = "091095000017"
WHO = ("--by", "thanh.tra.7", "--reason", "khiếu nại 12/2026")


@pytest.fixture
def running(tmp_path, gateway_db, monkeypatch):
    running = Running(tmp_path, gateway_db)
    running.write(
        offers=[
            msgspec.structs.replace(offer, keep_body=True)
            for offer in running.country.snapshot.offers
        ]
    )
    running.start()
    monkeypatch.setenv("LIENTHONG_HOME", str(running.node.home))
    monkeypatch.setenv("LIENTHONG_PORT_BASE", str(running.node.ports.base))
    assert running.call(ISSUE, b'{"n":1}', headers=asks(Idempotency_Key="k", X_Road_Id="b-1"))[0] \
        == 200  # fmt: skip
    yield running
    running.kill()
    running.edge.close()


def lienthong_log(*arguments):
    parser = argparse.ArgumentParser()
    log.add_arguments(parser)
    return log.run(parser.parse_args(arguments))


def readings(running):
    return [json.loads(head) for (head,) in running.rows("head", kind="reading")]


def test_kept_bodies_come_into_files_and_the_reading_into_the_log(running, tmp_path, capsys):
    place = tmp_path / "bodies"
    assert lienthong_log("bodies", "b-1", "--out", str(place), *WHO, "--json") == 0
    told = json.loads(capsys.readouterr().out)["bodies"]
    assert {(one["side"], one["kind"]) for one in told} == {
        ("consumer", "request"), ("consumer", "answer"), ("provider", "request"),
        ("provider", "answer"),
    }  # fmt: skip
    for one in told:
        assert Path(one["file"]).read_bytes() == b'{"n":1}'
        assert os.stat(one["file"]).st_mode & 0o077 == 0
    (said,) = readings(running)
    assert (said["message_id"], said["by"], said["reason"]) == ("b-1", WHO[1], WHO[3])


def test_a_person_is_asked_for_and_stands_in_the_log_by_pseudonym_only(
    running, capsys, monkeypatch
):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SUBJECT}\n"))
    assert lienthong_log("subjects", "-", *WHO, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["message_id"] for one in told["exchanges"]} == {"b-1"}
    assert told["whole"] is True
    (said,) = readings(running)
    assert (said["by"], said["reason"]) == (WHO[1], WHO[3])
    assert SUBJECT not in json.dumps(said)
    ((names,),) = running.rows("subjects", side="provider", kind="answer")
    assert bytes(names[0]).hex() in said["subject"].split()


def test_the_persons_own_question_leaves_no_officer_behind(running):
    found = gateway_admin.concerned(SUBJECT)
    assert [one.message_id for one in found.exchanges] == ["b-1"]
    assert found.exchanges[0].client == "VN/GOV/G15/civil-status"
    assert readings(running) == []
    with pytest.raises(gateway_admin.LogNotReachable):
        gateway_admin.concerned(SUBJECT, by="officer without a reason")
    assert readings(running) == []


@pytest.mark.parametrize("missing", ["--by", "--reason"])
def test_no_look_without_who_and_why(missing, capsys):
    given = [*WHO]
    at = given.index(missing)
    del given[at : at + 2]
    for thing in (["bodies", "b-1", "--out", "x"], ["subjects", SUBJECT]):
        with pytest.raises(SystemExit):
            lienthong_log(*thing, *given)
    assert missing in capsys.readouterr().err


def test_an_exchange_without_kept_bodies_is_told_in_words(running, tmp_path, capsys):
    assert lienthong_log("bodies", "nothing", "--out", str(tmp_path / "o"), *WHO) == 1
    assert "No body of this exchange" in capsys.readouterr().err
    assert readings(running) == []
