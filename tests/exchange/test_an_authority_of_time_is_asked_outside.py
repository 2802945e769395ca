"""The one way to a party that is no member: a time-stamping authority the node has named."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import urllib3

from lienthong.exchange import outside

ADDRESS = "https://tsa.example.vn/stamp"


class Played:
    """Stands for urllib3's pool and answers what it is told to."""

    asked: list[tuple[str, str, bytes]]
    answer: object = None

    def __init__(self, **_settings):
        type(self).asked = []

    def __enter__(self):
        return self

    def __exit__(self, *_what):
        return None

    def request(self, method, address, *, body, headers, redirect, **_more):
        assert headers["Content-Type"] == "application/timestamp-query"
        assert not redirect
        self.asked.append((method, address, body))
        if isinstance(self.answer, Exception):
            raise self.answer
        status, content = self.answer
        return SimpleNamespace(
            status=status, read=lambda most: content[:most], release_conn=lambda: None
        )


@pytest.fixture
def authority(monkeypatch):
    monkeypatch.setattr(outside.urllib3, "PoolManager", Played)

    def answers(what):
        monkeypatch.setattr(Played, "answer", what)

    return answers


def test_the_answer_comes_back_byte_for_byte(authority):
    authority((200, b"\x30\x00token"))
    assert outside.timestamp(ADDRESS, b"query") == b"\x30\x00token"
    assert Played.asked == [("POST", ADDRESS, b"query")]


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"away"),
        (302, b"elsewhere"),
        (200, b"x" * (outside.LARGEST + 1)),
        urllib3.exceptions.ConnectTimeoutError(),
    ],
    ids=["refused", "sent-on", "too-long", "silent"],
)
def test_whatever_else_happens_is_one_failure(authority, answer):
    authority(answer)
    with pytest.raises(OSError, match=r"."):
        outside.timestamp(ADDRESS, b"query")


def test_only_http_is_spoken():
    with pytest.raises(OSError, match="begins with http"):
        outside.timestamp("file:///etc/passwd", b"query")
