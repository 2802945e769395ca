"""
Members, subsystems, offers, grants, certificates and published snapshots.

A body is known by its class and code (``GOV/G15``), a subsystem by its member
and its own code. Rows are never deleted: what ends gets a date.
"""

from __future__ import annotations

import uuid

from django.db import models

from lienthong.record import fields


class MemberKind(models.TextChoices):
    MINISTRY = "ministry", "Bộ, cơ quan ngang bộ"
    PROVINCE = "province", "Tỉnh, thành phố trực thuộc Trung ương"
    AGENCY = "agency", "Cơ quan khác"


class SubsystemKind(models.TextChoices):
    LGSP = "lgsp", "Nền tảng cấp bộ, tỉnh (LGSP)"
    DATABASE = "database", "Cơ sở dữ liệu"
    NATIONAL = "national", "Hệ thống từ Trung ương đến địa phương"
    OTHER = "other", "Hệ thống khác"


class Member(models.Model):
    """A body connected to the exchange."""

    member_class = fields.CharField(data="open", max_length=16, default="GOV")
    code = fields.CharField(data="open", max_length=35)
    name = fields.CharField(data="open", max_length=250)
    kind = fields.CharField(data="open", max_length=16, choices=MemberKind.choices)
    joined_on = fields.DateField(data="open")
    left_on = fields.DateField(data="open", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member_class", "code"], name="directory_member_once"),
        ]
        ordering = ["member_class", "code"]

    def __str__(self) -> str:
        return f"{self.member_class}/{self.code}"


class Certificate(models.Model):
    """A certificate of a member's signing key, or of a gateway's TLS key."""

    class Use(models.TextChoices):
        SIGN = "sign", "Ký thông điệp"
        AUTH = "auth", "Kết nối giữa hai cổng"

    class Status(models.TextChoices):
        ACTIVE = "active", "Đang dùng"
        RETIRED = "retired", "Đã thay"
        REVOKED = "revoked", "Đã thu hồi"

    member = fields.ForeignKey(Member, data="open", on_delete=models.PROTECT)
    use = fields.CharField(data="open", max_length=8, choices=Use.choices)
    kid = fields.CharField(data="open", max_length=64, unique=True)
    pem = fields.TextField(data="open")
    sha256 = fields.CharField(data="open", max_length=64)
    not_before = fields.DateTimeField(data="open")
    not_after = fields.DateTimeField(data="open")
    status = fields.CharField(
        data="open", max_length=8, choices=Status.choices, default=Status.ACTIVE
    )
    gateway = fields.ForeignKey(
        "Gateway", data="open", null=True, blank=True, on_delete=models.PROTECT
    )
    """Whose TLS key this is, or through which gateway the member's key came."""
    issued_at = fields.DateTimeField(data="open", null=True, blank=True)
    revoked_at = fields.DateTimeField(data="open", null=True, blank=True)
    revoked_why = fields.CharField(data="internal", max_length=250, blank=True, default="")


class Gateway(models.Model):
    """A gateway: where it listens for others and who runs it."""

    code = fields.CharField(data="open", max_length=35, unique=True)
    owner = fields.ForeignKey(Member, data="open", on_delete=models.PROTECT)
    host = fields.CharField(data="open", max_length=250)
    port = fields.IntegerField(data="open")
    in_maintenance = fields.BooleanField(data="open", default=False)
    """Announced: others send to a subsystem's other gateways meanwhile."""
    capabilities = fields.JSONField(data="open", default=list)


