"""The card of the catalogues."""

from __future__ import annotations

from lienthong.exchange.cards import Effect, Grant, Offer, System
from lienthong.systems.catalogues.shapes import SnapshotAnswer, SnapshotRequest

PURPOSE = "Giữ bản sao danh mục đơn vị hành chính, cơ quan, lịch làm việc và thời hạn"
BASIS = "Quyết định 19/2025/QĐ-TTg; Nghị định 47/2020/NĐ-CP"

SYSTEM = System(
    code="catalogues",
    title="Danh mục dùng chung",
    title_en="Shared catalogues",
    owner="G14",
    offers=(
        Offer(
            code="units.snapshot.v1",
            title="Bản công bố danh mục dùng chung",
            request=SnapshotRequest,
            answers=SnapshotAnswer,
            effect=Effect.PUBLIC,
            grants=tuple(
                Grant(to=system, purpose=PURPOSE, legal_basis=BASIS)
                for system in ("directory", "population", "civil_status", "steering")
            ),
        ),
    ),
    retention="Danh mục và bản công bố: giữ vĩnh viễn",
    laws=(
        "Quyết định 19/2025/QĐ-TTg",
        "Quyết định 124/2004/QĐ-TTg",
        "Quyết định 20/2020/QĐ-TTg",
        "Bộ luật Lao động 45/2019/QH14, Điều 112",
    ),
)
