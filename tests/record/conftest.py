"""Fixtures of the record."""

from __future__ import annotations

from record.registers import register

__all__ = ("register",)