class Subsystem(models.Model):
    """An information system of a member, as the exchange knows it."""

    member = fields.ForeignKey(
        Member, data="open", on_delete=models.PROTECT, related_name="subsystems"
    )
    code = fields.CharField(data="open", max_length=64)
    name = fields.CharField(data="open", max_length=250)
    kind = fields.CharField(data="open", max_length=16, choices=SubsystemKind.choices)
    connected_on = fields.DateField(data="open")
    ended_on = fields.DateField(data="open", null=True, blank=True)
    made_up = fields.BooleanField(data="open", default=False)
    """A row of the demonstration country: registered, with no program behind it here."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "code"], name="directory_subsystem_once"),
        ]
        ordering = ["member", "code"]

    def __str__(self) -> str:
        return f"{self.member}/{self.code}"

    @property
    def gateways(self) -> list[Gateway]:
        """
        The gateways it stands behind now, the first registered first.

        Reads the rows a query has brought along, where it has.
        """
        standing = [row for row in self.hostings.all() if row.ended_at is None]
        return [row.gateway for row in sorted(standing, key=lambda row: (row.since, row.pk))]


class Hosting(models.Model):
    """
    A subsystem stands behind a gateway, with the offers that gateway registered for it.

    Behind several of them it goes on being served when one is away. Rows are never
    deleted: one that was taken away by an operator comes back by a new approval only.
    """

    subsystem = fields.ForeignKey(
        Subsystem, data="open", on_delete=models.PROTECT, related_name="hostings"
    )
    gateway = fields.ForeignKey(
        Gateway, data="open", on_delete=models.PROTECT, related_name="hostings"
    )
    offers = fields.JSONField(data="open", default=list)
    """Codes of the offers this gateway states; one that no gateway states is withdrawn."""
    since = fields.DateTimeField(data="open")
    ended_at = fields.DateTimeField(data="open", null=True, blank=True)
    ended_by = fields.CharField(data="internal", max_length=160, blank=True)
    end_reason = fields.CharField(data="internal", max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subsystem", "gateway"],
                condition=models.Q(ended_at=None),
                name="directory_hosting_once",
            ),
        ]
        ordering = ["since", "pk"]


class Offer(models.Model):
    """A data service that a subsystem shares."""

    subsystem = fields.ForeignKey(
        Subsystem, data="open", on_delete=models.PROTECT, related_name="offers"
    )
    code = fields.CharField(data="open", max_length=128)
    title = fields.CharField(data="open", max_length=250)
    effect = fields.CharField(data="open", max_length=16)
    names_subjects = fields.BooleanField(data="open", default=False)
    max_body = fields.BigIntegerField(data="open")
    timeout = fields.DecimalField(data="open", max_digits=6, decimal_places=1)
    keep_body = fields.BooleanField(data="open", default=False)
    request_schema = fields.JSONField(data="open")
    answer_schema = fields.JSONField(data="open")
    schema_sha256 = fields.CharField(data="open", max_length=64)
    withdrawn_at = fields.DateTimeField(data="open", null=True, blank=True)
    stated_grants = fields.JSONField(data="open", default=list)
    """To whom the provider states that it gives this offer; in force once they are registered."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subsystem", "code"], name="directory_offer_once"),
        ]
        ordering = ["subsystem", "code"]


class OutsideService(models.Model):
    """Where an offer answers whose provider is no system of this program, and how it is spoken."""

    class Kind(models.TextChoices):
        REST = "rest", "REST"
        OPENAPI = "openapi", "OpenAPI"
        SOAP = "soap", "SOAP"

    offer = fields.OneToOneField(
        Offer, data="open", on_delete=models.PROTECT, related_name="outside", primary_key=True
    )
    kind = fields.CharField(data="open", max_length=8, choices=Kind.choices)
    versions = fields.JSONField(data="open", default=list)
    """Of a SOAP service; empty when its identifier has none."""
    methods = fields.JSONField(data="open", default=list)
    url = fields.CharField(data="internal", max_length=250)
    description_url = fields.CharField(data="internal", max_length=250, blank=True)
    """Of its WSDL or OpenAPI document."""


