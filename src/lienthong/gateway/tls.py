"""
TLS of a gateway: mutual between gateways, optional certificates from its own clients.

Only TLS 1.3, except towards information systems where a site allows 1.2. The
chain must lead to a root of the anchor; who the other side is, is then decided
by the exact certificate the directory or ``clients.json`` names, never by a
host name.
"""

from __future__ import annotations

import ssl

from lienthong.gateway.settings import GatewaySettings

# Those of TLS 1.2 that keep yesterday's traffic secret and cannot be altered.
OLD_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


def peer_listener(settings: GatewaySettings) -> ssl.SSLContext:
    """For the peer port: no connection without a certificate under a known root."""
    context = _own(ssl.PROTOCOL_TLS_SERVER, settings)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def peer_caller(settings: GatewaySettings) -> ssl.SSLContext:
    """For calls to other gateways; the pool compares the certificate with the directory's."""
    context = _own(ssl.PROTOCOL_TLS_CLIENT, settings)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def door_listener(settings: GatewaySettings) -> ssl.SSLContext:
    """For the directory's door: who comes has no certificate yet, or says it in a letter."""
    context = _own(ssl.PROTOCOL_TLS_SERVER, settings)
    context.verify_mode = ssl.CERT_NONE
    return context


def consumer_listener(settings: GatewaySettings) -> ssl.SSLContext:
    """
    For a member's information systems: a certificate may be shown.

    Those that no root issued are trusted one by one (`trust_clients`).
    """
    context = _own(ssl.PROTOCOL_TLS_SERVER, settings)
    context.verify_mode = ssl.CERT_OPTIONAL
    # OpenSSL then accepts a leaf that is itself in the store.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if settings.file.consumer_tls_oldest == "1.2":
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(OLD_CIPHERS)
        context.options |= ssl.OP_NO_RENEGOTIATION
    trust_clients(context, settings)
    return context


def trust_clients(context: ssl.SSLContext, settings: GatewaySettings) -> None:
    """
    Let through the handshake whose certificate lies in ``gateway/client_certificates/*.pem``.

    Whom it stands for is decided by ``clients.json``; a certificate that left
    both is refused there, though a running process still shakes hands with it.
    """
    for path in sorted((settings.node.gateway / "client_certificates").glob("*.pem")):
        context.load_verify_locations(cadata=path.read_text())


def _own(protocol: int, settings: GatewaySettings) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # Offered explicitly so that no peer falls back to another protocol on this port.
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_COMPRESSION
    reload(context, settings)
    context.load_verify_locations(cadata="\n".join(settings.anchor.roots))
    return context


def reload(context: ssl.SSLContext, settings: GatewaySettings) -> None:
    """Take up a renewed certificate; connections that exist keep the one they began with."""
    context.load_cert_chain(
        settings.auth_certificate,
        settings.auth_key,
        password=settings.node.secret("passphrase"),
    )
