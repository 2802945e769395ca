"""
Who is told of changes, of whom, and in which order.

An event waits without a number until its transaction is over; numbers are given in one
lock, so whoever has read up to a number has seen everything below it.
"""

from __future__ import annotations

from django.db import models

from lienthong.record import fields
from lienthong.record.personal import PersonalManager
from lienthong.systems.population.models.persons import Person


class Follower(models.Model):
    """A subsystem that is told of changes, and of which fields."""

    subsystem = fields.CharField(max_length=100, primary_key=True, data="internal")
    """``GOV/G24/csdl-bao-hiem``."""
    wanted = fields.ArrayField(models.CharField(max_length=30), data="internal")
    """The fields it asked for; its grant may show fewer."""
    changed_at = fields.DateTimeField(data="internal")

    # Persons are joined to it: the lock refuses to ask through them.
    objects = PersonalManager()


class FollowedPerson(models.Model):
    """A person a subsystem knows and is told about."""

    key = fields.UUIDField(primary_key=True, data="internal")
    person = fields.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="followed", db_index=False, data="internal"
    )
    follower = fields.ForeignKey(
        Follower, on_delete=models.CASCADE, related_name="persons", data="internal"
    )
    known_as = fields.CharField(max_length=12, data="personal")
    """The number under which the subsystem knows the person."""
    since = fields.DateTimeField(data="internal")

    objects = PersonalManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(name="population_followed_once", fields=["person", "follower"]),
        )


class ChangeWaiting(models.Model):
    """An event that has no number yet."""

    event = fields.UUIDField(primary_key=True, data="internal")
    person = fields.UUIDField(data="internal")


class ChangeNumber(models.Model):
    """The place of an event in the order in which changes are read."""

    event = fields.UUIDField(data="internal")
    person = fields.UUIDField(data="internal")

    class Meta:
        indexes = (models.Index(fields=["person", "id"], name="population_change_person"),)
