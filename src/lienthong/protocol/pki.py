"""
Keys and certificates of the exchange: ECDSA P-256 by default, Ed25519 by choice.

Two kinds of certificate under one root (X-Road's split): AUTH belongs to a
gateway and is used for TLS, SIGN belongs to a member and signs messages. Both
live thirty days and are renewed from day twenty (decision 19). The root is kept
offline: it certifies an issuing authority, which certifies the others, so a
certificate travels as a chain of PEM blocks, its own first, the root left out.
A key is named by the base64url SHA-256 of its public key, and its algorithm by
the name RFC 9421 gives it. Only SIGN keys may be Ed25519.
"""

from __future__ import annotations

import abc
import base64
import hashlib
import ipaddress
import os
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError

from lienthong.protocol.errors import BadSignature, Expired, UntrustedCertificate
from lienthong.protocol.identifiers import MemberId

P256 = b"ecdsa-p256-sha256"
ED25519 = b"ed25519"
ALGORITHMS = (P256, ED25519)
"""Names of RFC 9421, section 6.2.2; the order is part of the format of batch signatures."""
SIGNATURE_BYTES = 64
"""Of either algorithm, in the raw form of RFC 9421."""

PublicKey: TypeAlias = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

SHA256 = ec.ECDSA(hashes.SHA256())
LIFE = timedelta(days=30)
RENEW_AFTER = timedelta(days=20)
ROOT_LIFE = timedelta(days=3650)
ISSUING_LIFE = timedelta(days=365)
"""Of the online authority; its successor is certified with the root brought back for an hour."""
# Clocks of two gateways differ; a new certificate holds from a little earlier.
BACKDATE = timedelta(minutes=10)
COORDINATE = 32


def kid_of(public: PublicKey) -> str:
    spki = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.urlsafe_b64encode(hashlib.sha256(spki).digest()).rstrip(b"=").decode()


