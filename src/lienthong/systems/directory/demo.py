"""
The exchange of the demonstration country: 90 bodies, 220 systems, and its traffic.

Names of ministries and databases are real, the rest of the rows are made up
and say so. How many of each, and how much they exchanged, comes from the plan
(``figures.csv``); nothing here is read again when a report is written.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from heapq import nlargest
from zoneinfo import ZoneInfo

from django.db import transaction

from lienthong.exchange import gateway_admin
from lienthong.kernel.demo import DemoPlan
from lienthong.kernel.node import Node
from lienthong.web import catalogues

from . import services
from .models import Member, MemberKind, Subsystem, SubsystemKind

Tell = Callable[[str, int, int], None]
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")

MINISTRIES = {
    "G01": "Bộ Công an",
    "G02": "Bộ Công Thương",
    "G03": "Bộ Giáo dục và Đào tạo",
    "G04": "Bộ Giao thông vận tải",
    "G05": "Bộ Kế hoạch và Đầu tư",
    "G06": "Bộ Khoa học và Công nghệ",
    "G07": "Bộ Lao động - Thương binh và Xã hội",
    "G08": "Bộ Ngoại giao",
    "G09": "Bộ Nội vụ",
    "G10": "Bộ Nông nghiệp và Phát triển nông thôn",
    "G11": "Bộ Quốc phòng",
    "G12": "Bộ Tài chính",
    "G13": "Bộ Tài nguyên và Môi trường",
    "G14": "Bộ Thông tin và Truyền thông",
    "G15": "Bộ Tư pháp",
    "G16": "Bộ Văn hóa, Thể thao và Du lịch",
    "G17": "Bộ Xây dựng",
    "G18": "Bộ Y tế",
    "G19": "Ngân hàng Nhà nước Việt Nam",
    "G20": "Thanh tra Chính phủ",
    "G21": "Ủy ban Dân tộc",
    "G22": "Văn phòng Chính phủ",
}
AGENCIES = {
    "G24": "Bảo hiểm xã hội Việt Nam",
    "G27": "Đài Tiếng nói Việt Nam",
    "G28": "Đài Truyền hình Việt Nam",
    "G30": "Thông tấn xã Việt Nam",
    "NHCSXH": "Ngân hàng Chính sách xã hội",
}
DATABASES = (
    ("G24", "csdl-bao-hiem", "CSDL quốc gia về Bảo hiểm"),
    ("G05", "csdl-doanh-nghiep", "CSDL quốc gia về đăng ký doanh nghiệp"),
    ("G13", "csdl-dat-dai", "CSDL đất đai quốc gia"),
)
NATIONAL = (
    ("G22", "cong-dich-vu-cong", "Cổng Dịch vụ công quốc gia"),
    ("G22", "truc-van-ban", "Trục liên thông văn bản quốc gia"),
    ("G22", "bao-cao-quoc-gia", "Hệ thống thông tin báo cáo quốc gia"),
    ("G15", "ly-lich-tu-phap", "Hệ thống quản lý lý lịch tư pháp"),
    ("G07", "viec-lam", "Hệ thống thông tin việc làm"),
    ("G12", "quan-ly-thue", "Hệ thống quản lý thuế"),
    ("G18", "y-te-co-so", "Hệ thống thông tin y tế cơ sở"),
    ("G24", "giam-dinh-bhyt", "Hệ thống thông tin giám định bảo hiểm y tế"),
    ("G09", "can-bo-cong-chuc", "Hệ thống thông tin cán bộ, công chức"),
)
LGSP_LINKED = date(2020, 12, 1)
"""By December 2020 every ministry and province had its platform linked (report, I.3)."""
OWN_SINCE = date(2020, 10, 1)
"""When the systems this node carries joined, in the story: with the civil-status system."""


def load(plan: DemoPlan, tell: Tell) -> None:
    """Register bodies and systems, then import the year's traffic as sealed rollups."""
    with transaction.atomic():
        _load_members(plan)
        _load_systems(plan)
    services.register_outside_test(Node.from_environment())
    Subsystem.objects.filter(code="outside-test").update(connected_on=OWN_SINCE)
    tell("Cơ quan và hệ thống", plan.figures["F004"], plan.figures["F004"])
    load_traffic(plan, tell)
    services.refresh_snapshot(Node.from_environment())


