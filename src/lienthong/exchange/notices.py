"""
What a publisher delivers to a subscriber: an event in the JSON form of CloudEvents 1.0.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md;
``partitionkey`` is its extension for what has to stay in order. A subscriber of
another make that reads CloudEvents needs nothing of ours.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

Aware = Annotated[datetime, msgspec.Meta(tz=True)]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one subscriber; ``data`` holds the fields its grant allows."""

    specversion: str = "1.0"
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    source: str
    """The publishing subsystem, ``VN/GOV/G01/population``."""
    type: str
    """The event's code, ``personal-id.cancelled.v1``."""
    time: Aware
    """When it came about."""
    partitionkey: Annotated[str, msgspec.Meta(max_length=200)] = ""
    datacontenttype: str = "application/json"
    data: msgspec.Raw


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The subscriber's answer: the event is in its inbox."""

    id: str
    before: bool = False
    """Whether it had come before; it is then not worked on again."""
