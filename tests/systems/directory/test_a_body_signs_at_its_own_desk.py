"""The pages on a body's own node: what waits, signing what was read, refusing with a reason."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

import cast
from lienthong.exchange import housekeeping as asking
from lienthong.exchange.errors import Unavailable, UnknownOutcome
from lienthong.exchange.signing_desk import NotTaken
from lienthong.kernel.node import Node
from lienthong.record.models import Entry
from lienthong.systems.directory.models import AccessGrant
from lienthong.systems.directory.services import signing_desk as directorys
from lienthong.web import signing
from lienthong.web.accounts import second_factor
from lienthong.web.offices import Office, Position
from systems.directory.joining_cast import Newcomer
from systems.directory.test_a_body_signs_where_its_key_lives import (  # noqa: F401
    directory,
    is_let_through,
    province,
    stated_grant,
)

pytestmark = pytest.mark.usefixtures("db", "legal_day")
PLACE = "/canbo/ky-quyen/"


def officer(body: str, roles: tuple[str, ...] = ("web.signer",)) -> Client:
    office, _ = Office.objects.get_or_create(
        code=f"{body}.VP", defaults={"name": body, "body": body, "valid_from": cast.LEGAL_DAY}
    )
    account = get_user_model().objects.create_local(f"of.{body.lower()}", "mot-hai-ba-bon-nam")
    Position.objects.create(
        account=account, office=office, officer_name="Chủ Tịch", title="Chủ tịch",
        roles=list(roles), valid_from=cast.LEGAL_DAY,
    )  # fmt: skip
    second_factor.set_up(account)
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def chairman(province: Newcomer, directory: Node, monkeypatch: pytest.MonkeyPatch) -> Client:  # noqa: F811
    """An officer of the province at the province's own node."""
    monkeypatch.setattr(signing.Node, "from_environment", lambda: province.node)
    for name in ("publish", "write_gateway_files"):
        real = getattr(directorys, name)
        monkeypatch.setattr(directorys, name, lambda node, real=real: real(directory))
    return officer("TINH-91")


def words(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


def test_an_officer_reads_and_signs_what_waits(chairman: Client, province: Newcomer) -> None:  # noqa: F811
    grant = stated_grant()
    page = words(chairman.get(PLACE))
    assert "Cấp quyền" in page
    assert f"{PLACE}{grant.pk}/" in page
    page = words(chairman.get(f"{PLACE}{grant.pk}/"))
    assert "Theo dõi" in page
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', page)
    assert shown is not None
    other = chairman.post(f"{PLACE}{grant.pk}/ky", {"shown": "0" * 64}, follow=True)
    assert "Văn bản vừa thay đổi" in words(other)
    assert not is_let_through(province, grant)
    done = chairman.post(f"{PLACE}{grant.pk}/ky", {"shown": shown[1]}, follow=True)
    assert "Đã ký và gửi lại danh bạ" in words(done)
    assert "Không có gì chờ ký" in words(done)
    assert is_let_through(province, grant)
    assert Entry.objects.filter(what="web.grant_signed").count() == 1
    gone = chairman.get(f"{PLACE}{grant.pk}/", follow=True)
    assert "không còn chờ ký" in words(gone)


def shown_at(client: Client, grant: AccessGrant) -> str:
    """The digest of the terms on the page, which both forms send back."""
    found = re.findall(
        r'name="shown" value="([0-9a-f]{64})"', words(client.get(f"{PLACE}{grant.pk}/"))
    )
    assert len(found) == 2
    assert len(set(found)) == 1
    return str(found[0])


def test_an_officer_refuses_only_with_a_reason(chairman: Client) -> None:
    grant = stated_grant()
    shown = shown_at(chairman, grant)
    assert chairman.post(f"{PLACE}{grant.pk}/", {"reason": " "}).status_code == 422
    refusal = {"reason": "Chưa đủ căn cứ", "shown": shown}
    done = chairman.post(f"{PLACE}{grant.pk}/", refusal, follow=True)
    assert Entry.objects.filter(what="web.grant_refused").count() == 1
    assert "Đã từ chối" in words(done)
    ended = AccessGrant.objects.get(pk=grant.pk)
    assert (ended.revoked, ended.end_reason) == (True, "Chưa đủ căn cứ")
    assert ended.ended_by == "GOV/TINH-91:of.tinh-91"


def test_an_officer_refuses_only_what_was_read(chairman: Client) -> None:
    grant = stated_grant()
    for said in ({"shown": "0" * 64}, {}):  # of other terms, and of a page of an older release
        page = chairman.post(f"{PLACE}{grant.pk}/", {"reason": "Không", **said}, follow=True)
        assert "Văn bản vừa thay đổi" in words(page)
    assert not AccessGrant.objects.get(pk=grant.pk).revoked
    assert not Entry.objects.filter(what="web.grant_refused").exists()


@pytest.mark.parametrize("refuse", [True, False])
def test_no_decision_leaves_the_node_without_a_row_in_the_audit(
    chairman: Client, monkeypatch: pytest.MonkeyPatch, refuse: bool
) -> None:
    grant = stated_grant()
    said = {"shown": shown_at(chairman, grant)} | ({"reason": "Không"} if refuse else {})
    address = f"{PLACE}{grant.pk}/" if refuse else f"{PLACE}{grant.pk}/ky"

    def broken(*args: object, **more: object) -> None:
        raise RuntimeError("the audit cannot be written")

    with monkeypatch.context() as patched:
        patched.setattr(signing.record, "done", broken)
        with pytest.raises(RuntimeError):
            chairman.post(address, said)
    kept = AccessGrant.objects.get(pk=grant.pk)
    assert (kept.revoked, kept.proof) == (False, None)


def test_a_decision_that_was_not_taken_leaves_no_row_and_one_that_may_have_been_does(
    chairman: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = stated_grant()
    said = {"shown": shown_at(chairman, grant), "reason": "Không"}

    def settled_by(problem: Exception) -> str:
        def settle(*args: object) -> None:
            raise problem

        monkeypatch.setattr(signing.signing_desk, "settle", settle)
        return words(chairman.post(f"{PLACE}{grant.pk}/", said, follow=True))

    assert "directory.x" in settled_by(NotTaken(why="directory.x"))
    assert not Entry.objects.filter(what="web.grant_refused").exists()
    assert "Danh bạ không trả lời" in settled_by(UnknownOutcome())
    assert Entry.objects.get(what="web.grant_refused").detail["outcome"] == "unknown"


def test_nobody_signs_for_another_body(chairman: Client) -> None:
    stranger, grant = officer("G15"), stated_grant()
    assert "thuộc cơ quan khác" in words(stranger.get(PLACE))
    assert stranger.get(f"{PLACE}{grant.pk}/").status_code == 403
    assert stranger.post(f"{PLACE}{grant.pk}/ky", {"shown": ""}).status_code == 403
    grant.refresh_from_db()
    assert grant.proof is None


def test_the_desk_is_for_who_may_sign(chairman: Client) -> None:
    assert officer("TINH-92", roles=()).get(PLACE).status_code == 403


def test_a_directory_that_is_away_is_said_plainly(
    chairman: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **more: object) -> object:
        raise Unavailable

    monkeypatch.setattr(asking, "ask", away)
    page = chairman.get(PLACE)
    assert page.status_code == 200
    assert "Chưa hỏi được danh bạ" in words(page)
