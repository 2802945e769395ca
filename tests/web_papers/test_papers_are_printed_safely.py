"""The press prints what it is given, and nothing else happens."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from lienthong.web.papers import (
    FontsMissing,
    PaperTooHeavy,
    SignMissing,
    TemplateBroken,
    coverage,
    press,
    typeset,
)

AT = datetime(2021, 8, 27, 1, 30, tzinfo=UTC)
PLAIN = """
#let data = json(bytes(sys.inputs.data))
#set text(font: "Tinos")
#for line in data.lines { text(line); parbreak() }
"""
ENDLESS = "#for a in range(9000) { for b in range(9000) { for c in range(9000) { } } }"
HOSTILE = (
    '#read("/etc/passwd")',
    "*không đậm* _không nghiêng_ `mã`",
    "@tham-chiếu <nhãn> $x^2$ \\u{1F600}",
    "]; #panic() //",
    "{{ settings.SECRET_KEY }} {% now %}",
    "= Tiêu đề - Ổ Ặ Ữ Đỗ Lạ",
)


def words(pdf: bytes) -> str:
    """The text of a PDF, with every run of white space as one blank."""
    return " ".join(
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split()
    )


def test_words_of_people_are_printed_as_they_stand(write_template):
    name = write_template("plain.typ", PLAIN)
    printed = words(typeset(name, {"lines": HOSTILE}, at=AT))
    for line in HOSTILE:
        assert line in printed
    assert "root:" not in printed


def test_the_same_document_gives_the_same_bytes(write_template):
    name = write_template("plain.typ", PLAIN)
    first = typeset(name, {"lines": ["Nguyễn Thị An"]}, at=AT)
    time.sleep(1.1)  # a file stamped with the present second would differ now
    assert typeset(name, {"lines": ["Nguyễn Thị An"]}, at=AT) == first
    assert typeset(name, {"lines": ["Trần Văn Bình"]}, at=AT) != first
    assert PdfReader(io.BytesIO(first)).metadata.creation_date == AT


def test_a_template_reads_its_files_and_nothing_outside_its_directory(write_template, tmp_path):
    good = write_template("good.typ", '#set text(font: "Tinos")\n#read("/files/note.txt")')
    assert "một tờ" in words(typeset(good, {}, files={"note.txt": "một tờ".encode()}, at=AT))
    (tmp_path / "secret.txt").write_text("bí mật")
    for path in ("/etc/passwd", "../../../../../../etc/passwd", str(tmp_path / "secret.txt")):
        bad = write_template("bad.typ", f'#set text(font: "Tinos")\n#read("{path}")')
        with pytest.raises(TemplateBroken):
            typeset(bad, {}, at=AT)


@pytest.mark.parametrize("name", ["../a.txt", "a/b.txt", "", ".hidden"])
def test_a_file_of_a_paper_cannot_be_written_elsewhere(write_template, name):
    template = write_template("plain.typ", PLAIN)
    with pytest.raises(TemplateBroken):
        typeset(template, {"lines": []}, files={name: b""}, at=AT)


def test_a_template_that_evaluates_words_is_refused(write_template):
    name = write_template("evil.typ", '#eval(json(bytes(sys.inputs.data)).line, mode: "markup")')
    with pytest.raises(TemplateBroken, match="eval"):
        typeset(name, {"line": "x"}, at=AT)


def test_a_template_imports_another_by_its_absolute_name(write_template):
    write_template("parts/hello.typ", '#let hello(name) = text("Chào " + name)')
    name = write_template(
        "main.typ", '#import "/parts/hello.typ": hello\n#set text(font: "Tinos")\n#hello("bạn")'
    )
    assert "Chào bạn" in words(typeset(name, {}, at=AT))


def test_a_missing_template_is_named():
    with pytest.raises(TemplateBroken, match=r"no template nowhere\.typ"):
        typeset("nowhere.typ", {}, at=AT)
    with pytest.raises(TemplateBroken):
        typeset("../settings.typ", {}, at=AT)


def test_what_typst_says_never_reaches_the_message(write_template):
    name = write_template("broken.typ", "#panic(json(bytes(sys.inputs.data)).name)")
    with pytest.raises(TemplateBroken) as raised:
        typeset(name, {"name": "Nguyễn Thị An"}, at=AT)
    assert "Nguyễn Thị An" in raised.value.diagnostic
    assert "Nguyễn" not in str(raised.value)
    assert "Nguyễn" not in str(raised.value.detail)


def test_an_endless_document_is_ended_in_time(write_template):
    name = write_template("endless.typ", ENDLESS)
    started = time.monotonic()
    with pytest.raises(PaperTooHeavy):
        typeset(name, {}, at=AT, seconds=1.0)
    assert time.monotonic() - started < 5


def test_a_document_that_eats_memory_is_ended(write_template):
    name = write_template(
        "greedy.typ", '#let s = "0123456789abcdef"\n#for _ in range(60) { s = s + s }'
    )
    with pytest.raises(PaperTooHeavy):
        typeset(name, {}, at=AT, memory=400 * 1024 * 1024)


def test_a_font_that_is_not_shipped_is_a_failure_and_not_a_fallback(write_template):
    name = write_template("font.typ", '#set text(font: "Comic Sans MS")\nXin chào')
    with pytest.raises(FontsMissing) as raised:
        typeset(name, {}, at=AT)
    assert "comic sans" in raised.value.diagnostic


@pytest.mark.parametrize("sign", ["≤", "中", "→", "😀"])
def test_a_sign_no_font_has_is_refused_and_not_printed_as_a_box(write_template, sign):
    name = write_template("plain.typ", PLAIN)
    with pytest.raises(SignMissing) as raised:
        typeset(name, {"lines": [["An", {"deep": f"Nguyễn {sign}"}]]}, at=AT)
    assert raised.value.detail["signs"] == [f"U+{ord(sign):04X}"]


def test_every_vietnamese_letter_can_be_printed():
    letters = "aăâeêioôơuưyđ"
    marks = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
    every = [unicodedata.normalize("NFC", a + m) for a in letters + letters.upper() for m in marks]
    drawn = "".join(one for one in every if len(one) == 1)
    assert len(drawn) == 26 * 6 - 10  # đ and Đ carry no marks
    assert coverage.missing(drawn + "–—“”‘’…•·×§°€", press.FONTS) == ""


def test_without_the_font_step_of_the_build_nothing_is_printed(
    write_template, monkeypatch, tmp_path
):
    monkeypatch.setattr(press, "FONTS", tmp_path / "none")
    with pytest.raises(FontsMissing):
        typeset(write_template("plain.typ", PLAIN), {"lines": []}, at=AT)


def test_the_child_sees_nothing_of_the_environment(write_template, monkeypatch, tmp_path):
    spy = tmp_path / "spy.py"
    spy.write_text(
        "import json, os, sys\n"
        "sys.stdin.read()\n"
        "said = json.dumps(dict(os.environ))\n"
        "open(sys.argv[1], 'w').write(json.dumps({'outcome': 'template', 'diagnostic': said}))\n"
    )
    monkeypatch.setattr(press, "CHILD", Path(spy))
    monkeypatch.setenv("LIENTHONG_SECRET_KEY", "very-secret")
    with pytest.raises(TemplateBroken) as raised:
        typeset(write_template("plain.typ", PLAIN), {"lines": []}, at=AT)
    assert set(json.loads(raised.value.diagnostic)) <= {"LANG", "PATH", "TMPDIR", "LC_CTYPE"}


def test_the_calling_process_never_loads_the_heavy_tools():
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, lienthong.web.papers.printing, lienthong.web.papers.word\n"
            "print([m for m in ('typst', 'docx', 'lxml') if m in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
    )
    assert said.stdout.strip() == "[]"
