"""
A gateway process: read the settings, listen, follow what changes, stop in order.

Several of these share their ports, one for each core. All hold a sealer, of
which one works; the first process also asks the directory for snapshots and
serves the administration API and the public log.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import ssl
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import uvloop

from lienthong.gateway import tls
from lienthong.gateway.admin import Administration
from lienthong.gateway.ageing import Warner, ageing
from lienthong.gateway.bodies import SpoolRoom
from lienthong.gateway.core import Gateway
from lienthong.gateway.denied import DeniedFile
from lienthong.gateway.directory_client import DirectoryClient
from lienthong.gateway.door import Door
from lienthong.gateway.edge_http import Listener
from lienthong.gateway.exports import Exports
from lienthong.gateway.facades import BadFacade
from lienthong.gateway.following import Following
from lienthong.gateway.front import ConsumerFront, PeerFront
from lienthong.gateway.limits import LaneRules, Lanes
from lienthong.gateway.membership import Membership, finish_promotion
from lienthong.gateway.observing import Observatory
from lienthong.gateway.operational import Monitor
from lienthong.gateway.operational_log import OperationalLog, Surroundings, internal_ip
from lienthong.gateway.parquet import Archive
from lienthong.gateway.postgres_log import PostgresLog
from lienthong.gateway.processes import Processes
from lienthong.gateway.public_log import PublicLog
from lienthong.gateway.quotas import PostgresQuotas
from lienthong.gateway.reading import LogReader
from lienthong.gateway.sealer import Sealer
from lienthong.gateway.settings import (
    BadSettings,
    GatewaySettings,
    Holdings,
    concealed_names,
    database_url,
    load_holdings,
    load_secrets,
    load_settings,
    stamp,
)
from lienthong.gateway.signing import Signing
from lienthong.gateway.snapshots import Directory, SnapshotFile
from lienthong.gateway.tracing import Tracer
from lienthong.gateway.ways_out import Sockets
from lienthong.gateway.witness import Witness, Witnesses, witness_key
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.protocol.errors import LoggingFailed, ProtocolError
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.tokens import TokenUnavailable
from lienthong.protocol.traces import BadCollector, Wish

if TYPE_CHECKING:
    from lienthong.gateway.timestamps import Stamper

logger = logging.getLogger("lienthong.gateway")

LOOPBACK = "127.0.0.1"
LOOK_EVERY = 2.0
DRAIN = 10.0
DATABASE_PATIENCE = 30.0


@dataclass(slots=True)
class Process:
    """One running gateway process and everything it has open."""

    settings: GatewaySettings
    gateway: Gateway
    log: PostgresLog
    sealer: Sealer
    snapshots: SnapshotFile
    sockets: Sockets
    contexts: list[ssl.SSLContext]
    consumer_context: ssl.SSLContext
    room: SpoolRoom
    reader: LogReader
    public_reader: LogReader
    """Of its own, so that readers of the public log take nothing from the administration."""
    export_reader: LogReader
    """For clients who fetch their evidence, for the same reason."""
    denied: DeniedFile
    operational: OperationalLog
    processes: Processes
    observing: Observatory
    index: int = 0
    door: Door | None = None
    following: Following | None = None
    warner: Warner = field(default_factory=Warner)
    listeners: list[Listener] = field(default_factory=list)
    """The peer port comes last, since all others lean on it."""
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _stamp: tuple[tuple[str, int, int], ...] = ()

    @classmethod
    async def start(
        cls, node: Node, index: int, environ: Mapping[str, str], count: int = 1
    ) -> Process:
        """Everything up and listening; raises what is missing."""
        settings = load_settings(node)
        finish_promotion(node, settings.gateway)
        holdings = load_holdings(node, settings.anchor.instance)
        known = stamp(node)
        dsn = database_url(node, environ)
        log = PostgresLog(dsn)
        await connect(log)
        spool = node.run / "spool"
        spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        room = SpoolRoom(spool)
        caller, peer, consumer = (
            tls.peer_caller(settings), tls.peer_listener(settings), tls.consumer_listener(settings)
        )  # fmt: skip
        sockets = Sockets(room, caller)
        snapshots = SnapshotFile(node.gateway / "snapshot.json", settings.anchor)
        denied = DeniedFile(node.gateway / "denied.json", settings.anchor)
        gateway = Gateway(
            identity=settings.gateway,
            anchor=settings.anchor,
            secrets=settings.secrets,
            holdings=holdings,
            log=log,
            way_out=sockets,
            current=snapshots.look(),
            peers=Lanes(LaneRules(at_once=settings.file.peer_at_once)),
            providers=Lanes(LaneRules(at_once=settings.file.system_at_once)),
            signing=Signing(gathers=settings.file.batch_signatures),
            denied=denied.look(),
            quotas=PostgresQuotas(dsn),
            signed_grants=settings.file.signed_grants,
            spelling=settings.file.fault_spelling,
            concealed=concealed_names(settings.file.conceal_headers),
            monitor=Monitor(keeps=settings.file.operational_monitoring),
            tracer=make_tracer(settings, environ),
        )
        around = Surroundings(
            str(settings.gateway), internal_ip(settings.file.peer_host), lambda: gateway.current
        )
        sockets.deny(gateway.denied)
        sealer = make_sealer(dsn, settings, holdings)
        operational = OperationalLog(dsn, gateway.monitor, around)
        processes = Processes(
            gateway, sealer, operational, index=index, of=count, directory=node.run / "gateway"
        )
        processes.take_over()
        reader = LogReader(dsn)
        # Connections of its own: a member's long question may not keep a revocation waiting.
        asked_from_outside = LogReader(dsn, most=2)
        gateway.observing = observing = Observatory(
            gateway, asked_from_outside, processes, node.home,
            offset=settings.file.operational_offset,
            monitoring_client=settings.file.monitoring_client,
            limited_to=settings.file.monitoring_client_metrics,
            auth_certificate=settings.auth_certificate,
        )  # fmt: skip
        process = cls(
            settings=settings,
            gateway=gateway,
            log=log,
            sealer=sealer,
            snapshots=snapshots,
            sockets=sockets,
            contexts=[caller, peer, consumer],
            consumer_context=consumer,
            room=room,
            reader=reader,
            public_reader=LogReader(dsn),
            export_reader=LogReader(dsn, most=2),
            denied=denied,
            operational=operational,
            processes=processes,
            observing=observing,
            index=index,
        )
        process._stamp = known
        await process.listen(room, peer, consumer)
        process.begin(room)
        return process

    async def listen(self, room: SpoolRoom, peer: ssl.SSLContext, consumer: ssl.SSLContext) -> None:
        ports, file = self.settings.node.ports, self.settings.file
        passphrase = self.settings.node.secret("passphrase").encode()
        witness = Witness(
            self.gateway,
            self.reader,
            witness_key(self.settings.node.keys / "gateway", passphrase),
        )
        inner = Listener(PeerFront(self.gateway, witness), room)
        await inner.start(file.peer_host, ports.peer, tls=peer, shared=True)
        archive = Archive(self.settings.node.archive)
        stamper = self.stamper if file.timestamps.authorities else None
        consumers = ConsumerFront(self.gateway, Exports(self.export_reader, archive, stamper))
        secure = Listener(consumers, room, proxied=True)
        plain = Listener(consumers, room, proxied=True)
        await secure.start(file.consumer_tls_host, ports.consumer_tls, tls=consumer, shared=True)
        # Plain HTTP is for this machine only, whatever a file says (decision 8).
        await plain.start(LOOPBACK, ports.consumer, shared=True)
        self.listeners = [plain, secure, inner]
        if self.index == 0:
            token = self.settings.node.secret("admin_token")
            office = Administration(
                self.gateway, self.reader, self.sealer, token, archive, self.processes,
                self.observing,
            )  # fmt: skip
            window = PublicLog(self.public_reader)
            for application, host, port in (
                (office, LOOPBACK, ports.gateway_admin),
                (window, file.public_log_host, ports.public_log),
            ):
                listener = Listener(application, room)
                await listener.start(host, port)
                self.listeners.insert(0, listener)
            if file.door_host:
                await self.open_door(room)

    async def open_door(self, room: SpoolRoom) -> None:
        """On the directory's own node: let the gateways of the exchange ask."""
        node = self.settings.node
        tls_context = tls.door_listener(self.settings)
        self.contexts.append(tls_context)
        self.door = Door(
            node.gateway / "anchor.json", self.snapshots, self.denied, node.ports.pages, room
        )
        listener = Listener(self.door, room)
        await listener.start(self.settings.file.door_host, node.ports.door, tls=tls_context)
        self.listeners.insert(0, listener)

    def begin(self, room: SpoolRoom) -> None:
        self.tasks.append(asyncio.create_task(self.watch(), name="watch"))
        self.tasks.append(asyncio.create_task(self.sealer.run(), name="sealer"))
        self.tasks.append(asyncio.create_task(self.operational.run(), name="operational"))
        self.processes.listeners = self.listeners
        self.tasks.append(asyncio.create_task(self.processes.run(), name="processes"))
        self.tasks.append(asyncio.create_task(self.observing.run(), name="environment"))
        if self.gateway.tracer is not None:
            self.tasks.append(asyncio.create_task(self.gateway.tracer.run(), name="traces"))
        if self.index == 0:
            self.tasks.append(asyncio.create_task(self.stamp(), name="timestamps"))
            witnesses = Witnesses(self.gateway, self.reader)
            self.tasks.append(asyncio.create_task(witnesses.run(), name="witnesses"))
        if self.index == 0 and (membership := Membership.of(self.settings.node)) is not None:
            self.follow_exchange(membership)
        elif self.index == 0 and self.settings.file.snapshot_url:
            directory = Directory(self.settings.file.snapshot_url, self.snapshots, room)
            self.tasks.append(asyncio.create_task(self.follow(directory), name="directory"))

    async def stamp(self) -> None:
        """Keep heads stamped; the first exchange does not wait for what reads CMS."""
        if not self.settings.file.timestamps.authorities:
            return
        await asyncio.sleep(LOOK_EVERY)
        await self.stamper().run()

    def stamper(self) -> Stamper:
        """What asks the authorities of the settings; it is imported with its first use."""
        from lienthong.gateway.timestamps import Stamper, authorities_of

        return Stamper(
            self.reader, authorities_of(self.settings), self.settings.file.timestamps, self.room
        )

    async def watch(self) -> None:
        """Take up changed files; one that is broken leaves what was there before."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self.gateway.current = self.snapshots.look()
            self.learn_keys()
            self.gateway.denied = self.denied.look()
            self.sockets.deny(self.gateway.denied)
            if self.index == 0:
                now = clock.instant()
                self.warner.tell(ageing(self.gateway.current, now, self.gateway.heard_at), now)
            self.look_at_files()

    def learn_keys(self) -> None:
        """What the newest snapshot says of the directory's keys holds for all it signs."""
        self.gateway.snapshot_refused = self.snapshots.refused
        if self.gateway.anchor is not self.snapshots.anchor:
            self.gateway.anchor = self.denied.anchor = self.snapshots.anchor

    def follow_exchange(self, membership: Membership) -> None:
        """As a member: long-poll the directory's door, and keep the certificates fresh."""
        settings = self.settings
        client = DirectoryClient(membership.url, membership.directory, settings.anchor.roots)
        self.following = Following(
            settings.node, membership, client, self.snapshots, self.denied, self.gateway
        )
        self.tasks.append(asyncio.create_task(self.following.run(), name="directory"))

    async def follow(self, directory: Directory) -> None:
        """Ask the directory for what is newer; the file on disk carries it to the others."""
        try:
            while True:
                await directory.ask()
                self.gateway.current = self.snapshots.current
                await asyncio.sleep(LOOK_EVERY)
        finally:
            directory.close()

    def look_at_files(self) -> None:
        node = self.settings.node
        now = stamp(node)
        if now == self._stamp:
            return
        try:
            holdings = load_holdings(node, self.settings.anchor.instance)
            self.sealer.key = owners_key(self.settings, holdings)
            self.gateway.secrets = load_secrets(node)
            self.gateway.holdings = holdings
            for context in self.contexts:
                tls.reload(context, self.settings)
            tls.trust_clients(self.consumer_context, self.settings)
        except (BadSettings, ProtocolError, msgspec.DecodeError, ValueError, OSError) as problem:
            logger.error("settings", extra={"error": type(problem).__name__})
            return
        self._stamp = now
        logger.info("settings", extra={"clients": len(self.gateway.holdings.clients)})

    async def stop(self) -> None:
        """Refuse new work, finish what is under way, make the log whole."""
        if self.door is not None:
            self.door.stopping.set()
        # What the consumer's side has under way still needs the peer port.
        *others, peer = self.listeners
        cut = sum(await asyncio.gather(*(listener.stop(DRAIN) for listener in others)))
        cut += await peer.stop(DRAIN)
        self.sealer.stop()
        self.operational.stop()
        if self.following is not None:
            self.following.stop()
        for task in self.tasks:
            if task.get_name() not in ("sealer", "operational"):
                task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.processes.end()
        await self.reader.close()
        await self.public_reader.close()
        await self.observing.reader.close()
        await self.export_reader.close()
        await self.log.close()
        await self.gateway.quotas.close()
        self.sockets.close()
        if self.door is not None:
            self.door.close()
        logger.info("stopped", extra={"cut": cut})


