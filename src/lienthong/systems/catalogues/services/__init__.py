"""What a steward, the start of a node or a load can cause in the catalogues."""

from __future__ import annotations

from .publishing import SYSTEM, load_shipped, publish, replace_units, settle

__all__ = ["SYSTEM", "load_shipped", "publish", "replace_units", "settle"]
