"""A node's authority with a signing officer and a body's seal, made once and kept in memory."""

from __future__ import annotations

from pathlib import Path

from lienthong.cli import document_keys as making
from lienthong.cli import keyring, vault
from lienthong.kernel import clock
from lienthong.kernel.node import Node, Ports
from lienthong.protocol import pki
from lienthong.protocol.document_keys import DocumentHolder
from lienthong.web.papers.blocks import (
    Document,
    LetterHead,
    Number,
    Paragraph,
    Signing,
    Text,
    Title,
)
from lienthong.web.papers.signatures import signing
from lienthong.web.papers.signatures.signing import Desk, Signer

BODY, ACCOUNT = "G14", "tran.son"
AUTHORITY = ("KT. Bộ trưởng", "Thứ trưởng")
OFFICER = DocumentHolder(
    "VN", BODY, "Bộ Thông tin và Truyền thông", "Trần Sơn", "Thứ trưởng", ACCOUNT
)


def node_with_keys(home: Path) -> Node:
    """A node with an authority, the seal of G14 and the key of its deputy minister."""
    node = Node(home, Ports(24000))
    vault.make_home(node)
    vault.make_secret(node.secrets / "passphrase")
    passphrase = node.secret("passphrase").encode()
    authority = keyring.open_authority(node, passphrase, [])
    seal = DocumentHolder("VN", BODY, OFFICER.body_name)
    making.issue(node, authority, seal, passphrase)
    making.issue(node, authority, OFFICER, passphrase)
    making.write_list(node, authority)
    return node


def authority_of(node: Node) -> pki.Authority:
    return pki.Authority.load(node.keys / "authority", node.secret("passphrase").encode())


def desk_of(node: Node, *, demo: bool = True) -> Desk:
    return Desk.of(node, demo=demo, place="Hà Nội")


def letter(*, lines: int = 6) -> Document:
    """A short report with two figures and a place to sign."""
    return Document(
        title="Báo cáo",
        at=clock.instant(),
        blocks=(
            LetterHead(
                "Bộ Thông tin\nvà Truyền thông",
                "Số: 01/BC-BTTTT",
                "Hà Nội, ngày 27 tháng 8 năm 2021",
            ),
            Title("Báo cáo", "Tình hình thực hiện Nghị quyết"),
            *(
                Paragraph((Text("Đã có "), Number("F019", "19.660.819"), Text(" dữ liệu; cấp "),
                           Number("F020", "6.055.289"), Text(" số. " + "Một câu. " * 20)))
                for _ in range(lines)
            ),
            Paragraph((Text("Kính trình Chính phủ./."),)),
            Signing(("Như trên;", "Lưu: VT, THH."), AUTHORITY, OFFICER.name),
        ),
        demo=True,
    )  # fmt: skip


def person_signs(pdf: bytes, node: Node, desk: Desk) -> bytes:
    signer = Signer.of(node, BODY, ACCOUNT)
    return signing.sign_as_person(pdf, signer, desk=desk, authority=AUTHORITY, reason="Ký ban hành")


def body_seals(pdf: bytes, node: Node, desk: Desk) -> bytes:
    return signing.seal(pdf, Signer.of(node, BODY), desk=desk, reason="Đóng dấu")
