"""
The child process that signs or checks one PDF. Run by `bounded.converse`, never imported.

It imports pyHanko and nothing of the project. It never sees a private key: it
asks its parent for each signature value and each time-stamp, one line of JSON a
question, and answers with one line that has an ``outcome``. It fetches nothing.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import resource
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

OUT = os.fdopen(os.dup(1), "wb")


def limit(limits: dict[str, Any]) -> None:
    """Memory, CPU seconds, size of files written, no core dumps."""
    cpu = max(1, int(limits["seconds"]) + 1)
    for what, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, 64 << 20),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))


def tell(words: dict[str, Any]) -> None:
    OUT.write(json.dumps(words).encode() + b"\n")
    OUT.flush()


def ask(question: str, data: bytes) -> bytes:
    """A value from the parent: a signature over data, or the answer of an authority."""
    tell({question: base64.b64encode(data).decode()})
    return base64.b64decode(json.loads(sys.stdin.buffer.readline())["value"])


def der_of(text: str) -> bytes:
    return base64.b64decode(text)


# --- signing ---------------------------------------------------------------


def sign(job: dict[str, Any]) -> dict[str, Any]:
    """One more signature on a PDF; fields for it and for later ones are made at the first."""
    from asn1crypto import algos, pem, tsp, x509
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.layout import AxisAlignment, InnerScaling, SimpleBoxLayoutRule
    from pyhanko.sign import fields, signers, timestamps
    from pyhanko.stamp import StaticStampStyle
    from pyhanko_certvalidator import ValidationContext
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    def certificate(text: str) -> x509.Certificate:
        return x509.Certificate.load(pem.unarmor(text.encode())[2])

    class AskedSigner(signers.Signer):
        """Signs with a key that only the parent holds."""

        async def async_sign_raw(
            self, data: bytes, digest_algorithm: str, dry_run: bool = False
        ) -> bytes:
            return bytes(72) if dry_run else ask("sign", data)

    class AskedStamper(timestamps.TimeStamper):
        """Time-stamps that the parent fetches."""

        async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
            return tsp.TimeStampResp.load(ask("timestamp", req.dump()))

    chain = [certificate(text) for text in job["chain"]]
    roots = [certificate(text) for text in job["roots"]]
    stamp_roots = [certificate(text) for text in job["timestamp_roots"]]
    store = SimpleCertificateStore()
    store.register_multiple(chain[1:])
    signer = AskedSigner(
        signing_cert=chain[0],
        cert_registry=store,
        signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        embed_roots=False,
    )
    stamper = AskedStamper(include_nonce=True) if job["timestamp"] else None
    context = None
    if job["lasting"]:
        context = ValidationContext(
            trust_roots=roots + stamp_roots,
            other_certs=chain[1:],
            crls=[der_of(one) for one in job["crls"]],
            moment=datetime.fromisoformat(job["at"]),
            retroactive_revinfo=True,
            allow_fetching=False,
            revocation_mode="soft-fail",
        )
    writer = IncrementalPdfFileWriter(io.BytesIO(der_of(job["pdf"])), strict=False)
    for field in job["fields"]:
        fields.append_signature_field(
            writer,
            fields.SigFieldSpec(
                sig_field_name=field["name"], on_page=field["page"], box=tuple(field["box"])
            ),
        )
    style = None
    if job["look"]:
        Path("look.pdf").write_bytes(der_of(job["look"]))
        middle = SimpleBoxLayoutRule(
            x_align=AxisAlignment.ALIGN_MID,
            y_align=AxisAlignment.ALIGN_MID,
            inner_content_scaling=InnerScaling.SHRINK_TO_FIT,
        )
        style = StaticStampStyle.from_pdf_file(
            "look.pdf", border_width=0, background_opacity=1.0, background_layout=middle
        )
    meta = signers.PdfSignatureMetadata(
        field_name=job["field"],
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        name=job["name"],
        reason=job["reason"],
        location=job["location"],
        certify=job["certify"],
        docmdp_permissions=fields.MDPPerm.FILL_FORMS,
        validation_context=context,
        embed_validation_info=job["lasting"],
    )
    made = signers.PdfSigner(meta, signer=signer, timestamper=stamper, stamp_style=style)
    out = io.BytesIO()
    asyncio.run(made.async_sign_pdf(writer, output=out))
    return {"outcome": "signed", "pdf": base64.b64encode(out.getvalue()).decode()}


# --- checking --------------------------------------------------------------


def check(job: dict[str, Any]) -> dict[str, Any]:
    """Every signature of a PDF: what it covers, whether it holds, who signed and when."""
    from asn1crypto import pem, x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation.dss import DocumentSecurityStore
    from pyhanko.sign.validation.errors import NoDSSFoundError

    def certificate(text: str) -> x509.Certificate:
        return x509.Certificate.load(pem.unarmor(text.encode())[2])

    content = der_of(job["pdf"])
    reader = PdfFileReader(io.BytesIO(content), strict=False)
    signatures = reader.embedded_regular_signatures
    trust = {
        "roots": [certificate(text) for text in job["roots"]],
        "stamps": [certificate(text) for text in job["timestamp_roots"]],
        "at": datetime.fromisoformat(job["at"]),
        "certs": [],
        "crls": [],
    }
    try:
        store = DocumentSecurityStore.read_dss(reader)
        trust["certs"] = list(store.load_certs())
        trust["crls"] = [ref.get_object().data for ref in store.crls]
    except NoDSSFoundError:
        store = None
    found = [described(one, trust) for one in signatures]
    return {
        "outcome": "checked",
        "signatures": found,
        "revisions": reader.xrefs.total_revisions,
        "size": len(content),
        "kept_for_later": store is not None,
    }


def described(embedded: Any, trust: dict[str, Any]) -> dict[str, Any]:
    """One signature as plain data; a failure inside it is told and is no failure of the child."""
    from asn1crypto import pem
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
    from pyhanko_certvalidator import ValidationContext

    def context(roots: Any, at: datetime) -> Any:
        return ValidationContext(
            trust_roots=roots,
            other_certs=trust["certs"] + list(embedded.other_embedded_certs),
            crls=trust["crls"],
            moment=at,
            allow_fetching=False,
            revocation_mode="soft-fail",
            retroactive_revinfo=True,
        )

    told: dict[str, Any] = {"field": embedded.field_name, "problem": ""}
    claimed = embedded.self_reported_timestamp
    told["claimed"] = claimed.isoformat() if claimed else ""
    signer = embedded.signer_cert
    if signer is None:
        return told | {"problem": "no certificate of a signer"}
    told["certificate"] = pem.armor("CERTIFICATE", signer.dump()).decode()
    told["embedded"] = [
        pem.armor("CERTIFICATE", one.dump()).decode() for one in embedded.other_embedded_certs
    ]
    stamped = None
    for token in extract_tst_data_iter(embedded.signer_info, signed=False):
        stamped = token["encap_content_info"]["content"].parsed["gen_time"].native
        told["stamped"] = stamped.isoformat()
    at = stamped or trust["at"]
    try:
        status = asyncio.run(
            async_validate_pdf_signature(
                embedded,
                signer_validation_context=context(trust["roots"], at),
                ts_validation_context=context(trust["stamps"], at),
            )
        )
    except Exception as wrong:  # each is a reason not to believe the signature, and is told
        return told | {"problem": f"{type(wrong).__name__}: {wrong}"}
    stamp = status.timestamp_validity
    told |= {
        "intact": bool(status.intact),
        "valid": bool(status.valid),
        "trusted": bool(status.trusted),
        "trust_problem": getattr(status.trust_problem_indic, "name", ""),
        "revoked": bool(status.revoked),
        "coverage": status.coverage.name if status.coverage else "UNCLEAR",
        "changes": status.modification_level.name if status.modification_level else "NONE",
        "permitted": bool(status.docmdp_ok) if status.docmdp_ok is not None else True,
        "stamp_holds": bool(stamp and stamp.valid and stamp.intact and stamp.trusted),
        "pades": embedded.sig_object.get("/SubFilter") == "/ETSI.CAdES.detached",
    }
    return told


DEEDS = {"sign": sign, "check": check}


def main() -> int:
    # Nothing but answers may stand on the pipe, whatever a library prints.
    os.dup2(2, 1)
    job = json.loads(sys.stdin.buffer.readline())
    limit(job["limits"])
    try:
        tell(DEEDS[job["deed"]](job))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as wrong:
        tell({"outcome": "failed", "kind": type(wrong).__name__, "diagnostic": str(wrong)[:2000]})
    return 0


if __name__ == "__main__":
    sys.exit(main())
