"""Settings, addresses and entry points of a node."""