class AccessGrant(models.Model):
    """The right of one subsystem to call one offer, for a purpose and by a law."""

    id = fields.UUIDField(data="open", primary_key=True, default=uuid.uuid4, editable=False)
    client = fields.ForeignKey(
        Subsystem, data="open", on_delete=models.PROTECT, related_name="grants_held"
    )
    offer = fields.ForeignKey(
        Offer, data="open", on_delete=models.PROTECT, related_name="grants_given"
    )
    methods = fields.JSONField(data="open", default=list)
    paths = fields.JSONField(data="open", default=list)
    visible_fields = fields.JSONField(data="open", default=list)
    purpose = fields.CharField(data="open", max_length=250)
    legal_basis = fields.CharField(data="open", max_length=250)
    valid_from = fields.DateTimeField(data="open")
    valid_to = fields.DateTimeField(data="open", null=True, blank=True)
    from_card = fields.BooleanField(data="open", default=False)
    """Whether the provider's card states it; such a grant follows the card."""
    revoked = fields.BooleanField(data="open", default=False)
    """Whether the provider took it back; then no restart gives it again."""
    per_minute = fields.PositiveIntegerField(data="open", null=True, blank=True)
    per_day = fields.PositiveIntegerField(data="open", null=True, blank=True)
    given = fields.JSONField(data="open", null=True, blank=True)
    """The terms as the provider's member signed them; they stay when the grant ends."""
    asked = fields.JSONField(data="open", null=True, blank=True)
    """The terms as the consumer's member signed them, while the provider's signature waits."""
    asked_mark = fields.JSONField(data="open", null=True, blank=True)
    proof = fields.JSONField(data="open", null=True, blank=True)
    """What the consumer's member asked for, and both signatures."""
    given_by = fields.CharField(data="internal", max_length=160, blank=True)
    ended_by = fields.CharField(data="internal", max_length=160, blank=True)
    end_reason = fields.CharField(data="internal", max_length=300, blank=True)
    refusal_mark = fields.JSONField(data="open", null=True, blank=True)
    """The provider's signature under its refusal, where it ended so."""

    class Meta:
        ordering = ["client", "offer"]