def require_known(key: object) -> PublicKey:
    """The key, once it is of an algorithm of this exchange; raises UntrustedCertificate."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UntrustedCertificate("the key is neither ECDSA P-256 nor Ed25519")
    return key


class VerifyingKey:
    """A public key with its name; two are equal when their names, hence their keys, are."""

    __slots__ = ("_curve", "_raw", "algorithm", "kid", "public")

    def __init__(self, public: PublicKey) -> None:
        self.public = public
        self.kid = kid_of(public)
        # One of the two; asked on every message, so not by isinstance, which takes a microsecond.
        self._raw = b""
        self._curve: ec.EllipticCurvePublicKey | None = None
        if isinstance(public, ed25519.Ed25519PublicKey):
            self.algorithm = ED25519
            self._raw = public.public_bytes_raw()
        else:
            self.algorithm = P256
            self._curve = public

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VerifyingKey) and other.kid == self.kid

    def __hash__(self) -> int:
        return hash(self.kid)

    @classmethod
    def from_pem(cls, pem: str | bytes) -> VerifyingKey:
        data = pem.encode() if isinstance(pem, str) else pem
        return cls(require_known(serialization.load_pem_public_key(data)))

    def verify(self, signature: bytes, data: bytes) -> bytes:
        """
        The data, once the signature is this key's over it; raises BadSignature.

        Signatures have the raw form of RFC 9421: ``r || s``, or the 64 bytes of RFC 8032.
        """
        if len(signature) != SIGNATURE_BYTES:
            raise BadSignature("a signature has 64 bytes")
        if self._curve is None:
            # libsodium verifies in half the time of OpenSSL (docs/decisions, record 0040).
            try:
                crypto_sign_open(signature + data, self._raw)
            except BadSignatureError:
                raise BadSignature from None
            return data
        r = int.from_bytes(signature[:COORDINATE], "big")
        s = int.from_bytes(signature[COORDINATE:], "big")
        return self.verify_der(encode_dss_signature(r, s), data)

    def verify_der(self, signature: bytes, data: bytes) -> bytes:
        """As `verify`, for ECDSA signatures in ASN.1 form (signed notes); Ed25519 has no other."""
        if self._curve is None:
            return self.verify(signature, data)
        try:
            self._curve.verify(signature, data, SHA256)
        except InvalidSignature:
            raise BadSignature from None
        return data

    def pem(self) -> str:
        return self.public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()


class SigningKey(abc.ABC):
    """A key that signs, with its name; where it lives is the business of the subclass."""

    __slots__ = ("algorithm", "kid", "verifying")

    def __init__(self, verifying: VerifyingKey) -> None:
        self.verifying = verifying
        self.kid = verifying.kid
        self.algorithm = verifying.algorithm

    @staticmethod
    def generate(algorithm: bytes = P256) -> FileKey:
        if algorithm == ED25519:
            return FileKey(ed25519.Ed25519PrivateKey.generate())
        if algorithm == P256:
            return FileKey(ec.generate_private_key(ec.SECP256R1()))
        raise ValueError(f"{algorithm.decode()} is not an algorithm of the exchange")

    @staticmethod
    def load(path: Path, passphrase: bytes) -> FileKey:
        """Read an encrypted PEM; raises FileNotFoundError or ValueError (wrong passphrase)."""
        private = serialization.load_pem_private_key(path.read_bytes(), passphrase)
        if not isinstance(private, (ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)):
            raise ValueError(f"{path.name} holds a key of another algorithm than the exchange's")
        return FileKey(private)

    @abc.abstractmethod
    def sign(self, data: bytes) -> bytes:
        """64 bytes: the raw ``r || s`` of ecdsa-p256-sha256, or those of ed25519."""

    def sign_der(self, data: bytes) -> bytes:
        """As `sign`, with ECDSA in ASN.1 form, as signed notes want it."""
        signature = self.sign(data)
        if self.algorithm == ED25519:
            return signature
        r, s = signature[:COORDINATE], signature[COORDINATE:]
        return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


class FileKey(SigningKey):
    """A private key in this process's memory, kept in an encrypted file."""

    __slots__ = ("_curve", "_secret", "private")

    def __init__(self, private: PrivateKey) -> None:
        super().__init__(VerifyingKey(private.public_key()))
        self.private = private
        self._secret = b""
        self._curve: ec.EllipticCurvePrivateKey | None = None
        if isinstance(private, ed25519.Ed25519PrivateKey):
            _, self._secret = crypto_sign_seed_keypair(private.private_bytes_raw())
        else:
            self._curve = private

    def save(self, path: Path, passphrase: bytes) -> None:
        """Write PKCS8 PEM encrypted under the passphrase, mode 0600, whole or not at all."""
        write_private(
            path,
            self.private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(passphrase),
            ),
        )

    def sign(self, data: bytes) -> bytes:
        if self._curve is None:
            return crypto_sign(data, self._secret)[:SIGNATURE_BYTES]
        r, s = decode_dss_signature(self.sign_der(data))
        return r.to_bytes(COORDINATE, "big") + s.to_bytes(COORDINATE, "big")

    def sign_der(self, data: bytes) -> bytes:
        if self._curve is None:
            return self.sign(data)
        return self._curve.sign(data, SHA256)


def write_private(path: Path, data: bytes) -> None:
    """Replace a file in one step, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


UNREADABLE = (x509.InvalidVersion, x509.DuplicateExtension, UnsupportedAlgorithm)
"""What reading a certificate may raise that is no ValueError."""


def load_certificate(pem: str | bytes) -> x509.Certificate:
    data = pem.encode() if isinstance(pem, str) else pem
    try:
        certificate = x509.load_pem_x509_certificate(data)
        # Read only when first asked for; a broken one must not surprise whoever asks.
        _ = certificate.subject, certificate.issuer, certificate.extensions
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        certificate.public_key()
    except (ValueError, TypeError, *UNREADABLE):
        raise UntrustedCertificate("not a certificate in PEM form") from None
    return certificate


_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", flags=re.DOTALL)
LONGEST_CHAIN = 4


def blocks_of(text: str) -> list[str]:
    """The certificates of a text, as PEM blocks."""
    return _BLOCK.findall(text)


def load_chain(pem: str | bytes) -> tuple[x509.Certificate, ...]:
    """
    The certificates of a PEM text, the holder's own first; raises UntrustedCertificate.

    At least one and at most four: nobody needs more, and each costs a signature to check.
    """
    text = pem.decode("ascii", "replace") if isinstance(pem, bytes) else pem
    blocks = _BLOCK.findall(text)
    if not 1 <= len(blocks) <= LONGEST_CHAIN:
        raise UntrustedCertificate("not a chain of certificates in PEM form")
    return tuple(load_certificate(block) for block in blocks)


def fingerprint(certificate: x509.Certificate) -> str:
    """Hex SHA-256 over the certificate, as snapshots name AUTH certificates."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def make_root(
    key: FileKey, *, name: str, instance: str, now: datetime, certifies: int = 1
) -> x509.Certificate:
    """
    The self-signed certificate of an authority of one instance.

    It may certify one level of authorities below it, or with 0 holders only.
    """
    subject = _authority_name(name, instance)
    return (
        _builder(subject, subject, key.verifying, now, now + ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=certifies), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(key.private, hashes.SHA256())
    )


