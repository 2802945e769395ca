"""
A document of `blocks` as HTML for the middle of a page.

The letterhead and the signatures are shown in short; the exact layout of
Decree 30/2020 belongs to the PDF. How a figure looks is the caller's: on the
report's page it is a link that opens where the number comes from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from lienthong.web.papers.blocks import (
    Addressees,
    Annex,
    Aside,
    Block,
    Chart,
    Heading,
    Inline,
    LetterHead,
    Number,
    Paragraph,
    Signing,
    Table,
    Title,
    numbers_of,
)

ShowNumber = Callable[[Number], SafeString]
ShowAside = Callable[[Aside], SafeString | None]
"""How a page shows a framed remark in its own way; nothing leaves it as it is."""


def plain_number(number: Number) -> SafeString:
    """A figure as words with its code, where nothing can be opened."""
    return format_html('<data class="lt-num" value="{}">{}</data>', number.code, number.text)


def to_html(
    blocks: Iterable[Block],
    number: ShowNumber = plain_number,
    aside: ShowAside = lambda _: None,
    back: Collection[str] = (),
) -> SafeString:
    """
    The blocks, one after another; every word is escaped.

    ``back`` names the figures whose place in the text has the anchor ``so-<code>``:
    the row that is their source then leads back to it.
    """
    return format_html_join("\n", "{}", ((shown(block, number, aside, back),) for block in blocks))


def standing_alone(blocks: tuple[Block, ...]) -> SafeString:
    """
    The blocks as a page without scripts or a server: each figure opens to its source and back.

    A figure that stands in the text several times is led back to where it stands first.
    """
    sources = {code for block in blocks if isinstance(block, Table) for code in block.about if code}
    placed: set[str] = set()

    def linked(number: Number) -> SafeString:
        if number.code not in sources:
            return plain_number(number)
        first = number.code not in placed
        placed.add(number.code)
        return format_html(
            '<a class="figure"{} href="#nguon-{}">{}</a>',
            format_html(' id="so-{}"', number.code) if first else "",
            number.code,
            plain_number(number),
        )

    return to_html(blocks, linked, back=numbers_of(blocks))


def shown(
    block: Block, number: ShowNumber, aside: ShowAside, back: Collection[str] = ()
) -> SafeString:
    match block:
        case LetterHead():
            return letter_head(block)
        case Addressees():
            return addressees(block)
        case Title():
            return format_html(
                '<h1 class="ds-heading" data-size="lg"><span>{}</span>{}</h1>',
                block.kind,
                unbroken(block.abstract),
            )
        case Heading():
            return heading(block)
        case Paragraph():
            words = inlines(block.inlines, number)
            if block.mark:
                return format_html(
                    '<p class="item"><b>{}</b><span>{}</span></p>', block.mark, words
                )
            return format_html("<p>{}</p>", words)
        case Aside():
            return aside(block) or format_html(
                '<div class="rp-note" data-color="{}"><p><b>{}</b></p><p>{}</p></div>',
                block.tone,
                block.title,
                inlines(block.inlines, number),
            )
        case Table():
            return table(block, back)
        case Chart():
            return chart(block)
        case Signing():
            return signing(block)
        case Annex():
            anchor = format_html(' id="{}"', block.anchor) if block.anchor else ""
            return format_html("<h2{}><span>{}</span>{}</h2>", anchor, block.number, block.title)


def inlines(parts: Iterable[Inline], number: ShowNumber) -> SafeString:
    return format_html_join("", "{}", ((inline(part, number),) for part in parts))


# Number and symbol of a document: 17/NQ-CP, 23/2021/QĐ-TTg.
SYMBOL = re.compile(r"(\d+(?:/\d{4})?/[^\W_]+(?:-[^\W_]+)+)")


def unbroken(text: str) -> SafeString:
    """Words whose document numbers stay on one line."""
    parts = SYMBOL.split(text)
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<span class="lt-unbroken">{}</span>', part) if n % 2 else part,)
            for n, part in enumerate(parts)
        ),
    )


def inline(part: Inline, number: ShowNumber) -> SafeString:
    if isinstance(part, Number):
        return number(part)
    words = unbroken(part.text)
    if part.to:
        words = format_html('<a href="#{}">{}</a>', part.to, words)
    if part.bold:
        words = format_html("<strong>{}</strong>", words)
    return format_html("<em>{}</em>", words) if part.italic else words


def letter_head(block: LetterHead) -> SafeString:
    return format_html(
        '<header class="rp-lh"><div>{}<p>{}</p><p>{}</p>{}</div><div>'
        "<p><b>Cộng hòa xã hội chủ nghĩa Việt Nam</b></p>"
        '<p><b class="u">Độc lập - Tự do - Hạnh phúc</b></p>'
        "<p><i>{}</i></p></div></header>{}",
        format_html("<p>{}</p>", block.parent) if block.parent else "",
        block.body,
        block.number,
        format_html('<p class="about">{}</p>', block.about) if block.about else "",
        block.place_date,
        format_html_join(
            "",
            '<p class="rp-stamp" data-color="danger"><b>{}</b></p>',
            ((word,) for word in (block.secrecy, block.urgency, block.circulation) if word),
        ),
    )


def addressees(block: Addressees) -> SafeString:
    """Box 9a; several stand in a list."""
    if len(block.to) == 1:
        return format_html('<p class="rp-to">Kính gửi: {}</p>', block.lines[0])
    return format_html(
        '<div class="rp-to"><p>Kính gửi:</p><ul>{}</ul></div>',
        format_html_join("", "<li>{}</li>", ((line.removeprefix("- "),) for line in block.lines)),
    )


def heading(block: Heading) -> SafeString:
    tag = f"h{min(6, block.level + 1)}"
    anchor = format_html(' id="{}"', block.anchor) if block.anchor else SafeString("")
    number = format_html("<span>{}</span>", block.number) if block.number else SafeString("")
    return format_html(f"<{tag}{{}}>{{}}{{}}</{tag}>", anchor, number, block.text)


def table(block: Table, back: Collection[str] = ()) -> SafeString:
    ends = tuple(column.end for column in block.columns)
    about = block.about or ("",) * len(block.rows)
    return format_html(
        '<div class="lt-scroll" tabindex="0" role="region" aria-label="{}">'
        '<table class="ds-table"><caption>{}</caption><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>",
        block.caption,
        block.caption,
        format_html_join("", '<th scope="col">{}</th>', ((c.title,) for c in block.columns)),
        format_html_join(
            "",
            "<tr{}>{}</tr>",
            (
                (
                    format_html(' id="nguon-{}" tabindex="-1"', code) if code else "",
                    cells(row, ends, code if code in back else ""),
                )
                for row, code in zip(block.rows, about, strict=True)
            ),
        ),
    )


def chart(block: Chart) -> SafeString:
    """A picture that is skipped by readers' software, with the same values in a table."""
    bars = format_html_join(
        "",
        '<rect x="0" y="{}" width="{}" height="16" rx="3"/>',
        ((number * 24 + 4, bar.share * 4 // 10 or 1) for number, bar in enumerate(block.bars)),
    )
    return format_html(
        '<figure class="rp-chart"><figcaption>{}</figcaption>'
        '<svg viewBox="0 0 400 {}" aria-hidden="true" focusable="false">{}</svg>'
        '<table class="ds-table"><tbody>{}</tbody></table></figure>',
        block.caption,
        len(block.bars) * 24,
        bars,
        format_html_join(
            "",
            '<tr><th scope="row">{}</th><td class="n">{}</td></tr>',
            ((bar.label, bar.text) for bar in block.bars),
        ),
    )


def cells(row: tuple[str, ...], ends: tuple[bool, ...], back: str = "") -> SafeString:
    """The cells of a row; the first leads back to the place of the figure in the text."""
    if back:
        first = format_html('<td><a href="#so-{}">{}</a></td>', back, row[0])
        return format_html("{}{}", first, cells(row[1:], ends[1:]))
    return format_html_join(
        "",
        "<td{}>{}</td>",
        (
            (mark_safe(' class="n"') if end else SafeString(""), text)  # constants only
            for text, end in zip(row, ends, strict=True)
        ),
    )


def signing(block: Signing) -> SafeString:
    return format_html(
        '<footer class="rp-sign"><div><p><b><i>Nơi nhận:</i></b></p><ul>{}</ul></div>'
        "<div>{}<p><b>{}</b></p></div></footer>",
        format_html_join("", "<li>{}</li>", ((text,) for text in block.recipients)),
        format_html_join("", "<p><b>{}</b></p>", ((text,) for text in block.authority)),
        block.name,
    )
