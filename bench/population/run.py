"""
Giving personal IDs: one prefix to its end, and many over twenty prefixes.

    nice python bench/population/run.py [--whole] [--write]

Starts the tests' PostgreSQL. First, numbers of twenty ranges from the keyed permutation:
how fast, and whether any comes twice. Then one range through the register: its places are
loaded as persons with their numbers up to just before the alarm and again up to just
before the end, and what lies between is given by the service, so that the alarm, the last
number and the refusal after it are the real ones and the primary key is the judge of
collisions. Without ``--whole`` both are small: the range is then taken for used up to its
last fifty places. Last, what a sequence seen without the key tells. ``--write`` puts
``latest.json`` and ``latest.md`` beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import secrets
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
os.environ |= {
    "LIENTHONG_TESTING": "1",
    "LIENTHONG_HOME": tempfile.mkdtemp(prefix="lt-bench-"),
    "LIENTHONG_PERSONAL_ID_KEY": secrets.token_hex(32),
    "DJANGO_SETTINGS_MODULE": "lienthong.conf.settings",
}

from database_server import DatabaseServer  # noqa: E402

RANGES, EACH, EACH_SMALL = 20, 500_000, 5_000
SEEN = 20_000
END_SMALL = 50
DAY = date(2021, 8, 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--whole", action="store_true", help="ten million, and a whole range")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    with DatabaseServer().running() as server:
        database = server.clone(server.systems_template(), "lienthong")
        os.environ["LIENTHONG_DATABASE_URL"] = database.systems_url
        try:
            found = measure(whole=args.whole, name=database.name, port=server.cluster.port)
        finally:
            database.drop()
    print(json.dumps(found, indent=1))
    if args.write:
        (HERE / "latest.json").write_text(json.dumps(found, indent=1) + "\n")
        (HERE / "latest.md").write_text(page(found))


def measure(*, whole: bool, name: str, port: int) -> dict[str, Any]:
    import django
    from django.conf import settings

    held = settings.DATABASES["default"]
    held |= {"NAME": name, "USER": "lienthong", "PASSWORD": "", "HOST": "127.0.0.1", "PORT": port}
    held["OPTIONS"] = {key: value for key, value in held["OPTIONS"].items() if key != "pool"}
    django.setup()
    from lienthong.kernel import clock

    at = clock.instant()
    with clock.stopped(legal_day=DAY):
        return {
            "at": at.isoformat(timespec="seconds"),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "whole": whole,
            "ranges": permuted(EACH if whole else EACH_SMALL),
            "register": exhausted(whole=whole),
            "order": order(),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


def permuted(each: int) -> dict[str, Any]:
    """Numbers of twenty ranges, each marked in a map of a million bytes."""
    from lienthong.systems.population.domain.ids import SERIALS, permute
    from lienthong.systems.population.services.numbers import number_key

    key, started, twice = number_key(), time.process_time(), 0
    for place in range(RANGES):
        digits, seen = f"091{2 + place % 2}{place:02d}", bytearray(SERIALS)
        for serial in (permute(one, key=key, tweak=digits) for one in range(each)):
            twice += seen[serial]
            seen[serial] = 1
    seconds = time.process_time() - started
    return {
        "numbers": RANGES * each,
        "collisions": twice,
        "cpu_seconds": round(seconds, 1),
        "per_second": round(RANGES * each / seconds),
    }


def exhausted(*, whole: bool) -> dict[str, Any]:
    """One range to its last number, and the request after that."""
    from lienthong.kernel.actor import Actor
    from lienthong.kernel.identifiers import Sex
    from lienthong.record.models import Entry
    from lienthong.systems.population.domain.ids import ALARM_SHARE, SERIALS, NumberRange
    from lienthong.systems.population.errors import RangeExhausted
    from lienthong.systems.population.models import PersonalIdRow, RangeCounter
    from lienthong.systems.population.services import numbers
    from systems.population import lives

    by = Actor("bench", "VN/GOV/G15/civil-status", "", DAY)
    span = NumberRange.of(province="91", sex=Sex.MALE, born_on=lives.CHILD.born_on)
    lives.given(by, "the first")
    alarm, given, loading = int(SERIALS * ALARM_SHARE), 1, 0.0
    times: list[float] = []
    for begin, stop, upto in ((1, alarm - 10, alarm + 10), (alarm + 10, SERIALS - 50, SERIALS)):
        if whole:
            started = time.monotonic()
            given += load(span, begin, stop, numbers.number_key())
            loading += time.monotonic() - started
        RangeCounter.objects.update(used=stop, kept=SERIALS)
        for place in range(stop, upto):
            started = time.monotonic()
            lives.given(by, f"place {place}")
            times.append(time.monotonic() - started)
            given += 1
        alarms = Entry.objects.filter(what="population.range_nearly_full").count()
        assert alarms == 1, alarms
    refusal = ""
    try:
        lives.given(by, "one too many")
    except RangeExhausted as error:
        refusal = error.code
    times.sort()
    return {
        "given": given,
        "rows": PersonalIdRow.objects.count(),
        "alarm_at": alarm,
        "after_the_last": refusal,
        "loaded_per_second": round((given - len(times)) / loading) if loading else None,
        "issue_ms_median": round(times[len(times) // 2] * 1000, 2),
        "issue_ms_p95": round(times[int(len(times) * 0.95)] * 1000, 2),
    }


def load(span: Any, begin: int, stop: int, key: bytes) -> int:
    """Persons with the numbers of these places, as an import."""
    from lienthong.kernel import clock
    from lienthong.systems.population.bulk import Load
    from lienthong.web.accounts.uuids import uuid7

    at, chunk = clock.instant(), 20_000
    opened = Load(key=uuid7(), source=f"bench {begin}", at=at, legal_day=DAY)
    statement = opened.statement.key
    for start in range(begin, stop, chunk):
        places = range(start, min(start + chunk, stop))
        keys = [uuid7() for _ in places]
        opened.persons(
            (
                one, "LÊ VĂN ĐÔNG", "đông lê văn", "le van dong", "male", DAY, "day", "Kinh", "01",
                "", "Việt Nam", "", "xã Dương Tơ", "31096", "", "", "active", "", "import",
                statement, at,
            )
            for one in keys
        )  # fmt: skip
        opened.numbers(
            (str(span.number(place, key=key)), one, "active", "established", None, DAY, "", "",
             "import", at)
            for place, one in zip(places, keys, strict=True)
        )  # fmt: skip
    opened.close()
    return stop - begin


def order() -> dict[str, Any]:
    """What the checks of the unit test find in a longer sequence under a fresh key."""
    from lienthong.systems.population.domain.ids import permute
    from lienthong.systems.population.services.numbers import number_key
    from unit.systems.population.seen_numbers import suspicions

    seen = [permute(place, key=number_key(), tweak="091221") for place in range(SEEN)]
    return {"seen": SEEN, "suspicions": suspicions(seen)}


def page(found: dict[str, Any]) -> str:
    ranges, register, seen = found["ranges"], found["register"], found["order"]
    size = "whole" if found["whole"] else "small: the range is taken for used up to its last 50"
    rows = (
        (
            f"numbers over {RANGES} prefixes",
            f"{ranges['numbers']:,} in {ranges['cpu_seconds']} s of one core,"
            f" {ranges['per_second']:,}/s",
            "10,000,000",
        ),
        ("collisions among them", str(ranges["collisions"]), "0"),
        (
            "one prefix: numbers given, rows in the register",
            f"{register['given']:,}, {register['rows']:,}",
            "1,000,000",
        ),
        ("alarm", f"once, at {register['alarm_at']:,}", "once, at 800,000"),
        ("the request after the last number", f"`{register['after_the_last']}`", "its own error"),
        (
            "giving one number through the service, median and p95",
            f"{register['issue_ms_median']} ms, {register['issue_ms_p95']} ms",
            "–",
        ),
        (
            "persons with number and home loaded",
            f"{register['loaded_per_second'] or 'not measured'}/s",
            "–",
        ),
        (
            f"checks that saw something in {seen['seen']:,} numbers without the key",
            str(len(seen["suspicions"])),
            "0",
        ),
        ("peak memory", f"{found['peak_mb']} MB", "–"),
    )
    head = (
        f"# Giving personal IDs\n\n{found['at']}, {found['machine']}; {size}."
        " `python bench/population/run.py --whole --write`\n\n"
        "| what | measured | aim |\n|---|---|---|\n"
    )
    return head + "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    main()
