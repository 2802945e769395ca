"""An officer at a browser without scripts: signs in, opens pages, sends forms."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin

import urllib3

from running_node import RunningNode

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
PATIENCE = urllib3.Timeout(connect=2.0, read=20.0)


@dataclass(frozen=True, slots=True)
class Shown:
    """What came back for one request."""

    status: int
    location: str
    text: str
    refresh: bool = False
    """Whether an open page is told to load itself anew (htmx)."""


class Officer:
    """One signed-in session with the pages of a running node."""

    def __init__(self, node: RunningNode, login: str) -> None:
        self.node, self.login = node, login
        self.cookies: dict[str, str] = {}
        self.pool = urllib3.PoolManager(retries=False, timeout=PATIENCE)

    def get(self, path: str) -> Shown:
        return self._ask("GET", path)

    def post(self, path: str, form: dict[str, str], token: str) -> Shown:
        return self._ask("POST", path, form | {"csrfmiddlewaretoken": token})

    def token_of(self, path: str) -> str:
        found = TOKEN.search(self.get(path).text)
        assert found is not None, f"{path} shows no form"
        return found.group(1)

    def sign_in(self) -> None:
        """Password, then the code of the moment; a code is good once: a used one is waited out."""
        password = self.node.accounts()[self.login]["password"]
        for _ in range(3):
            form = {"login": self.login, "password": password}
            assert (
                self.post("/dang-nhap", form, self.token_of("/dang-nhap")).location
                == "/dang-nhap/ma"
            )
            code = self.node.run("demo", "code", self.login).stdout.split()[-1]
            done = self.post("/dang-nhap/ma", {"code": code}, self.token_of("/dang-nhap/ma"))
            if done.status == 302:
                return
            time.sleep(31 - time.time() % 30)
        raise AssertionError(f"{self.login} could not sign in")

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> Shown:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept-Language": "vi",
            "Referer": self.node.pages + path,
        }
        body = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form)
        answer = self.pool.request(
            method, urljoin(self.node.pages, path), body=body, headers=headers, redirect=False
        )
        for line in answer.headers.getlist("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return Shown(
            status=answer.status,
            location=answer.headers.get("location", ""),
            text=answer.data.decode(errors="replace"),
            refresh=answer.headers.get("hx-refresh") == "true",
        )
