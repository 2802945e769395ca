"""
A time-stamping authority of our own, for demonstrations and tests (RFC 3161).

Its certificates say so in their names. A token of it proves nothing to an
outsider, since whoever runs the log also runs this clock; a country
configures an authority that somebody else runs.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lienthong.kernel import clock
from lienthong.protocol import pki
from lienthong.protocol.timestamp import ALGORITHMS, UNREADABLE, Response

NAME = "DEMONSTRATION time-stamping authority"
POLICY = "1.3.6.1.4.1.55555.1.0"
"""Of an arc nobody was given: no policy stands behind a demonstration."""
LIFE = timedelta(days=1095)
RENEW_BEFORE = timedelta(days=365)


class DemonstrationAuthority:
    """Answers requests for tokens with the time of this machine."""

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey,
        certificate: x509.Certificate,
        root: x509.Certificate,
        former: tuple[x509.Certificate, ...] = (),
    ) -> None:
        self._key = key
        self.certificate = certificate
        self.root = root
        self.roots = (root, *former)
        """This root and those of authorities that were here before."""

    @classmethod
    def make(cls, *, now: datetime, life: timedelta = LIFE) -> DemonstrationAuthority:
        """A new root and a new authority under it; the root's key is forgotten at once."""
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root_name = _name(f"{NAME}, root")
        root = (
            _builder(root_name, root_name, root_key.public_key(), now, life)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(root_key, hashes.SHA256())
        )
        certificate = (
            _builder(_name(NAME), root_name, key.public_key(), now, life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
            )
            .sign(root_key, hashes.SHA256())
        )
        return cls(key, certificate, root)

    @classmethod
    def open(cls, directory: Path, passphrase: bytes) -> DemonstrationAuthority:
        """
        The one kept in this directory, made when there is none or it has less than a year.

        The roots of its predecessors stay beside it, since their tokens do.
        """
        key, chain = directory / "demonstration.key", directory / "demonstration.crt"
        known: list[x509.Certificate] = []
        if key.exists():
            known = x509.load_pem_x509_certificates(chain.read_bytes())
            certificate, *roots = known
            private = pki.SigningKey.load(key, passphrase).private
            if not isinstance(private, ec.EllipticCurvePrivateKey):
                raise ValueError(
                    f"{key.name} holds a key of another algorithm than its authority's"
                )
            # A start that was cut off between the two files leaves a pair that does not fit.
            fits = private.public_key() == certificate.public_key()
            if fits and certificate.not_valid_after_utc - clock.instant() > RENEW_BEFORE:
                return cls(private, certificate, roots[0], tuple(roots[1:]))
        made = cls.make(now=clock.instant())
        made.roots = (made.root, *known[1:])
        kept = (made.certificate, *made.roots)
        pki.FileKey(made._key).save(key, passphrase)
        pki.write_private(chain, "".join(map(pki.pem_of, kept)).encode())
        return made

    def answer(self, request: bytes) -> bytes:
        """The DER of a response; a request that cannot be read is rejected in the same form."""
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            imprint = asked["message_imprint"]
            algorithm = imprint["hash_algorithm"]["algorithm"].native
            digest = imprint["hashed_message"].native
            fits = algorithm in ALGORITHMS and len(digest) == ALGORITHMS[algorithm].digest_size
        except UNREADABLE:
            fits = False
        if not fits:
            return bytes(Response({"status": {"status": "rejection"}}).dump())
        info = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": imprint,
            "serial_number": secrets.randbits(127),
            "gen_time": clock.instant().replace(microsecond=0),
        }
        if asked["nonce"].native is not None:
            info["nonce"] = asked["nonce"]
        token = self._sign(tsp.TSTInfo(info).dump())
        granted = {"status": {"status": "granted"}, "time_stamp_token": token}
        return bytes(Response(granted).dump())

    def _sign(self, content: bytes) -> cms.ContentInfo:
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
        named = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(der).digest()}]})
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
                {"type": "signing_certificate_v2", "values": [named]},
            ]
        )
        certificate = asn1_x509.Certificate.load(der)
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
            ),
            "digest_algorithm": sha256,
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": self._key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
        signed = {
            "version": "v3",
            "digest_algorithms": [sha256],
            "encap_content_info": {
                "content_type": "tst_info",
                "content": core.ParsableOctetString(content),
            },
            "certificates": [certificate],
            "signer_infos": [signer],
        }
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - pki.BACKDATE)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
