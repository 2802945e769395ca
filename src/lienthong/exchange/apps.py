"""Django's name for the systems' side of the exchange."""

from __future__ import annotations

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "lienthong.exchange"
    label = "exchange"
    verbose_name = "Trục trao đổi"

    def ready(self) -> None:
        from lienthong.exchange import span_export

        span_export.begin()
