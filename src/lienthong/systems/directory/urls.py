from __future__ import annotations

from django.urls import path

from .views import (
    agreements,
    console,
    door,
    exchanges,
    given_up,
    joining,
    members,
    operations,
    published,
    totals,
)

app_name = "directory"
urlpatterns = [
    path("exchange/snapshot", published.snapshot, name="snapshot"),
    path("exchange/join", door.join, name="join"),
    path("exchange/renew", door.renew, name="renew"),
    path("exchange/register", door.register, name="register"),
    path("canbo/directory/", console.console, name="console"),
    path("canbo/directory/requests/", joining.requests, name="requests"),
    path("canbo/directory/requests/new", joining.ask, name="ask"),
    path("canbo/directory/requests/<uuid:request_id>/", joining.request, name="request"),
    path("canbo/directory/requests/<uuid:request_id>/approve", joining.approve, name="approve"),
    path("canbo/directory/requests/<uuid:request_id>/refuse", joining.refuse, name="refuse"),
    path("canbo/directory/requests/<uuid:request_id>/invite", joining.invite, name="invite"),
    path(
        "canbo/directory/certificates/<str:kid>/revoke",
        joining.revoke_certificate,
        name="revoke_certificate",
    ),
    path("canbo/directory/newest", console.newest, name="newest"),
    path("canbo/directory/exchanges/", exchanges.exchanges, name="exchanges"),
    path("canbo/directory/exchanges/<path:message_id>/", exchanges.exchange, name="exchange"),
    path("canbo/directory/receipts/<path:message_id>.json", exchanges.receipt, name="receipt"),
    path("canbo/directory/traffic/", operations.traffic, name="traffic"),
    path("canbo/directory/traffic.csv", operations.traffic_file, name="traffic_file"),
    path("canbo/directory/failures/", operations.failures, name="failures"),
    path("canbo/directory/processes/", operations.processes, name="processes"),
    path("canbo/directory/members/", members.members, name="members"),
    path(
        "canbo/directory/members/<int:subsystem_id>/gateways/<str:gateway_code>/end",
        members.end,
        name="end_hosting",
    ),
    path("canbo/directory/totals/", totals.months, name="totals"),
    path("canbo/directory/totals.csv", totals.export, name="totals_csv"),
    path("canbo/directory/totals/<str:day>/", totals.day, name="totals_day"),
    path("canbo/directory/access/", agreements.requests, name="access_requests"),
    path("canbo/directory/access/new", agreements.choose, name="choose"),
    path("canbo/directory/access/new/<int:offer_id>", agreements.ask, name="ask_access"),
    path("canbo/directory/access/<uuid:request_id>", agreements.one_request, name="access_request"),
    path("canbo/directory/access/<uuid:request_id>/grant", agreements.grant, name="grant_access"),
    path(
        "canbo/directory/access/<uuid:request_id>/refuse", agreements.refuse, name="refuse_access"
    ),
    path(
        "canbo/directory/access/<uuid:request_id>/withdraw",
        agreements.withdraw,
        name="withdraw_access",
    ),
    path("canbo/directory/grants/", agreements.grants, name="grants"),
    path("canbo/directory/grants/<uuid:grant_id>", agreements.one_grant, name="grant"),
    path("canbo/directory/grants/<uuid:grant_id>/revoke", agreements.revoke, name="revoke"),
    path("canbo/directory/refusals/", agreements.refusals, name="refusals"),
    path("canbo/directory/certificates/", members.certificates, name="certificates"),
    path("canbo/directory/outbox/", given_up.dead_letters, name="outbox"),
    path("canbo/directory/outbox/<int:row_id>/retry", given_up.retry, name="retry"),
    path("canbo/directory/outbox/<int:row_id>/discard", given_up.discard, name="discard"),
    path("canbo/directory/events/<int:row_id>/retry", given_up.retry_event, name="retry_event"),
    path(
        "canbo/directory/events/<int:row_id>/discard", given_up.discard_event, name="discard_event"
    ),
]
