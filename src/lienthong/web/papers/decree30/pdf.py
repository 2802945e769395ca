"""The layout of a PDF: where everything stands on the printed pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from lienthong.web.papers.decree30 import wording
from lienthong.web.papers.decree30.faults import Fault, Level
from lienthong.web.papers.decree30.wording import HEADING, Parts
from lienthong.web.papers.signatures.layout import MM, Page, Rule, Run, read

NATIONAL = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = re.compile(r"^Độc lập\s*-\s*Tự do\s*-\s*Hạnh phúc$")
ANNEX = re.compile(r"^Phụ lục(?: [IVXLC]+)?$")
TIMES = re.compile(r"times|tinos|liberation ?serif", re.IGNORECASE)
AUTHORITY = re.compile(r"^(?:TM|Q|KT|TL|TUQ)\. |^[A-ZĐÀ-Ỹ][A-ZĐÀ-Ỹ ]+$")
NEAR = 12.0
SLACK = 1.2
"""Points that a measure may be off."""


@dataclass(frozen=True, slots=True)
class Line:
    """All runs of one baseline."""

    page: int
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        return " ".join(run.words for run in self.runs if run.words)

    @property
    def x0(self) -> float:
        return self.runs[0].x0

    @property
    def x1(self) -> float:
        return self.runs[-1].x1

    @property
    def baseline(self) -> float:
        return self.runs[0].baseline

    @property
    def longest(self) -> Run:
        return max(self.runs, key=lambda run: len(run.text))


class Sheet:
    """A PDF with the parts of the decree found on it; annexes are looked at for paper only."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.pages = pages
        self.annex_at = next(
            (n for n, page in enumerate(pages) if n and annex_opens(page)), len(pages)
        )
        self.first = pages[0]

    @cached_property
    def motto(self) -> Run | None:
        return next((run for run in self.first.runs if MOTTO.match(run.words)), None)

    @cached_property
    def national(self) -> Run | None:
        return next((run for run in self.first.runs if run.words == NATIONAL), None)

    @cached_property
    def number(self) -> Run | None:
        return next((run for run in self.first.runs if run.words.startswith("Số:")), None)

    @cached_property
    def date(self) -> Run | None:
        return next((run for run in self.first.runs if ", ngày" in run.words and run.italic), None)

    @cached_property
    def body_name(self) -> list[Run]:
        """The bold lines at the left above the number."""
        if self.number is None:
            return []
        edge = self.national.x0 if self.national else self.first.width * 0.45
        return [
            run
            for run in self.first.runs
            if run.baseline > self.number.baseline and run.x1 <= edge and run.bold
        ]

    @cached_property
    def title(self) -> list[Run]:
        """The type name and the lines of the abstract: bold and centred below the number."""
        if self.number is None:
            return []
        middle = (30 * MM + self.first.width - 15 * MM) / 2
        found: list[Run] = []
        for run in self.first.runs:
            if run.baseline >= self.number.baseline:
                continue
            if run.bold and abs(run.middle - middle) < 4 * MM:
                found.append(run)
            elif found:
                break
        return found

    @cached_property
    def subject(self) -> list[Run]:
        """Box 5b, of an official letter: ``V/v`` and the lines under it, at the left."""
        found: list[Run] = []
        for run in self.first.runs:
            if run.words.startswith("V/v") or (
                found
                and run.x1 < self.first.width / 2
                and run.size < 12.95
                and found[-1].baseline - run.baseline < 2 * NEAR
            ):
                found.append(run)
        return found

    @cached_property
    def recipients_head(self) -> tuple[int, Run] | None:
        for number in range(self.annex_at - 1, -1, -1):
            for run in self.pages[number].runs:
                if run.words == "Nơi nhận:":
                    return number, run
        return None

    @cached_property
    def authority(self) -> Run | None:
        """The first line of box 7a: bold capitals at the right of the recipients."""
        if self.recipients_head is None:
            return None
        number, head = self.recipients_head
        right = [
            run
            for run in self.pages[number].runs
            if run.x0 > head.x1 and run.bold and run.baseline <= head.baseline + 2 * NEAR
        ]
        return max(right, key=lambda run: run.baseline, default=None)

    @cached_property
    def recipients(self) -> tuple[str, ...]:
        if self.recipients_head is None:
            return ()
        number, head = self.recipients_head
        edge = self.pages[number].width / 2 + 10
        lines: list[str] = []
        for run in self.pages[number].runs:
            if run.baseline < head.baseline and run.x0 < edge - 40 and run.size < 12:
                if run.words.startswith("-") or not lines:
                    lines.append(run.words)
                else:
                    lines[-1] += f" {run.words}"
        return tuple(lines)

    @cached_property
    def body(self) -> list[Line]:
        """Lines between the title (or the date of a letter) and the signatures."""
        start = min((run.baseline for run in self.title), default=None)
        if start is None and self.number is not None:
            start = min((run.baseline for run in self.subject), default=self.number.baseline)
        end_page, end = self.annex_at, 0.0
        if self.recipients_head is not None:
            end_page, end = self.recipients_head[0], self.recipients_head[1].baseline + 4
        lines = []
        for number, page in enumerate(self.pages[: self.annex_at]):
            for line in lines_of(number, page):
                below = number > 0 or start is None or line.baseline < start
                above = number < end_page or (number == end_page and line.baseline > end)
                if below and above and not is_page_number(line, page):
                    lines.append(line)
        return lines

    @cached_property
    def addressees(self) -> list[Line]:
        """Box 9a: the words and the items under them."""
        start = next(
            (n for n, line in enumerate(self.body) if line.text.startswith("Kính gửi")), None
        )
        if start is None:
            return []
        end = start + 1
        while end < len(self.body) and self.body[end].x0 > self.body[start].x0:
            end += 1
        return self.body[start:end]

    @cached_property
    def edge(self) -> float:
        """Where text begins at the left."""
        return min((line.x0 for line in self.body), default=30 * MM)

    @cached_property
    def paragraphs(self) -> list[list[Line]]:
        """Lines grouped by the indent of their first line, or by a heading."""
        grouped: list[list[Line]] = []
        for line in (
            self.body[self.body.index(self.addressees[-1]) + 1 :]
            if self.addressees
            else (self.body)
        ):
            indented = line.x0 - self.edge > 8 * MM
            if not grouped or indented or is_heading(line) or is_heading(grouped[-1][-1]):
                grouped.append([])
            grouped[-1].append(line)
        return grouped


