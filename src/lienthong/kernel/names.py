"""
Vietnamese names: one normal form at every door, comparison keys, list order.

The original writing is kept; keys are for finding and sorting only. A match
without marks is a candidate, never a verdict: ``NGUYEN VAN HOA`` can be Hòa,
Hoa or Hóa.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from lienthong.kernel.errors import Invalid

# Letters that look like đ and are not: Eth (Icelandic) and the African D.
_LOOK_ALIKES = str.maketrans(
    {"\u00d0": "\u0110", "\u00f0": "\u0111", "\u0189": "\u0110", "\u0256": "\u0111"}
)
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u00b4": "'"})
# Grave, acute, hook above, tilde, dot below: in the order of `TONES` below.
_TONE_ORDER = {"\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0301": "5", "\u0323": "6"}
TONES = ("ngang", "huyền", "hỏi", "ngã", "sắc", "nặng")
ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
# One ASCII character per letter, in alphabetical order, above all digits, so
# that the key sorts right under the C collation of any PostgreSQL (decision 9).
_LETTER_KEYS = {letter: chr(0x41 + place) for place, letter in enumerate(ALPHABET)}
_TONE_ON_SECOND = re.compile(
    r"(?<![qQ])([oOuU])([aAeEyY])([\u0300\u0301\u0303\u0309\u0323])(?![^\W\d_])"
)
MAXIMUM_LENGTH = 120


class BadName(Invalid):
    """This cannot be a person's name."""

    code = "kernel.bad_name"


@dataclass(frozen=True, slots=True)
class NameParts:
    """Parts derived from a full name; the full name stays the authority."""

    family: str
    middle: str
    given: str


def clean(text: str) -> str:
    """
    The form a name is stored in: NFC, real Đ, single spaces, no invisible characters.

    Case and tone placement stay as written. Idempotent.
    """
    text = unicodedata.normalize("NFC", text).translate(_LOOK_ALIKES)
    text = "".join(" " if c.isspace() else c for c in text if c.isspace() or c.isprintable())
    # Again: removing an invisible character can bring a letter and its mark together.
    return unicodedata.normalize("NFC", " ".join(text.split()))


def mended(text: str) -> tuple[str, ...]:
    """
    What `clean` has to mend in a text, by codes; spaces are nothing worth a word.

    ``decomposed``: letters and marks apart (NFD), as some keyboards and old files send
    them. ``look_alike``: a letter that is drawn like đ and is another.
    """
    composed = unicodedata.normalize("NFC", text)
    found = {
        "decomposed": composed != text,
        "look_alike": composed.translate(_LOOK_ALIKES) != composed,
    }
    return tuple(code for code, so in found.items() if so)


def person_name(text: str) -> str:
    """A cleaned name of a person, or `BadName` with the reason in its detail."""
    name = clean(text)
    if not name:
        raise BadName("The name is empty.", reason="empty")
    if len(name) > MAXIMUM_LENGTH:
        raise BadName("The name is too long.", reason="too_long", most=MAXIMUM_LENGTH)
    for character in name.translate(_APOSTROPHES):
        # Mc and Mn: marks that have no composed form stay marks after NFC.
        if character not in " '-." and unicodedata.category(character)[0] not in "LM":
            raise BadName("The name holds a character no name has.", reason="character")
    if not any(character.isalpha() for character in name):
        raise BadName("The name holds no letter.", reason="no_letter")
    return name


def print_form(name: str) -> str:
    """Capitals, as a name stands on civil-status papers; tone placement as registered."""
    return clean(name).upper()


def parts(name: str) -> NameParts:
    """Family, middle and given name by position; one token is a given name alone."""
    tokens = clean(name).split()
    if not tokens:
        return NameParts("", "", "")
    if len(tokens) == 1:
        return NameParts("", "", tokens[0])
    return NameParts(tokens[0], " ".join(tokens[1:-1]), tokens[-1])


def tone_key(text: str) -> str:
    """Equal for two placements of the same tone: ``hòa`` and ``hoà``, ``quý`` and ``qúy``."""
    return " ".join(_tones_last(syllable) for syllable in _plain(text).split())


def folding_key(text: str) -> str:
    """Without marks, case and đ: ``Đỗ Lạ`` gives ``do la``. For candidates only."""
    decomposed = unicodedata.normalize("NFD", _plain(text)).replace("\u0111", "d")
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def sort_key(name: str) -> str:
    """
    List order of persons: given name first, then family and middle names.

    ASCII, so that it orders the same on every server. Letters in the order of
    the Vietnamese alphabet, tones ngang, huyền, hỏi, ngã, sắc, nặng.
    """
    tokens = _tokens(name)
    return " ".join(_syllable_key(token) for token in tokens[-1:] + tokens[:-1])


def alphabetical_key(text: str) -> str:
    """Order of places and titles: left to right, numbers by value (2 before 10)."""
    return " ".join(_syllable_key(token) for token in _tokens(text))


def older_tone_placement(text: str) -> str:
    """
    Tones where official unit names have them: ``Hòa``, ``Thủy``, ``Khỏe``.

    Only open syllables in oa, oe, uy differ between the two placements; after q
    the u belongs to the consonant, so ``Quý`` stays.
    """
    parted = _keep_shapes(clean(text))
    moved = _TONE_ON_SECOND.sub(r"\1\3\2", parted)
    return unicodedata.normalize("NFC", moved)


def _keep_shapes(text: str) -> str:
    """Take only tone marks off their vowels; ă, â, ê, ô, ơ, ư stay whole."""
    out = []
    for character in text:
        decomposed = unicodedata.normalize("NFD", character)
        tones = "".join(c for c in decomposed if c in _TONE_ORDER)
        shape = "".join(c for c in decomposed if c not in _TONE_ORDER)
        out.append(unicodedata.normalize("NFC", shape) + tones)
    return "".join(out)


def _plain(text: str) -> str:
    return clean(text).translate(_APOSTROPHES).casefold()


def _tones_last(syllable: str) -> str:
    parted = _keep_shapes(syllable)
    tones = "".join(c for c in parted if c in _TONE_ORDER)
    return "".join(c for c in parted if c not in _TONE_ORDER) + tones


def _tokens(text: str) -> list[str]:
    return _plain(text).replace("-", " ").split()


def _syllable_key(syllable: str) -> str:
    if syllable.isdecimal() and syllable.isascii():
        return syllable.rjust(8, "0")
    letters, tone = [], "1"
    for character in _keep_shapes(syllable):
        if character in _TONE_ORDER:
            tone = _TONE_ORDER[character]
        elif character in _LETTER_KEYS:
            letters.append(_LETTER_KEYS[character])
        elif character.isalnum():
            letters.append(_foreign_key(character))
    return "".join(letters) + tone


def _foreign_key(character: str) -> str:
    """A letter of another alphabet: its base letter, or else after z by code point."""
    base = "".join(
        c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)
    )
    known = [_LETTER_KEYS.get(c) or (c if c.isdecimal() and c.isascii() else "") for c in base]
    return "".join(known) if base and all(known) else f"z{ord(character):06x}"
