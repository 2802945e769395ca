"""
ASiC-E containers (ETSI EN 319 162-1): files with one XAdES signature over all of them.

Names and order are those of X-Road's containers (`AsicContainerEntries` of the
reference code); what is signed, and by whom, is said in PR-LOG.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

from cryptography import x509

from lienthong.protocol import xades
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.xades import File

MIMETYPE = "application/vnd.etsi.asic-e+zip"
MESSAGE = "message.xml"
ATTACHMENT = "attachment1"
SIGNATURES = "META-INF/signatures.xml"
MANIFEST = "META-INF/manifest.xml"
MANIFEST_SPACE = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
LONGEST_NAME = 226
BASE_32 = "0123456789abcdefghijklmnopqrstuv"


def container(
    files: Sequence[File], key: SigningKey, chain: Sequence[x509.Certificate], at: datetime
) -> bytes:
    """The container of these files, sealed now; ``chain`` begins with the key's certificate."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = f"mimetype={MIMETYPE}".encode()
        # First and not compressed: a reader finds it at byte 38.
        archive.writestr(entry("mimetype", at), MIMETYPE, zipfile.ZIP_STORED)
        for file in files:
            archive.writestr(entry(file.name, at), file.data, zipfile.ZIP_DEFLATED)
        archive.writestr(
            entry(SIGNATURES, at), xades.sign(files, key, chain, at), zipfile.ZIP_DEFLATED
        )
        archive.writestr(entry(MANIFEST, at), manifest(files), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def entry(name: str, at: datetime) -> zipfile.ZipInfo:
    """An entry of a ZIP file; its time is UTC, in steps of two seconds."""
    then = at.astimezone(UTC)
    return zipfile.ZipInfo(name, (max(then.year, 1980), *then.timetuple()[1:6]))


def manifest(files: Sequence[File]) -> str:
    """The manifest as OpenDocument packages have it."""
    lines = "".join(
        f'    <manifest:file-entry manifest:media-type="{escape(kind)}"'
        f' manifest:full-path="{escape(name)}"/>\n'
        for name, kind in [("/", MIMETYPE), *((file.name, file.kind) for file in files)]
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest:manifest xmlns:manifest="{MANIFEST_SPACE}" manifest:version="1.2">\n'
        f"{lines}</manifest:manifest>\n"
    )


def file_name(message_id: str, kind: str, number: int) -> str:
    """Of one container: ``{id}-request-{number in base 32}.asice``."""
    return f"{escaped(message_id)[:LONGEST_NAME]}-{kind}-{base_32(number)}.asice"


def escaped(message_id: str) -> str:
    """A message id inside a file name, as Java's ``URLEncoder`` writes it."""
    return quote_plus(message_id, safe="*").replace("~", "%7E")


def base_32(number: int) -> str:
    digits = BASE_32[number % 32]
    while number := number // 32:
        digits = BASE_32[number % 32] + digits
    return digits
