from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "src/lienthong/web"
DIST = WEB / "static/web/dist"
VIETNAMESE = (
    "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
)

pytestmark = pytest.mark.skipif(
    not (DIST / "built.json").exists(), reason="assets are not built; run make assets"
)


@pytest.mark.parametrize("face", sorted((WEB / "fonts").glob("*.ttf")), ids=lambda p: p.name)
def test_every_face_of_the_papers_writes_vietnamese(face: Path) -> None:
    from fontTools.ttLib import TTFont

    with TTFont(face) as font:
        drawn = font.getBestCmap()
    needed = VIETNAMESE + VIETNAMESE.upper() + "0123456789.,:;()/-–“”₫"
    assert [letter for letter in needed if ord(letter) not in drawn] == []


def test_the_layers_stand_before_anything_else() -> None:
    sheet = (DIST / "lienthong.css").read_text()
    assert sheet.startswith("@layer lt-base, ds, lt;\n@layer lt.tokens, lt.brand, lt.parts")


def test_the_sheet_and_the_scripts_reach_no_other_host() -> None:
    for name in ("lienthong.css", "pages.js", "keys.js"):
        text = (DIST / name).read_text()
        assert re.findall(r"url\(\s*[\"']?(?:https?:)?//", text) == []
        # The name space of SVG is a name, not a place.
        assert re.findall(r"[\"'`]https?://(?!www\.w3\.org/)", text) == []


def test_every_icon_a_template_names_is_in_the_sprite_with_its_licence() -> None:
    sprite = (DIST / "icons.svg").read_text()
    assert "MIT License" in sprite
    drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    named = {
        icon
        for template in (ROOT / "src/lienthong").glob("**/templates/**/*.html")
        for icon in re.findall(r"""\{%\s*icon\s+["']([a-z0-9-]+)["']""", template.read_text())
    }
    assert named - drawn == set()


def test_fonts_the_sheet_names_are_there() -> None:
    sheet = (DIST / "lienthong.css").read_text()
    for name in re.findall(r'url\("(fonts/[^"]+)"\)', sheet):
        assert (DIST / name).stat().st_size > 500, name


def test_the_lock_names_no_place_it_was_fetched_from() -> None:
    lock = json.loads((WEB / "assets/package-lock.json").read_text())
    assert all("resolved" not in package for package in lock["packages"].values())
    for name, package in lock["packages"].items():
        assert not name or package["integrity"].startswith("sha512-")
