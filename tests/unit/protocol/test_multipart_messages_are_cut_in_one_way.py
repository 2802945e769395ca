"""Where the parts of a multipart message lie, and every message that has two answers to that."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.gateway.bodies import Body, Receiver, SpoolRoom
from lienthong.protocol.errors import BadMessage
from lienthong.protocol.mime import (
    LONGEST_PREAMBLE,
    MOST_PARTS,
    ContentType,
    MultipartReader,
    part_of,
)


def read(whole: bytes, size: int = 1 << 16, longest: int = 1 << 20):
    reader = MultipartReader(b"bb", longest)
    for place in range(0, len(whole), size):
        reader.feed(whole[place : place + size])
    return reader.finish()


SOUND = (
    b"\r\n--bb\r\nContent-Type: text/xml\r\nContent-ID: <r>\r\n\r\n<a>--bb</a>\r\n\r\n"
    b"--bb  \r\n\r\nz\r\n--bb\r\nX: y\r\n\r\n\r\n--bb--\r\nepilogue"
)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 1000])
def test_the_first_part_is_found_whatever_the_pieces(size):
    root = read(SOUND, size)
    assert root.content == b"<a>--bb</a>\r\n"
    assert SOUND[root.start :].startswith(root.content + b"\r\n--bb")
    assert root.header(b"content-id") == b"<r>"
    assert root.parts == 3
    assert part_of(SOUND, b"bb", 1) == b"z"


@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"--bb\r\nA: b\r\n\r\nx", id="no end"),
        pytest.param(b"--bb\r\nA: b\r\n\r\nx\r\n--bb", id="half an end"),
        pytest.param(b"--bb--\r\n", id="no part"),
        pytest.param(b"--bb\r\nA: b\r\n\r\nx\r\n--bbb\r\n\r\ny\r\n--bb--", id="a longer boundary"),
        pytest.param(b"--bb\r\nA: b\r\n\r\nx\n--bb\r\n\r\ny\r\n--bb--", id="a bare newline before"),
        pytest.param(b"--bb\nA: b\n\nx\n--bb--\n", id="bare newlines everywhere"),
        pytest.param(b"--bb\r\nA: b\r\n\r\nx\r\n--bb--\r\n\r\n--bb\r\n\r\ny\r\n--bb--",
                     id="parts behind the end"),
        pytest.param(b"--bb\r\nno header\r\n\r\nx\r\n--bb--", id="a head that is none"),
        pytest.param(b"--bb\r\nA: b\r\na: c\r\n\r\nx\r\n--bb--", id="a header twice"),
        pytest.param(b"--bb\r\nA: b\nContent-Type: c\r\n\r\nx\r\n--bb--", id="a hidden header"),
        pytest.param(b"--bb\r\nA: b\r\n--bb--", id="no content"),
        pytest.param(b"--bb\r\n--bb\r\n\r\nx\r\n--bb--", id="an empty first part"),
        pytest.param(b"--bb\r\nA: " + b"b" * 20_000 + b"\r\n\r\nx\r\n--bb--", id="an endless head"),
        pytest.param(b"x" * 5000 + b"\r\n--bb\r\n\r\nx\r\n--bb--", id="a long preamble"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 1 << 16])
def test_a_message_that_can_be_cut_in_two_ways_is_refused(whole, size):
    with pytest.raises(BadMessage) as caught:
        read(whole, size)
    assert caught.value.fault == "MimeParsingFailed"


def test_thousands_of_parts_are_refused_and_take_no_memory():
    bomb = b"--bb\r\nA: b\r\n\r\nx" + b"\r\n--bb\r\n\r\n" * 100_000 + b"\r\n--bb--"
    tracemalloc.start()
    with pytest.raises(BadMessage) as caught:
        read(bomb)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    assert str(MOST_PARTS) in str(caught.value)


def test_long_attachments_are_not_held():
    tracemalloc.start()
    reader = MultipartReader(b"bb", 1 << 20)
    reader.feed(b"--bb\r\nA: b\r\n\r\nx\r\n--bb\r\n\r\n")
    for _ in range(100):
        reader.feed(b"\r\n--b" * 20_000)
    reader.feed(b"\r\n--bb--")
    assert reader.finish().parts == 2
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_a_first_part_without_end_is_given_up():
    with pytest.raises(BadMessage) as caught:
        read(b"--bb\r\nA: b\r\n\r\n" + b"x" * 200_000, longest=1000)
    assert caught.value.fault == "InvalidSoap"


@pytest.mark.parametrize(
    "value",
    ["multipart/related", "multipart/related; boundary=", 'multipart/related; boundary="a\x01"',
     "multipart/related; boundary=" + "a" * 71, 'multipart/related; boundary="a "',
     "multipart/related; boundary=a; boundary=b", "multipart/related; boundary", "text", "",
     "multipart/related boundary=a", "multipart/related; boundary=đ"],
)  # fmt: skip
def test_a_content_type_without_one_boundary_is_refused(value):
    with pytest.raises(BadMessage) as caught:
        assert ContentType.parse(value.encode()).boundary
    assert caught.value.fault in ("InvalidContentType", "MimeParsingFailed")


def test_parameters_are_read_quoted_or_not():
    kind = ContentType.parse(b'Multipart/Related; type="text/xml"; boundary="=_a b:c"; x=y;')
    assert kind.base == "multipart/related"
    assert kind.boundary == b"=_a b:c"
    assert kind.parameters["type"] == "text/xml"


@given(
    content=st.binary(max_size=60),
    attachment=st.binary(max_size=60),
    size=st.integers(1, 40),
)
def test_what_was_packed_is_found_again(content, attachment, size):
    whole = b"--bb\r\nA: b\r\n\r\n" + content + b"\r\n--bb\r\n\r\n" + attachment + b"\r\n--bb--"
    try:
        root = read(whole, size)
    except BadMessage:
        assert b"--bb" in content + attachment or b"\n--bb" in whole
        return
    if b"--bb" not in content + attachment:
        assert root.content == content


@given(
    data=st.binary(min_size=1, max_size=80),
    cuts=st.lists(st.integers(0, 80), min_size=2, max_size=6),
    spooled=st.booleans(),
)
def test_splices_change_nothing_but_what_they_name(data, cuts, spooled):
    cuts = sorted(min(cut, len(data)) for cut in cuts[: len(cuts) // 2 * 2])
    splices = [(cuts[n], cuts[n + 1], b"<%d>" % n) for n in range(0, len(cuts), 2)]
    expected, place = b"", 0
    for start, end, text in splices:
        expected += data[place:start] + text
        place = end
    expected += data[place:]
    room = SpoolRoom(memory_quota=0 if spooled else 1 << 20)
    receiver = Receiver(1000, room)
    receiver.write(data)
    body = receiver.finish()
    made = body.spliced(splices)
    assert made.whole() == expected
    assert body.whole() == data
    body.close()
    made.close()
    assert (room.used, room.memory_used) == (0, 0)
    assert Body.of(data).spliced(splices).whole() == expected


@pytest.mark.parametrize("size", [1, 13, 1 << 20])
@pytest.mark.parametrize("preamble", [LONGEST_PREAMBLE, LONGEST_PREAMBLE + 1])
def test_a_preamble_is_as_long_whatever_the_pieces(size, preamble):
    """Found by fuzzing: what came in one piece might have a preamble of any length."""
    whole = b"p" * (preamble - 2) + SOUND
    if preamble > LONGEST_PREAMBLE:
        with pytest.raises(BadMessage, match="does not begin with a part"):
            read(whole, size)
    else:
        assert read(whole, size).parts == 3


@pytest.mark.parametrize("size", [7, 1 << 20])
@pytest.mark.parametrize("more", [0, 1])
def test_a_first_part_is_as_long_whatever_the_pieces(size, more):
    whole = b"--bb\r\nA: b\r\n\r\n" + b"x" * (50 + more) + b"\r\n--bb--"
    if more:
        with pytest.raises(BadMessage, match="too long"):
            read(whole, size, longest=50)
    else:
        assert len(read(whole, size, longest=50).content) == 50