def _load_members(plan: DemoPlan) -> None:
    rows = [(code, name, MemberKind.MINISTRY) for code, name in MINISTRIES.items()]
    rows += [(code, name, MemberKind.AGENCY) for code, name in AGENCIES.items()]
    provinces = catalogues.units().provinces(plan.legal_day)
    rows += [
        (f"TINH-{unit.code}", f"UBND {unit.full_name}", MemberKind.PROVINCE) for unit in provinces
    ]
    for code, name, kind in rows:
        Member.objects.update_or_create(
            member_class="GOV",
            code=code,
            defaults={"name": name, "kind": kind, "joined_on": date(2019, 12, 1)},
        )


def _add(member: str, code: str, name: str, kind: SubsystemKind, since: date) -> None:
    Subsystem.objects.get_or_create(
        member=Member.objects.get(member_class="GOV", code=member),
        code=code,
        defaults={"name": name, "kind": kind, "connected_on": since, "made_up": True},
    )


def _load_systems(plan: DemoPlan) -> None:
    """LGSPs, databases and national systems by name; the rest fill up to the plan's total."""
    for member in Member.objects.filter(kind__in=[MemberKind.MINISTRY, MemberKind.PROVINCE]):
        _add(member.code, "lgsp", f"Nền tảng LGSP - {member.name}", SubsystemKind.LGSP, LGSP_LINKED)
    for member_code, code, name in DATABASES:
        _add(member_code, code, name, SubsystemKind.DATABASE, date(2021, 1, 4))
    for member_code, code, name in NATIONAL:
        _add(member_code, code, name, SubsystemKind.NATIONAL, date(2020, 6, 1))
    _add(
        "NHCSXH",
        "tin-dung-chinh-sach",
        "Hệ thống tín dụng chính sách",
        SubsystemKind.OTHER,
        date(2021, 7, 12),
    )
    for code in ("G27", "G28", "G30"):
        _add(
            code,
            "dieu-hanh",
            "Hệ thống quản lý văn bản và điều hành",
            SubsystemKind.OTHER,
            date(2021, 3, 1),
        )
    # Installed from the cards before the country had its legal day, so on today's date.
    Subsystem.objects.filter(connected_on__gt=plan.legal_day).update(connected_on=OWN_SINCE)
    # The outside test subsystem is registered after this and counts as one.
    missing = plan.figures["F004"] - Subsystem.objects.exclude(code="outside-test").count() - 1
    members = list(Member.objects.filter(kind=MemberKind.PROVINCE).order_by("code"))
    members += list(Member.objects.filter(kind=MemberKind.MINISTRY).order_by("code"))
    for number in range(max(0, missing)):
        member = members[number % len(members)]
        code, name = (
            ("mot-cua", "Hệ thống thông tin một cửa điện tử"),
            ("van-ban", "Hệ thống quản lý văn bản và điều hành"),
        )[number // len(members)]
        _add(member.code, code, f"{name} - {member.name}", SubsystemKind.OTHER, date(2021, 2, 1))


def load_traffic(plan: DemoPlan, tell: Tell) -> None:
    """
    Import hourly rollups from 1 January to the plan's legal day.

    They enter the log as one import statement (decision 2): no signatures, no
    past timestamps, no receipts, and the report prints "imported" beside them.
    """
    totals = daily_totals(plan)
    pairs = _pairs(plan.legal_day)
    chance = plan.random("directory.traffic")
    rows = [row for day, total in totals.items() for row in _hours(day, total, pairs, chance)]
    gateway_admin.import_rollups(
        source=f"demo traffic {min(totals)} to {max(totals)}, scale {plan.scale}", rows=rows
    )
    tell("Giao dịch đã nạp theo giờ", sum(totals.values()), sum(totals.values()))


def daily_totals(plan: DemoPlan) -> dict[date, int]:
    """
    Exchanges of each day: the month adds up to F009, the year to F010, the median is F011.

    Before the month: working days at the typical level, weekends lower, so that
    both the sum and the median come out; within the month: an even spread.
    """
    start = plan.legal_day.replace(month=1, day=1)
    month = plan.legal_day.replace(day=1)
    before = [start + timedelta(n) for n in range((month - start).days)]
    during = [month + timedelta(n) for n in range((plan.legal_day - month).days + 1)]
    typical = plan.figures["F011"]
    rest = plan.figures["F010"] - plan.figures["F009"]
    working = [day for day in before if day.weekday() < 5]
    quiet = [day for day in before if day.weekday() >= 5]
    totals = {day: typical for day in working}
    totals |= spread(rest - typical * len(working), quiet)
    totals |= spread(plan.figures["F009"], during)
    return dict(sorted(totals.items()))


def spread(total: int, days: list[date]) -> dict[date, int]:
    """Share a total over days so that it adds up exactly, the first days taking the remainder."""
    if not days:
        return {}
    each, over = divmod(max(0, total), len(days))
    return {day: each + (n < over) for n, day in enumerate(days)}


DAY_CURVE = (1, 1, 1, 1, 1, 2, 4, 9, 15, 16, 14, 10, 5, 9, 14, 15, 13, 8, 4, 3, 2, 2, 1, 1)
"""Weight of each hour of an office day; only its shape matters."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Who called what; ``weight`` says how often it comes up beside the others."""

    client: str
    service: str
    weight: int


def _pairs(day: date) -> list[Pair]:
    """Provincial platforms, busier the more districts they serve, and ministries' systems."""
    verify = "VN/GOV/G01/population/person.verify.v1"
    units = catalogues.units()
    pairs = [
        Pair(f"VN/GOV/TINH-{unit.code}/lgsp", verify, max(1, len(units.children(unit.code, day))))
        for unit in units.provinces(day)
    ]
    return pairs + [
        Pair("VN/GOV/G24/csdl-bao-hiem", verify, 24),
        Pair("VN/GOV/G15/civil-status", "VN/GOV/G01/population/personal-id.issue.v1", 24),
        Pair("VN/GOV/G15/civil-status", "VN/GOV/G01/population/person.find.v1", 24),
        Pair("VN/GOV/G22/cong-dich-vu-cong", "VN/GOV/G15/civil-status/births.find.v1", 24),
    ]


def _hours(
    day: date, total: int, pairs: list[Pair], chance: random.Random
) -> Iterator[gateway_admin.ImportRow]:
    """The day's exchanges by hour, each hour given to a few of the pairs."""
    weight = sum(DAY_CURVE)
    given = 0
    for hour, share in enumerate(DAY_CURVE):
        until = total * sum(DAY_CURVE[: hour + 1]) // weight
        count, given = until - given, until
        if count and share:
            yield from _of_hour(datetime.combine(day, time(hour), HANOI), count, pairs, chance)


def _of_hour(
    at: datetime, count: int, pairs: list[Pair], chance: random.Random
) -> Iterator[gateway_admin.ImportRow]:
    # Drawn without putting back, the heavy ones first more often (Efraimidis and Spirakis).
    keyed = [(chance.random() ** (1 / pair.weight), n) for n, pair in enumerate(pairs)]
    callers = [pairs[n] for _, n in nlargest(min(4, count), keyed)]
    each, over = divmod(count, len(callers))
    for n, pair in enumerate(callers):
        yield gateway_admin.ImportRow(
            hour=at, client=pair.client, service=pair.service, count=each + (n < over)
        )
