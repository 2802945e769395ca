"""Messages of a DCI partner, signed or not, and what comes back."""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

import cast
from lienthong.exchange.testing import OfferAnswer, ask_offer
from lienthong.kernel.actor import system_actor
from lienthong.systems.population.domain.dci_signature import canonical
from lienthong.systems.population.services import dci_partners

PARTNER = "GOV/G24/csdl-bao-hiem"
NUMBERS = itertools.count(1)


def partner(*shown: str, unsigned: bool = True, keys: dict[str, Any] | None = None) -> None:
    dci_partners.keep_partner(
        subsystem=PARTNER, sender_id="vss", keys=keys or {}, shown=shown or ("*",),
        unsigned=unsigned, by=system_actor("population", cast.LEGAL_DAY),
    )  # fmt: skip


def header(action: str, **changes: Any) -> dict[str, Any]:
    return {
        "version": "1.0.0",
        "message_id": f"m-{next(NUMBERS)}",
        "message_ts": "2021-08-20T03:00:00.000Z",
        "action": action,
        "sender_id": "vss",
        "sender_uri": "http://169.254.169.254/latest",
        "receiver_id": "vn-population",
        "total_count": 1,
    } | changes


def send(
    code: str,
    action: str,
    message: dict[str, Any],
    *,
    signature: str = "unsigned",
    client: str = f"VN/{PARTNER}",
    **changes: Any,
) -> OfferAnswer:
    head = header(action, **changes)
    body = {"signature": signature, "header": head, "message": message}
    key = "" if code.startswith("sync-") else f"k-{next(NUMBERS)}"
    return ask_offer("population", f"dci.{code}.v1", body, client_id=client, key=key)


def search(query_type: str, query: Any, **criteria: Any) -> dict[str, Any]:
    asked = {"query_type": query_type, "query": query, **criteria}
    item = {"reference_id": "r-1", "timestamp": "2021-08-20T03:00:00Z", "search_criteria": asked}
    return {"transaction_id": "t-1", "search_request": [item]}


def found(query_type: str, query: Any, **criteria: Any) -> dict[str, Any]:
    """The one item of a synchronous search."""
    answer = send("sync-search", "search", search(query_type, query, **criteria))
    assert answer.status == 200, answer.code
    (item,) = answer.body["message"]["search_response"]
    return dict(item)


def subscription(number: str, event: str = "DEATH") -> dict[str, Any]:
    criteria = {"reg_event_type": event, "filter": {"type": "UIN", "value": number}}
    item = {"reference_id": "s-1", "subscribe_criteria": criteria}
    return {"transaction_id": "t-2", "subscribe_request": [item]}


# -- keys ----------------------------------------------------------------------------------


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8))


class Signer:
    """A key of one kind, its public JWK, and detached JWS made with it."""

    def __init__(self, algorithm: str, kid: str = "k1") -> None:
        self.algorithm, self.kid = algorithm, kid
        self.key: Any = {
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "RS256": lambda: rsa.generate_private_key(65537, 2048),
        }[algorithm]()

    @property
    def jwk(self) -> dict[str, str]:
        public = self.key.public_key()
        if self.algorithm == "EdDSA":
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {"kid": self.kid, "kty": "OKP", "crv": "Ed25519", "x": encoded(raw)}
        numbers = public.public_numbers()
        if self.algorithm == "ES256":
            x, y = (encoded(one.to_bytes(32)) for one in (numbers.x, numbers.y))
            return {"kid": self.kid, "kty": "EC", "crv": "P-256", "x": x, "y": y}
        return {"kid": self.kid, "kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}

    def sign(self, head: Any, message: Any, **claims: str) -> str:
        said = {"alg": self.algorithm, "kid": self.kid} | claims
        first = encoded(json.dumps(said).encode())
        text = f"{first}.{encoded(canonical(head, message))}".encode()
        if self.algorithm == "EdDSA":
            raw = self.key.sign(text)
        elif self.algorithm == "ES256":
            halves = utils.decode_dss_signature(self.key.sign(text, ec.ECDSA(hashes.SHA256())))
            raw = b"".join(one.to_bytes(32) for one in halves)
        else:
            raw = self.key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        return f"{first}..{encoded(raw)}"
