"""What is tested: a gateway's consumer side, somebody who may ask it, and services behind it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

OPTIONS = {
    "base_url": "of the consumer side: http://ss1:8080 or https://ss1:8443",
    "client": "who asks: INSTANCE/CLASS/MEMBER/SUBSYSTEM, registered and allowed to",
    "service": "a REST service the client may call: INSTANCE/CLASS/MEMBER/SUBSYSTEM/CODE",
    "path": "below the service, where GET is answered with 2xx (may have a query)",
    "post_path": "below the service, where POST of any bytes is answered",
    "echo_path": 'below the service, where GET is answered {"headers": [names, small letters]}',
    "missing_path": "below the service, where the service itself answers an error",
    "denied_service": "a REST service that exists and the client may not call",
    "soap_service": "a SOAP service the client may call: …/CODE[/VERSION]",
    "soap_body": "file with the element inside its SOAP body",
    "soap_action": "the SOAPAction it asks for; empty if none",
    "secret": "value of Lienthong-Client-Secret, for gateways of Liên Thông",
    "cert": "PEM file with the client's TLS certificate and key",
    "ca": "PEM file with the root of the gateway's TLS certificate; none: it is not checked",
}
FLAGS = {
    "openapi": "the REST service has an OpenAPI description",
    "wsdl": "the SOAP service has a WSDL",
    "proxy": "the gateway may be used as an HTTP proxy (absolute-form request targets)",
    "legacy_wsdl": "GET /wsdl?… is served, as before X-Road 7",
    "evidence": "/asic and /verificationconf are served (message log add-on)",
    "promises": "answers carry the promise of Liên Thông's log",
}


@dataclass(frozen=True, kw_only=True)
class Target:
    """One gateway as the kit sees it; what is None or False is not tested."""

    base_url: str
    client: str
    service: str | None = None
    path: str | None = None
    post_path: str | None = None
    echo_path: str | None = None
    missing_path: str | None = None
    denied_service: str | None = None
    soap_service: str | None = None
    soap_body: str | None = None
    soap_action: str = ""
    secret: str | None = None
    cert: str | None = None
    ca: str | None = None
    openapi: bool = False
    wsdl: bool = False
    proxy: bool = False
    legacy_wsdl: bool = False
    evidence: bool = False
    promises: bool = False

    @property
    def address(self) -> tuple[str, int, bool]:
        """Host, port, and whether it speaks TLS."""
        parts = urlsplit(self.base_url)
        secure = parts.scheme == "https"
        return parts.hostname or "", parts.port or (443 if secure else 80), secure

    @property
    def instance(self) -> str:
        return self.client.split("/")[0]

    def need(self, *names: str) -> Any:
        """The values of these options; the test is skipped when one is not given."""
        missing = [name for name in names if not getattr(self, name)]
        if missing:
            pytest.skip("needs " + ", ".join(f"--{name.replace('_', '-')}" for name in missing))
        found = [getattr(self, name) for name in names]
        return found[0] if len(found) == 1 else found


def add_options(parser: Any) -> None:
    """For pytest's parser; one whose ``--base-url`` a plugin has taken keeps that."""
    group = parser.getgroup("conformance", "conformance of an X-Road gateway")
    for name, told in OPTIONS.items():
        _add(group, f"--{name.replace('_', '-')}", help=told, default=None)
    for name, told in FLAGS.items():
        _add(group, f"--{name.replace('_', '-')}", help=told, action="store_true", default=False)


def _add(group: Any, name: str, **more: Any) -> None:
    try:
        group.addoption(name, **more)
    except (ValueError, argparse.ArgumentError):
        return


def from_options(config: pytest.Config) -> Target | None:
    """The target the command line names; None when it names none."""
    given = {one.name: config.getoption(one.name, default=None) for one in fields(Target)}
    if not given["base_url"]:
        return None
    if not given["client"]:
        raise pytest.UsageError("--base-url needs --client")
    if given["soap_body"]:
        given["soap_body"] = Path(given["soap_body"]).read_text(encoding="utf-8")
    return Target(**{name: value for name, value in given.items() if value})
