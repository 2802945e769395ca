"""The tag of each field: required, read by the program, unseen by migrations."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations.writer import MigrationWriter

from lienthong.record import fields
from lienthong.record.models import Entry, Look, RowHistory
from record.registers import Dweller


def test_a_field_without_a_tag_does_not_start() -> None:
    with pytest.raises(TypeError, match="data"):
        fields.CharField(max_length=3)  # type: ignore[call-arg]


def test_an_unknown_tag_does_not_start() -> None:
    with pytest.raises(ValueError, match="secret"):
        fields.CharField(max_length=3, data="secret")  # type: ignore[arg-type]


EVERY_KIND = [
    fields.BigIntegerField(data="open"),
    fields.BinaryField(data="open"),
    fields.BooleanField(data="open", default=False),
    fields.CharField(max_length=3, data="open"),
    fields.DateField(data="open"),
    fields.DateTimeField(data="open"),
    fields.DecimalField(max_digits=5, decimal_places=2, data="open"),
    fields.ForeignKey("record.Entry", on_delete=models.PROTECT, data="open"),
    fields.IntegerField(data="open"),
    fields.JSONField(data="open", default=dict),
    fields.OneToOneField("record.Entry", on_delete=models.PROTECT, data="open"),
    fields.TextField(data="open"),
    fields.UUIDField(data="open"),
    fields.ArrayField(models.CharField(max_length=3), data="open"),
]


@pytest.mark.parametrize("field", EVERY_KIND, ids=lambda field: type(field).__name__)
def test_a_migration_sees_djangos_own_field(field: models.Field) -> None:
    text, imports = MigrationWriter.serialize(field)
    assert "lienthong" not in text + "".join(imports)
    assert "data=" not in text
    assert type(field).__name__ in text


@pytest.mark.parametrize("field", EVERY_KIND, ids=lambda field: type(field).__name__)
def test_a_clone_keeps_its_tag(field: models.Field) -> None:
    assert field.clone().data == "open"


def test_a_model_is_classified_field_by_field() -> None:
    assert fields.classification(Dweller) == {
        "number": "internal",
        "name": "personal",
        "faith": "sensitive",
        "commune": "open",
    }
    assert fields.classification(Entry)["id"] == "internal"


def test_an_untagged_field_is_found_and_counts_as_closed() -> None:
    class Careless(models.Model):
        name = models.CharField(max_length=3)

        class Meta:
            app_label = "record"
            managed = False

    assert fields.untagged(Careless) == ["name"]
    assert fields.tag_of(Careless._meta.get_field("name")) == "sensitive"
    with pytest.raises(fields.Untagged, match="name"):
        fields.classification(Careless)


@pytest.mark.parametrize("model", [Entry, Look, RowHistory])
def test_the_record_is_classified_itself(model: type[models.Model]) -> None:
    assert fields.untagged(model) == []
