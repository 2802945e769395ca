"""An officer's browser without scripts: cookies, forms, redirects, and nothing else."""

from __future__ import annotations

import http.client  # noqa: TID251  (a test is an outside caller)
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

import cast
from running_node import RunningNode

PATIENCE_SECONDS = 60.0
REDIRECTS = (301, 302, 303)
RESIDENCE = "xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang"
ENTRY = re.compile(r"/(births|deaths)/([0-9a-f-]{36})/$")
ONE_TIME_CODE = re.compile(r"^[0-9]{6}$", re.MULTILINE)
BOOK_ROW = re.compile(r'<a data-row href="[^"]*/births/([0-9a-f-]{36})/"><b>([^<]+)</b>')
SPACES = re.compile(r"\s+")
GROUPED_ID = re.compile(r'class="cs-id"><span class="lt-code">([0-9\s\u00a0\u202f]+)</span>')


class Broken(ConnectionError):
    """No whole answer came: the other end died, or nobody listens."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the pages, after redirects."""

    status: int
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def words(self) -> str:
        """What a reader sees, on one line."""
        reader = _Reader()
        reader.feed(self.text)
        return SPACES.sub(" ", " ".join(reader.words)).strip()

    def form(self, having: str) -> dict[str, str]:
        """The values of the form that has this field, as a browser would send them back."""
        reader = _Reader()
        reader.feed(self.text)
        for form in reader.forms:
            if having in form:
                return form
        raise AssertionError(f"{self.path} ({self.status}) has no form with {having}")

    @property
    def key(self) -> str:
        """The key of the entry this page shows."""
        found = ENTRY.search(self.path)
        assert found is not None, f"{self.status} {self.path}: {self.words[:800]}"
        return found[2]

    @property
    def personal_id(self) -> str:
        """The number on an entry's page; empty while it waits."""
        found = GROUPED_ID.search(self.text)
        return "".join(found[1].split()) if found else ""


class _Reader(HTMLParser):
    """Collects visible words and the fields of forms."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.forms: list[dict[str, str]] = []
        self._text_of: str | None = None
        self._select: str | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._silent += 1
        if tag == "form":
            self.forms.append({})
        if not self.forms or not (name := known.get("name", self._select or "")):
            return
        form = self.forms[-1]
        if tag == "input":
            if known.get("type") in ("radio", "checkbox"):
                if "checked" in known:
                    form[name] = known.get("value", "on")
            else:
                form[name] = known.get("value", "")
        elif tag == "textarea":
            form[name], self._text_of = "", name
        elif tag == "select":
            form[name], self._select = "", name
        elif tag == "option" and self._select and ("selected" in known or not form[self._select]):
            form[self._select] = known.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent -= 1
        if tag == "textarea":
            self._text_of = None
        if tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._text_of is not None:
            self.forms[-1][self._text_of] += data.lstrip("\n")
        elif not self._silent and data.strip():
            self.words.append(data.strip())


@dataclass
class Browser:
    """Cookies and one address; safe to use from several threads once signed in."""

    port: int
    language: str = "vi"
    cookies: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, path: str) -> Page:
        return self._follow("GET", path, None)

    def post(self, path: str, fields: Mapping[str, str]) -> Page:
        """Send a form; raises Broken when no whole answer came."""
        return self._follow("POST", path, urlencode(fields).encode())

    def _follow(self, method: str, path: str, body: bytes | None) -> Page:
        for _ in range(6):
            page = self._ask(method, path, body)
            if page.status not in REDIRECTS:
                return page
            there = urlsplit(urljoin(path, page.headers["location"]))
            path = there.path + (f"?{there.query}" if there.query else "")
            method, body = "GET", None
        raise AssertionError(f"redirected in a circle at {path}")

    def _ask(self, method: str, path: str, body: bytes | None) -> Page:
        headers = {"Accept-Language": self.language, "Accept": "text/html"}
        with self._lock:
            if self.cookies:
                headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                headers["X-CSRFToken"] = self.cookies.get("csrftoken", "")
        connection = http.client.HTTPConnection(  # noqa: TID251
            "127.0.0.1", self.port, timeout=PATIENCE_SECONDS
        )
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:  # noqa: TID251
            raise Broken(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()
        with self._lock:
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = cookie.strip().partition(";")[0].partition("=")
                self.cookies[name] = value
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Page(answer.status, path, told, content)

    def language_is(self, language: str) -> None:
        """Press the language button of the page's foot."""
        self.get("/")
        self.post("/ngon-ngu", {"language": language, "next": "/"})


def signed_in(node: RunningNode, login: str) -> Browser:
    """A browser in which this demo officer has given password and one-time code."""
    browser = Browser(node.node.ports.pages)
    form = browser.get("/dang-nhap").form("password")
    given = {"login": login, "password": node.accounts()[login]["password"]}
    asked = browser.post("/dang-nhap", form | given)
    for _ in range(3):
        assert asked.path.startswith("/dang-nhap/ma"), asked.words
        code = ONE_TIME_CODE.findall(node.run("demo", "code", login).stdout)[-1]
        entered = browser.post("/dang-nhap/ma", asked.form("code") | {"code": code})
        if entered.path == "/canbo/":
            return browser
        # A code is good once: one that was used a moment ago is waited out.
        time.sleep(31 - time.time() % 30)
    raise AssertionError(f"{login} could not sign in: {entered.words}")


BIRTHS = "/canbo/civil-status/births/"
DEATHS = "/canbo/civil-status/deaths/"


def birth_of(child: str, **changes: str) -> dict[str, str]:
    """What is typed for a child of An and Bình; whatever else the form holds stays."""
    return {
        "child_name": child,
        "sex": "male",
        "born_on": "17/08/2021",
        "birth_place": "Trung tâm Y tế thành phố Phú Quốc",
        "home_place": RESIDENCE,
        "ethnicity": "Kinh",
        "nationality": "Việt Nam",
        "mother_id": cast.AN.personal_id,
        "mother_name": cast.AN.name,
        "father_id": cast.BINH.personal_id,
        "father_name": cast.BINH.name,
        "declarant_name": cast.BINH.name,
        "declarant_paper": "căn cước công dân",
        "declarant_relation": "cha",
    } | changes


def declare_birth(browser: Browser, child: str, **changes: str) -> Page:
    """Open the form, type, send it; the page that comes."""
    blank = browser.get(f"{BIRTHS}new").form("form_token")
    return browser.post(f"{BIRTHS}new", blank | birth_of(child, **changes))


def births_found(browser: Browser, words: str) -> dict[str, str]:
    """Every birth of this desk that the search of its books gives: key and name."""
    found: dict[str, str] = {}
    for number in range(1, 40):
        question = {"q": words, "book": "birth", "trang": str(number)}
        page = browser.post("/canbo/civil-status/register/", question)
        assert page.status == 200, page.words
        rows = BOOK_ROW.findall(page.text)
        if not rows or rows[-1][0] in found:
            break
        keys = [key for key, _ in rows]
        assert len(set(keys)) == len(keys), "one entry is listed twice"
        found |= dict(rows)
    return found
