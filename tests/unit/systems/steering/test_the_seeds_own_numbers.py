"""The 69 figures of Report 76 as printed: one equation fails, and the rest is remarked on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from lienthong.kernel.periods import Period
from lienthong.systems.steering.demo.seed_figures import SeedValue, seed_values
from lienthong.systems.steering.domain import remarks
from lienthong.systems.steering.domain.catalogue import in_force
from lienthong.systems.steering.domain.relations import RELATIONS, Verdict, relation
from lienthong.systems.steering.domain.stated import Stated

AUGUST = Period.month("2021-08")
PAPER = "tests/unit/systems/steering/documents/seed-76-bc-btttt.txt"


def stated(one: SeedValue) -> Stated:
    below, above = one.definition.rounding.slack(one.exactness)
    return Stated(
        code=one.definition.code,
        value=one.value,
        unit=one.definition.unit,
        part=one.part,
        whole=one.whole,
        days=one.window.days,
        start=one.window.start,
        end=one.window.end,
        as_of=one.as_of,
        counted=False,
        exactness=one.exactness,
        below=below,
        above=above,
    )


SEED = {one.definition.code: stated(one) for one in seed_values()}
FOUND = {rule.key: rule.check(SEED) for rule in RELATIONS}
REMARKS = {one.code: one for one in remarks.of_figures(SEED, AUGUST)}


def test_all_sixty_nine_figures_are_there():
    assert len(SEED) == 69
    assert "F033" not in SEED


def test_exactly_one_equation_fails():
    assert [key for key, found in FOUND.items() if found.verdict == Verdict.FAILS] == [
        "F054=F055+F056"
    ]


def test_what_stays_open_needs_rows_or_a_figure_outside_the_report():
    open_ones = {key for key, found in FOUND.items() if found.verdict == Verdict.OPEN}
    assert open_ones == {"P001>=F020", "P002<=P001", "F019+F021+F022+F023=rows"}


def test_x1_the_levels_of_service_differ_by_six_points_and_a_digit_is_proposed():
    found = FOUND["F054=F055+F056"]
    assert found.difference == Decimal("-6.00")
    (slip,) = relation("F054=F055+F056").slips(SEED)
    assert (slip.code, slip.stated, slip.candidate) == (
        "F055",
        Decimal("27.71"),
        Decimal("21.71"),
    )
    assert relation("F054=F055+F056").advice(SEED) == (
        "Có thể nhầm một chữ số: F055 là 21,71 thì khớp."
    )


def test_x2_a_typical_day_does_not_fit_august_and_fits_the_year():
    found = FOUND["F011~F009/days"]
    assert (found.verdict, found.right) == (Verdict.REMARK, Decimal(405501))
    assert "kỳ tính bình quân" in relation("F011~F009/days").advice(SEED)
    year = FOUND["F011~F010/days"]
    assert (year.verdict, year.right) == (Verdict.HOLDS, Decimal(159772))


def test_x3_the_list_of_systems_leaves_121_over():
    found = FOUND["F004>=F006+F007+F008"]
    assert (found.verdict, found.difference) == (Verdict.REMARK, 121)
    assert relation("F004>=F006+F007+F008").advice(SEED) == ("Danh sách trong đó chưa đủ, còn 121.")


def test_x4_windows_from_the_19th_to_the_19th_count_a_day_twice():
    one = REMARKS["windows-overlap"]
    assert one.codes == ("F024", "F025", "F026")
    assert "32 ngày" in one.words
    assert "19/7/2021" in one.words


def test_x5_the_eight_months_agree_within_their_rounding():
    found = FOUND["F027=F028+F029"]
    assert (found.verdict, found.rounded) == (Verdict.REMARK, True)
    assert (found.left, found.right) == (2_500_000, 2_490_000)
    assert "làm tròn" in relation("F027=F028+F029").advice(SEED)


def test_x6_an_unfinished_month_is_compared_with_a_whole_one():
    assert {"F067", "F031", "F032"} <= set(REMARKS["unfinished-month"].codes)
    assert "F009" not in REMARKS["unfinished-month"].codes, "it says its day beside it"


def test_x7_days_are_mixed_and_each_is_named():
    words = REMARKS["mixed-days"].words
    for day in ("31/12/2020", "19/8/2021", "20/8/2021", "23/8/2021", "không ghi ngày"):
        assert day in words
    assert "F057-F063" in words
    assert "19/8/2021: F024-F026;" in words


def test_x11_and_x12_dates_and_names_are_written_in_one_way():
    text = (
        "theo Quyết định ngày 07/07/2021 và Nghị quyết ngày 12/8/2021; bệnh Covid-19, đại dịch"
        " COVID-19; Bộ Lao động, Thương binh và Xã hội; Hệ thống thông tin báo cáo Chính phủ"
    )
    found = [one.code for one in remarks.of_words(text, "I.4")]
    assert found == ["mixed-dates", "mixed-names", "mixed-names", "mixed-names"]
    clean = "ngày 07/3/2019 và 12/8/2021, ngày 10/10/2021; đại dịch COVID-19"
    assert remarks.of_words(clean) == ()


def test_x13_the_summary_leaves_out_what_it_may():
    known = in_force(AUGUST.end)
    full = [code for code in SEED if code in known]
    summary = [code for code in full if known[code].in_summary]
    (one,) = remarks.of_summary(full, summary)
    assert one.code == "not-in-summary"
    assert one.words == (
        "Báo cáo tóm tắt không có: F001-F003, F012, F014-F018, F021-F023, F042, F045-F047,"
        " F051-F053, F064-F066, F069."
    )
    assert [r.code for r in remarks.of_summary(["F001"], ["F001", "F002"])] == ["only-in-summary"]


@pytest.mark.parametrize(
    ("july", "august", "holds"), [("1019", "12.66", True), ("1019", "12.70", False)]
)
def test_a_change_comes_from_some_whole_number_of_the_month_before(july, august, holds):
    figures = SEED | {"F068": Stated("F068", Decimal(august), "%")}
    found = relation("F068=F067/before").check(figures)
    assert (found.verdict == Verdict.HOLDS) is holds


def test_a_value_of_a_later_day_than_the_count_is_told():
    counted = Stated("F009", Decimal(1), "", rows=1, end=date(2021, 8, 20))
    found = {r.code: r for r in remarks.of_figures(SEED | {"F009": counted}, AUGUST)}
    assert found["later-than-counted"].codes == tuple(f"F{n:03}" for n in range(57, 64))
