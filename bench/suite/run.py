"""
What parts of the suite cost in this tree and in another one, in one run.

    git worktree add ../before <commit>          # with its own `make assets messages`
    python bench/suite/run.py --against ../before [--write] [part ...]

Each part is run in both trees, one after the other, by one worker. CPU seconds
count this process's tree and the tests' PostgreSQL (``cpu_of_tests``); on a
machine that others use they say more than the time on the wall. The ratio is
what is left of the cost.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "node"))

from idle_memory import machine  # noqa: E402

from lienthong.kernel import clock  # noqa: E402

RESULT, PAGE = HERE / "latest.json", HERE / "latest.md"
PARTS = {
    "directory": ["tests/systems/directory/test_access_is_asked_for_and_given.py"],
    "desk of the directory": ["tests/systems/directory/test_access_is_asked_for_at_a_desk.py"],
    "tests that commit": ["tests/exchange/test_replay_repeated_id_and_effects_are_three_things.py"],
    "pages before axe": ["tests/browser/test_bodies_join.py"],
}


def cost(tree: Path, tests: list[str]) -> dict[str, float]:
    """CPU and wall seconds of these tests in a tree, their fixtures included."""
    with tempfile.TemporaryDirectory(prefix="lt-suite-") as place:
        lines = Path(place) / "cost.jsonl"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LIENTHONG_")}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, "-p", "cpu_of_tests", *tests],
            cwd=tree,
            env=kept | {"SUITE_COST": str(lines), "PYTHONPATH": f"{tree / 'src'}:{HERE}"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{tree}: {' '.join(tests)}\n{done.stdout[-3000:]}{done.stderr}")
        phases = [json.loads(line) for line in lines.read_text().splitlines()]
    return {what: round(sum(one[what] for one in phases), 1) for what in ("cpu", "wall")}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--against", type=Path, required=True, help="another checkout")
    parser.add_argument("--write", action="store_true", help="keep the result beside this file")
    parser.add_argument("parts", nargs="*", help=f"some of: {', '.join(PARTS)}")
    options = parser.parse_args()
    before = options.against.resolve()
    found = {}
    for name in options.parts or PARTS:
        # What each tree makes once for all its runs is no cost of these tests.
        for tree in (before, ROOT):
            cost(tree, ["tests/web/test_legal_day_advances.py"])
        then, now = cost(before, PARTS[name]), cost(ROOT, PARTS[name])
        found[name] = {"before": then, "now": now, "ratio": round(now["cpu"] / then["cpu"], 2)}
        print(f"{name:<24} {then['cpu']:>6.1f} -> {now['cpu']:>6.1f} CPU s", flush=True)
    if options.write:
        write(found)
    return 0


def write(found: dict[str, dict[str, object]]) -> None:
    measured = clock.instant().isoformat(timespec="seconds")
    RESULT.write_text(
        json.dumps({"measured": measured, "machine": machine(), "parts": found}, indent=1) + "\n"
    )
    rows = [
        f"| {name} | `{' '.join(PARTS[name])}` | {one['before']['cpu']} | {one['now']['cpu']} "  # type: ignore[index]
        f"| {one['ratio']} |"
        for name, one in found.items()
    ]
    PAGE.write_text(
        "# What the suite costs\n\n"
        "CPU seconds of parts of the suite before a change of the suite and after it, in one run.\n"
        "\n| part | tests | before | now | ratio |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
        + f"\n\nMeasured {measured} on {told(machine())}, by "
        "`python bench/suite/run.py --against TREE --write`.\n"
    )


def told(on: dict[str, object]) -> str:
    return (
        f"{on['cpu']}, {on['cores']} cores, {on['memory_gb']} GB, {on['system']}, "
        f"Python {on['python']}"
    )


if __name__ == "__main__":
    sys.exit(main())
