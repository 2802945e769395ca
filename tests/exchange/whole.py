"""
A whole exchange in one process, from cards: client, both sides of a gateway, provider's edge.

Everything is real but the sockets: requests are identified, admitted by the
grants of the cards, signed, verified and logged in memory.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connections

from lienthong.exchange import client, registry
from lienthong.exchange.addresses import CardAddresses
from lienthong.exchange.cards import System
from lienthong.exchange.client import GatewayExchange
from lienthong.exchange.edge_wsgi import EdgeRequest, serve
from lienthong.exchange.transport import HttpAnswer, HttpRequest, InProcess
from lienthong.gateway.inprocess import (
    TEST_SECRETS,
    InProcessGateway,
    SystemAnswer,
    SystemRequest,
)
from lienthong.gateway.memory_log import MemoryLog
from lienthong.gateway.settings import ClientRule
from lienthong.kernel import clock
from lienthong.protocol import headers as names
from lienthong.protocol import pki
from lienthong.protocol.identifiers import MemberId, ServiceId
from lienthong.protocol.pki import Authority, SigningKey
from lienthong.protocol.snapshot import (
    Anchor,
    DirectoryKey,
    GatewayEntry,
    GrantEntry,
    Member,
    OfferEntry,
    SignKey,
    Snapshot,
    Subsystem,
)

INSTANCE = "VN"
SECRET = "the secret of {}"


class Secrets:
    """Client secrets that are the system's own name."""

    def secret(self, system: System) -> str:
        return SECRET.format(system.code)


def local(system: System) -> str:
    return f"GOV/{system.owner}/{system.subsystem}"


def snapshot(
    cards: Sequence[System], keys: dict[MemberId, SigningKey], authority: Authority, auth: str
) -> Snapshot:
    """What the directory would publish of these cards."""
    now = clock.instant()
    by_code = {card.code: card for card in cards}
    members = []
    for member, key in keys.items():
        cert = authority.issue_sign(key.verifying, member=member, name=member.code, now=now)
        members.append(
            Member(
                member_class="GOV",
                code=member.code,
                name=member.code,
                sign_keys=[
                    SignKey(
                        kid=key.kid,
                        cert=pki.pem_of(cert),
                        not_before=cert.not_valid_before_utc,
                        not_after=cert.not_valid_after_utc,
                    )
                ],
            )
        )
    return Snapshot(
        instance=INSTANCE,
        number=1,
        made_at=now,
        members=members,
        gateways=[
            GatewayEntry(
                code="national",
                owner="GOV/G14",
                host="127.0.0.1",
                port=5500,
                auth_cert_sha256=[auth],
            )
        ],
        subsystems=[
            Subsystem(
                member=f"GOV/{card.owner}", code=card.subsystem, name=card.title,
                gateways=["national"],
            )
            for card in cards
        ],
        offers=[
            OfferEntry(
                provider=local(card), code=offer.code, effect=offer.effect.value,
                names_subjects=offer.names_subjects, max_body=offer.max_body,
                timeout=offer.timeout,
            )
            for card in cards
            for offer in card.offers
        ] + [
            OfferEntry(
                provider=local(card), code=event.code, effect="event",
                names_subjects=event.names_subjects,
            )
            for card in cards
            for event in card.events
        ],
        grants=[
            GrantEntry(
                id=f"{grant.to} {card.code} {offer.code}",
                client=local(by_code[grant.to]),
                provider=local(card),
                code=offer.code,
                purpose=grant.purpose,
                legal_basis=grant.legal_basis,
                fields=list(grant.fields),
                valid_from=now - timedelta(days=1),
            )
            for card in cards
            for offer in (*card.offers, *card.events)
            for grant in offer.grants
            if grant.to in by_code
        ],
    )  # fmt: skip


@contextlib.contextmanager
def whole_exchange(*cards: System) -> Iterator[InProcessGateway]:
    """Put a gateway that carries these systems in the place of the running one."""
    now = clock.instant()
    root = SigningKey.generate()
    authority = Authority(root, pki.make_root(root, name="Root", instance=INSTANCE, now=now))
    owners = sorted({"G14", *(card.owner for card in cards)})
    keys = {MemberId(INSTANCE, "GOV", code): SigningKey.generate() for code in owners}
    auth_key = SigningKey.generate()
    operator = MemberId(INSTANCE, "GOV", "G14")
    auth = authority.issue_auth(auth_key.verifying, owner=operator, gateway="national", now=now)
    directory_key = SigningKey.generate()
    gateway = InProcessGateway(
        snapshot=snapshot(cards, keys, authority, pki.fingerprint(auth)),
        anchor=Anchor(
            instance=INSTANCE,
            directory_keys=[DirectoryKey(directory_key.kid, directory_key.verifying.pem())],
            roots=[pki.pem_of(authority.certificate)],
        ),
        keys=keys,
        clients={
            local(card): ClientRule(
                modes=["secret"],
                secret_sha256=hashlib.sha256(SECRET.format(card.code).encode()).hexdigest(),
            )
            for card in cards
        },
        provider=behind,
        log=MemoryLog(),
    )
    exchange = GatewayExchange(
        InProcess(lambda request: through(gateway, request)),
        CardAddresses({card.code: card for card in cards}, INSTANCE),
        Secrets(),
    )
    try:
        with registry.playing(*cards), client.using(exchange):
            yield gateway
    finally:
        gateway.close()


def through(gateway: InProcessGateway, request: HttpRequest) -> HttpAnswer:
    """The consumer side of the gateway, as a transport reaches it."""
    headers = [(name.encode(), value.encode()) for name, value in request.headers]
    answer = gateway.call(request.method, request.target, headers, request.body)
    return HttpAnswer(
        answer.status,
        {name.decode().lower(): value.decode("latin-1") for name, value in answer.headers},
        answer.body.whole(),
    )


def behind(request: SystemRequest) -> SystemAnswer:
    """The provider's edge, as the gateway reaches it: another process, so here another thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_answer, request).result()


def _answer(request: SystemRequest) -> SystemAnswer:
    try:
        return _served(request)
    finally:
        connections.close_all()


def _served(request: SystemRequest) -> SystemAnswer:
    sealed = (request.header(names.ADMISSION) or b"").partition(b".")[0]
    told = json.loads(base64.urlsafe_b64decode(sealed + b"=" * (-len(sealed) % 4)))
    system = ServiceId.parse(told["service"]).subsystem.code
    headers = {name.decode().lower(): value.decode() for name, value in request.headers}
    made = serve(
        EdgeRequest(request.method, f"/offers/{system}{request.target}", headers, request.body),
        key=TEST_SECRETS.admission,
    )
    return SystemAnswer(
        made.status, made.body, [(name.encode(), value.encode()) for name, value in made.headers]
    )
