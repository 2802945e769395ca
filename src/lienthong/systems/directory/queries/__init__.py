"""Reads of the directory: its own register, and the traffic the gateway logged."""
