#!/usr/bin/env python3
"""
Walk the README's story on a running demonstration node and keep its pictures.

    python tools/screenshots.py --node http://127.0.0.1:8000 [--out docs/images]

Signs in as the demo accounts, registers a birth, opens its certificate, looks at
the exchange in the log and at the month's report. Needs Playwright and Debian's
Chromium; the PDF's picture needs pdftoppm. Run it on a fresh demonstration.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 360, "height": 740}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--node", default="http://127.0.0.1:8000")
    parser.add_argument("--child", default="Trần Nguyễn Gia Đức", help="a name not yet in the book")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        birth(browser, options.node, options.out, options.child)
        exchange(browser, options.node, options.out)
        report(browser, options.node, options.out)
        browser.close()
    return 0


def sign_in(browser: Browser, node: str, name: str) -> Page:
    """The page of an officer of the demonstration, signed in as a person would."""
    page = browser.new_context(base_url=node, locale="vi-VN").new_page()
    page.set_viewport_size(WIDE)
    page.goto("/demo/")
    row = page.locator(".ac-demo li", has_text=name)
    login, password, code = (row.locator("dd").nth(place).inner_text() for place in range(3))
    page.goto("/dang-nhap")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.click("form.lt-form button")
    page.wait_for_url("**/ma")
    page.fill("[name=code]", code)
    page.click("form.lt-form button")
    page.wait_for_url("**/canbo/**")
    return page


def birth(browser: Browser, node: str, out: Path, child: str) -> None:
    """Register the newborn of the tutorial and keep the form and the certificate."""
    page = sign_in(browser, node, "le.cuong")
    page.goto("/canbo/civil-status/births/new")
    page.fill("[name=child_name]", child)
    page.get_by_label("Nam", exact=True).check(force=True)
    page.fill("[name=born_on]", "17/08/2021")
    page.fill("[name=birth_place]", "Trung tâm Y tế thành phố Phú Quốc, tỉnh Kiên Giang")
    page.fill("[name=home_place]", "xã Dương Tơ, thành phố Phú Quốc, tỉnh Kiên Giang")
    for parent, number in (("mother", "091195000017"), ("father", "091093000025")):
        page.fill(f"[name={parent}_id]", number)
        if parent == "father":
            page.fill("[name=father_birth_year]", "1992")  # what the declaration says
        page.locator(f"button[name=look_up][value={parent}]").click()
        expect(page.locator(f"[name={parent}_name]")).not_to_have_value("", timeout=10_000)
    page.fill("[name=declarant_name]", "Trần Văn Bình")
    page.fill("[name=declarant_relation]", "cha")
    page.fill("[name=declarant_paper]", "căn cước công dân")
    page.evaluate("scrollTo(0, 0)")
    keep(page, out / "birth-desk-1280.png", height=1900)
    page.get_by_role("button", name="Ghi 1993").click()
    expect(page.locator("[name=father_birth_year]")).to_have_value("1993", timeout=10_000)
    page.locator("button[data-primary]").last.click()
    page.wait_for_selector(".cs-id", timeout=15_000)
    token = page.locator("#print [name=csrfmiddlewaretoken]").input_value()
    certificate = page.request.post(
        page.url.split("?")[0] + "certificate.pdf", form={"csrfmiddlewaretoken": token}
    )
    with tempfile.TemporaryDirectory() as place:
        pdf = Path(place) / "certificate.pdf"
        pdf.write_bytes(certificate.body())
        subprocess.run(
            ["pdftoppm", "-r", "100", "-png", "-singlefile", pdf, out / "certificate"], check=True
        )


def exchange(browser: Browser, node: str, out: Path) -> None:
    """The exchange that brought the number, found in the log."""
    page = sign_in(browser, node, "quan.van")
    page.goto("/canbo/directory/")
    keep(page, out / "exchange-console-1280.png", height=1120)
    page.locator("tr", has_text="personal-id.issue.v1").first.locator("a").first.click()
    page.set_viewport_size(NARROW)
    page.wait_for_load_state("networkidle")
    keep(page, out / "exchange-360.png", height=1400)


def report(browser: Browser, node: str, out: Path) -> None:
    """Collect August and open one figure to its source."""
    page = sign_in(browser, node, "vu.ha")
    page.goto("/canbo/steering/2021-08/")
    if page.locator(".rp-doc .lt-figure").count() == 0:
        page.get_by_role("button", name="Lấy số liệu").first.click()
        page.wait_for_selector(".rp-doc .lt-figure", timeout=60_000)
    page.locator("#so-F019").click()
    page.wait_for_timeout(1200)
    page.set_viewport_size({"width": WIDE["width"], "height": 1300})
    page.evaluate(
        "scrollBy(0, document.querySelector('#so-F019').getBoundingClientRect().top - 430)"
    )
    keep(page, out / "monthly-report-1280.png")


def keep(page: Page, path: Path, *, height: int = 0) -> None:
    """What fits the window, as a person sees it on a screen of this height."""
    width = page.viewport_size["width"] if page.viewport_size else WIDE["width"]
    if height:
        page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(400)
    page.screenshot(path=path)
    print(path)


if __name__ == "__main__":
    raise SystemExit(main())
