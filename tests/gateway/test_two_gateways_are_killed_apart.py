"""
The consumer's gateway and the provider's die under load, on two nodes: decision 15 word for word.

"Every exchange that reached a provider's system in strict mode has a provider-side row;
every answered exchange has all its rows; a request row without an answer row is "outcome
unknown", counted as such and resolved by its idempotency key."
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from urllib.parse import urlencode

import asyncpg
import pytest

from gateway.test_gateway_processes import eventually
from gateway.two_nodes import Traffic, ask, two_databases, two_nodes
from lienthong.gateway import inquiries
from lienthong.gateway.inquiries import Search
from lienthong.kernel import clock
from lienthong.protocol.receipt import verify_receipt

pytestmark = pytest.mark.scenario

AGAIN = 60


@pytest.fixture(scope="module")
def after(database_server, tmp_path_factory):
    """Both gateways were killed under load, one after the other and then both, and came back."""
    with two_databases(database_server) as databases:
        nodes = two_nodes(tmp_path_factory.mktemp("two"), databases)
        try:
            with Traffic(nodes) as traffic:
                for victims in ([nodes.provider], [nodes.consumer], nodes.both()):
                    more_answers(traffic)
                    for victim in victims:
                        victim.kill()
                    told = len(traffic.failed)
                    eventually(lambda told=told: len(traffic.failed) > told + 3, seconds=30)
                    for victim in victims:
                        victim.start()
                more_answers(traffic)
            traffic.effects = dict(nodes.register.effects)
            yield nodes, traffic
        finally:
            nodes.close()


def more_answers(traffic):
    so_far = len(traffic.answered)
    eventually(lambda: len(traffic.answered) > so_far + AGAIN, seconds=90)


def by_message(node, side):
    """What stands of each message on this side, apart from what ended otherwise."""
    found = {}
    for name, kind, outcome in node.rows("message_id", "kind", "outcome", side=side):
        if outcome in ("open", "answered"):
            found.setdefault(name, []).append(f"{kind} {outcome}")
    return found


def test_every_exchange_that_reached_the_system_has_a_provider_side_row(after):
    nodes, _ = after
    rows = {one for (one,) in nodes.provider.rows("request_id", side="provider", kind="request")}
    assert len(nodes.register.seen) > 2 * AGAIN
    assert set(nodes.register.seen) <= rows


def test_every_answered_exchange_has_all_its_rows_on_both_nodes(after):
    nodes, traffic = after
    for node, side in ((nodes.consumer, "consumer"), (nodes.provider, "provider")):
        kept = by_message(node, side)
        lost = [name for name in traffic.answered
                if sorted(kept.get(name, [])) != ["answer answered", "request open"]]  # fmt: skip
        assert lost == []


def test_strict_and_overlap_were_both_under_way(after):
    _, traffic = after
    assert {name[0] for name in traffic.answered} == {"m", "u"}


@pytest.mark.parametrize("side", ["consumer", "provider"])
def test_what_was_answered_ends_in_receipts_that_verify_on_either_node(after, side):
    """Also what was answered in the moment before a kill: the sealer goes on where it stopped."""
    nodes, traffic = after
    node = getattr(nodes, side)
    for name in traffic.answered[:: max(len(traffic.answered) // 12, 1)]:
        raw = eventually(
            lambda name=name: (got := node.admin(f"/receipts/{name}"))[0] == 200 and got[1],
            seconds=60,
        )
        facts = verify_receipt(raw, node.country.anchor)
        assert (facts.message_id, facts.status, facts.side) == (name, 200, side)


def test_the_kills_were_felt_on_either_side(after):
    """Otherwise the other tests of this file prove nothing."""
    nodes, traffic = after
    assert any(code.endswith((".NetworkError", ".IOError")) for code in traffic.failed.values())
    assert "" in traffic.failed.values(), "clients lost their connection to their own gateway"
    assert open_requests(nodes.provider, "provider") or open_requests(nodes.consumer, "consumer")


def open_requests(node, side):
    """Message ids with a request row of this side and no answer row."""
    ended = {one for (one,) in node.rows("request_id", side=side, kind="answer")}
    asked = node.rows("message_id", "request_id", side=side, kind="request")
    return [name for name, request in asked if request not in ended]


def window():
    now = clock.instant()
    return {"start": (now - timedelta(hours=2)).isoformat(),
            "end": (now + timedelta(hours=1)).isoformat()}  # fmt: skip


def counts(node):
    status, told = node.admin(f"/counts?{urlencode(window())}")
    assert status == 200
    return json.loads(told)


def test_a_request_without_an_answer_is_counted_as_an_unknown_outcome(after):
    nodes, _ = after
    assert counts(nodes.provider)["unknown"] == len(open_requests(nodes.provider, "provider"))


@pytest.mark.parametrize("side", ["consumer", "provider"])
def test_and_is_shown_as_one_where_it_stands(after, side):
    """A minute later, when no answer can come any more."""
    nodes, _ = after
    node = getattr(nodes, side)

    async def story():
        connection = await asyncpg.connect(node.database.gateway_url)
        try:
            with clock.stopped(at=clock.instant() + timedelta(minutes=2)):
                return await inquiries.search(connection, Search(outcome="unknown", limit=1000))
        finally:
            await connection.close()

    shown = [line.message_id for line in asyncio.run(story())]
    assert sorted(shown) == sorted(open_requests(node, side))


def test_nothing_is_counted_twice(after):
    """The national count is the provider's answered exchanges, each once."""
    nodes, _ = after
    answered = nodes.provider.rows("request_id", side="provider", kind="answer", outcome="answered")
    assert len(answered) == len(set(answered))
    eventually(lambda: counts(nodes.provider)["answered"]["live"] >= len(answered), seconds=60)


def test_every_unknown_outcome_is_resolved_by_its_key_and_no_effect_happened_twice(after):
    nodes, traffic = after
    unknown = {
        *open_requests(nodes.consumer, "consumer"),
        *open_requests(nodes.provider, "provider"),
        *(name for name in traffic.failed if name in traffic.effects),
    }
    unknown = {name for name in unknown if name.startswith("m-")}
    assert unknown, "somebody was left without an answer"
    for number, name in enumerate(sorted(unknown)):
        status, headers = ask(nodes, name, f"again-{number}")
        assert status == 200, headers
        assert nodes.register.effects[name] == 1
    assert set(nodes.register.effects.values()) == {1}
    assert len(nodes.register.seen) > len(nodes.register.effects), "some came twice"


def test_what_was_never_asked_of_the_system_had_no_effect(after):
    """Told that nothing was done (NetworkError), a client may believe it."""
    _, traffic = after
    refused = [name for name, code in traffic.failed.items() if code.endswith(".NetworkError")]
    assert refused
    assert [name for name in refused if name in traffic.effects] == []
