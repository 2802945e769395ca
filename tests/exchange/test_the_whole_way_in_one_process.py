"""A call through everything but sockets: client, both gateway sides, edge, and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from exchange.played import (
    NAME,
    NOTARY,
    NUMBER,
    REGISTER,
    FindPlot,
    GiveNumber,
    NumberGiven,
    Plot,
    ReadNumber,
    find,
    give,
)
from exchange.whole import whole_exchange
from lienthong.exchange import client, edge, errors, outbox, relay
from lienthong.exchange.edge import Caller
from lienthong.gateway.inprocess import InProcessGateway
from lienthong.kernel.errors import NotFound

# The provider's side has a database connection of its own, so it must see what was committed.
pytestmark = pytest.mark.django_db(transaction=True)


class NoSuchPlot(NotFound):
    """There is no such plot."""

    code = "land_register.no_such_plot"


@pytest.fixture
def gateway() -> Iterator[InProcessGateway]:
    given: list[str] = []

    def give_number(request: GiveNumber, caller: Caller) -> NumberGiven:
        given.append(request.plot)
        edge.name_subjects([NUMBER])
        return NumberGiven(request.plot, len(given), note=NAME)

    def find_plot(request: FindPlot, caller: Caller) -> Plot:
        edge.name_subjects([NUMBER])
        if request.number > 100:
            raise NoSuchPlot(number=request.number)
        return Plot(found=True, owner=NAME, debts=7)

    edge.offer("number.give.v1", card=REGISTER)(give_number)
    edge.offer("plot.find.v1", card=REGISTER)(find_plot)
    with whole_exchange(REGISTER, NOTARY) as held:
        yield held
    edge.remove("land_register", "number.give.v1")
    edge.remove("land_register", "plot.find.v1")


def test_a_question_comes_back_answered_signed_and_promised(gateway: InProcessGateway) -> None:
    answer = client.call(find())
    assert (answer.body.found, answer.body.owner) == (True, NAME)
    assert answer.message_id.startswith("VN-")
    assert answer.promise is not None


def test_an_effect_happens_once_for_one_key(gateway: InProcessGateway) -> None:
    one, again = client.call(give(), key="k-1"), client.call(give(), key="k-1")
    assert (one.body, again.body) == (ReadNumber(1), ReadNumber(1))
    assert one.message_id != again.message_id, "each is an exchange of its own"
    assert client.call(give(), key="k-2").body == ReadNumber(2)


def test_a_key_used_for_something_else_is_told(gateway: InProcessGateway) -> None:
    client.call(give("17"), key="k-1")
    with pytest.raises(errors.Invalid) as caught:
        client.call(give("18"), key="k-1")
    assert caught.value.code == "exchange.idempotency_key_reused"


def test_a_problem_of_the_provider_arrives_with_its_code(gateway: InProcessGateway) -> None:
    with pytest.raises(errors.Invalid) as caught:
        client.call(find(101))
    assert caught.value.code == "land_register.no_such_plot"
    assert caught.value.detail == {"number": 101}
    assert caught.value.fault == ""


def test_without_a_grant_the_gateway_refuses(gateway: InProcessGateway) -> None:
    import msgspec

    gateway.gateway.current = msgspec.structs.replace(gateway.snapshot, grants=[])
    with pytest.raises(errors.Refused) as caught:
        client.call(find())
    assert caught.value.fault == "Server.ServerProxy.AccessDenied"
    assert caught.value.trace_id


def test_the_outbox_goes_the_same_way(gateway: InProcessGateway) -> None:
    with transaction.atomic():
        put = outbox.put(give(), key="k-1")
    assert relay.send_all_due() == 1
    assert outbox.state_of(put.pk) == "delivered"
