"""
An exchange through both sides of a gateway against the same call made directly.

    python bench/gateway/run.py [--seconds 3] [--processes N] [--base 23000] [--profile FILE]

Starts PostgreSQL (fsync on), a system that echoes, and the gateway's processes
in a temporary home, then measures in one run: signed, verified, logged durably
on both sides, over mutual TLS to the gateway's own peer port. Writes
``latest.json`` and ``latest.md`` beside this file.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvloop

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from gateway.exchange_cast import FIND, UNITS, asks, country  # noqa: E402
from lienthong.cli import postgres, roles, service_user  # noqa: E402
from lienthong.gateway import schema  # noqa: E402
from lienthong.gateway.bodies import Body, SpoolRoom  # noqa: E402
from lienthong.gateway.edge_http import Listener  # noqa: E402
from lienthong.gateway.messages import Caller, Head, Incoming, Outgoing  # noqa: E402
from lienthong.gateway.pool import Address, Pool  # noqa: E402
from lienthong.kernel.node import Node, Ports  # noqa: E402

BODY = json.dumps({"personal_id": "091095000017", "fields": ["name", "born_on"]}).encode()
CONNECTIONS = (1, 16, 64)


class Echo:
    """The system behind the gateway: answers with what it was asked."""

    def body_limit(self, head: Head) -> int:
        return 1 << 20

    async def answer(self, request: Incoming) -> Outgoing:
        return Outgoing(200, b"OK", [(b"Content-Type", b"application/json")], request.body)

    def malformed(self, why: str, caller: Caller) -> Outgoing:
        return Outgoing(400, b"Bad Request", [], Body.of(why.encode()))


async def serve_echo(port: int) -> None:
    await Listener(Echo(), SpoolRoom()).start("127.0.0.1", port)
    print("ready", flush=True)
    await asyncio.Event().wait()


@dataclass(frozen=True)
class Way:
    """One of the things compared."""

    name: str
    port: int
    head: bytes


@dataclass
class Result:
    """What one way did at one number of connections."""

    way: str
    connections: int
    requests: int = 0
    errors: int = 0
    per_second: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    gateway_cpu_us: float = 0.0
    postgres_cpu_us: float = 0.0
    system_cpu_us: float = 0.0
    load_cpu_us: float = 0.0


def head_of(target: str, *, through_gateway: bool) -> bytes:
    headers = asks(Content_Type="application/json") if through_gateway else [
        (b"Content-Type", b"application/json")]  # fmt: skip
    lines = [f"POST {target} HTTP/1.1".encode(), b"Host: 127.0.0.1"]
    lines += [name + b": " + value for name, value in headers]
    lines += [b"Content-Length: %d" % len(BODY), b"", b""]
    return b"\r\n".join(lines)


def cpu(processes: list[psutil.Process]) -> float:
    """CPU seconds used so far by these processes and their children."""
    total = 0.0
    for process in processes:
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                total += times.user + times.system
    return total


async def measure(
    way: Way, connections: int, seconds: float, groups: dict[str, list[psutil.Process]]
) -> Result:
    """As many calls as fit into the time, one after another on each connection."""
    pool = Pool(SpoolRoom(), keep=connections)
    body, address = Body.of(BODY), Address("127.0.0.1", way.port)
    result, taken = Result(way.name, connections), []

    async def call() -> None:
        started = time.perf_counter()
        answer = await pool.send(
            address, way.head, body, deadline=time.monotonic() + 30, limit=1 << 20
        )
        if answer.status == 200 and answer.body.data == BODY:
            taken.append(time.perf_counter() - started)
        else:
            result.errors += 1
            if result.errors == 1:
                print(answer.status, answer.body.whole()[:300])
        answer.body.close()

    async def worker(until: float) -> None:
        while time.perf_counter() < until:
            await call()

    await asyncio.gather(*(worker(time.perf_counter() + 0.4) for _ in range(connections)))
    taken.clear()
    before = {name: cpu(processes) for name, processes in groups.items()}
    own, started = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker(started + seconds) for _ in range(connections)))
    length = time.perf_counter() - started
    used = {name: cpu(processes) - before[name] for name, processes in groups.items()}
    pool.close()
    result.requests = len(taken)
    result.per_second = round(len(taken) / length, 1)
    if taken:
        taken.sort()
        result.p50_ms = round(taken[len(taken) // 2] * 1000, 2)
        result.p99_ms = round(taken[int(len(taken) * 0.99)] * 1000, 2)
        each = 1e6 / len(taken)
        result.gateway_cpu_us = round(used["gateway"] * each)
        result.postgres_cpu_us = round(used["postgres"] * each)
        result.system_cpu_us = round(used["system"] * each)
        result.load_cpu_us = round((time.process_time() - own) * each)
    return result


@contextlib.contextmanager
def database(home: Path, port: int) -> Iterator[tuple[str, psutil.Process]]:
    """A PostgreSQL of our own with the gateway's schema; its URL for the gateway's role."""
    user = service_user.ensure()
    home.chmod(0o711)
    place = home / "pg"
    place.mkdir(mode=0o711)
    user.own(place)
    cluster = postgres.Cluster(
        data=place / "data",
        sockets=place / "s",
        port=port,
        binaries=postgres.Binaries.find().readable_by(user, place / "binaries"),
        user=user,
    )
    password = secrets.token_hex(16)
    cluster.initialise(password)
    cluster.start()
    try:
        superuser = cluster.url("postgres", "postgres", password)
        known = {role: secrets.token_hex(16) for role in roles.ROLES}
        roles.make_roles(superuser, known)
        roles.make_database(superuser, "lt_gateway", kind=roles.GATEWAY_DATABASE)
        schema.migrate(cluster.url(roles.OWNER, "lt_gateway", known[roles.OWNER]))
        number = cluster.pid()
        assert number is not None
        yield cluster.url(roles.GATEWAY, "lt_gateway", known[roles.GATEWAY]), psutil.Process(number)
    finally:
        cluster.stop()


@contextlib.contextmanager
def processes(commands: list[list[str]], environment: dict[str, str]) -> Iterator[list[int]]:
    """Children that said they are ready; ended in order."""
    children = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for command in commands
    ]
    try:
        for child in children:
            assert child.stdout is not None
            if not child.stdout.readline():
                raise SystemExit(f"{child.args} ended before it was ready")
        yield [child.pid for child in children]
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait(20)


def machine() -> dict[str, object]:
    model = "unknown"
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": model,
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
    }


def run(options: argparse.Namespace) -> dict[str, object]:
    home = Path(tempfile.mkdtemp(prefix="lt-bench-"))
    node = Node(home, Ports(options.base))
    echo_port = node.ports.offers
    try:
        here = country(peer_port=node.ports.peer)
        here.write(node, f"http://127.0.0.1:{echo_port}/offers/population")
        with database(home, node.ports.postgres) as (dsn, server):
            environment = {
                **os.environ,
                "PYTHONPATH": str(ROOT / "src"),
                "LIENTHONG_HOME": str(home),
                "LIENTHONG_PORT_BASE": str(options.base),
                "LIENTHONG_GATEWAY_DATABASE_URL": dsn,
                "LIENTHONG_LOG_LEVEL": "WARNING",
            }
            echo = [sys.executable, str(HERE / "run.py"), "--echo", str(echo_port)]
            gateways = [
                [sys.executable, "-m", "lienthong.gateway", "--index", str(index), "--of",
                 str(options.processes)]
                for index in range(options.processes)
            ]  # fmt: skip
            if options.profile:
                gateways[0][1:1] = ["-m", "cProfile", "-o", options.profile]
            started = time.monotonic()
            with processes([echo], environment) as echoes, processes(gateways, environment) as pids:
                ready = round(time.monotonic() - started, 2)
                groups = {
                    "gateway": [psutil.Process(pid) for pid in pids],
                    "postgres": [server],
                    "system": [psutil.Process(pid) for pid in echoes],
                }
                ways = [
                    Way("direct", echo_port,
                        head_of("/offers/population/person.find.v1", through_gateway=False)),
                    Way("strict", node.ports.consumer,
                        head_of(f"/r1/{FIND}", through_gateway=True)),
                    Way("overlap", node.ports.consumer,
                        head_of(f"/r1/{UNITS}", through_gateway=True)),
                ]  # fmt: skip
                results = []
                for connections in options.connections:
                    for way in ways:
                        result = uvloop.run(measure(way, connections, options.seconds, groups))
                        results.append(result)
                        print(result, flush=True)
                memory = [round(p.memory_full_info().pss / 2**20) for p in groups["gateway"]]
        return {
            "machine": machine(),
            "load_before": options.load,
            "gateway_processes": options.processes,
            "gateway_pss_mib": memory,
            "ready_seconds": ready,
            "body_bytes": len(BODY),
            "on": FEATURES,
            "results": [vars(result) for result in results],
        }
    finally:
        shutil.rmtree(home, ignore_errors=True)


FEATURES = [
    "client secret checked",
    "RFC 9421 ecdsa-p256-sha256 signatures, made and verified both ways",
    "RFC 9530 digests and X-Road request hash",
    "mutual TLS 1.3 between the consumer's and the provider's side, kept alive",
    "four log rows, each committed with fsync before the answer (strict: the request's before "
    "forwarding), replay window in the database",
    "signed promise on every answer, one sealer running",
    "grant, clock window, deadline, lane and breaker; HMAC admission to the system",
    "off: subject index, inspector, batch signatures",
]


def as_page(report: dict[str, object]) -> str:
    here = report["machine"]
    assert isinstance(here, dict)
    rows = report["results"]
    assert isinstance(rows, list)
    direct = {row["connections"]: row for row in rows if row["way"] == "direct"}
    lines = [
        "# An exchange through both sides of a gateway",
        "",
        f"Machine: {here['cores']} cores of {here['cpu']}, {here['memory_gib']} GiB, "
        f"{here['system']}, Python {here['python']}. Load average before the run: "
        f"{report['load_before']}. The load program, PostgreSQL, the system and "
        f"{report['gateway_processes']} gateway processes share these cores.",
        "",
        f"Body {report['body_bytes']} bytes. Gateway ready after {report['ready_seconds']} s "
        f"(database connected, all ports open), {report['gateway_pss_mib']} MiB PSS a process "
        "at the end.",
        "",
        "| way | connections | requests/s | p50 ms | p99 ms | gateway CPU µs | PostgreSQL CPU µs "
        "| system CPU µs | p50 against direct | errors |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        base = direct[row["connections"]]["p50_ms"] or 1
        lines.append(
            f"| {row['way']} | {row['connections']} | {row['per_second']} | {row['p50_ms']} "
            f"| {row['p99_ms']} | {row['gateway_cpu_us']} | {row['postgres_cpu_us']} "
            f"| {row['system_cpu_us']} | {row['p50_ms'] / base:.1f} | {row['errors']} |"
        )
    features = report["on"]
    assert isinstance(features, list)
    lines += [
        "",
        "CPU is per exchange and counts both sides of the gateway together. The system only "
        "echoes on the same bare edge, so the ratio is the worst there is: read the difference "
        "of the two p50 as what an exchange adds to a call.",
        "",
    ]
    lines += ["What was on:", "", *(f"- {feature}" for feature in features), ""]
    lines += ["Made by `python bench/gateway/run.py`.", ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--base", type=int, default=23000)
    parser.add_argument("--connections", type=int, nargs="+", default=list(CONNECTIONS))
    parser.add_argument("--profile", default="")
    parser.add_argument("--dry", action="store_true", help="print only, write nothing")
    parser.add_argument("--echo", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.echo:
        with contextlib.suppress(KeyboardInterrupt):
            uvloop.run(serve_echo(options.echo))
        return
    options.load = os.getloadavg()[0]
    report = run(options)
    page = as_page(report)
    print(page)
    if not options.dry:
        (HERE / "latest.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
        (HERE / "latest.md").write_text(page)


if __name__ == "__main__":
    main()