def is_heading(line: Line) -> bool:
    return bool(HEADING.match(line.text)) and line.longest.bold


def annex_opens(page: Page) -> bool:
    """Whether an annex begins here: its number is among the first lines, bold."""
    return any(ANNEX.match(run.words) and run.bold for run in page.runs[:4])


def is_page_number(line: Line, page: Page) -> bool:
    return line.text.isdigit() and line.baseline > page.height - 20 * MM


def lines_of(number: int, page: Page) -> list[Line]:
    found: list[list[Run]] = []
    for run in page.runs:
        if not run.words:
            continue
        if found and abs(found[-1][0].baseline - run.baseline) < SLACK:
            found[-1].append(run)
        else:
            found.append([run])
    return [Line(number, tuple(sorted(runs, key=lambda run: run.x0))) for runs in found]


def check_pdf(pdf: bytes) -> list[Fault]:
    """Every rule that a PDF does not keep; raises `NotReadable`."""
    sheet = Sheet(read(pdf))
    found: list[Fault] = []
    for rule in (paper, margins, faces, page_numbers, motto_rule, other_rules, sizes, text_block,
                 last_headings, signatures):  # fmt: skip
        found += rule(sheet)
    return found + list(wording.check(parts_of(sheet)))


def parts_of(sheet: Sheet) -> Parts:
    texts = [" ".join(line.text for line in lines) for lines in sheet.paragraphs]
    return Parts(
        number=sheet.number.words if sheet.number else "",
        place_date=sheet.date.words if sheet.date else "",
        recipients=sheet.recipients,
        paragraphs=tuple(texts),
        every_text=tuple(run.text for page in sheet.pages for run in page.runs),
        is_letter=bool(sheet.subject),
        has_addressee=bool(sheet.addressees),
    )


