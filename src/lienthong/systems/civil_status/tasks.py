"""Answers that come later, out of the outbox."""

from __future__ import annotations
