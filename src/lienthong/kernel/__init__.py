"""Values and pure functions every system shares; no Django, no network."""
