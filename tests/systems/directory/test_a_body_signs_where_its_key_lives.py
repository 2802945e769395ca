"""A member whose key lies on its own node signs its grants there; the directory checks each."""

from __future__ import annotations

import argparse
import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lienthong.cli import grants as command
from lienthong.cli import registration
from lienthong.exchange import housekeeping as asking
from lienthong.exchange import signing_desk as desk
from lienthong.exchange.cards import Effect, Grant, Need, Offer, System
from lienthong.exchange.housekeeping import Told
from lienthong.exchange.registry import cards
from lienthong.gateway import membership
from lienthong.gateway.granting import check_signed
from lienthong.gateway.membership import Membership
from lienthong.kernel import clock
from lienthong.kernel.actor import system_actor
from lienthong.kernel.node import Node
from lienthong.protocol import grants
from lienthong.protocol.errors import AccessDenied, BadGrant
from lienthong.protocol.grants import Quota
from lienthong.protocol.housekeeping import RETURN
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.signing_desk import (
    Deed,
    Returned,
    SettledDocuments,
    WaitingDocuments,
)
from lienthong.systems.directory import services
from lienthong.systems.directory.models import AccessGrant, GrantRequest, Member, Subsystem
from lienthong.systems.directory.models import Offer as OfferRow
from lienthong.systems.directory.queries import agreements
from lienthong.systems.directory.services import granting
from lienthong.systems.directory.services import signing_desk as directorys
from systems.directory.installed_country import install
from systems.directory.joining_cast import DAY, PROVINCE_OFFER, Newcomer, approved

pytestmark = pytest.mark.django_db
BY = system_actor("tests", DAY)


@pytest.fixture
def directory(node: Node) -> Node:
    install(node)
    return node