def paper(sheet: Sheet) -> Iterator[Fault]:
    """L01."""
    for number, page in enumerate(sheet.pages, start=1):
        sides = sorted((page.width / MM, page.height / MM))
        if abs(sides[0] - 210) > 1 or abs(sides[1] - 297) > 1:
            yield Fault("L01", f"{sides[0]:.0f} x {sides[1]:.0f} mm", number)


def margins(sheet: Sheet) -> Iterator[Fault]:
    """L02, over the text; a page need not be full, so its bottom is a least measure."""
    for number in range(sheet.annex_at):
        page = sheet.pages[number]
        lines = [line for line in lines_of(number, page) if not is_page_number(line, page)]
        # A demonstration says so in the top margin, as a page number stands there.
        lines = [line for line in lines if line.baseline < page.height - 18 * MM]
        if not lines:
            continue
        left = min(line.x0 for line in lines) / MM
        right = (page.width - max(line.x1 for line in lines)) / MM
        bottom = min(line.baseline - 0.22 * line.longest.size for line in lines) / MM
        high = max(line.baseline + 0.9 * line.longest.size for line in lines)
        top = (page.height - high) / MM
        for name, found, least, most in (
            ("left", left, 30, 35), ("right", right, 15, 20), ("top", top, 18.5, 27),
            ("bottom", bottom, 20, 297),
        ):  # fmt: skip
            if not least - 0.6 <= found <= most + 0.6:
                yield Fault("L02", f"{name} {found:.1f} mm", number + 1)


def faces(sheet: Sheet) -> Iterator[Fault]:
    """L03."""
    seen = {face for page in sheet.pages for run in page.runs for face in run.faces}
    for face in sorted(seen):
        if not TIMES.search(face):
            yield Fault("L03", face)


def page_numbers(sheet: Sheet) -> Iterator[Fault]:
    """L04; an annex counts its own pages."""
    expected = 0
    for number, page in enumerate(sheet.pages):
        expected = 1 if number and annex_opens(page) else expected + 1
        shown = [
            run for run in page.runs if run.words.isdigit() and run.baseline > page.height - 20 * MM
        ]
        if expected == 1:
            for run in shown:
                yield Fault("L04", run.words, number + 1)
            continue
        good = [run for run in shown if run.words == str(expected)]
        middle = (30 * MM + page.width - 15 * MM) / 2
        if not good or abs(good[0].middle - middle) > 8 * MM or not 12.9 <= good[0].size <= 14.1:
            yield Fault("L04", shown[0].words if shown else "-", number + 1)


def rule_under(page: Page, run: Run, reach: float = NEAR) -> Rule | None:
    """The rule just below a line and centred with it."""
    under = [
        rule
        for rule in page.rules
        if -2 < run.baseline - rule.y1 < reach
        and abs((rule.x0 + rule.x1) / 2 - run.middle) < 3 * MM
    ]
    return max(under, key=lambda rule: rule.y1, default=None)


def motto_rule(sheet: Sheet) -> Iterator[Fault]:
    """L05, to two in a hundred."""
    if sheet.motto is None or sheet.national is None:
        yield Fault("L05", "-", 1)
        return
    rule = rule_under(sheet.first, sheet.motto)
    share = rule.width / sheet.motto.width if rule else 0.0
    if abs(share - 1) > 0.02:
        yield Fault("L05", f"{share:.0%}", 1)


