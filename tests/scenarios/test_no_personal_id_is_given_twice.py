"""The dangerous story: a backup, numbers given, the database lost, the backup put back."""

from __future__ import annotations

from pathlib import Path

import pytest

from running_node import RunningNode
from scenarios.evidence import POPULATION, Reply, ask

pytestmark = pytest.mark.scenario


def give(node: RunningNode, registration: str) -> Reply:
    """Ask for a child's number through the gateway, as civil status does."""
    request = {
        "registration": registration, "registered_on": "2021-08-20", "office": "o",
        "province": "91", "full_name": "Nguyễn Văn Thử", "sex": "male", "born_on": "2021-08-19",
        "ethnicity": {"name": "Kinh"}, "nationality": "Việt Nam", "home_place": "Phú Quốc",
    }  # fmt: skip
    return ask(node, f"{POPULATION}/personal-id.issue.v1", request, Idempotency_Key=registration)


def number(reply: Reply) -> str:
    assert reply.status == 200, reply.body
    return str(reply.json["personal_id"])


def backup(node: RunningNode) -> Path:
    said = node.run("backup").stdout
    (place,) = [Path(line.rpartition(" in ")[2]) for line in said.splitlines() if " MB in " in line]
    return place


def test_numbers_given_after_the_backup_are_known_from_the_log_and_never_given_again(
    own_node: RunningNode,
) -> None:
    node = own_node
    node.environment["LIENTHONG_LEGAL_DAY"] = "2021-08-20"
    # What a first command prepares for the service user is not the start's time.
    node.run("doctor", check=False)
    node.up()
    before = [number(give(node, f"before-{place}")) for place in range(3)]
    place = backup(node)
    node.run("verify-backup", str(place))
    lost = [number(give(node, f"lost-{place}")) for place in range(5)]
    node.down()

    node.run("restore", str(place))
    node.up()
    # The node runs, answers what it knows, and gives no number.
    assert number(give(node, "before-0")) == before[0]
    refused = give(node, "after-0")
    assert refused.status == 503, refused.body
    state = node.json("epoch")
    assert (state["outbox_frozen"], state["numbers_blocked"]) == (True, True)

    said = node.run("epoch", "reconcile").stdout
    assert "5 numbers were recognised" in said
    node.run("epoch", "release-outbox")
    after = [number(give(node, f"after-{place}")) for place in range(12)]
    given = [*before, *lost, *after]
    assert len(set(given)) == len(given)

    # And once more, now with the log lost too: whole blocks are stepped over.
    second = backup(node)
    lost += [number(give(node, f"lost-again-{place}")) for place in range(4)]
    node.down()
    node.run("restore", str(second), "--log-too")
    node.up()
    assert "--by-blocks" in node.run("epoch", "reconcile", check=False).stderr
    node.run("epoch", "reconcile", "--by-blocks")
    assert give(node, "too-early").status == 503
    backup(node)
    after += [number(give(node, f"last-{place}")) for place in range(6)]
    given = [*before, *lost, *after]
    assert len(set(given)) == len(given)
