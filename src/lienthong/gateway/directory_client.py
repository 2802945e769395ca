"""
The way to the directory of an exchange: HTTPS to its door, which no address vouches for.

Who answers is known by its certificate: it must lead to the exchange's root and
name the gateway that speaks for the directory. Calls block, since each waits
for up to half a minute; the gateway makes them on a thread of their own.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from lienthong.kernel.errors import Refused, Unavailable
from lienthong.protocol import pki
from lienthong.protocol.errors import UntrustedCertificate
from lienthong.protocol.joining import Invitation, anchor_under
from lienthong.protocol.snapshot import Anchor

PATIENCE = 15.0
LARGEST = 64 << 20
ANCHOR_PATH = "/exchange/anchor"


class DirectoryAway(Unavailable):
    """The directory does not answer now."""

    code = "gateway.directory_away"


class DirectoryRefused(Refused):
    """The directory refused what it was asked."""

    code = "gateway.directory_refused"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class DirectoryClient:
    """One connection at a time; safe to `cut` from another thread."""

    def __init__(self, url: str, directory: str, roots: Sequence[str]) -> None:
        self._host, self._port = host_and_port(url)
        self._directory = directory
        self._tls = context()
        self._tls.verify_mode = ssl.CERT_REQUIRED
        self._tls.load_verify_locations(cadata="\n".join(roots))
        self._lock = threading.Lock()
        self._open: http.client.HTTPConnection | None = None
        self._ended = False

    def get(self, path: str, *, patience: float = PATIENCE) -> Answer:
        """The answer to a GET, 200 or 204; raises as `ask`."""
        return self.ask("GET", path, None, patience)

    def post(self, path: str, body: bytes) -> bytes:
        """The body of a successful answer; raises as `ask`."""
        return self.ask("POST", path, body, PATIENCE).body

    def ask(self, method: str, path: str, body: bytes | None, patience: float) -> Answer:
        """
        One request on a connection of its own.

        Raises DirectoryAway, DirectoryRefused with the directory's own code, or
        UntrustedCertificate when somebody else answers there.
        """
        connection = http.client.HTTPSConnection(
            self._host, self._port, timeout=patience, context=self._tls
        )
        with self._lock:
            if self._ended:
                raise DirectoryAway("this gateway is stopping")
            self._open = connection
        try:
            connection.connect()
            self._recognise(connection)
            if self._ended:  # cut while TLS was being set up
                raise DirectoryAway("this gateway is stopping")
            return exchange(connection, method, path, body)
        except ssl.SSLCertVerificationError as error:
            raise UntrustedCertificate(f"the directory's door: {error.verify_message}") from None
        except (OSError, http.client.HTTPException) as error:
            raise DirectoryAway(type(error).__name__) from None
        finally:
            with self._lock:
                self._open = None
            connection.close()

    def _recognise(self, connection: http.client.HTTPSConnection) -> None:
        """Raise UntrustedCertificate unless the gateway of the directory answered."""
        shown = connection.sock.getpeercert(binary_form=True) if connection.sock else None
        if shown is None:
            raise UntrustedCertificate("nobody showed a certificate")
        named = pki.gateway_of(pki.load_certificate(ssl.DER_cert_to_PEM_cert(shown)))
        if named != self._directory:
            raise UntrustedCertificate(f"{named} answered for the directory")

    @property
    def waits(self) -> bool:
        """Whether a call is under way on a connection that stands."""
        with self._lock:
            return self._open is not None and self._open.sock is not None

    def cut(self) -> None:
        """End a call that waits, and refuse later ones."""
        with self._lock:
            self._ended = True
            if self._open is not None and self._open.sock is not None:
                # Closing does not wake the thread that reads; shutting down does. The plain
                # socket's, since that of TLS takes its state away from under that thread.
                try:
                    socket.socket.shutdown(self._open.sock, socket.SHUT_RDWR)
                except OSError:
                    return


def fetch_anchor(invitation: Invitation) -> Anchor:
    """
    The exchange's anchor, found with nothing but an invitation.

    The root comes over a connection that proves nothing, and is believed
    because its fingerprint stands in the invitation. All else is then asked
    again over a connection that this root vouches for. Raises DirectoryAway or
    UntrustedCertificate.
    """
    host, port = host_and_port(invitation.url)
    blind = context()
    blind.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=blind)
    try:
        shown = exchange(connection, "GET", ANCHOR_PATH, None).body
        root = anchor_under(shown, invitation.root_sha256).roots
    except (OSError, http.client.HTTPException) as error:
        raise DirectoryAway(type(error).__name__) from None
    except msgspec.DecodeError:
        raise UntrustedCertificate("what answers there is no directory") from None
    finally:
        connection.close()
    client = DirectoryClient(invitation.url, invitation.directory, root)
    return anchor_under(client.get(ANCHOR_PATH).body, invitation.root_sha256)


def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.check_hostname = False  # the certificate names a gateway, and is compared with it
    made.set_alpn_protocols(["http/1.1"])
    return made


def host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 443


def exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None
) -> Answer:
    headers = {"Accept": "application/json"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    connection.request(method, path, body=body, headers=headers)
    response = connection.getresponse()
    content = response.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise DirectoryAway("the answer is too long")
    if response.status >= 500:
        raise DirectoryAway(f"the directory answered {response.status}")
    if response.status >= 400:
        raise refusal(response.status, content)
    return Answer(response.status, content)


def refusal(status: int, content: bytes) -> DirectoryRefused:
    """The refusal in the directory's own words (RFC 9457), as far as it used any."""
    try:
        told = json.loads(content)
        return DirectoryRefused(f"{told['title']} [{told['code']}]", code=told["code"])
    except (ValueError, KeyError, TypeError):
        return DirectoryRefused(f"the directory answered {status}", code="")