def other_rules(sheet: Sheet) -> Iterator[Fault]:
    """L06, under the issuing body and under the abstract."""
    for runs in (sheet.body_name, sheet.title):
        if not runs:
            continue
        rule = rule_under(sheet.first, min(runs, key=lambda run: run.baseline))
        share = rule.width / max(run.width for run in runs) if rule else 0.0
        if not 0.32 <= share <= 0.51:
            yield Fault("L06", f"{runs[0].words[:40]}: {share:.0%}", 1)


def sizes(sheet: Sheet) -> Iterator[Fault]:
    """L09: size, weight and slope of the boxes."""
    wanted: list[tuple[Run | None, float, float, bool, bool]] = [
        (sheet.national, 12, 13, True, False),
        (sheet.motto, 13, 14, True, False),
        (sheet.number, 13, 13, False, False),
        (sheet.date, 13, 14, False, True),
        (sheet.authority, 13, 14, True, False),
        *((run, 12, 13, True, False) for run in sheet.body_name),
        *((run, 13, 14, True, False) for run in sheet.title),
        *((run, 12, 13, False, False) for run in sheet.subject),
    ]
    if sheet.recipients_head is not None:
        wanted.append((sheet.recipients_head[1], 12, 12, True, True))
    for run, least, most, bold, italic in wanted:
        if run is None:
            continue
        if not least - 0.05 <= run.size <= most + 0.05 or (run.bold, run.italic) != (bold, italic):
            yield Fault("L09", f"{run.words[:40]}: {run.size:g} pt, {run.face}", 1)
    for line in sheet.body:
        if not 12.95 <= line.longest.size <= 14.05:
            yield Fault("L09", f"{line.text[:40]}: {line.longest.size:g} pt", line.page + 1)


def text_block(sheet: Sheet) -> Iterator[Fault]:
    """L10."""
    if not sheet.body:
        return
    right = max(line.x1 for line in sheet.body)
    steps = [
        one.baseline - two.baseline
        for lines in sheet.paragraphs
        for one, two in zip(lines, lines[1:], strict=False)
        if one.page == two.page
    ]
    step = median(steps) if steps else 0.0
    before: Line | None = None
    for lines in sheet.paragraphs:
        first, text = lines[0], lines[0].text
        indent = (first.x0 - sheet.edge) / MM
        # Headings, addressees and a table's words are set in their own way.
        plain = not first.longest.bold
        if plain and len(lines) > 1 and min(abs(indent - 10), abs(indent - 12.7)) > 0.8:
            yield Fault("L10", f"{indent:.1f} mm: {text[:40]}", first.page + 1)
        for line in lines[:-1] if plain and len(lines) > 1 else ():
            if right - line.x1 > 2.5:
                yield Fault(
                    "L10", f"-{(right - line.x1) / MM:.1f} mm: {line.text[:40]}", line.page + 1
                )
        if plain and before is not None and before.page == first.page and step:
            gap = before.baseline - first.baseline - step
            if gap < 6 - SLACK / 2:
                yield Fault("L10", f"{gap:.1f} pt: {text[:40]}", first.page + 1)
        before = lines[-1]


def last_headings(sheet: Sheet) -> Iterator[Fault]:
    """L11."""
    for number in range(sheet.annex_at):
        mine = [line for line in sheet.body if line.page == number]
        if not mine or number == sheet.annex_at - 1:
            continue
        if is_heading(mine[-1]):
            yield Fault("L11", mine[-1].text[:40], number + 1)


def signatures(sheet: Sheet) -> Iterator[Fault]:
    """L12 and L13."""
    if sheet.recipients_head is None or sheet.authority is None:
        yield Fault("L13", "-", 0, Level.ERROR)
        return
    number, head = sheet.recipients_head
    above = [line for line in sheet.body if line.page == number]
    if len(above) < 2:
        yield Fault("L12", f"{len(above)}", number + 1)
    if abs(head.baseline - sheet.authority.baseline) > 6:
        yield Fault("L13", f"{head.baseline - sheet.authority.baseline:.1f} pt", number + 1)