def make_issuing(
    public: VerifyingKey,
    *,
    root_key: FileKey,
    root: x509.Certificate,
    name: str,
    instance: str,
    now: datetime,
) -> x509.Certificate:
    """The certificate of the authority that is online; it certifies no further authority."""
    end = min(now + ISSUING_LIFE, root.not_valid_after_utc)
    return (
        _builder(_authority_name(name, instance), root.subject, public, now, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.verifying.public),
            critical=False,
        )
        .sign(root_key.private, hashes.SHA256())
    )


def _authority_name(name: str, instance: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, instance),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def make_request(key: FileKey, *, name: str) -> str:
    """
    A PKCS #10 request in PEM: the public key, signed with the private one.

    The name is for whoever reads the file; an authority takes the key and
    nothing else from a request, and writes the names it approved.
    """
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .sign(key.private, None if key.algorithm == ED25519 else hashes.SHA256())
    )
    return request.public_bytes(serialization.Encoding.PEM).decode()


def key_of_request(pem: str) -> VerifyingKey:
    """The key of a request, once it is proved that the asker holds it; raises BadSignature."""
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        proved = request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm):
        raise BadSignature("not a certificate request in PEM form") from None
    if not proved:
        raise BadSignature("the request is not signed with the key it holds")
    return VerifyingKey(require_known(request.public_key()))


class Authority:
    """A key that issues AUTH and SIGN certificates: the issuing authority's, or a root's."""

    def __init__(
        self, key: FileKey, certificate: x509.Certificate, *, below_root: bool = False
    ) -> None:
        self.key = key
        self.certificate = certificate
        self.below_root = below_root

    @classmethod
    def load(cls, directory: Path, passphrase: bytes) -> Authority:
        """
        The authority whose key is online, from ``keys/authority``.

        Raises FileNotFoundError where there is none (on a member's node), or
        ValueError for a wrong passphrase.
        """
        return cls(
            SigningKey.load(directory / "issuing.key", passphrase),
            load_certificate((directory / "issuing.crt").read_bytes()),
            below_root=True,
        )

    def chain_of(self, certificate: x509.Certificate) -> str:
        """What the holder shows: its certificate, and this authority's below a root."""
        return pem_of(certificate) + (pem_of(self.certificate) if self.below_root else "")

    def issue_auth(
        self,
        public: VerifyingKey,
        *,
        owner: MemberId,
        gateway: str,
        hosts: Iterable[str] = ("127.0.0.1", "localhost"),
        now: datetime,
    ) -> x509.Certificate:
        """A gateway's TLS certificate, good for both ends of a connection."""
        hosts = tuple(hosts)
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, owner.instance),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, str(owner)),
                x509.NameAttribute(NameOID.COMMON_NAME, hosts[0]),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, f"{owner}/{gateway}"),
            ]
        )
        names = x509.SubjectAlternativeName([_general(host) for host in hosts])
        uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        return (
            self.leaf(subject, public, now)
            .add_extension(names, critical=False)
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            .sign(self.key.private, hashes.SHA256())
        )

    def issue_sign(
        self, public: VerifyingKey, *, member: MemberId, name: str, now: datetime
    ) -> x509.Certificate:
        """A member's signing certificate, its identifier in the subject as X-Road puts it."""
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, member.instance),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:64]),
                x509.NameAttribute(NameOID.BUSINESS_CATEGORY, member.member_class),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, member.code),
                x509.NameAttribute(NameOID.COMMON_NAME, str(member)),
            ]
        )
        return self.leaf(subject, public, now).sign(self.key.private, hashes.SHA256())

    def leaf(
        self, subject: x509.Name, public: VerifyingKey, now: datetime, life: timedelta = LIFE
    ) -> x509.CertificateBuilder:
        """A certificate of a holder below this authority, to be completed and signed."""
        return (
            _builder(subject, self.certificate.subject, public, now, now + life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(certificates=False), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.verifying.public),
                critical=False,
            )
        )


