"""The signing keys of members that this node holds, in files or in a token."""

from __future__ import annotations

from lienthong.kernel.node import Node
from lienthong.protocol import tokens
from lienthong.protocol.pki import SigningKey


def held_key(node: Node, member_code: str) -> SigningKey | None:
    """The member's SIGN key; None when it lies elsewhere. Raises TokenUnavailable."""
    path = node.keys / "members" / member_code / "sign.key"
    if path.exists():
        return SigningKey.load(path, node.secret("passphrase").encode())
    path = path.with_suffix(tokens.SUFFIX)
    if path.exists():
        return tokens.TokenKey(tokens.KeyPlace.load(path), node.secret("pkcs11_pin"))
    return None
