"""
What the public pages show of the systems: cards on the home page and links around it.

A system lists them on its AppConfig: ``public_cards = (Card(...),)`` for things a
visitor can do now, ``public_links = (PublicLink(...),)`` for the header and the
footer. Only what can be reached is listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import reverse
from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Card:
    """Something a visitor can do on this node, as a row of the home page."""

    url_name: str
    title: str | Promise
    text: str | Promise
    icon: str
    order: int = 50

    @property
    def url(self) -> str:
        return reverse(self.url_name)


@dataclass(frozen=True, slots=True)
class PublicLink:
    """A link of the header (``nav``) or of a column of the footer (``help``, ``openness``)."""

    url_name: str
    label: str | Promise
    place: str = "nav"
    order: int = 50

    @property
    def url(self) -> str:
        return reverse(self.url_name)


def cards() -> list[Card]:
    return sorted(_listed("public_cards"), key=lambda card: card.order)


def links(place: str) -> list[PublicLink]:
    found = [link for link in _listed("public_links") if link.place == place]
    return sorted(found, key=lambda link: link.order)


def _listed(attribute: str) -> Iterator[Any]:
    for config in apps.get_app_configs():
        yield from getattr(config, attribute, ())
