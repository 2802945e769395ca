"""
What a gateway answers about itself by SOAP: operational data, health data, metrics.

Services of the gateway's owner (PR-OPMON 1.6, PR-ENVMONMES 1.3), signed and
logged like any call and left out of the counts like every metaservice. Who may
see what is decided by the `Observatory`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable
from xml.sax.saxutils import escape

import msgspec

from lienthong.gateway.authorise import Admission
from lienthong.gateway.bodies import Body
from lienthong.gateway.core import Gateway, Observing
from lienthong.gateway.environment import AnyMetric, Histogram, MetricSet, Numeric, Text
from lienthong.gateway.operational_queries import (
    BadCriteria,
    Health,
    Search,
    ServiceEvents,
    Statistics,
    parts_of,
)
from lienthong.gateway.pool import Received
from lienthong.gateway.soap_messages import SoapMessage
from lienthong.protocol import soap
from lienthong.protocol.errors import BadMessage, LoggingFailed
from lienthong.protocol.faults import Side, XRoadFault
from lienthong.protocol.soap_questions import ENVIRONMENT, OPERATIONAL, Question, read_question

XML_TYPE = b"text/xml;charset=UTF-8"
MONITOR = f"{Side.PROVIDER}.OpMonitor"
ATTACHED = "operational-monitoring-data.json.gz"
LONGEST_QUESTION = 64 * 1024


async def answer(
    gateway: Gateway,
    admitted: Admission,
    code: str,
    message: SoapMessage,
    header: soap.Header,
    body: Body,
) -> Received:
    """The answer to one of `GATEWAY_SERVICES`; raises XRoadFault or ProtocolError."""
    if gateway.observing is None:
        raise XRoadFault(f"{MONITOR}.InternalError", "This gateway keeps no monitoring data")
    question = read(message, body, code)
    try:
        if code == "getSecurityServerOperationalData":
            return await operational(gateway.observing, admitted, question, header, message.hashed)
        if code == "getSecurityServerHealthData":
            return await health(gateway.observing, admitted, question, header, message.hashed)
        return await metrics(gateway.observing, admitted, question, header, message.hashed)
    except BadCriteria as problem:
        raise XRoadFault(f"{MONITOR}.InvalidRequest", str(problem)) from None
    except LoggingFailed:
        raise XRoadFault(f"{MONITOR}.DatabaseError", "The monitoring data are away") from None


def read(message: SoapMessage, body: Body, code: str) -> Question:
    """What is asked; raises XRoadFault."""
    if message.size > LONGEST_QUESTION:
        raise XRoadFault("Client.InvalidBody", "The question is too long")
    envelope = body.whole()[message.start : message.start + message.size]
    try:
        return read_question(envelope, message.envelope.encoding, code)
    except BadMessage as problem:
        raise XRoadFault(f"{Side.CLIENT}.{problem.fault}", str(problem)) from None


async def operational(
    observing: Observing, admitted: Admission, question: Question, header: soap.Header, hashed: str
) -> Received:
    """The records as an attachment; the first part says how many and where to go on."""
    try:
        start, end = question.span()
    except BadMessage as problem:
        raise BadCriteria(str(problem)) from None
    search = Search(start=start, end=end, client=question.client, fields=question.fields)
    found = await observing.records(search, observing.scope(admitted.client))
    packed = await asyncio.to_thread(found.packed)
    following = found.next_from
    inner = (
        f"<om:recordsCount>{len(found.records)}</om:recordsCount>"
        f"<om:records>cid:{ATTACHED}</om:records>"
    )
    if following is not None:
        inner += f"<om:nextRecordsFrom>{following}</om:nextRecordsFrom>"
    said = envelope(header, "om", OPERATIONAL, question.code, inner, hashed)
    return with_attachment(said, packed)


def with_attachment(said: bytes, packed: bytes) -> Received:
    boundary = f"lienthong-{uuid.uuid4().hex}".encode()
    whole = b"\r\n".join(
        [
            b"--" + boundary,
            b"Content-Type: " + XML_TYPE,
            b"Content-Transfer-Encoding: 8bit",
            b"",
            said,
            b"--" + boundary,
            b"Content-Type: application/gzip",
            b"Content-Transfer-Encoding: binary",
            b"Content-ID: <" + ATTACHED.encode() + b">",
            b"",
            packed,
            b"--" + boundary + b"--",
            b"",
        ]
    )
    kind = b'multipart/related; type="text/xml"; charset=UTF-8; boundary="%b"' % boundary
    return Received(200, b"OK", [(b"Content-Type", kind)], Body.of(whole))


async def health(
    observing: Observing, admitted: Admission, question: Question, header: soap.Header, hashed: str
) -> Received:
    found = await observing.health(observing.scope(admitted.client), question.client)
    said = envelope(header, "om", OPERATIONAL, question.code, health_xml(found), hashed)
    return Received(200, b"OK", [(b"Content-Type", XML_TYPE)], Body.of(said))


def health_xml(found: Health) -> str:
    events = "".join(events_xml(one) for one in found.services_events)
    return (
        f"<om:monitoringStartupTimestamp>{found.monitoring_startup_timestamp}"
        "</om:monitoringStartupTimestamp>"
        f"<om:statisticsPeriodSeconds>{found.statistics_period_seconds}"
        "</om:statisticsPeriodSeconds>"
        f"<om:servicesEvents>{events}</om:servicesEvents>"
    )


def events_xml(events: ServiceEvents) -> str:
    """One service; what is not known is left out, in the order of the schema."""
    told = [identifier_xml(events.service)]
    for name, value in fields_of(events):
        if name == "lastPeriodStatistics":
            inner = "".join(
                element(part, number) for part, number in fields_of(events.last_period_statistics)
            )
            told.append(f"<om:{name}>{inner}</om:{name}>")
        elif name != "service":
            told.append(element(name, value))
    return f"<om:serviceEvents>{''.join(told)}</om:serviceEvents>"


def fields_of(struct: ServiceEvents | Statistics) -> Iterable[tuple[str, object]]:
    """Each known value under its name on the wire."""
    for entry in msgspec.structs.fields(struct):
        value = getattr(struct, entry.name)
        if value is not None:
            yield entry.encode_name, value


def element(name: str, value: object) -> str:
    return f"<om:{name}>{escape(str(value))}</om:{name}>"


def identifier_xml(service: str) -> str:
    parts = parts_of(service)
    names: tuple[str, ...] = (
        "xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode"
    )  # fmt: skip
    if len(parts) == 4:
        names = (*names[:3], names[4])
    inner = "".join(
        f"<id:{name}>{escape(part)}</id:{name}>" for name, part in zip(names, parts, strict=False)
    )
    return f'<om:service id:objectType="SERVICE">{inner}</om:service>'


async def metrics(
    observing: Observing, admitted: Admission, question: Question, header: soap.Header, hashed: str
) -> Received:
    # Reads files of the kernel and a directory of packages: off the loop.
    found = await asyncio.to_thread(observing.environment, admitted.client, question.fields)
    said = envelope(header, "m", ENVIRONMENT, question.code, metric_xml(found), hashed)
    return Received(200, b"OK", [(b"Content-Type", XML_TYPE)], Body.of(said))


def written(name: str, value: object) -> str:
    return f"<m:{name}>{escape(str(value))}</m:{name}>"


def metric_xml(metric: AnyMetric) -> str:
    named = written("name", metric.name)
    match metric:
        case MetricSet():
            inner = "".join(metric_xml(one) for one in metric.metrics)
            return f"<m:metricSet>{named}{inner}</m:metricSet>"
        case Text() | Numeric():
            kind = "stringMetric" if isinstance(metric, Text) else "numericMetric"
            return f"<m:{kind}>{named}{written('value', metric.value)}</m:{kind}>"
        case Histogram():
            values = "".join(
                written(name, getattr(metric, name))
                for name in ("min", "max", "mean", "median", "stddev")
            )
            updated = written("updated", metric.updated.isoformat())
            return f"<m:histogramMetric>{named}{updated}{values}</m:histogramMetric>"


def envelope(
    header: soap.Header, prefix: str, space: str, code: str, inner: str, hashed: str
) -> bytes:
    body = f'<{prefix}:{code}Response xmlns:{prefix}="{space}">{inner}</{prefix}:{code}Response>'
    return soap.message(header, body, hashed=hashed)
