"""The account that signs in: `AUTH_USER_MODEL`. It holds no name and no personal ID."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from lienthong.record import fields
from lienthong.web.accounts.uuids import uuid7

LOCAL = "local"
USERNAME = re.compile(r"[a-z][a-z0-9.-]{2,63}")


class Kind(models.TextChoices):
    OFFICER = "officer", _("Officer")
    CITIZEN = "citizen", _("Citizen")
    SERVICE = "service", _("Service")


class AccountManager(BaseUserManager["Account"]):
    """Local accounts are made by name; those of an identity provider by issuer and subject."""

    def create_local(self, username: str, password: str, *, kind: Kind = Kind.OFFICER) -> Account:
        account = self.model(username=username, kind=kind, issuer=LOCAL, subject=username)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(username=username)


class Account(AbstractBaseUser):
    """One who can sign in. Names stand with the positions held, never here."""

    id = fields.UUIDField(data="internal", primary_key=True, default=uuid7, editable=False)
    kind = fields.CharField(data="internal", max_length=16, choices=Kind.choices)
    issuer = fields.CharField(data="internal", max_length=200, default=LOCAL)
    subject = fields.CharField(data="internal", max_length=200)
    username = fields.CharField(data="internal", max_length=64, unique=True, null=True, blank=True)
    password = fields.CharField(data="sensitive", max_length=128)
    last_login = fields.DateTimeField(data="internal", blank=True, null=True)
    is_active = fields.BooleanField(data="internal", default=True)
    made_at = fields.DateTimeField(data="internal", auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: list[str] = []  # type: ignore[misc]

    objects = AccountManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "subject"], name="accounts_one_per_issuer_and_subject"
            ),
        ]

    def __str__(self) -> str:
        return self.username or f"{self.issuer}:{self.subject}"

    @property
    def is_officer(self) -> bool:
        return bool(self.kind == Kind.OFFICER)

    @property
    def has_only_local_sign_in(self) -> bool:
        return bool(self.issuer == LOCAL)

    def get_email_field_name(self) -> Any:  # type: ignore[override]
        """No account has an address; password resets go through the officer's office."""
        return ""


class LastCode(models.Model):
    """
    The step of the newest one-time code an account was let in with (RFC 6238 part 5.2).

    A row of its own and not a column of the account: saving a whole account that was
    read earlier would otherwise put an older step back.
    """

    account = fields.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="+", data="internal"
    )
    step = fields.BigIntegerField(data="internal")
