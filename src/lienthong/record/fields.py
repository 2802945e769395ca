"""
Django's fields, each told what kind of data it holds (decision 29).

``data`` is one of ``open``, ``internal``, ``personal``, ``sensitive`` and has
no default: a field nobody classified does not start. Migrations see Django's
own classes without the tag, so that they stand alone and a changed tag makes
no migration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from django.contrib.postgres import fields as postgres
from django.db import models

if TYPE_CHECKING:
    from typing import Self

Tag = Literal["open", "internal", "personal", "sensitive"]
TAGS: tuple[Tag, ...] = ("open", "internal", "personal", "sensitive")
CLOSED: frozenset[str] = frozenset({"personal", "sensitive"})
"""What only the one door of decision 28 lets through."""


class _Tagged:
    """The tag, taken off again where Django writes the field down."""

    data: Tag

    def __init__(self, *args: Any, data: Tag, **kwargs: Any) -> None:
        if data not in TAGS:
            raise ValueError(f"data={data!r} is none of {', '.join(TAGS)}")
        self.data = data
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()  # type: ignore[misc]
        return name, _django_path(type(self)), args, kwargs

    def clone(self) -> Self:
        _, _, args, kwargs = self.deconstruct()
        return type(self)(*args, data=self.data, **kwargs)


def _django_path(kind: type) -> str:
    """The path of the nearest class that is Django's own, as Django itself writes it."""
    for base in kind.__mro__:
        module = base.__module__
        if module.startswith("django.contrib.postgres.fields"):
            return f"django.contrib.postgres.fields.{base.__qualname__}"
        if module.startswith("django.db.models"):
            return f"django.db.models.{base.__qualname__}"
    raise TypeError(f"{kind.__qualname__} is no field of Django's")


class BigAutoField(_Tagged, models.BigAutoField):  # type: ignore[misc]
    pass


class BigIntegerField(_Tagged, models.BigIntegerField):
    pass


class BinaryField(_Tagged, models.BinaryField):
    pass


class BooleanField(_Tagged, models.BooleanField):
    pass


class CharField(_Tagged, models.CharField):
    pass


class DateField(_Tagged, models.DateField):
    pass


class DateTimeField(_Tagged, models.DateTimeField):
    pass


class DecimalField(_Tagged, models.DecimalField):
    pass


class DurationField(_Tagged, models.DurationField):
    pass


class FloatField(_Tagged, models.FloatField):
    pass


class ForeignKey(_Tagged, models.ForeignKey):
    pass


class IntegerField(_Tagged, models.IntegerField):
    pass


class JSONField(_Tagged, models.JSONField):
    pass


class OneToOneField(_Tagged, models.OneToOneField):
    pass


class PositiveIntegerField(_Tagged, models.PositiveIntegerField):
    pass


class SmallIntegerField(_Tagged, models.SmallIntegerField):
    pass


class TextField(_Tagged, models.TextField):
    pass


class TimeField(_Tagged, models.TimeField):
    pass


class UUIDField(_Tagged, models.UUIDField):
    pass


class ArrayField(_Tagged, postgres.ArrayField):
    """The tag stands on the array; its base field is a plain one of Django's."""


def classification(model: type[models.Model]) -> dict[str, Tag]:
    """
    The tag of each column of a model, by field name.

    A key Django adds by itself (``id``) is internal. Raises `Untagged` when a
    field carries no tag.
    """
    missing = untagged(model)
    if missing:
        raise Untagged(f"{model._meta.label} has untagged fields: {', '.join(missing)}")
    return {field.name: tag_of(field) for field in model._meta.concrete_fields}


def untagged(model: type[models.Model]) -> list[str]:
    """The fields of a model that nobody classified."""
    return [
        field.name
        for field in model._meta.concrete_fields
        if not hasattr(field, "data") and not _is_own_key(field)
    ]


def tag_of(field: models.Field[Any, Any]) -> Tag:
    """The tag of one field; an untagged one counts as sensitive."""
    return getattr(field, "data", "internal" if _is_own_key(field) else "sensitive")


def _is_own_key(field: models.Field[Any, Any]) -> bool:
    return field.primary_key and field.auto_created


class Untagged(TypeError):
    """A field of a system carries no ``data=``."""
