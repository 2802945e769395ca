"""Addresses of the civil-status desk and of the public check of papers."""

from __future__ import annotations

from django.urls import path

from lienthong.systems.civil_status.views import (
    births,
    checks,
    deaths,
    events,
    register,
    rules,
)

app_name = "civil_status"
DESK = "canbo/civil-status/"
urlpatterns = [
    path(DESK, register.queue, name="queue"),
    path(f"{DESK}births/new", births.new, name="new_birth"),
    path(f"{DESK}births/words", births.words, name="words"),
    path(f"{DESK}births/<uuid:key>/", births.entry, name="birth"),
    path(f"{DESK}births/<uuid:key>/state", births.state, name="birth_state"),
    path(f"{DESK}births/<uuid:key>/certificate.pdf", births.certificate, name="certificate"),
    path(f"{DESK}births/<uuid:key>/ask-again", births.ask_again, name="ask_again"),
    path(f"{DESK}births/<uuid:key>/withdraw", births.withdraw, name="withdraw"),
    path(f"{DESK}deaths/new", deaths.new, name="new_death"),
    path(f"{DESK}deaths/<uuid:key>/", deaths.entry, name="death"),
    path(f"{DESK}deaths/<uuid:key>/state", deaths.state, name="death_state"),
    path(f"{DESK}deaths/<uuid:key>/extract.pdf", deaths.extract, name="extract"),
    path(f"{DESK}deaths/<uuid:key>/tell-again", deaths.tell_again, name="tell_again"),
    path(f"{DESK}events/", events.kinds, name="events"),
    path(f"{DESK}events/notices/<uuid:key>/seen", events.seen, name="seen"),
    path(f"{DESK}events/<slug:kind>/new", events.new, name="new_event"),
    path(f"{DESK}events/<slug:kind>/<uuid:key>/", events.entry, name="event"),
    path(f"{DESK}events/<slug:kind>/<uuid:key>/paper.pdf", events.paper, name="event_paper"),
    path(
        f"{DESK}events/<slug:kind>/<uuid:key>/tell-again",
        events.tell_again,
        name="event_tell_again",
    ),
    path(f"{DESK}rules/", rules.rules, name="rules"),
    path(f"{DESK}rules/<slug:kind>/new", rules.new, name="new_rule"),
    path(f"{DESK}rules/<int:pk>/withdraw", rules.withdraw, name="withdraw_rule"),
    path(f"{DESK}register/", register.register, name="register"),
    path(f"{DESK}register/export.csv", register.export, name="export"),
    path("kiem-tra/", checks.check, name="check"),
    path("kiem-tra/<str:code>", checks.checked, name="checked"),
]
