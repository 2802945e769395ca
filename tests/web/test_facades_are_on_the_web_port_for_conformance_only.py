"""Interfaces of other bodies are offers; the web port carries them for foreign suites alone."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import clear_url_caches

from lienthong.conf import urls
from lienthong.exchange import facade
from lienthong.exchange.transport import HttpAnswer, HttpRequest
from lienthong.kernel.node import Node

pytestmark = pytest.mark.django_db
ROW = {"base": "/dci/registry", "service": "GOV/G01/population/person.verify.v1",
       "client": "GOV/G24/csdl-bao-hiem"}  # fmt: skip


class Played:
    def __init__(self) -> None:
        self.asked: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        return HttpAnswer(200, {"content-type": "application/json", "x-road-id": "1"}, b"{}")


@pytest.fixture
def gateway(tmp_path, monkeypatch) -> Played:
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    place = Node.from_environment().gateway
    place.mkdir(parents=True)
    (place / "facades.json").write_text(json.dumps([ROW]))
    played = Played()
    monkeypatch.setattr(facade, "_gateway", lambda: played)
    return played


@pytest.fixture
def conformance(settings) -> Iterator[None]:
    settings.CONFORMANCE = True
    importlib.reload(urls)
    clear_url_caches()
    yield
    settings.CONFORMANCE = False
    importlib.reload(urls)
    clear_url_caches()


def ask(path: str = "/dci/registry/sync/search?page=2"):
    return Client(enforce_csrf_checks=True).post(
        path, data=b"{}", content_type="application/json", headers={"authorization": "Bearer s"}
    )


def test_without_the_switch_there_is_nothing(gateway: Played) -> None:
    assert ask().status_code == 404
    assert gateway.asked == []


def test_with_the_switch_the_gateway_is_asked_as_it_came(
    gateway: Played, conformance: None
) -> None:
    answer = ask()
    assert (answer.status_code, answer["X-Road-Id"]) == (200, "1")
    (asked,) = gateway.asked
    assert (asked.method, asked.target) == ("POST", "/dci/registry/sync/search?page=2")
    assert ("Authorization", "Bearer s") in asked.headers
    assert "Cookie" not in dict(asked.headers)
    assert asked.body == b"{}"


@pytest.mark.parametrize("path", ["/dci/registryx", "/r1/VN/GOV/G01/population/x", "/dci"])
def test_only_bases_of_the_file_are_carried(gateway: Played, conformance: None, path: str) -> None:
    assert ask(path).status_code == 404
    assert gateway.asked == []


def test_an_address_of_a_page_stays_the_pages(gateway: Played, conformance: None) -> None:
    assert Client().get("/dang-nhap").status_code == 200
    assert gateway.asked == []
