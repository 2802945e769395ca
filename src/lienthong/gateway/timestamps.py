"""
Time-stamps on heads: asked for at an interval, kept, and renewed before they lose their strength.

Losing an authority delays stamps, never traffic. The next authority of the
list is asked when one does not answer; a token is stored only after it was
verified against the roots configured for its authority.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from lienthong.gateway.bodies import Body, SpoolRoom
from lienthong.gateway.pool import Address, Pool, SendFailed
from lienthong.gateway.postgres_log import Connection
from lienthong.gateway.reading import LogReader
from lienthong.gateway.settings import BadSettings, GatewaySettings, Timestamps
from lienthong.kernel import clock
from lienthong.protocol import timestamp
from lienthong.protocol.demonstration_authority import DemonstrationAuthority
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.timestamp import BadTimestamp, Stamp

logger = logging.getLogger("lienthong.gateway.timestamps")

DEMONSTRATION = "demonstration"
PATIENCE = 60.0
LARGEST = 64 << 10
LOOK_EVERY = 10.0
RENEW_BEFORE = timedelta(days=60)
RENEWED_A_ROUND = 50
COSIGNED_LATELY = timedelta(seconds=60)
QUERY, REPLY = b"application/timestamp-query", b"application/timestamp-reply"

LAST = "SELECT max(stamped_at) FROM log_timestamp WHERE place = 0"
# A head that a witness has signed already makes the better receipt, if it is not old.
NEXT = """
    SELECT c.size, c.note FROM log_checkpoint c
    WHERE NOT EXISTS (SELECT 1 FROM log_timestamp t WHERE t.size >= c.size)
    ORDER BY EXISTS (SELECT 1 FROM log_cosignature s WHERE s.size = c.size) AND signed_at > $1 DESC,
             c.size DESC
    LIMIT 1
"""
NEWEST_UNSTAMPED = """
    SELECT c.size, c.note FROM log_checkpoint c
    WHERE NOT EXISTS (SELECT 1 FROM log_timestamp t WHERE t.size >= c.size)
    ORDER BY c.size DESC LIMIT 1
"""
DUE = """
    SELECT t.size, t.good_until, c.note
    FROM (SELECT size, max(good_until) AS good_until FROM log_timestamp GROUP BY size) t
    JOIN log_checkpoint c USING (size)
    WHERE t.good_until < $1 ORDER BY t.good_until LIMIT $2
"""
TOKENS = "SELECT token FROM log_timestamp WHERE size = $1 ORDER BY place"
KEEP = (
    "INSERT INTO log_timestamp (size, place, authority, stamped_at, good_until, token)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
)


@dataclass(slots=True)
class Authority:
    """An authority that can be asked: by HTTP, or the demonstration in this process."""

    name: str
    roots: tuple[x509.Certificate, ...]
    url: str = ""
    here: DemonstrationAuthority | None = None

    @classmethod
    def of(cls, url: str, roots: str, home: Path, keys: Path, passphrase: bytes) -> Authority:
        """Read one authority's setting; raises BadSettings or FileNotFoundError."""
        if url == DEMONSTRATION:
            here = DemonstrationAuthority.open(keys / "timestamp", passphrase)
            return cls(DEMONSTRATION, here.roots, here=here)
        if urlsplit(url).scheme not in ("http", "https"):
            raise BadSettings(f"not the address of a time-stamping authority: {url}")
        try:
            trusted = x509.load_pem_x509_certificates((home / roots).read_bytes())
        except ValueError:
            raise BadSettings(f"{roots} holds no certificates") from None
        return cls(url, tuple(trusted), url)


