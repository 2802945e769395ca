"""Django's name for the record."""

from __future__ import annotations

from django.apps import AppConfig


class RecordConfig(AppConfig):
    name = "lienthong.record"
    label = "record"
    verbose_name = "Nhật ký"
