"""A log with everything that others can say of it: a witness, and a time-stamping authority."""

from __future__ import annotations

import contextlib
import dataclasses
import time

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.exchange_cast import FIND, ISSUE, JUSTICE, Country, asks
from lienthong.gateway.bodies import EMPTY, Body
from lienthong.gateway.messages import Caller, Head, Incoming
from lienthong.gateway.parquet import Archive
from lienthong.gateway.pool import NotReached, Received
from lienthong.gateway.postgres_log import PostgresLog
from lienthong.gateway.reading import LogReader
from lienthong.gateway.sealer import Sealer
from lienthong.gateway.settings import Timestamps
from lienthong.gateway.timestamps import Authority, Stamper
from lienthong.gateway.witness import Witness, Witnesses
from lienthong.kernel import clock
from lienthong.protocol import pki
from lienthong.protocol.demonstration_authority import DemonstrationAuthority
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.snapshot import GatewayEntry

OTHER = "justice"
BODY = b'{"born_on":"2021-08-17"}'


@dataclasses.dataclass
class ToWitness:
    """The way out of the log's gateway: its peers are called, not connected to."""

    own_certificate: str
    witness: Witness | None = None
    away: bool = False

    async def to_peer(self, gateway, message, *, deadline, limit):
        if self.away or self.witness is None or gateway.code != OTHER:
            raise NotReached
        head = Head(message.method, message.target, message.headers, Caller(self.own_certificate))
        answer = await self.witness.answer(Incoming(head, message.body, time.monotonic()))
        return Received(answer.status, answer.reason, list(answer.headers), answer.body)


@dataclasses.dataclass
class Attested:
    """The log's gateway in process, with its sealer, stamper and witness."""

    country: Country
    gateway: object
    log: PostgresLog
    reader: LogReader
    sealer: Sealer
    archive: Archive
    authority: DemonstrationAuthority
    stamper: Stamper
    witness: Witness
    witnesses: Witnesses
    way: ToWitness

    @property
    def core(self):
        return self.gateway.gateway

    async def issue(self, message_id, **more):
        more = {"Idempotency_Key": message_id, "X_Road_Id": message_id, **more}
        answer = await self.gateway.answer("POST", f"/r1/{ISSUE}?full=1", asks(**more), BODY)
        assert answer.status == 200, answer.body.whole()
        return answer

    async def find(self, message_id, body=BODY):
        answer = await self.gateway.answer("POST", f"/r1/{FIND}", asks(X_Road_Id=message_id), body)
        assert answer.status == 200, answer.body.whole()
        return answer

    async def seal(self):
        assert await self.sealer.take_over()
        while await self.sealer.seal():
            pass

    async def submit(self, body, certificate=None):
        """What the witness says to these bytes; status and body."""
        caller = Caller(self.way.own_certificate if certificate is None else certificate)
        head = Head(b"POST", b"/witness/add-checkpoint", [], caller)
        answer = await self.witness.answer(Incoming(head, Body.of(body), time.monotonic()))
        return answer.status, answer.body.whole()


def with_two_gateways(country: Country) -> Country:
    """The small exchange with a second gateway, that of the Ministry of Justice."""
    key = SigningKey.generate()
    auth = country.authority.issue_auth(
        key.verifying, owner=JUSTICE, gateway=OTHER, now=clock.instant()
    )
    entry = GatewayEntry(
        code=OTHER, owner=JUSTICE.local, host="127.0.0.1", port=1,
        auth_cert_sha256=[pki.fingerprint(auth)],
    )  # fmt: skip
    snapshot = country.changed(gateways=[*country.snapshot.gateways, entry])
    return dataclasses.replace(country, snapshot=snapshot)


@contextlib.asynccontextmanager
async def attested(country: Country, database, directory, *, keep_bodies=False):
    """Both gateways; ``keep_bodies`` makes every offer ask for that."""
    country = with_two_gateways(country)
    if keep_bodies:
        offers = [msgspec.structs.replace(one, keep_body=True) for one in country.snapshot.offers]
        country = dataclasses.replace(country, snapshot=country.changed(offers=offers))
    log = PostgresLog(database.gateway_url)
    await log.start()
    gateway = country.gateway()
    gateway.gateway.log = log
    reader = LogReader(database.gateway_url)
    owner = gateway.gateway.identity.owner
    sealer = Sealer(
        database.gateway_url, origin=str(gateway.gateway.identity), key=country.keys[owner]
    )
    other = country.gateway()
    other.gateway.identity = type(other.gateway.identity)(JUSTICE, OTHER)
    witness = Witness(other.gateway, reader, Ed25519PrivateKey.generate())
    way = ToWitness(country.snapshot.gateways[0].auth_cert_sha256[0], witness)
    # Only witnessing leaves this way; exchanges stay with the in-process gateway.
    asking = dataclasses.replace(gateway.gateway, way_out=way)
    authority = DemonstrationAuthority.make(now=clock.instant())
    stamper = Stamper(
        reader, [Authority("demonstration", authority.roots, here=authority)], Timestamps(every=0)
    )
    try:
        yield Attested(
            country=country, gateway=gateway, log=log, reader=reader, sealer=sealer,
            archive=Archive(directory), authority=authority, stamper=stamper, witness=witness,
            witnesses=Witnesses(asking, reader), way=way,
        )  # fmt: skip
    finally:
        await log.close()
        await sealer.close()
        await reader.close()


__all__ = ["BODY", "EMPTY", "Attested", "attested"]
