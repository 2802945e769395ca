"""Addresses from the directory's signed snapshot, as it lies beside the gateway."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exchange.played import NOTARY, Ask, FindPlot, find
from lienthong.exchange.addresses import SnapshotAddresses
from lienthong.exchange.errors import Refused, Unavailable
from lienthong.protocol.pki import SigningKey
from lienthong.protocol.snapshot import (
    Anchor,
    DirectoryKey,
    OfferEntry,
    Snapshot,
    Subsystem,
    seal,
)


@dataclass
class Directory:
    """Publishes into a directory on disk, as `directory` does for its gateways."""

    place: Path
    key: SigningKey

    def publish(self, *providers: str, number: int = 1, key: SigningKey | None = None) -> None:
        snapshot = Snapshot(
            instance="VN",
            number=number,
            made_at=datetime(2026, 1, 1, tzinfo=UTC),
            subsystems=[
                Subsystem(member=one.rpartition("/")[0], code="land-register", name="", gateways=[])
                for one in providers
            ],
            offers=[OfferEntry(provider=one, code="plot.find.v1") for one in providers],
        )
        path = self.place / "snapshot.json"
        path.write_bytes(seal(snapshot, key or self.key))
        # Two publications within one tick of the file system's clock still differ.
        os.utime(path, ns=(number, number))


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    key = SigningKey.generate()
    anchor = Anchor("VN", [DirectoryKey(key.kid, key.verifying.pem())], [])
    (tmp_path / "anchor.json").write_bytes(anchor.dump())
    return Directory(tmp_path, key)


@pytest.fixture
def addresses(directory: Directory) -> SnapshotAddresses:
    return SnapshotAddresses(directory.place)


def test_a_service_is_found_by_the_system_that_offers_it(
    directory: Directory, addresses: SnapshotAddresses
) -> None:
    directory.publish("GOV/G05/land-register")
    assert str(addresses.service(find())) == "VN/GOV/G05/land-register/plot.find.v1"
    assert str(addresses.client(NOTARY)) == "VN/GOV/G15/notary"


def test_before_the_first_snapshot_the_exchange_is_unavailable(
    addresses: SnapshotAddresses,
) -> None:
    with pytest.raises(Unavailable) as caught:
        addresses.service(find())
    assert caught.value.code == "exchange.no_snapshot"


def test_a_service_nobody_offers_is_refused(
    directory: Directory, addresses: SnapshotAddresses
) -> None:
    directory.publish()
    with pytest.raises(Refused) as caught:
        addresses.service(find())
    assert caught.value.code == "exchange.no_provider"


def test_one_of_several_providers_must_be_named(
    directory: Directory, addresses: SnapshotAddresses
) -> None:
    directory.publish("GOV/H33/land-register", "GOV/H01/land-register")
    with pytest.raises(Refused) as caught:
        addresses.service(find())
    assert caught.value.code == "exchange.several_providers"
    asked = Ask(NOTARY, find().need, FindPlot(1), provider="GOV/H01/land-register")
    assert str(addresses.service(asked)) == "VN/GOV/H01/land-register/plot.find.v1"


def test_a_new_snapshot_is_taken_up(directory: Directory, addresses: SnapshotAddresses) -> None:
    directory.publish("GOV/G05/land-register", number=1)
    addresses.service(find())
    directory.publish("GOV/G06/land-register", number=2)
    assert str(addresses.service(find())) == "VN/GOV/G06/land-register/plot.find.v1"


@pytest.mark.parametrize("bad", ["forged", "older", "broken", "gone"])
def test_a_bad_snapshot_does_not_take_the_place_of_a_good_one(
    directory: Directory, addresses: SnapshotAddresses, bad: str
) -> None:
    directory.publish("GOV/G05/land-register", number=5)
    addresses.service(find())
    if bad == "forged":
        directory.publish("GOV/G66/land-register", number=6, key=SigningKey.generate())
    elif bad == "older":
        directory.publish("GOV/G66/land-register", number=4)
    elif bad == "broken":
        (directory.place / "snapshot.json").write_bytes(b"{")
    else:
        (directory.place / "snapshot.json").unlink()
    assert str(addresses.service(find())) == "VN/GOV/G05/land-register/plot.find.v1"
