"""
Accounts of a demonstration country, so that a new user gets in within a minute.

Passwords and TOTP secrets are generated once per node and kept in
``secrets/demo_accounts.json`` (0600). ``lienthong up --demo`` prints them, the
page ``/demo/`` shows them with the code of the moment, ``lienthong demo code``
prints one. On a node that is no demonstration nothing here does anything.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from hashlib import sha1
from hmac import digest
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from lienthong.kernel import clock
from lienthong.kernel.demo import DemoPlan
from lienthong.kernel.errors import NotFound, Refused
from lienthong.kernel.node import Node
from lienthong.web.accounts import second_factor
from lienthong.web.accounts.models import Account
from lienthong.web.offices import Office, Position

FILE = "demo_accounts.json"
PERIOD = 30
DIGITS = 6


SIGNER = "steering.signer"
"""Whoever carries it gets a key for signing documents when the demonstration is loaded."""


@dataclass(frozen=True, slots=True)
class DemoOffice:
    code: str
    name: str
    unit: str
    body: str


@dataclass(frozen=True, slots=True)
class DemoOfficer:
    username: str
    name: str
    title: str
    office: DemoOffice | None
    roles: tuple[str, ...]


DUONG_TO = DemoOffice("H33.18.05", "UBND xã Dương Tơ", "31096", "H33")
STEERING = DemoOffice("G14.TH", "Văn phòng Bộ Thông tin và Truyền thông", "", "G14")
EXCHANGE = DemoOffice("G14.NDXP", "Trung tâm vận hành trục liên thông", "", "G14")

LEADERSHIP = DemoOffice("G14.LD", "Lãnh đạo Bộ Thông tin và Truyền thông", "", "G14")
GOVERNMENT = DemoOffice("G22.TH", "Vụ Tổng hợp, Văn phòng Chính phủ", "", "G22")
KIEN_GIANG = DemoOffice("H33.VP", "Văn phòng UBND tỉnh Kiên Giang", "", "H33")
KIEN_GIANG_DIC = DemoOffice("H33.STTTT", "Sở Thông tin và Truyền thông Kiên Giang", "", "H33")
JUSTICE_IT = DemoOffice("G15.CNTT", "Cục Công nghệ thông tin, Bộ Tư pháp", "", "G15")
HOME_AFFAIRS = DemoOffice("G09.CQDP", "Vụ Chính quyền địa phương, Bộ Nội vụ", "", "G09")
POLICE_DATA = DemoOffice("G01.C06", "Cục Cảnh sát quản lý hành chính về trật tự xã hội", "", "G01")

# The cast everyone knows (style.md part 5). Offices and people are made up.
OFFICERS = (
    DemoOfficer(
        "le.cuong", "Lê Cường", "Công chức tư pháp - hộ tịch", DUONG_TO, ("civil_status.registrar",)
    ),
    DemoOfficer(
        "vu.ha",
        "Vũ Hà",
        "Thư ký tổng hợp báo cáo tháng",
        STEERING,
        ("steering.secretary", "steering.tasks"),
    ),
    DemoOfficer("tran.son", "Trần Sơn", "Thứ trưởng", LEADERSHIP, (SIGNER,)),
    DemoOfficer(
        "tran.nga", "Trần Nga", "Chuyên viên duyệt số liệu", STEERING, ("steering.approver",)
    ),
    DemoOfficer(
        "phan.diem", "Phan Diễm", "Chuyên viên tổng hợp", GOVERNMENT, ("steering.reporter",)
    ),
    DemoOfficer(
        "mai.thu",
        "Mai Thu",
        "Chuyên viên theo dõi nhiệm vụ",
        GOVERNMENT,
        ("steering.tasks", "steering.secretary"),
    ),
    DemoOfficer(
        "ngo.phuc",
        "Ngô Phúc",
        "Phó Chánh Văn phòng",
        KIEN_GIANG,
        ("steering.tasks", "steering.secretary", "steering.leader"),
    ),
    DemoOfficer("lam.yen", "Lâm Yến", "Chuyên viên", KIEN_GIANG_DIC, ("steering.tasks",)),
    DemoOfficer(
        "quan.van", "Quan Vân", "Trực vận hành trục liên thông", EXCHANGE, ("directory.operator",)
    ),
    DemoOfficer("ha.lien", "Hà Liên", "Phó Giám đốc Trung tâm", EXCHANGE, ("directory.operator",)),
    DemoOfficer("bui.tam", "Bùi Tâm", "Trưởng phòng Kết nối", EXCHANGE, ("directory.operator",)),
    DemoOfficer(
        "ta.minh",
        "Tạ Minh",
        "Chuyên viên công nghệ thông tin",
        JUSTICE_IT,
        ("directory.asker", "web.signer", "civil_status.regulator"),
    ),
    DemoOfficer(
        "bui.an",
        "Bùi An",
        "Chuyên viên quản lý dữ liệu dân cư",
        POLICE_DATA,
        ("directory.granter", "web.signer"),
    ),
    DemoOfficer(
        "trinh.giang",
        "Trịnh Giang",
        "Chuyên viên theo dõi đơn vị hành chính",
        HOME_AFFAIRS,
        ("catalogues.steward",),
    ),
    DemoOfficer("phan.oanh", "Phan Oanh", "Phó Vụ trưởng", HOME_AFFAIRS, ("catalogues.steward",)),
    DemoOfficer(
        "dang.hoa", "Đặng Hòa", "Cán bộ dữ liệu dân cư", POLICE_DATA, ("population.officer",)
    ),
    DemoOfficer(
        "ly.nam", "Lý Nam", "Chỉ huy đội dữ liệu dân cư", POLICE_DATA, ("population.officer",)
    ),
    DemoOfficer("do.la", "Đỗ Lạ", "Chuyên viên", STEERING, ()),
)


class NotADemonstration(Refused):
    """This node is not a demonstration, so it has no demo accounts."""

    code = "web.not_a_demonstration"


@dataclass(frozen=True, slots=True)
class Shown:
    """One account as the page and the command line show it."""

    username: str
    password: str
    name: str
    title: str
    office: str
    does: str
    code: str


def load(plan: DemoPlan, tell: Callable[[str, int, int], None]) -> None:
    """The demo room of the web floor: make what is missing, leave what is there."""
    create(plan.legal_day, tell)


@transaction.atomic
def create(legal_day: date, tell: Callable[[str, int, int], None] = lambda *_: None) -> None:
    """Make offices, accounts, codes and positions, and write their secrets down."""
    if not settings.DEMO:
        raise NotADemonstration()
    kept = read(settings.NODE)
    for number, officer in enumerate(OFFICERS, start=1):
        account = Account.objects.filter(username=officer.username).first()
        if account is None or officer.username not in kept:
            kept[officer.username] = _make(officer.username, account)
            account = Account.objects.get(username=officer.username)
        kept[officer.username]["who"] = who(officer)
        _seat(account, officer, legal_day)
        tell("accounts", number, len(OFFICERS))
    _write(settings.NODE, kept)


def who(officer: DemoOfficer) -> str:
    """Who this is and where, as the terminal shows it beside the password."""
    parts = (officer.name, officer.title, officer.office.name if officer.office else "")
    return ", ".join(filter(None, parts))


def _make(username: str, account: Account | None) -> dict[str, str]:
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    if account is None:
        account = Account.objects.create_local(username, password)
    else:
        account.set_password(password)
        account.save(update_fields=["password"])
    return {"password": password, "totp": second_factor.set_up(account)}


def _seat(account: Account, officer: DemoOfficer, legal_day: date) -> None:
    if officer.office is None or Position.objects.filter(account=account).exists():
        return
    # The position began before the first day that the demo country remembers.
    since = legal_day.replace(month=1, day=1)
    office, _made = Office.objects.get_or_create(
        code=officer.office.code,
        defaults={
            "name": officer.office.name,
            "unit": officer.office.unit,
            "body": officer.office.body,
            "valid_from": since,
        },
    )
    Position.objects.create(
        account=account,
        office=office,
        officer_name=officer.name,
        title=officer.title,
        roles=list(officer.roles),
        valid_from=since,
    )


def shown() -> list[Shown]:
    """The accounts of this node with the codes of the moment; empty before they are made."""
    kept = read(settings.NODE)
    does = {
        "le.cuong": _("registers births and deaths, prints certificates"),
        "vu.ha": _("collects figures and writes the monthly report"),
        "tran.nga": _("decides on figures that were reported or entered by hand"),
        "phan.diem": _("reports figures of systems that are not connected yet"),
        "tran.son": _("signs the monthly report, each time with a one-time code"),
        "mai.thu": _("gives tasks out of documents of the Government and follows them"),
        "ngo.phuc": _("gives tasks in a province and decides on more time"),
        "lam.yen": _("reports on the tasks of a department and asks for more time"),
        "quan.van": _("watches exchanges and their proofs"),
        "ha.lien": _("decides on requests to join, with another officer"),
        "bui.tam": _("decides on requests to join, with another officer"),
        "ta.minh": _("asks other bodies for access to their services"),
        "bui.an": _("grants access to the population database, or refuses it"),
        "trinh.giang": _("prepares reforms of administrative units"),
        "dang.hoa": _("finds people, keeps residences and households, asks for repairs of numbers"),
        "ly.nam": _("decides as the second officer about numbers of people"),
        "phan.oanh": _("decides on reforms of administrative units"),
        "do.la": _("has no right to anything, to see how a refusal looks"),
    }
    return [
        Shown(
            username=officer.username,
            password=kept[officer.username]["password"],
            name=officer.name,
            title=officer.title,
            office=officer.office.name if officer.office else "",
            does=does[officer.username],
            code=totp(kept[officer.username]["totp"]),
        )
        for officer in OFFICERS
        if officer.username in kept
    ]


def current_code(username: str, node: Node | None = None) -> str:
    """The TOTP code of a demo account now; needs only the node's secret file."""
    kept = read(node or Node.from_environment())
    if username not in kept:
        raise NotFound(f"This node has no demo account {username}.")
    return totp(kept[username]["totp"])


def seconds_left() -> int:
    """How long the codes shown now still hold."""
    return PERIOD - int(clock.instant().timestamp()) % PERIOD


def totp(secret: str) -> str:
    """RFC 6238 with the parameters authenticator apps take for granted."""
    counter = int(clock.instant().timestamp()) // PERIOD
    mac = digest(base64.b32decode(secret), counter.to_bytes(8, "big"), sha1)
    offset = mac[-1] & 0x0F
    value = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{value % 10**DIGITS:0{DIGITS}d}"


def read(node: Node) -> dict[str, dict[str, str]]:
    """Passwords and TOTP secrets by account name; empty before they are made."""
    path = _path(node)
    if not path.exists():
        return {}
    kept: dict[str, dict[str, str]] = json.loads(path.read_text())
    return kept


def _write(node: Node, kept: dict[str, dict[str, str]]) -> None:
    path = _path(node)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(kept, file, indent=1)
    beside.replace(path)


def _path(node: Node) -> Path:
    return node.secrets / FILE