def make_sealer(dsn: str, settings: GatewaySettings, holdings: Holdings) -> Sealer:
    """The sealer signs heads with the key of the gateway's owner; raises BadSettings without it."""
    return Sealer(dsn, origin=str(settings.gateway), key=owners_key(settings, holdings))


def make_tracer(settings: GatewaySettings, environ: Mapping[str, str]) -> Tracer | None:
    """None unless a collector is named; raises BadSettings when that is no address."""
    try:
        wish = Wish.of(environ)
    except BadCollector as problem:
        raise BadSettings(str(problem)) from None
    return Tracer(wish, "lienthong-gateway", str(settings.gateway)) if wish is not None else None


def owners_key(settings: GatewaySettings, holdings: Holdings) -> SigningKey:
    owner = settings.gateway.owner
    key = holdings.keys.get(owner)
    if key is None:
        raise BadSettings(f"the signing key of {owner}, who owns this gateway, is not here")
    return key


async def connect(log: PostgresLog) -> None:
    """Wait for the database; raises LoggingFailed when it does not come."""
    deadline = time.monotonic() + DATABASE_PATIENCE
    while True:
        try:
            return await log.start()
        except LoggingFailed:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)


class JsonLines(logging.Formatter):
    """The application log: one JSON object a line, allow-listed fields only (decision 30)."""

    FIELDS = (
        "fault", "trace", "side", "client", "service", "outcome", "number", "error", "rows",
        "clients", "cut", "size", "age", "stopped", "next_stop", "step",
    )  # fmt: skip

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "from": record.name,
            "event": record.getMessage(),
        }
        said |= {name: value for name in self.FIELDS if (value := record.__dict__.get(name))}
        if record.exc_info:
            # The place of an error, never its text, which may hold what somebody sent.
            kind, _, where = record.exc_info
            said["error"] = kind.__name__ if kind else ""
            while where is not None and where.tb_next is not None:
                where = where.tb_next
            if where is not None:
                code = where.tb_frame.f_code
                said["where"] = f"{os.path.basename(code.co_filename)}:{where.tb_lineno}"
        return json.dumps(said, ensure_ascii=False, default=str)


