"""
The lock on personal data: a manager that answers only while a door is open.

Counting rows and reading fields tagged open or internal tell nothing about a person
and need no door. Whatever else a query selects raises `PersonalDataClosed` outside the
contexts of `lienthong.record.personal`; and so does a question that *names* a person,
whatever it selects: ``filter(full_name=…).exists()`` tells by yes or no what the row says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import models
from django.db.models import Model
from django.db.models.expressions import Col, Exists, RawSQL, Subquery
from django.db.models.sql import Query
from django.db.models.sql.where import ExtraWhere

from lienthong.kernel.errors import LienThongError
from lienthong.record import fields

M = TypeVar("M", bound=Model)

_door: ContextVar[str] = ContextVar("lienthong_personal_door", default="")


class PersonalDataClosed(LienThongError):
    """Personal data was asked for outside the one door to it."""

    code = "record.personal_data_closed"
    status = 500


def door() -> str:
    """Why personal data may be read at this moment; empty while it may not."""
    return _door.get()


@contextmanager
def unlocked(why: str) -> Iterator[None]:
    """Let personal rows be read in this context; for `lienthong.record.personal` alone."""
    token = _door.set(why)
    try:
        yield
    finally:
        _door.reset(token)


class PersonalQuerySet(models.QuerySet[M, M]):
    """A queryset that raises rather than read or compare personal fields behind a closed door."""

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            self._check()
        super()._fetch_all()

    def iterator(self, *args: Any, **kwargs: Any) -> Any:
        self._check()
        return super().iterator(*args, **kwargs)

    def aiterator(self, *args: Any, **kwargs: Any) -> Any:
        self._check()
        return super().aiterator(*args, **kwargs)

    def explain(self, **kwargs: Any) -> str:
        self._check()
        return super().explain(**kwargs)

    def count(self) -> int:
        self._check_question()
        return super().count()

    def exists(self) -> bool:
        self._check_question()
        return super().exists()

    def update(self, **kwargs: Any) -> int:
        self._check_question()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._check_question()
        return super().delete()

    update.alters_data = delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._check_question()
        if not door():
            for expression in (*args, *kwargs.values()):
                resolved = expression.resolve_expression(self.query.chain(), summarize=True)
                if _reveals(resolved):
                    raise PersonalDataClosed(model=self.model._meta.label)
        return super().aggregate(*args, **kwargs)

    def raw(self, *args: Any, **kwargs: Any) -> Any:
        if not door():
            raise PersonalDataClosed(model=self.model._meta.label)
        return super().raw(*args, **kwargs)

    def _check(self) -> None:
        if not door() and _selects_personal(self.query, self._fields is None):  # type: ignore[attr-defined]
            raise PersonalDataClosed(model=self.model._meta.label)
        self._check_question()

    def _check_question(self) -> None:
        if not door() and _asks_for_somebody(self.query):
            raise PersonalDataClosed(model=self.model._meta.label)


class PersonalManager(models.Manager[M]):
    """
    The manager of every model with personal fields.

    It also becomes the model's base manager, so that following a foreign key
    to a person, or reloading one, passes through the same lock.
    """

    def get_queryset(self) -> PersonalQuerySet[M]:
        return PersonalQuerySet(self.model, using=self._db)

    def contribute_to_class(self, cls: type[Model], name: str) -> None:
        super().contribute_to_class(cls, name)
        cls._meta.base_manager_name = name


def _selects_personal(query: Query, whole_rows: bool) -> bool:
    if query.extra_select:
        return True
    if any(_selects_personal(part, part.default_cols) for part in query.combined_queries):
        return True
    if whole_rows and (_row_is_closed(query) or _follows_closed(query)):
        return True
    selected = () if whole_rows else query.select
    return any(map(_reveals, (*selected, *query.annotation_select.values())))


def _asks_for_somebody(query: Query) -> bool:
    """Whether which rows are found depends on what a personal field says."""
    if any(map(_asks_for_somebody, query.combined_queries)):
        return True
    return _reveals(query.where)


def _row_is_closed(query: Query) -> bool:
    names, deferred = query.deferred_loading
    for field in query.get_meta().concrete_fields:
        loaded = not names or field.primary_key or ((field.name in names) != deferred)
        if loaded and fields.tag_of(field) in fields.CLOSED:
            return True
    return False


def _follows_closed(query: Query) -> bool:
    """Whether ``select_related`` brings rows of a model with personal fields along."""
    if not query.select_related:
        return False
    if query.select_related is True:
        return True
    return _tree_is_closed(query.get_meta(), query.select_related)


def _tree_is_closed(meta: Any, tree: dict[str, Any]) -> bool:
    for name, below in tree.items():
        related = meta.get_field(name).related_model
        if any(fields.tag_of(f) in fields.CLOSED for f in related._meta.concrete_fields):
            return True
        if _tree_is_closed(related._meta, below):
            return True
    return False


def _reveals(expression: Any) -> bool:
    """Whether the value of an expression can tell a personal field; a plain count cannot."""
    if isinstance(expression, models.Count):
        return _reveals(expression.filter)
    if isinstance(expression, Exists):
        return _asks_for_somebody(expression.query)
    if isinstance(expression, Col):
        return fields.tag_of(expression.target) in fields.CLOSED
    if isinstance(expression, (RawSQL, ExtraWhere)):
        return True
    if isinstance(expression, Subquery):
        expression = expression.query
    if isinstance(expression, Query):
        selects = _selects_personal(expression, expression.default_cols)
        return selects or _asks_for_somebody(expression)
    if not hasattr(expression, "get_source_expressions"):
        return False
    return any(map(_reveals, expression.get_source_expressions()))
