"""
Signing keys that live in a hardware token, reached through PKCS#11 (decision 11).

The private half never leaves the token: it is made there, marked sensitive and
not extractable, and found again by an id. Beside a member's certificate lies
``sign.pkcs11`` in place of ``sign.key`` and says where; the PIN is a secret of
the node. Keys in tokens are P-256, which every module speaks.

``python-pkcs11`` is an extra of the package and imported only here, on use.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives import serialization

from lienthong.kernel.errors import Unavailable
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.pki import SIGNATURE_BYTES, SigningKey, VerifyingKey, require_known

SUFFIX = ".pkcs11"
LABEL = "lienthong"
ID_BYTES = 8


class TokenUnavailable(ProtocolError, Unavailable):
    """The hardware token that holds a signing key does not work."""

    code = "exchange.token_unavailable"
    fault = "HSMNonOperational"


class TokenPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Which token: ``keys/token.json``, where new signing keys of a node are made."""

    module: str
    """The PKCS#11 library of its maker, an absolute path."""
    token: str
    """Its label."""


class KeyPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where one key lies: ``sign.pkcs11``."""

    module: str
    token: str
    id: str
    """The object's id in hex."""

    @classmethod
    def load(cls, path: Path) -> KeyPlace:
        """Raises FileNotFoundError or `msgspec.DecodeError`."""
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def __str__(self) -> str:
        return f"token {self.token}, key {self.id}"


class TokenKey(SigningKey):
    """A private key inside a token; several of one token share its session."""

    __slots__ = ("_pin", "_private", "place")

    def __init__(self, place: KeyPlace, pin: str) -> None:
        """Find the key; raises TokenUnavailable."""
        self.place = place
        self._pin = pin
        self._private: Any = None
        super().__init__(VerifyingKey(self._find()))

    def _find(self) -> Any:
        """Take hold of the private half; the public one is returned."""
        pkcs11 = _library()
        from pkcs11.util.ec import encode_ec_public_key

        try:
            session = open_session(self.place.module, self.place.token, self._pin)
            wanted = bytes.fromhex(self.place.id)
            public = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, id=wanted)
            self._private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=wanted)
            der = encode_ec_public_key(public)
        except (pkcs11.PKCS11Error, RuntimeError, OSError, ValueError) as problem:
            raise TokenUnavailable(_why(problem)) from None
        return require_known(serialization.load_der_public_key(der))

    def sign(self, data: bytes) -> bytes:
        """As `SigningKey.sign`; once more on a new session when the token lost the old one."""
        pkcs11 = _library()
        try:
            return self._sign(data)
        except pkcs11.PKCS11Error:
            open_session.cache_clear()
        self._find()
        try:
            return self._sign(data)
        except pkcs11.PKCS11Error as problem:
            raise TokenUnavailable(_why(problem)) from None

    def _sign(self, data: bytes) -> bytes:
        pkcs11 = _library()
        # Hashed here: not every module offers ECDSA together with SHA-256.
        digest = hashlib.sha256(data).digest()
        signature = self._private.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)
        if len(signature) != SIGNATURE_BYTES:
            raise TokenUnavailable("the token answered with a signature of another length")
        return bytes(signature)


def make_key(place: TokenPlace, pin: str) -> TokenKey:
    """A new P-256 key inside the token; raises TokenUnavailable."""
    pkcs11 = _library()
    from pkcs11.util.ec import encode_named_curve_parameters

    name = secrets.token_bytes(ID_BYTES)
    try:
        session = open_session(place.module, place.token, pin)
        curve = session.create_domain_parameters(
            pkcs11.KeyType.EC,
            {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")},
            local=True,
        )
        curve.generate_keypair(
            id=name,
            label=LABEL,
            store=True,
            private_template={
                pkcs11.Attribute.SENSITIVE: True,
                pkcs11.Attribute.EXTRACTABLE: False,
            },
        )
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as problem:
        raise TokenUnavailable(_why(problem)) from None
    return TokenKey(KeyPlace(module=place.module, token=place.token, id=name.hex()), pin)


def destroy_key(place: KeyPlace, pin: str) -> None:
    """Take both halves out of the token; nothing happens when they are gone already."""
    pkcs11 = _library()
    try:
        session = open_session(place.module, place.token, pin)
        for found in list(session.get_objects({pkcs11.Attribute.ID: bytes.fromhex(place.id)})):
            found.destroy()
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as problem:
        raise TokenUnavailable(_why(problem)) from None


@functools.lru_cache(maxsize=16)
def open_session(module: str, token: str, pin: str) -> Any:
    """One session for each token of this process; an error of PKCS#11 passes on."""
    pkcs11 = _library()
    found = pkcs11.lib(module).get_token(token_label=token)
    try:
        return found.open(user_pin=pin, rw=True)
    except pkcs11.exceptions.UserAlreadyLoggedIn:
        # Signing in is for the process as a whole: an earlier session of it still stands.
        return found.open(rw=True)


def _library() -> Any:
    """The package that speaks PKCS#11; raises TokenUnavailable where it is not installed."""
    try:
        import pkcs11
    except ImportError:
        raise TokenUnavailable("python-pkcs11 is not installed (lienthong[tokens])") from None
    return pkcs11


def _why(problem: Exception) -> str:
    """The kind of error: its text may name slots and paths, and it never names a PIN."""
    return f"{TokenUnavailable.message()} ({type(problem).__name__})"
