"""
Reading queries of the DCI registry API v1.0.0: who is asked for, in which order, which page.

Three kinds: ``idtype-value`` names one person, ``expression`` is a tree of ``$and`` and
``$or`` over attributes, ``predicate`` a list of pairs with operators. Lenient in what is
read (the specification's own examples differ from its schemas), strict in what is found:
an attribute this register does not have rejects the item instead of being passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

REJECT_CRITERIA = "rjct.search_criteria.invalid"
REJECT_FILTER = "rjct.filter.invalid"
REJECT_SORT = "rjct.sort.invalid"
REJECT_PAGE = "rjct.pagination.invalid"
TOO_MANY = "rjct.search.too_many_records_found"

MOST_ON_A_PAGE = 100
MOST_FOUND = 1_000
DEEPEST = 4
MOST_CONDITIONS = 20

NUMBERS = frozenset({"UIN", "NIN", "PIN"})
"""Identifier types that mean a personal ID."""
ENTRIES = frozenset({"BIRTH_REG_NO"})
"""Identifier types that mean the entry a number was given for."""

ATTRIBUTES = {
    "birth_date": "born_on",
    "date_of_birth": "born_on",
    "death_date": "died_on",
    "sex": "sex",
    "gender": "sex",
    "name": "name",
    "surname": "name",
    "nationality": "nationality",
    "marital_status": "marital",
    "location": "residence_unit",
    "district": "residence_unit",
}
OPERATORS = {"gt", "lt", "eq", "ge", "le", "in"}
SPELLINGS = {"gte": "ge", "lte": "le", "equals": "eq"}
DATES = frozenset({"born_on", "died_on"})


class Rejected(Exception):
    """An item that is not answered, with the reason code of the specification."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Condition:
    column: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups of which all or any must hold."""

    every: bool
    parts: tuple[Condition | Group, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """One item of a search; either an identifier or conditions."""

    identifier: tuple[str, str] | None
    group: Group | None
    sort: tuple[tuple[str, bool], ...] = ()
    """Columns, and whether downwards."""
    page_size: int = 20
    page_number: int = 1


def read_query(criteria: Mapping[str, Any]) -> Query:
    """The query of a ``search_criteria``; raises Rejected."""
    kind, query = criteria.get("query_type"), criteria.get("query")
    identifier, group = None, None
    if kind == "idtype-value" and isinstance(query, Mapping):
        identifier = read_identifier(query)
    elif kind == "expression" and isinstance(query, Mapping):
        group = _expression(query.get("query", query), 0)
    elif kind == "predicate" and isinstance(query, list):
        group = _predicate(query)
    else:
        raise Rejected(REJECT_CRITERIA)
    size, number = _page(criteria.get("pagination") or {})
    return Query(identifier, group, _sort(criteria.get("sort") or []), size, number)


def columns_of(query: Query) -> frozenset[str]:
    """What a query asks by and sorts by."""
    found = {column for column, _down in query.sort}
    waiting: list[Condition | Group] = [query.group] if query.group else []
    while waiting:
        part = waiting.pop()
        if isinstance(part, Group):
            waiting += part.parts
        else:
            found.add(part.column)
    return frozenset(found)


def read_identifier(query: Mapping[str, Any]) -> tuple[str, str]:
    kind, value = str(query.get("type", "")), str(query.get("value", ""))
    if kind not in NUMBERS | ENTRIES or not 0 < len(value) <= 120:
        raise Rejected(REJECT_FILTER)
    return kind, value


def _page(said: Mapping[str, Any]) -> tuple[int, int]:
    size, number = said.get("page_size", 20), said.get("page_number", 1)
    if not (isinstance(size, int) and isinstance(number, int)):
        raise Rejected(REJECT_PAGE)
    if not (1 <= size <= MOST_ON_A_PAGE and 1 <= number <= MOST_FOUND):
        raise Rejected(REJECT_PAGE)
    return size, number


def _sort(said: Any) -> tuple[tuple[str, bool], ...]:
    if not isinstance(said, list) or len(said) > 3:
        raise Rejected(REJECT_SORT)
    found = []
    for one in said:
        column = ATTRIBUTES.get(str(one.get("attribute_name", ""))) if isinstance(one, dict) else ""
        order = one.get("sort_order", "asc") if isinstance(one, dict) else ""
        if not column or order not in ("asc", "desc"):
            raise Rejected(REJECT_SORT)
        found.append(("name_sort" if column == "name" else column, order == "desc"))
    return tuple(found)


def _expression(node: Any, depth: int) -> Group:
    if not isinstance(node, Mapping) or depth > DEEPEST or not node:
        raise Rejected(REJECT_FILTER)
    parts: list[Condition | Group] = []
    for name, value in node.items():
        if name in ("$and", "$or"):
            if not isinstance(value, list) or not value:
                raise Rejected(REJECT_FILTER)
            inner = tuple(_expression(one, depth + 1) for one in value[:MOST_CONDITIONS])
            parts.append(Group(name == "$and", inner))
        else:
            said = value if isinstance(value, Mapping) else {"$eq": value}
            parts += [_condition(name, op.removeprefix("$"), held) for op, held in said.items()]
    if len(parts) > MOST_CONDITIONS:
        raise Rejected(REJECT_FILTER)
    return Group(True, tuple(parts))


def _predicate(rows: list[Any]) -> Group:
    if not 0 < len(rows) <= MOST_CONDITIONS:
        raise Rejected(REJECT_FILTER)
    groups = []
    for row in rows:
        if not isinstance(row, Mapping):
            raise Rejected(REJECT_FILTER)
        said = [row[name] for name in ("expression1", "expression2") if row.get(name)]
        if not said or any(not isinstance(one, Mapping) for one in said):
            raise Rejected(REJECT_FILTER)
        if row.get("condition", "and") not in ("and", "or"):
            raise Rejected(REJECT_FILTER)
        parts = tuple(
            _condition(
                str(one.get("attribute_name", "")),
                str(one.get("operator", "")),
                one.get("attribute_value"),
            )
            for one in said
        )
        groups.append(Group(row.get("condition", "and") == "and", parts))
    return Group(True, tuple(groups))


def _condition(name: str, operator: str, value: Any) -> Condition:
    column, operator = ATTRIBUTES.get(name, ""), SPELLINGS.get(operator, operator)
    if not column or operator not in OPERATORS:
        raise Rejected(REJECT_FILTER)
    if operator == "in":
        if not isinstance(value, list) or not 0 < len(value) <= MOST_CONDITIONS:
            raise Rejected(REJECT_FILTER)
        return Condition(column, operator, [_value(column, one) for one in value])
    return Condition(column, operator, _value(column, value))


def _value(column: str, value: Any) -> Any:
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise Rejected(REJECT_FILTER)
    if column in DATES:
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise Rejected(REJECT_FILTER) from None
    text = str(value).strip()
    if not 0 < len(text) <= 120:
        raise Rejected(REJECT_FILTER)
    return text.lower() if column in ("sex", "marital") else text


SHOWN_BY = {
    "born_on": "birth_date",
    "died_on": "death_date",
    "sex": "sex",
    "name": "name",
    "name_sort": "name",
    "nationality": "nationality",
    "marital": "marital_status",
    "residence_unit": "address",
}
"""Which attribute of a record a column stands behind: who may not see it may not ask by it."""


def check_asked(query: Query, shown: frozenset[str]) -> None:
    """Raises Rejected when a query asks by what its sender may not see."""
    if "*" not in shown and {SHOWN_BY[column] for column in columns_of(query)} - shown:
        raise Rejected(REJECT_FILTER)


EVENTS = frozenset(
    {"REGISTER", "UPDATE", "DEREGISTER", "BIRTH", "LiveBirth", "DEATH", "MARRIAGE", "DIVORCE"}
)


def event_types(old: Mapping[str, Any], new: Mapping[str, Any]) -> frozenset[str]:
    """By which names of the specification an event of the register is subscribed to."""
    found = {"UPDATE"}
    if new.get("standing") in ("deceased", "declared_dead"):
        found |= {"DEATH", "DEREGISTER"}
    if new.get("number") and not old.get("number"):
        found |= {"BIRTH", "LiveBirth", "REGISTER"}
    found |= {{"married": "MARRIAGE", "divorced": "DIVORCE"}.get(str(new.get("marital")), "UPDATE")}
    return frozenset(found)