def begin_logging(environ: Mapping[str, str]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger("lienthong")
    root.handlers = [handler]
    root.setLevel(environ.get("LIENTHONG_LOG_LEVEL", "INFO"))
    root.propagate = False


async def serve(node: Node, index: int, count: int, environ: Mapping[str, str]) -> None:
    """Run until SIGTERM or SIGINT."""
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    process = await Process.start(node, index, environ, count)
    snapshot = process.gateway.current
    ready = {
        "ready": str(process.settings.gateway),
        "index": index,
        "of": count,
        "pid": os.getpid(),
        "consumer": node.ports.consumer,
        "peer": node.ports.peer,
        "snapshot": snapshot.number if snapshot is not None else None,
    }
    calm_collector()
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    await end.wait()
    await process.stop()


def calm_collector() -> None:
    """
    Keep the garbage collector from walking what lives as long as the process.

    An exchange makes hundreds of objects and hardly a cycle; with the default
    threshold the collector runs every other exchange.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m lienthong.gateway --index I --of N``."""
    parser = argparse.ArgumentParser(prog="lienthong.gateway", description=main.__doc__)
    parser.add_argument("--index", type=int, default=0)
    parser.add_argument("--of", type=int, default=1)
    options = parser.parse_args(arguments)
    begin_logging(os.environ)
    node = Node.from_environment()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            uvloop.run(serve(node, options.index, options.of, os.environ))
    except (
        BadFacade,
        BadSettings,
        FileNotFoundError,
        LoggingFailed,
        TokenUnavailable,
        msgspec.DecodeError,
    ) as problem:
        sys.stderr.write(f"The gateway does not start: {problem}\n")
        return 1
    return 0
