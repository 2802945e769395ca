"""Signed totals of a day: whose they are, and that nothing in them can be changed."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime

import msgspec
import pytest

from lienthong.protocol.day_totals import (
    BadTotals,
    DayRow,
    DayTotals,
    SignedDay,
    counts_digest,
    open_day,
    sign_day,
)
from lienthong.protocol.errors import BadSignature, UnknownKey
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.pki import ED25519, P256, SigningKey

KEY = SigningKey.generate()
JUSTICE = MemberId("VN", "GOV", "G15")
ROWS = [
    DayRow(client="VN/a", service="VN/b/x.v1", side="consumer", outcome="answered", count=3),
    DayRow(client="VN/a", service="VN/b/x.v1", side="provider", outcome="answered", count=4),
]


def totals(**changes) -> DayTotals:
    rows = changes.get("rows", ROWS)
    said = {
        "gateway": "VN/GOV/G15/justice",
        "day": date(2026, 11, 24),
        "closed_at": datetime(2026, 11, 24, 17, 20, tzinfo=UTC),
        "tree_size": 9,
        "root": "ab" * 32,
        "counts_sha256": counts_digest(rows),
        "rows": rows,
    }
    return DayTotals(**{**said, **changes})


def find(member=JUSTICE, key=KEY):
    def lookup(kid, at):
        if kid != key.kid:
            raise UnknownKey
        return member, key.verifying

    return lookup


def forged(signed: SignedDay, **changes) -> SignedDay:
    said = msgspec.json.decode(signed.content) | changes
    return msgspec.structs.replace(
        signed, payload=base64.b64encode(msgspec.json.encode(said)).decode()
    )


@pytest.mark.parametrize("algorithm", [P256, ED25519])
def test_what_the_owner_signed_is_read_back(algorithm):
    key = SigningKey.generate(algorithm)
    signed = sign_day(totals(), key)
    assert open_day(signed, find(key=key)) == totals()
    assert totals().answered() == 4


def test_the_digest_is_over_lines_that_can_be_written_by_hand():
    import hashlib

    lines = "VN/a\tVN/b/x.v1\tconsumer\tanswered\t3\nVN/a\tVN/b/x.v1\tprovider\tanswered\t4\n"
    assert counts_digest(ROWS) == hashlib.sha256(lines.encode()).hexdigest()


def test_another_member_may_not_sign_for_a_gateway():
    with pytest.raises(BadSignature, match="VN/GOV/G15"):
        open_day(sign_day(totals(), KEY), find(member=MemberId("VN", "GOV", "G01")))


@pytest.mark.parametrize(
    "changes",
    [{"tree_size": 10}, {"day": "2026-11-23"}, {"gateway": "VN/GOV/G15/other"}, {"unknown": 1}],
)
def test_a_changed_document_is_refused(changes):
    with pytest.raises(BadSignature):
        open_day(forged(sign_day(totals(), KEY), **changes), find())


@pytest.mark.parametrize(
    "changes",
    [
        {"counts_sha256": "00" * 32},
        {"rows": list(reversed(ROWS))},
        {"rows": [ROWS[0], ROWS[0]]},
        {"format": "lienthong-day-2"},
        {"gateway": "nobody"},
        {"closed_at": datetime(2026, 11, 24, 16, 59, tzinfo=UTC)},
    ],
)
def test_what_does_not_hold_together_is_never_signed(changes):
    with pytest.raises(BadTotals):
        sign_day(totals(**changes), KEY)


@pytest.mark.parametrize(
    "changes",
    [{"rows": [msgspec.to_builtins(ROWS[0]) | {"count": 0}]}, {"root": "zz"}, {"tree_size": -1}],
)
def test_impossible_values_are_no_document(changes):
    with pytest.raises(BadTotals):
        open_day(forged(sign_day(totals(), KEY), **changes), find())


def test_a_payload_that_is_not_base64_is_no_document():
    with pytest.raises(BadTotals):
        open_day(SignedDay(payload="%", kid=KEY.kid, value=""), find())
