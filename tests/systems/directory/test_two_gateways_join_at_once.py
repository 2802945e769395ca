"""Gateways that join in the same moment see each other; no snapshot number is used twice."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest
from django.db import connection

from lienthong.exchange.registry import cards
from lienthong.kernel.node import Node
from lienthong.protocol.joining import GrantStatement, SubsystemStatement
from lienthong.systems.directory import services
from lienthong.systems.directory.models import AccessGrant, Snapshot
from lienthong.systems.directory.services import joining
from systems.directory.joining_cast import PROVINCE_OFFER, Newcomer, approved

pytestmark = pytest.mark.django_db(transaction=True)
PAIR = {"alpha": "beta", "beta": "alpha"}


def test_each_gets_the_grants_the_other_states(node: Node, tmp_path: Path) -> None:
    services.install_country(node, cards())
    joins = [invited(node, tmp_path / code, code, other) for code, other in PAIR.items()]
    start = threading.Barrier(len(joins))
    problems: list[BaseException] = []

    def run(newcomer: Newcomer, token: str, code: str, other: str) -> None:
        offer = msgspec.structs.replace(
            PROVINCE_OFFER,
            grants=[GrantStatement(to=other, purpose="Đối chiếu", legal_basis="NĐ 47/2020")],
        )
        said = newcomer.registration()
        said = msgspec.structs.replace(
            said, subsystems=[SubsystemStatement(code=code, title=code, offers=[offer])]
        )
        try:
            start.wait()
            newcomer.join(token, said)
        except BaseException as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=given) for given in joins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    given = AccessGrant.objects.filter(offer__code="dossier.status.v1", valid_to=None)
    assert {(g.client.code, g.offer.subsystem.code) for g in given} == {
        ("alpha", "beta"), ("beta", "alpha"),
    }  # fmt: skip
    numbers = list(Snapshot.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert joins[0][0].snapshot().number == numbers[-1]


def invited(node: Node, home: Path, code: str, other: str) -> tuple[Newcomer, str, str, str]:
    wanted = joining.Wanted(
        code.upper(), code, "agency", code, [(code, code, "other")], "NĐ 47/2020/NĐ-CP"
    )
    _, token = approved(node, wanted)
    return Newcomer.fresh(node, home), token, code, other
