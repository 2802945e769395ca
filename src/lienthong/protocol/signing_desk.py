"""
Documents that wait for a member's signature, and signatures that come back.

A member whose key lies on its own node signs its grants there: the node fetches
what waits, an officer sees it, the local key signs, and the signature returns
through the exchange. What is signed is what `lienthong.protocol.grants` signs,
so whoever reads the directory's snapshot checks it as any other grant.
``docs/reference/protocol/PR-GRANT.md`` describes both services.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from lienthong.protocol.grants import Aware, Mark, Terms

Short = Annotated[str, msgspec.Meta(max_length=300)]


class Deed(StrEnum):
    """What a signature does."""

    ASK = "ask"
    """The consumer's member asks for the terms."""
    GRANT = "grant"
    """The provider's member gives them, or less."""
    REFUSE = "refuse"
    """Either refuses; the provider's refusal of a request is signed."""


class AskWaiting(msgspec.Struct, frozen=True):
    """The question of ``grants.waiting.v1``: what waits for the asker's member."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One document that waits."""

    id: str
    deed: Deed
    """``ask`` or ``grant``: what this member would sign."""
    terms: Terms
    """To be signed under ``ask``; under ``grant`` what was asked for, to be given or narrowed."""
    asked_mark: Mark | None = None
    """Under ``grant``: the consumer's signature below the same terms."""
    client_name: str
    provider_name: str
    title: str
    """Of the offer, as the provider states it."""
    stated: bool
    """Whether the provider's card states it, so that no officer asked for it."""
    since: Aware


class WaitingDocuments(msgspec.Struct, frozen=True):
    """The answer, the oldest first."""

    documents: list[Waiting]


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """A signature or a refusal that comes back."""

    id: str
    deed: Deed
    terms: Terms | None = None
    """What was signed; nothing for a refusal."""
    mark: Mark | None = None
    """Nothing only when the consumer refuses: there is no signature for that."""
    reason: Short = ""
    officer: Annotated[str, msgspec.Meta(max_length=120)] = ""
    """Who decided at the member's node, as that node names its officers; no personal ID."""


class ReturnedDocuments(msgspec.Struct, frozen=True):
    """The question of ``grants.return.v1``."""

    documents: Annotated[list[Returned], msgspec.Meta(min_length=1, max_length=100)]


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one of them."""

    id: str
    taken: bool
    why: str = ""
    """A stable code of what was wrong, such as ``exchange.bad_signature``."""


class SettledDocuments(msgspec.Struct, frozen=True):
    """The answer of ``grants.return.v1``, in the order of the question."""

    documents: list[Settled]
