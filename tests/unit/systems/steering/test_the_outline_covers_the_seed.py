"""Every figure of the register has its one sentence, and no number is written in the code."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from lienthong.kernel.demo import shipped_figures
from lienthong.systems.steering.domain import outline
from lienthong.systems.steering.domain.catalogue import latest
from lienthong.systems.steering.domain.outline import Fig, Term, place_of, sentences
from lienthong.systems.steering.domain.titles import TITLES


def test_every_figure_of_the_register_stands_in_exactly_one_sentence():
    found = Counter(code for _, _, s in sentences() for code in s.codes)
    register = {row.code for row in shipped_figures()}
    assert {code for code in found if code.startswith("F")} == register
    assert {code for code, times in found.items() if times > 1} == set()


def test_every_sentence_with_figures_names_a_known_system():
    for _, _, sentence in sentences():
        assert sentence.system in TITLES
        assert bool(sentence.codes) <= bool(sentence.system)
        assert bool(sentence.parts) == bool(sentence.system)
        for code in sentence.codes:
            assert latest(code).system == sentence.system


def test_sentences_have_keys_of_their_own():
    keys = Counter(s.key for _, _, s in sentences())
    assert max(keys.values()) == 1


def test_no_sentence_carries_a_number_of_its_own():
    words = " ".join(part for _, _, s in sentences() for part in s.parts if isinstance(part, str))
    assert not re.search(r"\d", words)


def test_a_term_with_digits_is_a_name_and_no_count():
    terms = {part.text for _, _, s in sentences() for part in s.parts if isinstance(part, Term)}
    name = re.compile(r"mức độ 3|mức độ 4|mức độ 3, 4|COVID-19|Quyết định số [0-9]+/QĐ-TTg")
    assert terms
    assert all(name.fullmatch(term) for term in terms)


def test_no_value_of_the_register_is_written_in_the_outline():
    source = Path(outline.__file__).read_text(encoding="utf-8")
    for row in shipped_figures():
        if row.value >= 1000:
            whole = f"{int(row.value)}"
            assert whole not in source
            assert f"{int(row.value):,}".replace(",", ".") not in source


def test_a_figure_is_found_at_its_place():
    section, sentence = place_of("F009")
    assert section.label == "I.3"
    assert sentence.key == "I.3.traffic"
    assert place_of("F033") is None


def test_each_part_is_words_a_figure_or_a_date():
    kinds = {type(part) for _, _, s in sentences() for part in s.parts}
    assert kinds == {str, Fig, outline.Slot, Term}
