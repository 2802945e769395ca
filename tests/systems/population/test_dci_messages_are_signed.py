"""A DCI message counts when a key of its sender signed its header and its message."""

from __future__ import annotations

from typing import Any

import pytest

from lienthong.exchange.testing import ask_offer
from lienthong.systems.population.domain.dci_signature import canonical
from systems.population import dci_letters as dci

ALGORITHMS = ("EdDSA", "ES256", "RS256")


def ask(signature: str, head: Any, message: Any) -> str:
    body = {"signature": signature, "header": head, "message": message}
    answer = ask_offer("population", "dci.sync-search.v1", body, client_id=f"VN/{dci.PARTNER}")
    said = answer.body["message"]
    return str(said["error"]["code"]) if said.get("ack_status") == "ERR" else "taken"


def letter() -> tuple[dict[str, Any], dict[str, Any]]:
    message = dci.search("expression", {"name": "Nguyễn Thị Hòa"})
    return dci.header("search"), message


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_by_a_key_of_the_sender_counts(algorithm: str) -> None:
    signer = dci.Signer(algorithm)
    dci.partner(unsigned=False, keys={"keys": [signer.jwk]})
    head, message = letter()
    assert ask(signer.sign(head, message), head, message) == "taken"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_anything_changed_or_signed_by_another_does_not(algorithm: str) -> None:
    signer, other = dci.Signer(algorithm), dci.Signer(algorithm)
    dci.partner(unsigned=False, keys={"keys": [signer.jwk]})
    head, message = letter()
    good = signer.sign(head, message)
    bad = {
        "the header": (good, head | {"total_count": 2}, message),
        "the message": (good, head, message | {"transaction_id": "t-2"}),
        "another key": (other.sign(head, message), head, message),
        "another name of the key": (signer.sign(head, message, kid="k2"), head, message),
        "another algorithm": (signer.sign(head, message, alg="none"), head, message),
        "a payload inside": (good.replace("..", ".e30."), head, message),
        "half of it": (good[: len(good) // 2], head, message),
        "no signature": ("invalid-signature", head, message),
    }
    assert {what: ask(*one) for what, one in bad.items()} == dict.fromkeys(
        bad, "err.signature.invalid"
    )


def test_an_unsigned_message_counts_for_a_test_partner_only() -> None:
    head, message = letter()
    dci.partner(unsigned=False)
    assert ask("unsigned-stub", head, message) == "err.signature.missing"
    dci.partner(unsigned=True)
    assert ask("unsigned-stub", head, message) == "taken"
    assert ask("invalid-signature", head, message) == "err.signature.invalid"


def test_the_canonical_form_is_that_of_the_standard() -> None:
    """The order of members is that of RFC 8785: by UTF-16 code units, not by code points."""
    names = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "ö": 7}
    text = canonical(names, {"b": [True, None], "a": "Hòa"}).decode()
    order = [text.index(f":{value}") for value in (2, 4, 6, 7, 1, 5, 3)]
    assert order == sorted(order)
    assert text.endswith('"message":{"a":"Hòa","b":[true,null]}}')