@dataclass(slots=True)
class Stamper:
    """Keeps the heads of one log stamped."""

    reader: LogReader
    authorities: Sequence[Authority]
    settings: Timestamps = field(default_factory=Timestamps)
    room: SpoolRoom = field(default_factory=SpoolRoom)

    async def run(self) -> None:
        """Until cancelled; whatever goes wrong is tried again."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.stamp_next()
                await self.renew()
            except (ProtocolError, SendFailed, OSError) as problem:
                logger.warning("no time-stamp", extra={"error": type(problem).__name__})

    async def stamp_next(self) -> Stamp | None:
        """Stamp the newest head when the last stamp is old enough; None when nothing is due."""
        now = clock.instant()
        async with self.reader.connection() as connection:
            last = await connection.fetchval(LAST)
            if last is not None and now - last < timedelta(seconds=self.settings.every):
                return None
            record = await connection.fetchrow(NEXT, now - COSIGNED_LATELY)
            if record is None:
                return None
            return await self._stamp(connection, record["size"], bytes(record["note"]))

    async def stamp_now(self) -> Stamp | None:
        """Stamp the newest head whatever the interval; None when it is stamped or there is none."""
        async with self.reader.connection() as connection:
            record = await connection.fetchrow(NEWEST_UNSTAMPED)
            if record is None:
                return None
            return await self._stamp(connection, record["size"], bytes(record["note"]))

    async def renew(self) -> int:
        """Stamp heads anew whose last token will soon be worth nothing; how many."""
        renewed = 0
        async with self.reader.connection() as connection:
            horizon = clock.instant() + RENEW_BEFORE
            for record in await connection.fetch(DUE, horizon, RENEWED_A_ROUND):
                stamp = await self._stamp(
                    connection, record["size"], bytes(record["note"]), later=record["good_until"]
                )
                if stamp is None:
                    logger.error("no authority outlives the time-stamps that end soon")
                    break
                renewed += 1
        return renewed

    async def _stamp(
        self, connection: Connection, size: int, note: bytes, *, later: datetime | None = None
    ) -> Stamp | None:
        """A token over a head and its tokens so far; None unless it outlives ``later``."""
        earlier = [bytes(one["token"]) for one in await connection.fetch(TOKENS, size)]
        data = timestamp.covered(note, earlier)
        token, stamp, authority = await self.ask(data)
        good_until = self.good_until(stamp)
        if later is not None and good_until <= later:
            return None
        await connection.execute(
            KEEP, size, len(earlier), authority.name, stamp.time, good_until, token
        )
        logger.info("stamped", extra={"size": size})
        return stamp

    def good_until(self, stamp: Stamp) -> datetime:
        """The end of the authority's certificate, or of its algorithm if that comes first."""
        end = self.settings.algorithms_end.get(self.settings.algorithm)
        return min(stamp.good_until, end) if end is not None else stamp.good_until

    async def ask(self, data: bytes) -> tuple[bytes, Stamp, Authority]:
        """A verified token of the first authority that gives one; raises what the last one did."""
        failure: Exception = BadTimestamp("no time-stamping authority is configured")
        for authority in self.authorities:
            question = timestamp.ask(data, algorithm=self.settings.algorithm)
            try:
                answer = (
                    authority.here.answer(question.der)
                    if authority.here is not None
                    else await self._send(authority.url, question.der)
                )
                token = timestamp.open_answer(answer, question, authority.roots)
                return token, timestamp.open_token(token, data, authority.roots), authority
            except (ProtocolError, SendFailed) as problem:
                failure = problem
                logger.warning("authority", extra={"error": type(problem).__name__})
        raise failure

    async def _send(self, url: str, question: bytes) -> bytes:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        target = parts.path or "/"
        head = (
            f"POST {target}{'?' + parts.query if parts.query else ''} HTTP/1.1\r\n"
            f"Host: {parts.netloc}\r\nContent-Type: {QUERY.decode()}\r\n"
            f"Accept: {REPLY.decode()}\r\nContent-Length: {len(question)}\r\n\r\n"
        ).encode()
        pool = Pool(self.room, ssl.create_default_context() if secure else None)
        try:
            received = await pool.send(
                Address(parts.hostname or "", parts.port or (443 if secure else 80)),
                head, Body.of(question), deadline=time.monotonic() + PATIENCE, limit=LARGEST,
            )  # fmt: skip
            body = received.body.whole()
            received.body.close()
        finally:
            pool.close()
        if received.status != 200:
            raise BadTimestamp(f"the authority answered {received.status}")
        return body


def authorities_of(settings: GatewaySettings) -> list[Authority]:
    """The authorities a gateway's settings name; raises BadSettings or FileNotFoundError."""
    node = settings.node
    passphrase = node.secret("passphrase").encode()
    return [
        Authority.of(one.url, one.roots, node.gateway, node.keys, passphrase)
        for one in settings.file.timestamps.authorities
    ]


def roots_of(authorities: Sequence[Authority]) -> tuple[x509.Certificate, ...]:
    """Everything a token may lead to."""
    return tuple(root for authority in authorities for root in authority.roots)