@pytest.fixture
def province(directory: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Newcomer:
    """A body of its own; what it asks the directory goes straight to the directory's services."""
    newcomer = Newcomer.fresh(directory, tmp_path / "kien-giang")
    newcomer.join(approved(directory)[1])
    held = Membership.of(newcomer.node)
    assert held is not None
    registration.write_gateway_files(newcomer.node, held, [])
    membership.keep_snapshot(
        newcomer.node, newcomer.anchor, (directory.gateway / "snapshot.json").read_bytes()
    )

    def ask(node: Node, code: str, body, kind, *, key: str = ""):
        member = Member.objects.get(code="TINH-91")
        if code == RETURN:
            assert key
            said = directorys.take_back(body.documents, member=member, by=BY, node=directory)
            return Told(SettledDocuments(said), "m-1")
        return Told(WaitingDocuments(directorys.waiting_for(member)), "m-1")

    monkeypatch.setattr(asking, "ask", ask)
    return newcomer


def key_of(newcomer: Newcomer) -> SigningKey:
    return desk.key_here(newcomer.node)


def returned(document: Returned) -> str:
    """The directory's word: empty, or what was wrong."""
    member = Member.objects.get(code="TINH-91")
    (settled,) = directorys.take_back(
        [document], member=member, by=BY, node=Node.from_environment()
    )
    return settled.why


def stated_grant() -> AccessGrant:
    """What the province's offer states: the report of the ministry may ask for its dossiers."""
    return AccessGrant.objects.get(offer__code=PROVINCE_OFFER.code)


def let_verify(directory: Node) -> AccessGrant:
    """The operator lets the province verify persons; population's key lies here."""
    return services.give_grant(
        client=Subsystem.objects.get(code="lgsp", member__code="TINH-91"),
        offer=OfferRow.objects.get(code="person.verify.v1"),
        purpose="Xác thực công dân",
        legal_basis="Nghị định 47/2020/NĐ-CP",
        by=BY,
        node=directory,
    )


def is_let_through(newcomer: Newcomer, grant: AccessGrant) -> bool:
    """Whether a gateway that asks for both signatures takes the published grant."""
    try:
        check_signed(str(grant.pk), newcomer.snapshot(), newcomer.anchor, required=True)
    except AccessDenied:
        return False
    return True


# -- the two ways round -----------------------------------------------------------------------


def test_a_provider_elsewhere_gives_what_its_offer_states(province: Newcomer) -> None:
    grant = stated_grant()
    assert not is_let_through(province, grant)  # published, and refused until it is signed
    (document,) = desk.waiting(province.node)
    # The ministry's key lies here, so its half is there already.
    assert (document.deed, document.id, document.stated) == (Deed.GRANT, str(grant.pk), True)
    assert returned(desk.signed(document, key_of(province), officer="chu.tich")) == ""
    assert is_let_through(province, grant)
    grant.refresh_from_db()
    assert [one.valid for one in agreements.signatures_of(grant)] == [True, True]
    assert desk.waiting(province.node) == []


def test_a_consumer_elsewhere_asks_for_what_the_operator_gives(
    province: Newcomer, directory: Node
) -> None:
    grant = let_verify(directory)
    document = next(one for one in desk.waiting(province.node) if one.id == str(grant.pk))
    assert (document.deed, document.stated) == (Deed.ASK, False)
    assert returned(desk.signed(document, key_of(province), officer="chu.tich")) == ""
    assert is_let_through(province, grant)  # the provider's key is the directory's to use


def test_a_gateway_that_insists_goes_on_insisting(province: Newcomer, directory: Node) -> None:
    def insists(node: Node) -> bool:
        return bool(
            msgspec.json.decode((node.gateway / "gateway.json").read_bytes())["signed_grants"]
        )

    assert insists(directory)
    assert insists(province.node)
    let_verify(directory)  # one that nobody has signed yet
    services.refresh_snapshot(directory)
    assert insists(directory)


def test_changed_terms_hold_once_they_are_signed_and_the_old_ones_until_then(
    province: Newcomer,
) -> None:
    grant = stated_grant()
    (document,) = desk.waiting(province.node)
    returned(desk.signed(document, key_of(province), officer="chu.tich"))
    offer = OfferRow.objects.get(code=PROVINCE_OFFER.code)
    offer.stated_grants[0]["purpose"] = "Theo dõi và đôn đốc"  # as a new release of it says
    offer.save()
    services.install_country(Node.from_environment(), cards())  # the ministry's half is signed anew
    entry = next(one for one in province.snapshot().grants if one.id == str(grant.pk))
    assert entry.purpose == "Theo dõi"
    assert is_let_through(province, grant)
    (document,) = desk.waiting(province.node)
    assert document.terms.purpose == "Theo dõi và đôn đốc"
    assert returned(desk.signed(document, key_of(province), officer="chu.tich")) == ""
    entry = next(one for one in province.snapshot().grants if one.id == str(grant.pk))
    assert entry.purpose == "Theo dõi và đôn đốc"
    assert is_let_through(province, grant)


# -- what is not believed ---------------------------------------------------------------------


def test_a_signature_of_another_key_is_refused(province: Newcomer, directory: Node) -> None:
    (document,) = desk.waiting(province.node)
    unknown = desk.signed(document, SigningKey.generate(), officer="x")
    assert returned(unknown) == "exchange.unknown_key"
    another = SigningKey.load(
        directory.keys / "members" / "G15" / "sign.key", directory.secret("passphrase").encode()
    )
    assert returned(desk.signed(document, another, officer="x")) == "exchange.bad_signature"
    assert not is_let_through(province, stated_grant())


def test_a_changed_document_is_refused(province: Newcomer) -> None:
    (document,) = desk.waiting(province.node)
    wider = msgspec.structs.replace(document.terms, purpose="Việc khác")
    other = msgspec.structs.replace(document, terms=wider)
    assert (
        returned(desk.signed(other, key_of(province), officer="x")) == "directory.document_changed"
    )
    # Signed as it was shown, and amended before it came back.
    good = desk.signed(document, key_of(province), officer="x")
    AccessGrant.objects.filter(pk=stated_grant().pk).update(purpose="Việc khác")
    assert returned(good) == "directory.document_changed"


def test_terms_changed_under_a_good_signature_are_refused(province: Newcomer) -> None:
    (document,) = desk.waiting(province.node)
    good = desk.signed(document, key_of(province), officer="x")
    changed = msgspec.structs.replace(
        good, mark=msgspec.structs.replace(good.mark, at=good.mark.at - timedelta(minutes=1))
    )
    assert returned(changed) == "exchange.bad_signature"


def test_an_old_signature_is_made_again(province: Newcomer, monkeypatch) -> None:
    (document,) = desk.waiting(province.node)
    before = desk.now() - timedelta(minutes=61)
    with monkeypatch.context() as patched:
        patched.setattr(desk, "now", lambda: before)
        old = desk.signed(document, key_of(province), officer="x")
    assert returned(old) == "directory.signature_too_old"
    assert returned(desk.signed(document, key_of(province), officer="x")) == ""


def test_a_body_signs_for_itself_only(province: Newcomer, directory: Node) -> None:
    strangers = AccessGrant.objects.filter(client__code="civil-status", proof__isnull=False).first()
    document = Returned(id=str(strangers.pk), deed=Deed.REFUSE, reason="không muốn", officer="x")
    assert returned(document) == "directory.not_theirs"
    strangers.refresh_from_db()
    assert strangers.valid_to is None


# -- refusing ---------------------------------------------------------------------------------


def test_an_officer_refuses_what_the_own_card_states(province: Newcomer, directory: Node) -> None:
    (document,) = desk.waiting(province.node)
    refusal = desk.refused(document, key_of(province), reason="Chưa đủ căn cứ", officer="chu.tich")
    forged = msgspec.structs.replace(refusal, reason="Lý do khác")
    assert returned(forged) == "exchange.bad_signature"
    assert returned(refusal) == ""
    grant = stated_grant()
    assert (grant.revoked, grant.end_reason) == (True, "Chưa đủ căn cứ")
    assert grant.ended_by == "GOV/TINH-91:chu.tich"
    assert grant.refusal_mark is not None
    services.install_country(directory, cards())  # no restart gives it again
    assert not AccessGrant.objects.filter(offer__code=PROVINCE_OFFER.code, valid_to=None).exists()
    assert desk.waiting(province.node) == []


def test_a_body_refuses_to_ask_for_what_the_operator_gives(
    province: Newcomer, directory: Node
) -> None:
    grant = let_verify(directory)
    document = next(one for one in desk.waiting(province.node) if one.id == str(grant.pk))
    refusal = desk.refused(document, key_of(province), reason="Không cần", officer="chu.tich")
    assert refusal.mark is None
    assert returned(refusal) == ""
    grant.refresh_from_db()
    assert grant.revoked


# -- requests between bodies ------------------------------------------------------------------


def test_a_request_is_decided_at_the_providers_own_node(
    province: Newcomer, directory: Node
) -> None:
    request = granting.ask(
        client=Subsystem.objects.get(code="civil-status"),
        offer=OfferRow.objects.get(code=PROVINCE_OFFER.code),
        wish=granting.Wish(purpose="Đối chiếu hộ tịch", legal_basis="Luật Hộ tịch"),
        by=BY, body="G15", node=directory,
    )  # fmt: skip
    document = next(one for one in desk.waiting(province.node) if one.id == str(request.pk))
    assert (document.deed, document.stated) == (Deed.GRANT, False)
    until = clock.instant().replace(microsecond=0) + timedelta(days=30)
    less = msgspec.structs.replace(document.terms, valid_to=until)
    more = msgspec.structs.replace(document.terms, methods=["*"])
    with pytest.raises(BadGrant):
        desk.signed(document, key_of(province), officer="x", given=more)
    assert returned(desk.signed(document, key_of(province), officer="x", given=less)) == ""
    request.refresh_from_db()
    assert request.state == GrantRequest.State.GRANTED
    grant = AccessGrant.objects.get(pk=request.pk)
    assert grant.valid_to == until
    assert is_let_through(province, grant)


def test_a_request_is_refused_at_the_providers_own_node(
    province: Newcomer, directory: Node
) -> None:
    request = granting.ask(
        client=Subsystem.objects.get(code="civil-status"),
        offer=OfferRow.objects.get(code=PROVINCE_OFFER.code),
        wish=granting.Wish(purpose="Đối chiếu hộ tịch", legal_basis="Luật Hộ tịch"),
        by=BY, body="G15", node=directory,
    )  # fmt: skip
    document = next(one for one in desk.waiting(province.node) if one.id == str(request.pk))
    refusal = desk.refused(document, key_of(province), reason="Thiếu mục đích", officer="x")
    assert returned(refusal) == ""
    request.refresh_from_db()
    assert (request.state, request.reason) == (GrantRequest.State.REFUSED, "Thiếu mục đích")
    assert [one.valid for one in agreements.signatures_under(request)] == [True, True]
    assert returned(refusal) == "directory.already_decided"


def test_a_body_asks_at_its_own_node(province: Newcomer, directory: Node) -> None:
    wish = desk.Wish(
        client="GOV/TINH-91/lgsp", provider="GOV/G01/population", code="person.verify.v1",
        purpose="Xác thực công dân", legal_basis="Nghị định 47/2020/NĐ-CP",
    )  # fmt: skip
    document = desk.asked(wish, "VN", key_of(province), officer="chu.tich")
    assert returned(document) == ""
    request = GrantRequest.objects.get(pk=document.id)
    assert request.asked_by == "GOV/TINH-91:chu.tich"
    again = desk.asked(wish, "VN", key_of(province), officer="chu.tich")
    assert returned(again) == "directory.already_asked"
    anothers = desk.asked(
        desk.Wish(
            client="GOV/G15/civil-status", provider=wish.provider, code=wish.code,
            purpose=wish.purpose, legal_basis=wish.legal_basis,
        ),
        "VN", key_of(province), officer="x",
    )  # fmt: skip
    assert returned(anothers) == "directory.not_theirs"
    granted = granting.grant(
        request.pk, narrowed=granting.Narrowed(), by=BY, body="G01", node=directory
    )
    assert is_let_through(province, granted)


# -- what the own card states -----------------------------------------------------------------


class Shape(msgspec.Struct):
    """A message without anything in it."""


def card_of_the_province(**grant: str) -> System:
    stated = {"to": "steering", "purpose": "Theo dõi", "legal_basis": "NĐ 47/2020/NĐ-CP"}
    return System(
        code="lgsp", title="LGSP", title_en="LGSP", owner="TINH-91",
        offers=(
            Offer(
                code=PROVINCE_OFFER.code, title="t", request=Shape, answers=Shape,
                effect=Effect.PUBLIC, grants=(Grant(**(stated | grant)),),
            ),
        ),
    )  # fmt: skip


def test_the_node_signs_by_itself_just_what_its_card_states(
    province: Newcomer, directory: Node
) -> None:
    grant = stated_grant()
    other = card_of_the_province(purpose="Mục đích khác")
    assert desk.sign_stated(province.node, [other]) == []
    assert not is_let_through(province, grant)
    operators = let_verify(directory)
    (settled,) = desk.sign_stated(province.node, [card_of_the_province()])
    assert (settled.id, settled.taken) == (str(grant.pk), True)
    assert is_let_through(province, grant)
    # What no card states waits for an officer.
    assert [one.id for one in desk.waiting(province.node)] == [str(operators.pk)]


def test_an_operators_grant_waits_for_an_officer_even_if_the_card_needs_it(
    province: Newcomer, directory: Node
) -> None:
    needing = needing_verification()
    grant = let_verify(directory)
    document = next(one for one in desk.waiting(province.node) if one.id == str(grant.pk))
    assert not desk.is_stated(document, {"lgsp": needing})
    assert desk.is_stated(
        msgspec.structs.replace(document, stated=True), {"lgsp": needing}
    )  # had the provider's card stated it


def needing_verification(**changes: Any) -> System:
    """The province's card with a need, stated as population's grant would be."""
    terms = {"purpose": "Xác thực công dân", "legal_basis": "Nghị định 47/2020/NĐ-CP"} | changes
    need = Need("population", "person.verify.v1", Shape, Shape, **terms)
    return System(code="lgsp", title="LGSP", title_en="LGSP", owner="TINH-91", needs=(need,))


UNTIL = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"purpose": "Việc khác"}, "purpose is 'Việc khác', the card says 'Xác thực công dân'"),
        ({"legal_basis": "Luật khác"}, "legal basis is 'Luật khác'"),
        ({"fields": ["found"]}, "fields is ['found'], the card says ['*']"),
        ({"methods": ["*"]}, "methods is ['*']"),
        ({"paths": ["/v1/**"]}, "paths is ['/v1/**']"),
        ({"valid_to": UNTIL}, "valid to is"),
        ({"quota": Quota(per_day=1)}, "quota is Quota(per_minute=None, per_day=1)"),
    ],
)
def test_the_node_asks_by_itself_for_nothing_but_what_its_card_says(
    province: Newcomer, directory: Node, monkeypatch, caplog, changed: dict[str, Any], told: str
) -> None:
    grant = let_verify(directory)
    document = next(one for one in desk.waiting(province.node) if one.id == str(grant.pk))
    stated = msgspec.structs.replace(document, stated=True)
    own = {"lgsp": needing_verification()}
    assert desk.is_stated(stated, own)
    assert desk.differences(stated, own) == []
    other = msgspec.structs.replace(stated, terms=msgspec.structs.replace(stated.terms, **changed))
    assert not desk.is_stated(other, own)
    (difference,) = desk.differences(other, own)
    assert difference.startswith(told)
    monkeypatch.setattr(desk, "waiting", lambda node: [other])
    assert desk.sign_stated(province.node, own.values()) == []
    assert told in caplog.text


