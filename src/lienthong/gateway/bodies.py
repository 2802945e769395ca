"""
Bodies of requests and answers, held in bounded memory (decision 21).

Up to one mebibyte stays in memory. What is longer goes to a temporary file
without a name, encrypted in chunks under a key that exists only in this
process, so neither a crash nor a stolen disk leaves a citizen's document
behind. Digests are taken while the bytes arrive, never by reading them twice.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from lienthong.protocol.rest import BodyHash

IN_MEMORY = 1 << 20
CHUNK = 1 << 16
TAG = 16
FRAMING_PER_BYTE = 16
"""A chunk of one byte costs five bytes of framing; more than this is not a body any more."""


class Refusal(StrEnum):
    """Why a body was not taken."""

    TOO_LARGE = "too_large"
    NO_ROOM = "no_room"


class BodyRefused(Exception):
    """The body is longer than allowed, or the spool is full."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(slots=True)
class SpoolRoom:
    """How much all bodies of one process may take together, in memory and on disk."""

    directory: Path | None = None
    quota: int = 2 << 30
    used: int = 0
    memory_quota: int = 256 << 20
    """Beyond it even short bodies go to disk."""
    memory_used: int = 0

    def has_room_for(self, size: int) -> bool:
        """Whether a body of this size could be taken now; what is short fits into memory."""
        return size <= IN_MEMORY or self.used + size <= self.quota

    def take(self, size: int) -> None:
        if self.used + size > self.quota:
            raise BodyRefused(Refusal.NO_ROOM)
        self.used += size

    def give_back(self, size: int) -> None:
        self.used -= size


class Spool:
    """An encrypted temporary file, written once and read from the start as often as needed."""

    __slots__ = ("_cipher", "_file", "_lengths", "_waiting", "room", "size")

    def __init__(self, room: SpoolRoom) -> None:
        """Raises BodyRefused when no file can be made."""
        self.room = room
        self._cipher = ChaCha20Poly1305(ChaCha20Poly1305.generate_key())
        try:
            self._file: BinaryIO = tempfile.TemporaryFile(dir=room.directory, buffering=0)  # noqa: SIM115
        except OSError:
            raise BodyRefused(Refusal.NO_ROOM) from None
        self._lengths: list[int] = []
        self._waiting = bytearray()
        self.size = 0

    def write(self, data: bytes) -> None:
        self.room.take(len(data))
        self.size += len(data)
        self._waiting += data
        while len(self._waiting) >= CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]))
            del self._waiting[:CHUNK]

    def finish(self) -> None:
        if self._waiting:
            self._seal(bytes(self._waiting))
            self._waiting.clear()

    def _seal(self, chunk: bytes) -> None:
        # The key seals one file only, so the chunk's place is nonce enough, and a
        # chunk moved to another place does not open.
        nonce = len(self._lengths).to_bytes(12, "big")
        sealed = self._cipher.encrypt(nonce, chunk, None)
        try:
            written = os.write(self._file.fileno(), sealed)
        except OSError:
            # A full disk is the sender's affair as little as a full quota.
            raise BodyRefused(Refusal.NO_ROOM) from None
        if written != len(sealed):
            raise BodyRefused(Refusal.NO_ROOM)
        self._lengths.append(len(chunk))

    def chunks(self) -> Iterator[bytes]:
        offset = 0
        for place, length in enumerate(self._lengths):
            sealed = os.pread(self._file.fileno(), length + TAG, offset)
            offset += len(sealed)
            yield self._cipher.decrypt(place.to_bytes(12, "big"), sealed, None)

    def close(self) -> None:
        if not self._file.closed:
            self._file.close()
            self.room.give_back(self.size)


