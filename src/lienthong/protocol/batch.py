"""
One signature for many messages: ``lt-batch-1`` (decision 13).

The signature bases of messages that leave within about a millisecond become
leaves of a small tree, its root is signed once, and each message carries the
root's signature with the way from its own leaf. Such an evidence proves its
message alone: the other messages of the batch are never needed.

This tree lives for one batch and is no relation of the log's: it has other
prefixes, so that no hash of one can be shown as a hash of the other, and its
leaf count is hashed into the root, so that two different batches never share
one. The format is written down in PR-MESSAGE, section 6.2.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from lienthong.protocol.errors import MalformedSignature
from lienthong.protocol.pki import ALGORITHMS, SIGNATURE_BYTES, SigningKey, VerifyingKey

ALGORITHM = b"lt-batch-1"
MAGIC = b"LTB1"
DOMAIN = b"lienthong-batch-1\n"
"""Stands before a root when it is signed; no signature base (``"@``…) begins like it."""
MOST_LEAVES = 256
HASH_BYTES = 32
HEADER_BYTES = 9
LONGEST = HEADER_BYTES + 8 * HASH_BYTES + SIGNATURE_BYTES
"""Bytes of the longest evidence: 256 leaves are eight steps from the root."""

LEAF, NODE, ROOT = b"\x10", b"\x11", b"\x12"

# The place of each in this list is its number in the evidence's header.
ROOT_ALGORITHMS = (b"", *ALGORITHMS)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one message of a batch carries in place of a signature."""

    algorithm: bytes
    """That of the root's signature."""
    count: int
    """Leaves of the batch."""
    index: int
    proof: tuple[bytes, ...]
    """Hashes beside the way from the leaf to the top, leaf side first."""
    signature: bytes

    def dump(self) -> bytes:
        return b"".join(
            (
                MAGIC,
                bytes([ROOT_ALGORITHMS.index(self.algorithm)]),
                self.count.to_bytes(2, "big"),
                self.index.to_bytes(2, "big"),
                *self.proof,
                self.signature,
            )
        )

    @classmethod
    def load(cls, raw: bytes) -> Evidence:
        """Read an evidence, nothing verified; raises MalformedSignature for any other bytes."""
        if len(raw) < HEADER_BYTES or raw[:4] != MAGIC:
            raise MalformedSignature("not the evidence of a batch")
        number = raw[4]
        count, index = int.from_bytes(raw[5:7], "big"), int.from_bytes(raw[7:9], "big")
        if not 0 < number < len(ROOT_ALGORITHMS) or not index < count <= MOST_LEAVES:
            raise MalformedSignature("the evidence of a batch has an impossible header")
        end = HEADER_BYTES + HASH_BYTES * len(steps(index, count))
        if len(raw) != end + SIGNATURE_BYTES:
            raise MalformedSignature("the evidence of a batch has another length than its place")
        proof = tuple(raw[at : at + HASH_BYTES] for at in range(HEADER_BYTES, end, HASH_BYTES))
        return cls(ROOT_ALGORITHMS[number], count, index, proof, raw[end:])


def leaf_of(base: bytes) -> bytes:
    """The leaf of a message: the hash of its ordinary signature base."""
    return hashlib.sha256(LEAF + base).digest()


def signed_text(top: bytes, count: int) -> bytes:
    """What is signed: the root, into which the number of leaves is bound."""
    return DOMAIN + hashlib.sha256(ROOT + count.to_bytes(2, "big") + top).digest()


@functools.lru_cache(maxsize=2048)
def steps(index: int, count: int) -> tuple[bool, ...]:
    """
    On which side of the way up each hash of the proof stands: True for left.

    Levels are paired from the left; the last of an odd level goes up as it is
    and has no hash beside it there.
    """
    sides = []
    while count > 1:
        if index % 2:
            sides.append(True)
        elif index + 1 < count:
            sides.append(False)
        index //= 2
        count = (count + 1) // 2
    return tuple(sides)


def sign(bases: Sequence[bytes], key: SigningKey) -> list[bytes]:
    """The evidence of each of these signature bases, all under one signature of the key."""
    count = len(bases)
    if not 0 < count <= MOST_LEAVES:
        raise ValueError(f"a batch has between 1 and {MOST_LEAVES} messages")
    sha256 = hashlib.sha256
    levels = [[sha256(LEAF + base).digest() for base in bases]]
    while len(row := levels[-1]) > 1:
        pairs = zip(row[::2], row[1::2], strict=False)
        above = [sha256(NODE + left + right).digest() for left, right in pairs]
        if len(row) % 2:
            above.append(row[-1])
        levels.append(above)
    signature = key.sign(signed_text(levels[-1][0], count))
    number = ROOT_ALGORITHMS.index(key.algorithm)
    head = MAGIC + bytes([number]) + count.to_bytes(2, "big")
    signed = []
    for index in range(count):
        parts, place = [head, index.to_bytes(2, "big")], index
        for row in levels[:-1]:
            beside = place ^ 1
            if beside < len(row):
                parts.append(row[beside])
            place >>= 1
        parts.append(signature)
        signed.append(b"".join(parts))
    return signed


def verify(raw: bytes, base: bytes, key: VerifyingKey) -> bytes:
    """
    The signature base, once its evidence leads to a root that this key signed.

    Raises MalformedSignature or BadSignature. A root that was verified before
    is not verified again; that it holds is a fact which does not change, while
    whether the key may still sign is asked by the caller each time.
    """
    evidence = Evidence.load(raw)
    if evidence.algorithm != key.algorithm:
        raise MalformedSignature("the batch names another algorithm than its key's")
    _verify_root(key, evidence.signature, _text_of(evidence, base))
    return base


def signed_base(raw: bytes, base: bytes) -> bytes:
    """What was signed of a batch, as this message's evidence leads to it; MalformedSignature."""
    return _text_of(Evidence.load(raw), base)


def _text_of(evidence: Evidence, base: bytes) -> bytes:
    sha256, reached = hashlib.sha256, leaf_of(base)
    for is_left, beside in zip(steps(evidence.index, evidence.count), evidence.proof, strict=True):
        pair = beside + reached if is_left else reached + beside
        reached = sha256(NODE + pair).digest()
    return signed_text(reached, evidence.count)


@functools.lru_cache(maxsize=4096)
def _verify_root(key: VerifyingKey, signature: bytes, text: bytes) -> None:
    """Raises BadSignature; a raised one is not remembered, so only what holds is."""
    key.verify(signature, text)
