"""A grant carries what was asked and who signed; nobody can widen it afterwards."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from lienthong.protocol import grants
from lienthong.protocol.errors import BadGrant, BadPattern, BadSignature, UnknownKey
from lienthong.protocol.grants import GrantProof, Mark, Quota, Terms
from lienthong.protocol.identifiers import MemberId
from lienthong.protocol.pki import SigningKey, VerifyingKey

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)


def terms(**changes: object) -> Terms:
    values: dict[str, object] = {
        "instance": "VN",
        "id": "0b6c9d9e-0000-4000-8000-000000000001",
        "client": "GOV/G15/civil-status",
        "provider": "GOV/G01/population",
        "code": "person.find.v1",
        "methods": ["GET", "POST"],
        "paths": ["/persons/**"],
        "fields": ["full_name", "born_on"],
        "purpose": "Đăng ký khai sinh",
        "legal_basis": "Luật Hộ tịch 60/2014/QH13",
        "valid_from": NOW,
        "valid_to": NOW + timedelta(days=365),
        "quota": Quota(per_minute=60, per_day=10_000),
    }
    return Terms(**{**values, **changes})  # type: ignore[arg-type]


@dataclass
class Parties:
    justice: SigningKey
    police: SigningKey

    def find(self, kid: str, at: datetime) -> tuple[MemberId, VerifyingKey]:
        for code, key in (("G15", self.justice), ("G01", self.police)):
            if key.kid == kid:
                return MemberId("VN", "GOV", code), key.verifying
        raise UnknownKey

    def agreed(self, given: Terms) -> GrantProof:
        asked = terms()
        return GrantProof(
            asked=asked,
            asked_mark=grants.sign_asked(asked, self.justice, NOW),
            given_mark=grants.sign_given(given, asked, self.police, NOW + timedelta(hours=1)),
        )


@pytest.fixture(scope="module")
def parties() -> Parties:
    return Parties(SigningKey.generate(), SigningKey.generate())


def test_what_both_signed_holds(parties: Parties) -> None:
    given = terms(fields=["full_name"], quota=Quota(per_minute=10, per_day=100))
    grants.check_given(given, parties.agreed(given), parties.find)


def test_the_signed_form_is_the_same_for_everyone_who_reads_the_same() -> None:
    hanoi = timezone(timedelta(hours=7))
    other = terms(valid_from=NOW.astimezone(hanoi).replace(microsecond=123))
    assert grants.canonical(terms()) == grants.canonical(other)
    text = grants.canonical(terms()).decode()
    assert text == json.dumps(
        json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    assert '"valid_from":"2026-12-01T03:00:00Z"' in text


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": ["*"]},
        {"fields": ["full_name", "born_on", "residence"]},
        {"methods": ["GET", "POST", "DELETE"]},
        {"methods": ["*"]},
        {"paths": ["**"]},
        {"paths": ["/persons/**", "/secrets/*"]},
        {"valid_to": None},
        {"valid_to": NOW + timedelta(days=366)},
        {"valid_from": NOW - timedelta(days=1)},
        {"quota": Quota()},
        {"quota": Quota(per_minute=61, per_day=10_000)},
        {"purpose": "Việc khác"},
        {"client": "GOV/G15/other"},
        {"code": "person.verify.v1"},
    ],
)
def test_a_provider_gives_no_more_than_was_asked(parties: Parties, changes: dict) -> None:
    with pytest.raises(BadGrant):
        grants.sign_given(terms(**changes), terms(), parties.police, NOW)
    # Nor does a verifier believe one who signed more anyway.
    said = {"terms": terms(**changes), "asked": grants.digest_of(terms()), "at": NOW}
    value = parties.police.sign(b"lienthong-grant-1\ngrant\n" + grants.canonical(said))
    forged = msgspec.structs.replace(
        parties.agreed(terms()),
        given_mark=Mark(kid=parties.police.kid, at=NOW, value=base64.b64encode(value).decode()),
    )
    with pytest.raises(BadGrant):
        grants.check_given(terms(**changes), forged, parties.find)


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": ["full_name"]},
        {"quota": Quota(per_minute=1, per_day=1)},
        {"paths": ["/persons/1"]},
        {"valid_to": NOW + timedelta(days=1)},
    ],
)
def test_a_changed_grant_is_noticed_even_when_it_is_narrower(
    parties: Parties, changes: dict
) -> None:
    proof = parties.agreed(terms())
    with pytest.raises(BadSignature):
        grants.check_given(terms(**changes), proof, parties.find)


def test_each_side_signs_for_itself(parties: Parties) -> None:
    proof = parties.agreed(terms())
    swapped = msgspec.structs.replace(
        proof,
        asked_mark=grants.sign_asked(terms(), parties.police, NOW),
    )
    with pytest.raises(BadSignature):
        grants.check_given(terms(), swapped, parties.find)
    own = msgspec.structs.replace(
        proof, given_mark=grants.sign_given(terms(), terms(), parties.justice, NOW)
    )
    with pytest.raises(BadSignature):
        grants.check_given(terms(), own, parties.find)


def test_a_signature_under_a_request_is_none_under_a_grant(parties: Parties) -> None:
    proof = parties.agreed(terms())
    crossed = msgspec.structs.replace(proof, given_mark=proof.asked_mark)
    with pytest.raises(BadSignature):
        grants.check_given(terms(), crossed, parties.find)
    later = msgspec.structs.replace(proof.given_mark, at=NOW + timedelta(days=3))
    with pytest.raises(BadSignature):
        grants.check_given(terms(), msgspec.structs.replace(proof, given_mark=later), parties.find)


def test_a_refusal_is_signed_with_its_reason(parties: Parties) -> None:
    mark = grants.sign_refused(terms(), "Chưa rõ căn cứ", parties.police, NOW)
    grants.check_refused(terms(), "Chưa rõ căn cứ", mark, parties.find)
    with pytest.raises(BadSignature):
        grants.check_refused(terms(), "Lý do khác", mark, parties.find)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"methods": []}, BadGrant),
        ({"methods": ["BREW"]}, BadGrant),
        ({"fields": []}, BadGrant),
        ({"paths": ["/a/../b"]}, BadPattern),
        ({"purpose": " "}, BadGrant),
        ({"legal_basis": ""}, BadGrant),
        ({"valid_to": NOW}, BadGrant),
        ({"format": "lienthong-grant-2"}, BadGrant),
    ],
)
def test_terms_that_say_nothing_are_not_asked_for(changes: dict, problem: type) -> None:
    with pytest.raises(problem):
        grants.check_terms(terms(**changes))
