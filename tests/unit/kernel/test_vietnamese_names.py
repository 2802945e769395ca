"""One normal form at every door, comparison keys, and list order."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.kernel import names

VIETNAMESE = "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạếềểễệốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ'- "
syllables = st.text(alphabet=VIETNAMESE + VIETNAMESE.upper(), min_size=1, max_size=30)


def test_a_name_typed_in_parts_is_stored_whole() -> None:
    parted = unicodedata.normalize("NFD", "Nguyễn Thị Ánh")
    assert parted != "Nguyễn Thị Ánh"
    assert names.clean(parted) == "Nguyễn Thị Ánh"


@pytest.mark.parametrize("look_alike", ["\u00d0", "\u0189"])
def test_letters_that_look_like_d_become_one(look_alike: str) -> None:
    assert names.clean(f"{look_alike}ỗ Lạ") == "Đỗ Lạ"


def test_a_small_eth_becomes_a_small_d() -> None:
    assert names.clean("\u00f0ỗ") == names.clean("\u0256ỗ") == "đỗ"


def test_invisible_characters_and_spare_spaces_go() -> None:
    assert names.clean("  Lê\u200b \u00a0 Cường\ufeff\t") == "Lê Cường"


def test_an_invisible_character_does_not_part_a_letter_from_its_mark() -> None:
    assert names.clean("Le\u200b\u0302") == "Lê"


@given(st.text(max_size=40))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = names.clean(text)
    assert names.clean(once) == once
    assert unicodedata.is_normalized("NFC", once)


@pytest.mark.parametrize(
    ("one", "other"), [("hòa", "hoà"), ("Thúy", "Thuý"), ("quý", "qúy"), ("KHỎE", "khoẻ")]
)
def test_two_placements_of_a_tone_are_one_name(one: str, other: str) -> None:
    assert names.tone_key(one) == names.tone_key(other)


def test_different_tones_are_different_names() -> None:
    assert names.tone_key("Hòa") != names.tone_key("Hóa")
    assert names.folding_key("Hòa") == names.folding_key("Hóa") == names.folding_key("HOA")


def test_folding_takes_the_bar_off_d() -> None:
    assert names.folding_key("ĐỖ ĐỨC") == "do duc"


@given(syllables)
def test_the_folding_key_is_plain_for_vietnamese(text: str) -> None:
    assert names.folding_key(text).isascii()
    assert names.folding_key(names.tone_key(text)) == names.folding_key(text)


@given(syllables)
def test_keys_do_not_see_case_or_form(text: str) -> None:
    for key in (names.tone_key, names.folding_key, names.sort_key, names.alphabetical_key):
        assert key(text) == key(text.upper()) == key(unicodedata.normalize("NFD", text))


def test_persons_are_listed_by_given_name() -> None:
    listed = ["Trần Văn Bình", "Nguyễn Thị An", "Đỗ Lạ", "Lê Cường", "Phạm Dung", "Lê Đức"]
    assert sorted(listed, key=names.sort_key) == [
        "Nguyễn Thị An",
        "Trần Văn Bình",
        "Lê Cường",
        "Phạm Dung",
        "Lê Đức",
        "Đỗ Lạ",
    ]


def test_letters_follow_the_vietnamese_alphabet() -> None:
    words = ["a", "ă", "â", "b", "d", "đ", "e", "ê", "o", "ô", "ơ", "u", "ư", "v", "x", "y"]
    assert sorted(reversed(words), key=names.alphabetical_key) == words


def test_tones_follow_their_order() -> None:
    tones = ["ma", "mà", "mả", "mã", "má", "mạ", "mai"]
    assert sorted(reversed(tones), key=names.alphabetical_key) == tones


def test_given_names_alike_are_ordered_by_family_and_middle_names() -> None:
    listed = ["Nguyễn Văn An", "Lê Thị An", "Nguyễn Thị An", "Lê An"]
    assert sorted(listed, key=names.sort_key) == [
        "Lê An",
        "Lê Thị An",
        "Nguyễn Thị An",
        "Nguyễn Văn An",
    ]


def test_numbered_places_are_ordered_by_value() -> None:
    wards = ["Phường 10", "Phường 2", "Phường 1"]
    assert sorted(wards, key=names.alphabetical_key) == ["Phường 1", "Phường 2", "Phường 10"]


@given(st.text(max_size=30))
def test_a_sort_key_orders_alike_as_text_and_as_bytes(text: str) -> None:
    assert names.sort_key(text).isascii()


@pytest.mark.parametrize(
    ("typed", "official"),
    [
        ("Hoà", "Hòa"),
        ("HOÀ BÌNH", "HÒA BÌNH"),
        ("Thuý", "Thúy"),
        ("Thuỷ", "Thủy"),
        ("Khoẻ", "Khỏe"),
        ("Quý", "Quý"),
        ("Hoàng", "Hoàng"),
        ("Huỳnh", "Huỳnh"),
        ("Hòa", "Hòa"),
        ("Quảng Hoà", "Quảng Hòa"),
    ],
)
def test_unit_names_take_the_older_placement(typed: str, official: str) -> None:
    assert names.older_tone_placement(typed) == official


@given(syllables)
def test_moving_a_tone_does_not_change_the_name(text: str) -> None:
    moved = names.older_tone_placement(text)
    assert names.tone_key(moved) == names.tone_key(text)
    assert names.older_tone_placement(moved) == moved


def test_papers_carry_capitals_and_the_registered_placement() -> None:
    assert names.print_form("Đặng Thị Thuý") == "ĐẶNG THỊ THUÝ"


def test_the_given_name_comes_last() -> None:
    assert names.parts("Nguyễn Thị Bình An") == names.NameParts("Nguyễn", "Thị Bình", "An")
    assert names.parts("Hiền") == names.NameParts("", "", "Hiền")
    assert names.parts("  ") == names.NameParts("", "", "")


@pytest.mark.parametrize("name", ["H'Hen Niê", "Y Moan Êban", "Tôn Nữ Thị-Ninh", "Đỗ Lạ"])
def test_names_of_all_peoples_are_names(name: str) -> None:
    assert names.person_name(name) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("\u200b", "empty"),
        ("Nguyễn 4n", "character"),
        ("<b>An</b>", "character"),
        ("---", "no_letter"),
        ("A" * 121, "too_long"),
    ],
)
def test_what_is_no_name_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(names.BadName) as refused:
        names.person_name(text)
    assert refused.value.detail["reason"] == reason
    assert text.strip("\u200b") == "" or text not in str(refused.value)


def test_what_was_mended_in_a_name_has_a_code() -> None:
    assert names.mended("Đỗ Thị Yến") == ()
    assert names.mended("Đỗ  Thị Yến ") == (), "spaces are mended without a word"
    assert names.mended(unicodedata.normalize("NFD", "Đỗ Thị Yến")) == ("decomposed",)
    assert names.mended("\u00d0ỗ Thị Yến") == ("look_alike",)
    both = unicodedata.normalize("NFD", "\u00d0ỗ Thị Yến")
    assert names.mended(both) == ("decomposed", "look_alike")
