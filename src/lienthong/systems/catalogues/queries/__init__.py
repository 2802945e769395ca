"""Reads of the catalogues."""

from __future__ import annotations

from .published import counts, newest_snapshot, snapshots, tables

__all__ = ["counts", "newest_snapshot", "snapshots", "tables"]
