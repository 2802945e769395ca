"""
Feed the parsers for as long as one likes; what breaks one is kept as a file.

    python bench/fuzz/run.py                          every parser for ten seconds, plain mutation
    python bench/fuzz/run.py edge --seconds 3600      one parser for an hour
    pip install atheris                               (not among the locked packages)
    python bench/fuzz/run.py edge --engine atheris    guided by coverage

The targets and what must hold stand in `tests/fuzz_targets.py`, the inputs everything
starts from in `tests/corpus`. An input that breaks a target is written to
`tests/corpus/<target>/found-<digest>` and fails the test suite from then on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
os.environ.setdefault("LIENTHONG_TESTING", "1")

TOKENS = [
    b"\r\n", b"\n", b"\0", b"%2e", b"%25", b"..", b"/", b"%", b"\xff", b'"', b"{", b"}", b"9" * 20,
    b"-1", b"Content-Length: 1\r\n", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", b";", b":",
    b"null", b"1e400", b"\xed\xa0\xbd", b"<", b"/>", b"&#13;", b"&amp;", b"]]>", b"<![CDATA[",
    b"<!--", b"-->", b"<?a ?>", b'xmlns:xrd="a"', b"\r\n--", b"--\r\n", b"=?utf-8?q?a?=",
]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", default="all")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--engine", choices=("plain", "atheris"), default="plain")
    parser.add_argument("--seed", type=int, default=0, help="of the plain engine; 0 for any")
    args = parser.parse_args()
    if args.engine == "atheris" and os.environ.get("LIENTHONG_FUZZING"):
        # Before anything else imports the parsers: they are instrumented while imported.
        return guided(args.target)
    import fuzz_targets

    if args.target != "all" and args.target not in fuzz_targets.TARGETS:
        parser.error(f"a target is one of: {', '.join(fuzz_targets.TARGETS)}")
    names = list(fuzz_targets.TARGETS) if args.target == "all" else [args.target]
    engine = with_atheris if args.engine == "atheris" else plain
    results = []
    for name in names:
        result = engine(name, args.seconds, args.seed)
        results.append({"target": name, "engine": args.engine, "seconds": args.seconds, **result})
        print(json.dumps(results[-1]), flush=True)
    write(results)
    return 1 if any(result["found"] for result in results) else 0


def plain(name: str, seconds: float, seed: int) -> dict[str, object]:
    """Change kept inputs at random until the time is over."""
    import fuzz_targets

    chance = random.Random(seed or None)
    kept, target = fuzz_targets.corpus(name), fuzz_targets.TARGETS[name]
    runs, found = 0, set()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        data = mutated(chance.choice(kept), kept, chance)
        runs += 1
        try:
            target(data)
        except Exception as problem:
            keep(name, data, problem)
            found.add(f"{type(problem).__name__}: {problem}"[:120])
    return {"runs": runs, "found": sorted(found)}


def mutated(start: bytes, kept: list[bytes], chance: random.Random) -> bytes:
    data = bytearray(start)
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(data))
        what = chance.randrange(6)
        if what == 0:
            del data[at : at + chance.randint(1, 16)]
        elif what == 1:
            data[at:at] = chance.choice(TOKENS)
        elif what == 2:
            data[at:at] = chance.randbytes(chance.randint(1, 4))
        elif what == 3 and data:
            data[at % len(data)] ^= 1 << chance.randrange(8)
        elif what == 4:
            data = data[:at] + chance.choice(kept)[at:]
        else:
            data[at:at] = data[at : at + chance.randint(1, 64)]
    return bytes(data)


def with_atheris(name: str, seconds: float, seed: int) -> dict[str, object]:
    """A process of its own, since the engine ends it at the first find."""
    import fuzz_targets

    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            [sys.executable, __file__, name, "--engine", "atheris"],
            env={
                **os.environ,
                "LIENTHONG_FUZZING": json.dumps(
                    [f"-max_total_time={int(seconds)}", "-max_len=8192", f"-seed={seed}",
                     f"-artifact_prefix={place}/", place, str(fuzz_targets.CORPUS / name)]
                ),
            },
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        said = done.stderr + done.stdout
        for crash in Path(place).glob("crash-*"):
            keep(name, crash.read_bytes(), Exception("found by atheris"))
        last = [line for line in said.splitlines() if re.match(r"#\d+\s", line)]
        runs = int(last[-1].split()[0][1:]) if last else 0
        finds = [line.strip()[:120] for line in said.splitlines() if "Uncaught Python" in line]
        coverage = last[-1].partition("cov: ")[2].split(" ")[0] if last else ""
        if not last:
            finds.append(said.strip()[-300:] or "the engine did not start")
    return {"runs": runs, "coverage": coverage, "found": finds}


def guided(name: str) -> int:
    import atheris

    with atheris.instrument_imports(include=["lienthong.protocol", "lienthong.gateway"]):
        import fuzz_targets
    atheris.Setup(
        [sys.argv[0], *json.loads(os.environ["LIENTHONG_FUZZING"])], fuzz_targets.TARGETS[name]
    )
    atheris.Fuzz()
    return 0


def keep(name: str, data: bytes, problem: Exception) -> None:
    import fuzz_targets

    place = fuzz_targets.CORPUS / name / f"found-{hashlib.sha256(data).hexdigest()[:16]}"
    place.write_bytes(data)
    print(f"{name}: {type(problem).__name__}: {problem}\n  kept in {place}", file=sys.stderr)


def write(results: list[dict[str, object]]) -> None:
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"  # noqa: TID251  (a bench has a clock)
    (HERE / "latest.json").write_text(json.dumps({"at": at, "results": results}, indent=1) + "\n")
    rows = [
        f"| {one['target']} | {one['engine']} | {one['seconds']:g} | {one['runs']:,} |"
        f" {len(one['found'])} |"  # type: ignore[arg-type]
        for one in results
    ]
    (HERE / "latest.md").write_text(
        "# Fuzzing, last run\n\nMade by `bench/fuzz/run.py`; its docstring says how to run it.\n\n"
        f"{at}\n\n| target | engine | seconds | inputs | found |\n|---|---|---:|---:|---:|\n"
        + "\n".join(rows)
        + "\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
