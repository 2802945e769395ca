"""The need for the published catalogues, as the card of any system states it."""

from __future__ import annotations

import msgspec

from lienthong.exchange.cards import Effect, Need


class AskSnapshot(msgspec.Struct, frozen=True):
    """Asks for the newest snapshot above the one this node holds."""

    after: int = 0


class ReadSnapshot(msgspec.Struct, frozen=True):
    """The part of the answer that is read here."""

    number: int
    digest: str
    content: bytes = b""


NEED = Need(
    "catalogues",
    "units.snapshot.v1",
    AskSnapshot,
    ReadSnapshot,
    Effect.PUBLIC,
    purpose="Giữ bản sao danh mục đơn vị hành chính, cơ quan, lịch làm việc và thời hạn",
    legal_basis="Quyết định 19/2025/QĐ-TTg; Nghị định 47/2020/NĐ-CP",
)
