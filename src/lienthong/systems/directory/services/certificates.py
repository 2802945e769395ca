"""Entering certificates, as they are made here or brought by a gateway."""

from __future__ import annotations

from django.db.models import Q

from lienthong.kernel import clock
from lienthong.protocol import pki

from ..models import Certificate, Gateway, Member


def keep_in_use(member: Member, use: str, chain: str, gateway: Gateway) -> None:
    """
    Enter the certificate that is in use at a gateway.

    One that was announced leaves those before it active until their own end, since what
    they signed a moment ago is still on its way. One nobody heard of retires them.
    """
    kid = pki.kid_of(pki.require_known(pki.load_chain(chain)[0].public_key()))
    announced = Certificate.objects.filter(kid=kid, status=Certificate.Status.ACTIVE).exists()
    keep_certificate(member, use, chain, gateway, retire=not announced)


def keep_certificate(
    member: Member, use: str, chain: str, gateway: Gateway, *, retire: bool
) -> None:
    """
    Enter a certificate as active; one that was revoked stays so.

    ``retire`` says that those before it are used no more; they still verify old
    messages. Without it they stay active until their own end, since the new
    one is taken into use only when every gateway can know it.
    """
    certificate = pki.load_chain(chain)[0]
    kid = pki.kid_of(pki.require_known(certificate.public_key()))
    if Certificate.objects.filter(kid=kid, status=Certificate.Status.REVOKED).exists():
        return  # Revoked for good: its key lying on disk does not make it trusted again.
    row, made = Certificate.objects.update_or_create(
        kid=kid,
        defaults={
            "member": member,
            "use": use,
            "gateway": gateway,
            "pem": chain,
            "sha256": pki.fingerprint(certificate),
            "not_before": certificate.not_valid_before_utc,
            "not_after": certificate.not_valid_after_utc,
            "status": Certificate.Status.ACTIVE,
        },
    )
    if made:
        Certificate.objects.filter(pk=row.pk).update(issued_at=clock.instant())
    if retire:
        Certificate.objects.filter(
            Q(gateway=gateway) | Q(gateway=None),
            member=member,
            use=use,
            status=Certificate.Status.ACTIVE,
        ).exclude(pk=row.pk).update(status=Certificate.Status.RETIRED)