def test_a_need_that_names_no_purpose_is_signed_by_an_officer(
    province: Newcomer, directory: Node
) -> None:
    grant = let_verify(directory)
    document = next(one for one in desk.waiting(province.node) if one.id == str(grant.pk))
    stated = msgspec.structs.replace(document, stated=True)
    silent = {"lgsp": needing_verification(purpose="", legal_basis="")}
    assert not desk.is_stated(stated, silent)


# -- one bad document ---------------------------------------------------------------------------


def test_each_returned_document_is_answered_apart(province: Newcomer, directory: Node) -> None:
    """One under an id that is a grant's, one the database cannot keep, and one that is good."""
    (document,) = desk.waiting(province.node)
    key = key_of(province)
    wish = desk.Wish(
        client="GOV/TINH-91/lgsp", provider="GOV/G01/population", code="person.verify.v1",
        purpose="Xác thực công dân", legal_basis="Nghị định 47/2020/NĐ-CP",
    )  # fmt: skip
    ended = AccessGrant.objects.filter(proof__isnull=False).first()
    AccessGrant.objects.filter(pk=ended.pk).update(valid_to=clock.instant())
    mine = desk.asked(wish, "VN", key, officer="x")
    terms = msgspec.structs.replace(mine.terms, id=str(ended.pk))
    used = msgspec.structs.replace(
        mine, id=terms.id, terms=terms, mark=grants.sign_asked(terms, key, desk.now())
    )
    unkept = desk.asked(
        dataclasses.replace(wish, purpose="không \x00 giữ được"), "VN", key, officer="x"
    )
    good = desk.signed(document, key, officer="x")
    settled = directorys.take_back(
        [used, unkept, good], member=Member.objects.get(code="TINH-91"), by=BY, node=directory
    )
    assert [(one.id, one.taken, one.why) for one in settled] == [
        (used.id, False, "directory.id_taken"),
        (unkept.id, False, "directory.not_kept"),
        (good.id, True, ""),
    ]
    assert is_let_through(province, stated_grant())
    assert not GrantRequest.objects.filter(client__code="lgsp").exists()


