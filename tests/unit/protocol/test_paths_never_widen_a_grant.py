"""A path reaches only what a pattern names, however it is written and whoever decodes it."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.protocol.errors import AccessDenied, BadPattern
from lienthong.protocol.paths import check_pattern, compile_glob, covers, plain_path


def allows(pattern: str, path: bytes) -> bool:
    try:
        return bool(compile_glob(pattern).fullmatch(plain_path(path)))
    except AccessDenied:
        return False


@pytest.mark.parametrize(
    "path",
    [
        b"/persons/../secrets",
        b"/persons/..",
        b"/persons/%2e%2e/secrets",
        b"/persons/%2E./secrets",
        b"/persons/.%2e/secrets",
        b"/persons/%252e%252e/secrets",
        b"/persons/%25252e%25252e/secrets",
        b"/persons/..;/secrets",
        b"/persons/..%2fsecrets",
        b"/persons/..%5csecrets",
        b"/persons/%5c..%5csecrets",
        b"/persons\\..\\secrets",
        b"/persons/%255c",
        b"/persons/%252fsecrets",
        b"/persons/%c0%ae%c0%ae/secrets",
        b"/persons/%e0%80%ae%e0%80%ae/secrets",
        b"/persons/%uff0e%uff0e%2f..",
        "/persons/\uff0e\uff0e/secrets".encode(),
        quote("/persons/\u2025/secrets").encode(),
        quote("/persons/a\uff0fb").encode(),
        quote("/persons/\ufdd0").encode(),
        "/persons/\ufdd1".encode(),
        b"/persons/%00",
        b"/persons/%0d%0aX-Road-Client:%20x",
        b"/persons/%7f",
        b"/persons/\x80",
        b"/persons/%" + b"25" * 8 + b"41",
    ],
)
def test_what_climbs_or_hides_is_denied_under_every_pattern(path: bytes) -> None:
    for pattern in ("**", "/**", "/persons/**", "/persons/*"):
        assert not allows(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path", "allowed"),
    [
        # A server that decodes first sees two segments, one that does not sees one.
        ("/persons/*", b"/persons/1%2F2", False),
        ("/persons/1/*", b"/persons%2F1/2", False),
        ("/persons/**", b"/persons/1%2F2", True),
        ("/persons/**", b"/persons%2F1", False),
        ("**", b"/persons%2F1", True),
        ("/persons/*", b"/persons/%41", True),
        ("/persons/*", b"/persons/a%20b", True),
        ("/persons/*", b"/persons/50%25", True),
        ("/persons/*", b"/./persons/./1", True),
        ("/persons/*", b"//persons//1", True),
        ("/persons/*", b"/persons/.", True),
        ("/persons", b"/persons/", False),
        ("/persons/*/name", b"/persons/1/name", True),
        ("/persons/*/name", b"/persons/1/2/name", False),
        ("/persons/*/name", b"/persons/1%2fname/name", False),
    ],
)
def test_an_encoded_slash_opens_nothing_more(pattern: str, path: bytes, allowed: bool) -> None:
    assert allows(pattern, path) is allowed


SEGMENT = st.sampled_from(
    [
        "a",
        "b",
        "..",
        ".",
        "%2e",
        "%2e%2e",
        "%2f",
        "%252f",
        "%252e",
        "a%2fb",
        "%5c",
        "..;",
        "%25",
        "",
    ]
)


@given(st.lists(SEGMENT, max_size=7))
def test_no_reading_of_an_allowed_path_lies_outside_its_pattern(segments: list[str]) -> None:
    path = "/a/" + "/".join(segments)
    if not allows("/a/**", path.encode()):
        return
    # As servers read it: raw, decoded once, decoded twice; with dot segments taken away.
    for read in (path, unquote(path), unquote(unquote(path))):
        assert re.match(r"/+a(/|$)", posixpath.normpath(read))


@given(st.lists(SEGMENT, min_size=1, max_size=4))
def test_one_star_is_one_segment_in_every_reading(segments: list[str]) -> None:
    path = "/a/" + "/".join(segments)
    if not allows("/a/*", path.encode()):
        return
    for read in (path, unquote(path), unquote(unquote(path))):
        assert posixpath.normpath(read).count("/") <= 3


@pytest.mark.parametrize(
    "pattern",
    [
        "persons", "", "/a/../b", "/a//b", "/./a", "/a/**/b/**", "/*a*", "/a***", "/%2e", "/a?b",
        "/a\\*", "/a b", "/" + "x" * 200, "/é", "/a" * 21, "*",
    ],
)  # fmt: skip
def test_a_pattern_that_could_mean_more_is_not_granted(pattern: str) -> None:
    with pytest.raises(BadPattern):
        check_pattern(pattern)


@pytest.mark.parametrize("pattern", ["**", "/**", "/", "/persons/*", "/v1/*/name", "/v1/**"])
def test_plain_patterns_are_granted(pattern: str) -> None:
    assert check_pattern(pattern) == pattern


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("**", "/a/**", True),
        ("/**", "/a/*", True),
        ("/a/**", "/a/*", True),
        ("/a/*", "/a/**", False),
        ("/a/*/*", "/a/**", False),
        ("/a/*", "/a/b", True),
        ("/a/b", "/a/*", False),
        ("/a/*", "/a/x*", True),
        ("/a/x*", "/a/*", False),
        ("/a/**", "/**", False),
        ("/a/**", "**", False),
        ("/*/name", "/**", False),
    ],
)
def test_a_pattern_covers_another_only_wholly(wide: str, narrow: str, covered: bool) -> None:
    assert covers(wide, narrow) is covered