def member_of(certificate: x509.Certificate) -> MemberId:
    """The member a SIGN certificate names in its subject."""

    def one(oid: x509.ObjectIdentifier) -> str:
        found = certificate.subject.get_attributes_for_oid(oid)
        if len(found) != 1:
            raise UntrustedCertificate("the certificate does not name one member")
        return str(found[0].value)

    return MemberId(
        one(NameOID.COUNTRY_NAME), one(NameOID.BUSINESS_CATEGORY), one(NameOID.SERIAL_NUMBER)
    )


def check_certificate(
    certificate: x509.Certificate,
    roots: Iterable[x509.Certificate],
    *,
    at: datetime,
    between: Sequence[x509.Certificate] = (),
) -> VerifyingKey:
    """
    The key of a certificate that leads to one of the roots and holds at this time.

    ``between`` are the authorities its holder sent along; each must be one, be
    in its time and be certified by the next or by a root. Raises
    UntrustedCertificate or Expired.
    """
    roots = tuple(roots)
    _check_leads_to(certificate, roots, between, at)
    if _constraints(certificate).ca:
        raise UntrustedCertificate("an authority's certificate signs no messages")
    _check_time(certificate, at, "the certificate")
    return VerifyingKey(require_known(certificate.public_key()))


def check_chain(
    chain: Sequence[x509.Certificate], roots: Iterable[x509.Certificate], *, at: datetime
) -> VerifyingKey:
    """As `check_certificate`, for a chain as `load_chain` reads it."""
    return check_certificate(chain[0], roots, at=at, between=chain[1:])


def _check_leads_to(
    certificate: x509.Certificate,
    roots: Sequence[x509.Certificate],
    between: Sequence[x509.Certificate],
    at: datetime,
) -> None:
    for root in roots:
        if _issued(certificate, root):
            _check_time(root, at, "the root certificate")
            return
    if not between or not _issued(certificate, between[0]):
        raise UntrustedCertificate
    authority, *others = between
    constraints = _constraints(authority)
    if not constraints.ca or not _certifies(authority):
        raise UntrustedCertificate("the chain leads over a certificate that is no authority's")
    # A certified authority certifies holders only, so nothing may stand between it and a root.
    if constraints.path_length != 0 or others:
        raise UntrustedCertificate("the chain is longer than this exchange allows")
    _check_time(authority, at, "the issuing authority's certificate")
    _check_leads_to(authority, roots, (), at)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _constraints(certificate: x509.Certificate) -> x509.BasicConstraints:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        raise UntrustedCertificate("the certificate states no constraints") from None


def _certifies(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return usage.key_cert_sign


def _check_time(certificate: x509.Certificate, at: datetime, what: str) -> None:
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise Expired(f"{what} is out of its time")


def gateway_of(certificate: x509.Certificate) -> str:
    """The gateway an AUTH certificate names, ``VN/GOV/G15/justice``."""
    found = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    if len(found) != 1:
        raise UntrustedCertificate("the certificate does not name one gateway")
    return str(found[0].value)


def needs_renewal(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether day twenty of the certificate has come."""
    return now >= certificate.not_valid_before_utc + BACKDATE + RENEW_AFTER


def _builder(
    subject: x509.Name, issuer: x509.Name, public: VerifyingKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    start = start.astimezone(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public.public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - BACKDATE)
        .not_valid_after(end.astimezone(UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public.public), critical=False)
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=not certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