# -- at the terminal --------------------------------------------------------------------------


@pytest.fixture
def terminal(province: Newcomer, monkeypatch, capsys):
    def run(*arguments: str) -> tuple[int, str]:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        directory = Node.from_environment()
        with monkeypatch.context() as patched:
            patched.setattr(command.Node, "from_environment", lambda: province.node)
            original = directorys.publish
            patched.setattr(directorys, "publish", lambda node: original(directory))
            status = command.run(parser.parse_args(arguments))
        told = capsys.readouterr()
        return status, told.out + told.err

    return run


def test_an_officer_reads_signs_and_refuses_at_the_terminal(
    terminal, province: Newcomer, directory: Node
) -> None:
    grant, verify = stated_grant(), let_verify(directory)
    status, told = terminal("waiting")
    assert status == 0
    assert f"{grant.pk}" in told
    assert "Theo dõi (NĐ 47/2020/NĐ-CP)" in told
    assert "2 wait." in told
    assert terminal("sign", str(grant.pk))[0] == 2  # nobody is named
    status, told = terminal("sign", str(grant.pk), "--by", "chu.tich")
    assert status == 0, told
    assert is_let_through(province, grant)
    status, told = terminal("sign", str(grant.pk), "--by", "chu.tich")
    assert (status, "exchange.nothing_waits_to_be_signed" in told) == (1, True)
    status, told = terminal("refuse", str(verify.pk), "--reason", "Không cần", "--by", "chu.tich")
    assert status == 0, told
    assert terminal("waiting")[1].startswith("0 wait.")


def test_an_officer_asks_at_the_terminal(terminal, province: Newcomer) -> None:
    arguments = ("GOV/G01/population", "person.verify.v1", "--purpose", "Xác thực",
                 "--legal-basis", "NĐ 47", "--by", "chu.tich")  # fmt: skip
    status, told = terminal("ask", "GOV/TINH-91/lgsp", *arguments)
    assert status == 0, told
    assert GrantRequest.objects.get().asked["purpose"] == "Xác thực"
    assert terminal("ask", "GOV/G15/civil-status", *arguments)[0] == 1
