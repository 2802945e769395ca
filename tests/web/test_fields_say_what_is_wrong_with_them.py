from __future__ import annotations

import re

from django import forms
from django.template import Context, Template


class Child(forms.Form):
    name = forms.CharField(
        label="Họ, chữ đệm, tên",
        help_text="Viết như trong giấy chứng sinh",
        error_messages={"required": "Nhập tên của bé"},
    )
    sex = forms.ChoiceField(
        label="Giới tính",
        choices=[("f", "Nữ"), ("m", "Nam")],
        widget=forms.RadioSelect,
        error_messages={"required": "Chọn giới tính"},
    )
    sure = forms.BooleanField(label="Tôi đã đối chiếu", required=False)


PAGE = Template(
    "{% error_summary form %}{% field form.name w=4 source='CSDL dân cư' %}"
    "{% field form.sex w=2 %}{% field form.sure %}"
)


def draw(data: dict[str, str]) -> str:
    return PAGE.render(Context({"form": Child(data)}))


def test_each_error_stands_above_the_page_and_leads_to_its_field() -> None:
    page = draw({})
    links = re.findall(r'<a href="#([^"]+)">([^<]+)</a>', page)
    assert links == [("id_name", "Nhập tên của bé"), ("id_sex", "Chọn giới tính")]
    for target, _ in links:
        assert f'id="{target}"' in page


def test_a_field_is_tied_to_its_hint_and_its_error() -> None:
    page = draw({})
    described = re.search(r'<input[^>]*name="name"[^>]*>', page)
    assert described is not None
    assert 'aria-invalid="true"' in described[0]
    ids = re.search(r'aria-describedby="([^"]+)"', described[0])
    assert ids is not None
    for name in ids[1].split():
        assert f'id="{name}"' in page


def test_a_page_without_errors_has_no_summary() -> None:
    page = draw({"name": "TRẦN NGUYỄN GIA ĐỨC", "sex": "m"})
    assert "ds-error-summary" not in page
    assert "aria-invalid" not in page


def test_a_looked_up_field_carries_its_source() -> None:
    assert "CSDL dân cư" in draw({})


def test_nothing_typed_is_ever_taken_as_markup() -> None:
    page = draw({"name": '"><script>alert(1)</script>', "sex": "<b>"})
    assert "<script>" not in page
    assert "<b>" not in page
