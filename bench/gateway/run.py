"""
An exchange through a pair of gateways, against an nginx that only moves the bytes.

    python bench/gateway/run.py [--seconds 3] [--rounds 3] [--base 21000] [--profile FOLDER]

Starts PostgreSQL (fsync on), a system that echoes, two gateways with a database
each, and an nginx with the same two hops. Each row is measured in turns with
nginx, so that both meet the machine in the same state. Writes ``latest.json``
and ``latest.md`` beside this file; ``README.md`` says how to read them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvloop

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests"), str(HERE)]

import pair as setting  # noqa: E402

from gateway.exchange_cast import FIND, UNITS, asks  # noqa: E402
from lienthong.gateway.bodies import Body, SpoolRoom  # noqa: E402
from lienthong.gateway.pool import Address, Pool  # noqa: E402
from lienthong.kernel.node import Ports  # noqa: E402

BODY = json.dumps({"personal_id": "091095000017", "fields": ["name", "born_on"], "more": "x" * 937})
CONNECTIONS = (1, 16, 64, 256)
SYSTEM = "/offers/population/person.find.v1"
PATIENCE = 60


@dataclass(frozen=True)
class Way:
    """One of the things compared."""

    name: str
    port: int
    head: bytes
    mode: str = ""
    signatures: str = ""


@dataclass
class Result:
    """What one way did at one number of connections, in one round or in the middle of all."""

    way: str
    connections: int
    requests: int = 0
    errors: int = 0
    per_second: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    cpu_us: float = 0.0
    """Of both gateways, or of nginx, per exchange."""
    consumer_cpu_us: float = 0.0
    postgres_cpu_us: float = 0.0
    system_cpu_us: float = 0.0
    load_cpu_us: float = 0.0
    ratio: float = 0.0
    """Of this way's rate to nginx's, measured just before."""
    load_average: float = 0.0


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
    body, address = Body.of(BODY.encode()), Address("127.0.0.1", way.port)
    result, taken = Result(way.name, connections), []

    async def call() -> None:
        started = time.perf_counter()
        answer = await pool.send(
            address, way.head, body, deadline=time.monotonic() + PATIENCE, limit=1 << 20
        )
        if answer.status == 200 and answer.body.data == body.data:
            taken.append(time.perf_counter() - started)
        else:
            result.errors += 1
            if result.errors == 1:
                print(answer.status, answer.body.whole()[:300])
        answer.body.close()

    async def worker(until: float) -> None:
        while time.perf_counter() < until:
            await call()

    await asyncio.gather(*(worker(time.perf_counter() + 0.5) for _ in range(connections)))
    taken.clear()
    before = {name: cpu(processes) for name, processes in groups.items()}
    own, started = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker(started + seconds) for _ in range(connections)))
    length = time.perf_counter() - started
    used = {name: cpu(processes) - before[name] for name, processes in groups.items()}
    pool.close()
    result.requests = len(taken)
    result.per_second = len(taken) / length
    result.load_average = os.getloadavg()[0]
    if taken:
        taken.sort()
        result.p50_ms = taken[len(taken) // 2] * 1000
        result.p99_ms = taken[int(len(taken) * 0.99)] * 1000
        each = 1e6 / len(taken)
        if way.name == "nginx":
            result.cpu_us = used["nginx"] * each
        else:
            result.cpu_us = (used["consumer"] + used["provider"]) * each
            result.consumer_cpu_us = used["consumer"] * each
        result.postgres_cpu_us = used["postgres"] * each
        result.system_cpu_us = used["system"] * each
        result.load_cpu_us = (time.process_time() - own) * each
    return result


async def keep_on(
    way: Way, count: int, gateways: dict[str, list[psutil.Process]]
) -> list[dict[str, float]]:
    """This many exchanges at 64 connections, and each gateway's memory ten times on the way."""
    pool = Pool(SpoolRoom(), keep=64)
    body, address = Body.of(BODY.encode()), Address("127.0.0.1", way.port)
    done, samples = 0, [sample(0, gateways)]

    async def worker() -> None:
        nonlocal done
        while done < count:
            done += 1
            if done % max(count // 10, 1) == 0:
                samples.append(sample(done, gateways))
            answer = await pool.send(
                address, way.head, body, deadline=time.monotonic() + PATIENCE, limit=1 << 20
            )
            answer.body.close()

    await asyncio.gather(*(worker() for _ in range(64)))
    pool.close()
    return samples


def sample(done: int, gateways: dict[str, list[psutil.Process]]) -> dict[str, float]:
    """The largest process of each gateway."""
    memory = {name: max(map(mebibytes, processes)) for name, processes in gateways.items()}
    return {"exchanges": done, **memory}


def mebibytes(process: psutil.Process) -> float:
    """Its own memory and its share of what it has in common with others (PSS)."""
    return round(process.memory_full_info().pss / 2**20, 1)


def middle(rounds: list[Result]) -> Result:
    """The median of each figure; errors and requests are summed."""
    merged = Result(rounds[0].way, rounds[0].connections)
    merged.requests = sum(one.requests for one in rounds)
    merged.errors = sum(one.errors for one in rounds)
    for name in vars(merged):
        if name not in ("way", "connections", "requests", "errors"):
            value = statistics.median(getattr(one, name) for one in rounds)
            setattr(merged, name, round(value, 3 if name == "ratio" else 2))
    return merged


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
    # Two gateways take two port bases; what is left of the second is for the rest.
    spare = Ports(options.base + 2000)
    try:
        pair = setting.make_pair(home, options.base, options.algorithm.encode())
        url = f"http://127.0.0.1:{spare.offers}/offers/population"
        for side in (pair.consumer, pair.provider):
            setting.write_side(pair, side, url)
        names = ("lt_consumer", "lt_provider")
        with contextlib.ExitStack() as stack:
            urls, server = stack.enter_context(setting.databases(home, spare.postgres, names))
            echo = [sys.executable, str(HERE / "run.py"), "--echo", str(spare.offers)]
            system = stack.enter_context(setting.child(echo, dict(os.environ)))
            started = time.monotonic()
            gateways = {}
            for name, side, dsn in zip(
                ("provider", "consumer"), (pair.provider, pair.consumer), reversed(urls),
                strict=True,
            ):  # fmt: skip
                profile = Path(options.profile) / f"{name}.prof" if options.profile else None
                began = time.monotonic()
                gateways[name] = [
                    stack.enter_context(
                        setting.child(
                            setting.gateway_command(profile if not index else None, index=index),
                            setting.gateway_environment(side, dsn),
                        )
                    )
                    for index in range(options.processes)
                ]
                started = began
            chain = stack.enter_context(
                setting.nginx_chain(home / "nginx", pair, spare.consumer, spare.offers)
            )
            groups = dict(gateways)
            groups |= {"postgres": [server], "system": [system], "nginx": [chain]}
            consumer = pair.consumer.node.ports.consumer
            strict = Way("strict", consumer, head_of(f"/r1/{FIND}", through_gateway=True),
                         "strict", "single")  # fmt: skip
            overlap = Way("overlap", consumer, head_of(f"/r1/{UNITS}", through_gateway=True),
                          "overlap", "batch")  # fmt: skip
            nginx = Way("nginx", spare.consumer, head_of(SYSTEM, through_gateway=False))
            uvloop.run(measure(strict, 1, 0.01, groups))
            first_answer = time.monotonic() - started
            results = []
            for way in (strict, overlap):
                if way.name not in options.ways:
                    continue
                pair.publish(batch=way.signatures == "batch")
                for connections in options.connections:
                    results += in_turns(nginx, way, connections, options, groups)
            grown = []
            if options.count:
                grown = uvloop.run(keep_on(overlap, options.count, gateways))
            batches = {
                name: setting.messages_a_batch(side)
                for name, side in (("consumer", pair.consumer), ("provider", pair.provider))
            }
            memory = {name: mebibytes(processes[0]) for name, processes in gateways.items()}
        return {
            "machine": machine(),
            "load_before": options.load,
            "algorithm": options.algorithm,
            "processes": options.processes,
            "rounds": options.rounds,
            "seconds": options.seconds,
            "gateway_pss_mib": memory,
            "memory_mib": grown,
            "messages_a_batch": batches,
            "first_answer_seconds": round(first_answer, 2),
            "body_bytes": len(BODY),
            "on": FEATURES,
            "results": [vars(result) for result in results],
        }
    finally:
        shutil.rmtree(home, ignore_errors=True)


def in_turns(
    nginx: Way,
    way: Way,
    connections: int,
    options: argparse.Namespace,
    groups: dict[str, list[psutil.Process]],
) -> list[Result]:
    """Both ways, one after the other and again; their ratio is taken round by round."""
    limits, ours = [], []
    for _ in range(options.rounds):
        limit = uvloop.run(measure(nginx, connections, options.seconds / 2, groups))
        own = uvloop.run(measure(way, connections, options.seconds, groups))
        limit.ratio, own.ratio = 1.0, own.per_second / max(limit.per_second, 0.001)
        limits.append(limit)
        ours.append(own)
    pair = [middle(limits), middle(ours)]
    for result in pair:
        print(result, flush=True)
    return pair


FEATURES = [
    "client secret checked",
    "RFC 9421 signatures made and verified both ways; RFC 9530 digests; X-Road request hash",
    "mutual TLS 1.3 between the gateways, kept alive; plain HTTP on loopback at both ends",
    "four log rows in two databases, each committed with fsync before the answer "
    "(strict: the request's before it is forwarded)",
    "replay window in the provider's database",
    "signed promise on every answer; a sealer in each gateway: tree, heads, hourly rollups",
    "grant, clock window, deadline, lane and breaker; HMAC admission to the system",
    "operational data of both sides, written in groups behind the exchange",
    "off: subject index, inspector, bodies kept in the log, traces",
]


def as_page(report: dict[str, object]) -> str:
    here, rows, memory = report["machine"], report["results"], report["gateway_pss_mib"]
    assert isinstance(here, dict)
    assert isinstance(rows, list)
    assert isinstance(memory, dict)
    lines = ["# An exchange through a pair of gateways", ""]
    busy = report["load_before"]
    assert isinstance(busy, float)
    if busy > 0.5 * here["cores"]:
        lines += [
            "**The machine did other work during this run (see the load averages), so the figures "
            "say that everything works and little about how fast. Measure again on a quiet one.**",
            "",
        ]
    lines += [
        f"Machine: {here['cores']} cores of {here['cpu']}, {here['memory_gib']} GiB, "
        f"{here['system']}, Python {here['python']}, shared by two gateways of "
        f"{report['processes']} process(es) each, "
        "PostgreSQL, the system, nginx and the load program. Load average before the run: "
        f"{report['load_before']}.",
        "",
        f"Body {report['body_bytes']} bytes each way, signatures {report['algorithm']}, median of "
        f"{report['rounds']} rounds of {report['seconds']} s. From the start of the consumer's "
        f"gateway to the first answer {report['first_answer_seconds']} s. Memory at the end (PSS): "
        f"consumer's gateway {memory['consumer']} MiB, provider's {memory['provider']} MiB.",
        "",
        "| way | signatures | connections | exchanges/s | ratio to nginx | p50 ms | p99 ms "
        "| CPU µs, both gateways | of it consumer | PostgreSQL CPU µs | load average | errors |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    signatures = {"strict": "single", "overlap": "batch", "nginx": "none"}
    lines += [
        (
            f"| {row['way']} | {signatures[row['way']]} | {row['connections']} "
            f"| {row['per_second']:.0f} | {row['ratio']} | {row['p50_ms']} | {row['p99_ms']} "
            f"| {row['cpu_us']:.0f} | {row['consumer_cpu_us']:.0f} | {row['postgres_cpu_us']:.0f} "
            f"| {row['load_average']} | {row['errors']} |"
        )
        for row in rows
    ]
    grown = report["memory_mib"]
    assert isinstance(grown, list)
    if grown:
        lines += ["", "Memory (PSS, MiB) on the way through many exchanges at 64 connections:", ""]
        lines += ["| exchanges | consumer's gateway | provider's |", "|---:|---:|---:|"]
        lines += [f"| {at['exchanges']} | {at['consumer']} | {at['provider']} |" for at in grown]
    batches = report["messages_a_batch"]
    assert isinstance(batches, dict)
    lines += [
        "",
        f"A batch held {batches['consumer']} messages on average in the consumer's gateway and "
        f"{batches['provider']} in the provider's.",
    ]
    features = report["on"]
    assert isinstance(features, list)
    lines += ["", "What was on:", "", *(f"- {feature}" for feature in features), ""]
    lines += ["Made by `python bench/gateway/run.py`; see `README.md` beside it.", ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--base", type=int, default=21000)
    parser.add_argument("--connections", type=int, nargs="+", default=list(CONNECTIONS))
    parser.add_argument("--ways", nargs="+", default=["strict", "overlap"])
    parser.add_argument("--algorithm", default="ecdsa-p256-sha256",
                        choices=("ecdsa-p256-sha256", "ed25519"))  # fmt: skip
    parser.add_argument("--processes", type=int, default=1, help="of each gateway")
    parser.add_argument("--count", type=int, default=0, metavar="N",
                        help="then N more, with the gateways' memory on the way")  # fmt: skip
    parser.add_argument("--profile", default="", help="a folder for cProfile's files")
    parser.add_argument("--dry", action="store_true", help="print only, write nothing")
    parser.add_argument("--echo", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.echo:
        with contextlib.suppress(KeyboardInterrupt):
            uvloop.run(setting.serve_echo(options.echo))
        return
    options.load = round(os.getloadavg()[0], 2)
    report = run(options)
    page = as_page(report)
    print(page)
    if not options.dry:
        (HERE / "latest.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
        (HERE / "latest.md").write_text(page)


if __name__ == "__main__":
    main()
