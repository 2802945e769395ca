"""Liên Thông: a digital government whose systems speak only through a national data exchange."""

__version__ = "0.1.0"