class GrantRequest(models.Model):
    """
    What one body asked another to allow, and what became of it.

    A grant that comes of it has the same id. Rows are never deleted.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Chờ quyết định"
        GRANTED = "granted", "Đã cấp"
        REFUSED = "refused", "Đã từ chối"
        WITHDRAWN = "withdrawn", "Đã rút"

    id = fields.UUIDField(data="open", primary_key=True, default=uuid.uuid4, editable=False)
    client = fields.ForeignKey(
        Subsystem, data="open", on_delete=models.PROTECT, related_name="grants_asked"
    )
    offer = fields.ForeignKey(
        Offer, data="open", on_delete=models.PROTECT, related_name="grants_asked"
    )
    asked = fields.JSONField(data="open")
    """The terms as the consumer's member signed them (`lienthong.protocol.grants.Terms`)."""
    asked_mark = fields.JSONField(data="open")
    asked_by = fields.CharField(data="internal", max_length=160)
    asked_at = fields.DateTimeField(data="open")
    state = fields.CharField(
        data="open", max_length=10, choices=State.choices, default=State.WAITING
    )
    decided_by = fields.CharField(data="internal", max_length=160, blank=True)
    decided_at = fields.DateTimeField(data="open", null=True, blank=True)
    reason = fields.CharField(data="internal", max_length=300, blank=True)
    """Why it was refused or withdrawn."""
    refusal_mark = fields.JSONField(data="open", null=True, blank=True)
    """The provider's signature under its refusal."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "offer"],
                condition=models.Q(state="waiting"),
                name="directory_request_waits_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state="waiting", decided_at=None)
                | models.Q(state__in=["granted", "refused", "withdrawn"], decided_at__isnull=False),
                name="directory_request_is_decided_at_a_time",
            ),
        ]
        ordering = ["-asked_at"]


class Snapshot(models.Model):
    """A published, signed state of the directory; numbers only grow (decision 19)."""

    number = fields.BigIntegerField(data="open", primary_key=True)
    made_at = fields.DateTimeField(data="open")
    sealed = fields.BinaryField(data="open")
    content_sha256 = fields.CharField(data="open", max_length=64)
    """Digest of what was said, without number and time: the same content is not news."""

    class Meta:
        ordering = ["-number"]


class DenyList(models.Model):
    """A published list of keys no longer to be believed; numbers only grow (decision 19)."""

    number = fields.BigIntegerField(data="open", primary_key=True)
    made_at = fields.DateTimeField(data="open")
    sealed = fields.BinaryField(data="open")
    content_sha256 = fields.CharField(data="open", max_length=64)

    class Meta:
        ordering = ["-number"]


class JoinRequest(models.Model):
    """A body asks to connect through a gateway of its own; decided by other officers."""

    class State(models.TextChoices):
        WAITING = "waiting", "Chờ duyệt"
        APPROVED = "approved", "Đã duyệt, chờ kết nối"
        REFUSED = "refused", "Từ chối"
        JOINED = "joined", "Đã kết nối"

    id = fields.UUIDField(data="open", primary_key=True, default=uuid.uuid4, editable=False)
    member_class = fields.CharField(data="open", max_length=16, default="GOV")
    member_code = fields.CharField(data="open", max_length=35)
    member_name = fields.CharField(data="open", max_length=250)
    member_kind = fields.CharField(data="open", max_length=16, choices=MemberKind.choices)
    gateway_code = fields.CharField(data="open", max_length=35)
    subsystems = fields.JSONField(data="open", default=list)
    """``[{"code", "name", "kind"}]``: all that may stand behind the gateway."""
    legal_basis = fields.CharField(data="open", max_length=250)
    asked_by = fields.CharField(data="internal", max_length=80)
    asked_at = fields.DateTimeField(data="open")
    needed = fields.IntegerField(data="open")
    """Approvals it takes: two for a new member, one for a further gateway of a member."""
    state = fields.CharField(
        data="open", max_length=8, choices=State.choices, default=State.WAITING
    )

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway_code"],
                condition=models.Q(state__in=["waiting", "approved"]),
                name="directory_one_open_request_a_gateway",
            ),
        ]

    @property
    def member(self) -> str:
        return f"{self.member_class}/{self.member_code}"

    @property
    def gateway(self) -> str:
        return f"{self.member}/{self.gateway_code}"


class JoinDecision(models.Model):
    """What one officer said to a request; nobody speaks twice, nobody to their own."""

    request = fields.ForeignKey(
        JoinRequest, data="open", on_delete=models.PROTECT, related_name="decisions"
    )
    officer = fields.CharField(data="internal", max_length=80)
    office = fields.CharField(data="internal", max_length=80)
    approves = fields.BooleanField(data="open")
    reason = fields.CharField(data="internal", max_length=300, blank=True, default="")
    at = fields.DateTimeField(data="open")

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "officer"], name="directory_one_decision_an_officer"
            ),
        ]


class Invitation(models.Model):
    """The one-time right to join that an approval gives; only a digest of its secret is kept."""

    request = fields.ForeignKey(
        JoinRequest, data="open", on_delete=models.PROTECT, related_name="invitations"
    )
    secret_sha256 = fields.CharField(data="internal", max_length=64, unique=True)
    made_by = fields.CharField(data="internal", max_length=80)
    made_at = fields.DateTimeField(data="open")
    expires_at = fields.DateTimeField(data="open")
    used_at = fields.DateTimeField(data="open", null=True, blank=True)
    bound_kid = fields.CharField(data="open", max_length=64, blank=True, default="")
    """The AUTH key that used it first; no other key ever may."""
    withdrawn_at = fields.DateTimeField(data="open", null=True, blank=True)

    class Meta:
        ordering = ["-made_at"]
