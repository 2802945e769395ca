"""Any bytes are read or refused in words; what once surprised a parser is kept and tried again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import fuzz_targets
from fuzz_targets import CORPUS, TARGETS

LONG = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", TARGETS)
def test_the_kept_inputs_of_every_parser_hold(name: str) -> None:
    kept = fuzz_targets.corpus(name)
    assert kept, f"tests/corpus/{name} is empty"
    for data in kept:
        TARGETS[name](data)


def test_every_directory_of_the_corpus_is_fed_to_a_parser() -> None:
    assert {one.name for one in CORPUS.iterdir() if one.is_dir()} == set(TARGETS)


@st.composite
def changed(draw: st.DrawFn, kept: list[bytes]) -> bytes:
    """A kept input with a few bytes cut, doubled, replaced or joined with another's."""
    data = bytearray(draw(st.sampled_from(kept)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["cut", "put", "set", "join", "double"])):
            case "cut":
                del data[at : at + draw(st.integers(1, 8))]
            case "put":
                data[at:at] = draw(st.binary(max_size=6) | st.sampled_from(TOKENS))
            case "set" if data:
                data[at % len(data)] = draw(st.integers(0, 255))
            case "join":
                data = data[:at] + draw(st.sampled_from(kept))[at:]
            case "double":
                data[at:at] = data[at : at + 20]
    return bytes(data)


TOKENS = [
    b"\r\n", b"\n", b"\0", b"%2e", b"%252e", b"..", b"//", b"%", b"\xff", b'"', b"{}", b"[]",
    b"9" * 20, b"-1", b"Content-Length: 1\r\n", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n",
    b"\xe2\x80\x94", b";", b":", b"=", b"null", b"1e400", b"<a>", b"/>", b"&#10;", b"]]>",
    b"<!--", b"\r\n--",
]  # fmt: skip


@pytest.mark.parametrize("name", TARGETS)
def test_changed_inputs_are_read_or_refused(name: str) -> None:
    kept = fuzz_targets.corpus(name)

    @LONG
    @given(changed(kept) | st.binary(max_size=200))
    @example(b"")
    def holds(data: bytes) -> None:
        TARGETS[name](data)

    holds()


ODD: list[Any] = [
    None,
    "",
    "x",
    "9" * 30,
    0,
    -1,
    10**12 - 1,
    10**15 - 1,
    2**63,
    [],
    {},
    True,
    "\ud800",
]


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [here]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*here, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += places(inner, (*here, index))
    return found


def put(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = put(value[place[0]], place[1:], new)
    return copy


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("receipt", "true.json"),
        ("snapshot", "payload.json"),
        ("admission", "payload.json"),
        ("fault", "json"),
    ],
)
def test_a_document_with_anything_odd_in_any_place_is_refused_in_words(
    name: str, file: str
) -> None:
    """Every place of a true document, with every odd value: in order, nothing by chance."""
    document = json.loads((CORPUS / name / file).read_bytes())
    for place in places(document):
        for odd in ODD:
            TARGETS[name](json.dumps(put(document, place, odd)).encode())


def test_a_target_that_breaks_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules can fail: a path check that does not decode lets a climb through."""
    monkeypatch.setattr(fuzz_targets.snapshot, "plain_path", lambda raw: raw.decode())
    with pytest.raises(fuzz_targets.Broken):
        TARGETS["path"](b"a/%2e%2e/%2e%2e/x")
