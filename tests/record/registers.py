"""A register of the tests: a temporary table with personal columns and a row history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

import pytest
from django.db import connection, models

from lienthong.kernel.actor import Actor
from lienthong.record import fields, history
from lienthong.record.personal import PersonalManager

CUONG = Actor(account="cuong", office="duong-to", unit="31090", legal_day=date(2021, 8, 20))
DUNG = Actor(account="dung", office="VSS", unit="", legal_day=date(2021, 8, 25))


class Commune(models.Model):
    """Holds nothing personal, so it opens freely; but people live in it."""

    code = fields.CharField(max_length=5, primary_key=True, data="open")

    objects: ClassVar = PersonalManager()

    class Meta:
        app_label = "record"
        managed = False
        db_table = "test_commune"


class Dweller(models.Model):
    """A person of a commune."""

    number = fields.IntegerField(primary_key=True, data="internal")
    name = fields.CharField(max_length=80, data="personal")
    faith = fields.CharField(max_length=80, data="sensitive", blank=True)
    commune = fields.ForeignKey(Commune, on_delete=models.PROTECT, data="open")

    objects: ClassVar = PersonalManager()

    class Meta:
        app_label = "record"
        managed = False
        db_table = "test_dweller"


class Letter(models.Model):
    """Points at a person and holds nothing personal itself."""

    number = fields.IntegerField(primary_key=True, data="internal")
    to = fields.ForeignKey(Dweller, on_delete=models.PROTECT, data="internal")

    objects: ClassVar = PersonalManager()

    class Meta:
        app_label = "record"
        managed = False
        db_table = "test_letter"


@pytest.fixture
def register(db: None) -> Iterator[None]:
    """Two dwellers of one commune; changes of dwellers are kept."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE test_commune (code text PRIMARY KEY)")
        cursor.execute(
            "CREATE TEMP TABLE test_dweller (number int PRIMARY KEY, name text NOT NULL,"
            " faith text NOT NULL DEFAULT '', commune_id text NOT NULL)"
        )
        cursor.execute("CREATE TEMP TABLE test_letter (number int PRIMARY KEY, to_id int NOT NULL)")
        cursor.execute(history.track("test_dweller", key="number").sql)
    commune = Commune.objects.create(code="31090")
    Dweller.objects.create(number=1, name="Nguyễn Thị An", commune=commune)
    Dweller.objects.create(number=2, name="Trần Văn Bình", commune=commune)
    Letter.objects.create(number=9, to_id=1)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_letter, test_dweller, test_commune")
