from __future__ import annotations

import re

import pytest
from django.test import Client

PUBLIC = ["/", "/dang-nhap", "/tro-giup/tiep-can", "/khong-co-trang-nay"]
LOADED = re.compile(r"""<(?:script|link|img|source|use|iframe)[^>]*\s(?:src|href)=["']([^"']+)""")


@pytest.mark.django_db
@pytest.mark.parametrize("address", PUBLIC)
def test_everything_loaded_is_our_own(client: Client, address: str) -> None:
    page = client.get(address).content.decode()
    loaded = LOADED.findall(page)
    assert loaded, "a page without a style sheet would pass for nothing"
    assert [one for one in loaded if not one.startswith(("/static/", "data:"))] == []


@pytest.mark.django_db
@pytest.mark.parametrize("address", PUBLIC)
def test_no_script_or_style_stands_in_the_page(client: Client, address: str) -> None:
    page = client.get(address).content.decode()
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert "<style" not in page
    assert re.findall(r'\sstyle="', page) == []
    assert re.findall(r"\son[a-z]+=", page) == []


@pytest.mark.django_db
def test_the_browser_is_told_to_trust_only_us(client: Client) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