@dataclass(slots=True, eq=False)
class Body:
    """A whole body with its digests; `close` gives its room back."""

    size: int
    sha256: bytes
    data: bytes | None
    """The bytes, while they are in memory."""
    _sha512: bytes | None = None
    _spool: Spool | None = None
    _room: SpoolRoom | None = None
    """Where the memory is accounted for, until the body is closed."""

    @classmethod
    def of(cls, data: bytes) -> Body:
        return cls(len(data), hashlib.sha256(data).digest(), data)

    @property
    def hashed(self) -> BodyHash:
        """For `request_hash`; SHA-512 of a body in memory is taken when first asked for."""
        if self._sha512 is None:
            self._sha512 = hashlib.sha512(self.data).digest() if self.data else b""
        return BodyHash(self._sha512, self.size)

    def chunks(self) -> Iterator[bytes]:
        if self._spool is not None:
            yield from self._spool.chunks()
        elif self.data:
            yield self.data

    def whole(self) -> bytes:
        """All bytes in memory; for bodies known to be short."""
        return self.data if self.data is not None else b"".join(self.chunks())

    def spliced(self, splices: Sequence[tuple[int, int, bytes]]) -> Body:
        """
        A new body with other bytes between some offsets; those of this one stay open.

        The splices are in order and do not overlap. What was on disk goes to
        disk again; raises BodyRefused when there is no room for that.
        """
        room = self._room if self._spool is None else self._spool.room
        growth = sum(len(text) for _, _, text in splices)
        receiver = Receiver(self.size + growth, room or SpoolRoom())
        try:
            for piece in _spliced(self.chunks(), splices):
                receiver.write(piece)
            return receiver.finish()
        except BaseException:
            receiver.discard()
            raise

    def close(self) -> None:
        if self._spool is not None:
            self._spool.close()
        room, self._room = self._room, None
        if room is not None:
            room.memory_used -= self.size


EMPTY = Body.of(b"")


def _spliced(chunks: Iterator[bytes], splices: Sequence[tuple[int, int, bytes]]) -> Iterator[bytes]:
    waiting, offset = list(splices), 0
    for chunk in chunks:
        end, place = offset + len(chunk), 0
        while waiting and waiting[0][0] <= end:
            start, stop, text = waiting[0]
            yield chunk[place : max(start - offset, place)]
            if start >= offset:
                yield text
            if stop > end:
                place = len(chunk)  # the rest of what is cut out lies in the next chunk
                waiting[0] = (offset - 1, stop, b"")
                break
            place = max(stop - offset, place)
            waiting.pop(0)
        yield chunk[place:]
        offset = end


@dataclass(slots=True)
class Receiver:
    """Takes the pieces of one body as they arrive; raises BodyRefused beyond ``limit``."""

    limit: int
    room: SpoolRoom
    size: int = 0
    _pieces: list[bytes] = field(default_factory=list)
    _spool: Spool | None = None
    _sha256: hashlib._Hash | None = None
    _sha512: hashlib._Hash | None = None

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self.limit:
            raise BodyRefused(Refusal.TOO_LARGE)
        room = self.room
        fits = self.size <= IN_MEMORY and room.memory_used + len(data) <= room.memory_quota
        if self._spool is None and fits:
            room.memory_used += len(data)
            self._pieces.append(data)
            return
        if self._spool is None:
            self._start_spool()
        self._to_spool(data)

    def _start_spool(self) -> None:
        self._spool = Spool(self.room)
        self._sha256, self._sha512 = hashlib.sha256(), hashlib.sha512()
        for piece in self._pieces:
            self._to_spool(piece)
        self._forget_pieces()

    def _forget_pieces(self) -> None:
        self.room.memory_used -= sum(map(len, self._pieces))
        self._pieces.clear()

    def _to_spool(self, data: bytes) -> None:
        assert self._spool is not None
        assert self._sha256 is not None
        assert self._sha512 is not None
        self._spool.write(data)
        self._sha256.update(data)
        self._sha512.update(data)

    def finish(self) -> Body:
        if self._spool is None:
            if not self._pieces:
                return EMPTY
            whole = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces.clear()
            body = Body.of(whole)
            body._room = self.room
            return body
        assert self._sha256 is not None
        assert self._sha512 is not None
        self._spool.finish()
        return Body(
            self.size, self._sha256.digest(), None, self._sha512.digest(), _spool=self._spool
        )

    def discard(self) -> None:
        """Forget what arrived; for a body that was refused or cut off."""
        self._forget_pieces()
        if self._spool is not None:
            self._spool.close()
            self._spool = None
