from __future__ import annotations

import pytest

from lienthong.exchange import gateway_admin


@pytest.fixture
def stated(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, str]]:
    """What loads told the gateway's log: source, records and digest of each statement."""
    told: list[tuple[str, int, str]] = []

    def keep(*, source: str, records: int, digest: str) -> None:
        told.append((source, records, digest))

    monkeypatch.setattr(gateway_admin, "import_records", keep)
    return told
