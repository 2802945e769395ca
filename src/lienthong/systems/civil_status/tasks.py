"""What comes later: answers out of the outbox, and events of other systems."""

from __future__ import annotations

from uuid import UUID

from lienthong.exchange import events, outbox
from lienthong.exchange.client import Answer
from lienthong.systems.civil_status import shapes
from lienthong.systems.civil_status.services import births, deaths
from lienthong.systems.civil_status.services import events as event_services


@outbox.on_answer("civil_status", "personal-id.issue.v1")
def number_came(answer: Answer, sent: outbox.Sent) -> None:
    births.take_personal_id(
        key=UUID(answer.body.registration),
        personal_id=answer.body.personal_id,
        issued_on=answer.body.issued_on,
        message_id=answer.message_id,
    )


@outbox.on_answer("civil_status", "death.record.v1")
def death_was_recorded(answer: Answer, sent: outbox.Sent) -> None:
    deaths.confirm_death(key=UUID(sent.correlation), message_id=answer.message_id)


@events.on("population", "personal-id.cancelled.v1")
def number_was_cancelled(event: shapes.NumberCancelled, told: events.Told) -> None:
    births.note_cancelled_id(
        personal_id=event.personal_id,
        cancelled_on=event.cancelled_on,
        successor=event.successor,
        event=told.id,
    )


@outbox.on_answer("civil_status", "particulars.correct.v1")
@outbox.on_answer("civil_status", "marriage.record.v1")
@outbox.on_answer("civil_status", "standing.record.v1")
@outbox.on_answer("civil_status", "personal-id.reestablish.v1")
def population_followed(answer: Answer, sent: outbox.Sent) -> None:
    event_services.note_followed(answer=answer, sent=sent)
