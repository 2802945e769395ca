"""Person and body sign a PDF and its twin; whoever holds the anchor can tell, offline."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import timedelta

import pytest
from pypdf import PdfReader, PdfWriter

from lienthong.cli import document_keys as making
from lienthong.cli import verify
from lienthong.kernel import clock
from lienthong.protocol import document_keys
from lienthong.protocol.document_keys import Anchor
from lienthong.protocol.errors import UntrustedCertificate
from lienthong.web.papers.printing import to_pdf
from lienthong.web.papers.signatures import boxes, checking, layout, pairs, twins
from lienthong.web.papers.signatures.errors import (
    CertificateEnded,
    NoCertificate,
    NoPlaceToSign,
    NotReadable,
    NotSigned,
    TimestampMissing,
)
from lienthong.web.papers.signatures.layout import MM
from lienthong.web.papers.signatures.signing import Desk, Signer
from web_papers.signers import (
    ACCOUNT,
    AUTHORITY,
    BODY,
    OFFICER,
    body_seals,
    desk_of,
    letter,
    node_with_keys,
    person_signs,
)

CONTENT = {
    "format": "test",
    "figures": [{"code": "F019", "value": "19660819"}],
    "printed": [
        {"code": "F019", "text": "19.660.819"},
        {"code": "F020", "text": "6.055.289"},
    ],
}


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    return node_with_keys(tmp_path_factory.mktemp("node"))


@pytest.fixture(scope="module")
def desk(node):
    return desk_of(node)


@pytest.fixture(scope="module")
def paper():
    return to_pdf(letter())


@pytest.fixture(scope="module")
def half_signed(paper, node, desk):
    return person_signs(paper, node, desk)


@pytest.fixture(scope="module")
def signed(half_signed, node, desk):
    return body_seals(half_signed, node, desk)


@pytest.fixture(scope="module")
def twin(signed, node, desk):
    content = {**CONTENT, "pdf_sha256": hashlib.sha256(signed).hexdigest()}
    return twins.sign_twin(content, Signer.of(node, BODY), desk=desk)


def faults(checked):
    return [one.faults for one in checked.signatures], checked.faults


def test_person_then_body_hold_and_are_named(signed, desk):
    checked = checking.check_pdf(signed, desk.anchor)
    person, body = checked.signatures
    assert checked.holds
    assert (person.holder, person.is_person, person.level) == (OFFICER, True, "B-T")
    assert (body.holder.body, body.is_person, body.level) == (BODY, False, "B-LT")
    assert person.stamped
    assert body.stamped
    assert person.at <= body.at


def test_both_boxes_stand_where_the_decree_wants_them(signed, paper):
    found = boxes.find(layout.read(paper), authority=AUTHORITY[-1], name=OFFICER.name)
    overlap = found.seal.x1 - found.person.x0
    assert overlap == pytest.approx(found.person.width / 3)
    assert found.seal.width == pytest.approx(36 * MM)
    assert found.seal.x0 < found.person.x0
    fields = PdfReader(io.BytesIO(signed)).get_fields()
    drawn = (
        [float(side) for side in fields["NguoiKy"]["/Kids"][0].get_object()["/Rect"]]
        if ("/Kids" in fields["NguoiKy"])
        else None
    )
    if drawn is not None:
        assert drawn == pytest.approx(found.person.listed(), abs=0.1)
    page = layout.read(signed)[found.page]
    authority = next(run for run in page.runs if run.words == "THỨ TRƯỞNG")
    name = next(run for run in page.runs if run.words == OFFICER.name)
    assert name.baseline < found.person.y0 < found.person.y1 < authority.baseline


@pytest.mark.parametrize("where", [0.2, 0.5, 0.8])
def test_one_changed_byte_of_the_paper_is_told(signed, paper, desk, where):
    broken = bytearray(signed)
    broken[int(len(paper) * where)] ^= 0x01
    try:
        checked = checking.check_pdf(bytes(broken), desk.anchor)
    except NotReadable:
        return
    assert not checked.holds
    assert all("altered" in one.faults or "unreadable" in one.faults for one in checked.signatures)


def test_what_is_added_after_the_seal_is_told(signed, desk):
    writer = PdfWriter(io.BytesIO(signed), incremental=True)
    writer.add_blank_page()
    out = io.BytesIO()
    writer.write(out)
    checked = checking.check_pdf(out.getvalue(), desk.anchor)
    assert not checked.holds
    assert {"added_later", "changed_later"} & set(checked.signatures[-1].faults)


def test_a_signature_over_part_of_the_file_is_told(signed, desk):
    # The hole of the first signature is widened by hand: bytes behind it are signed by nobody.
    start = signed.index(b"/ByteRange")
    first = signed[start : signed.index(b"]", start) + 1]
    numbers = [int(n) for n in first[first.index(b"[") + 1 : -1].split()]
    numbers[3] -= 40
    made = b"/ByteRange [" + b" ".join(str(n).encode() for n in numbers) + b"]"
    forged = signed.replace(first, made.ljust(len(first)), 1)
    checked = checking.check_pdf(forged, desk.anchor)
    assert not checked.signatures[0].holds
    assert {"partial", "altered"} & set(checked.signatures[0].faults)


def test_a_paper_without_the_seal_lacks_its_body(half_signed, desk):
    checked = checking.check_pdf(half_signed, desk.anchor)
    assert checked.faults == ("no_body",)
    assert checked.signatures[0].holds


def test_a_signer_of_another_authority_is_unknown(signed, tmp_path):
    other = node_with_keys(tmp_path)
    foreign = desk_of(other).anchor
    checked = checking.check_pdf(signed, foreign)
    assert all("unknown_signer" in one.faults for one in checked.signatures)


def test_a_certificate_that_ended_signs_no_more(node):
    with (
        clock.stopped(at=clock.instant() + timedelta(days=400)),
        pytest.raises(CertificateEnded),
    ):
        Signer.of(node, BODY, ACCOUNT)


def test_without_a_stamp_a_signature_ends_with_its_certificate(paper, node):
    desk = Desk.of(node, demo=False)
    assert desk.stamp is None
    signed = body_seals(person_signs(paper, node, desk), node, desk)
    assert checking.check_pdf(signed, desk.anchor).holds
    assert [one.level for one in checking.check_pdf(signed, desk.anchor).signatures] == [
        "B-B",
        "B-B",
    ]
    later = checking.check_pdf(signed, desk.anchor, at=clock.instant() + timedelta(days=400))
    assert all("expired_since" in one.faults for one in later.signatures)


def test_with_a_stamp_it_outlives_its_certificate(signed, desk):
    later = clock.instant() + timedelta(days=400)
    assert checking.check_pdf(signed, desk.anchor, at=later).holds


def test_a_silent_authority_of_time_leaves_the_paper_unsigned(paper, node, desk):
    def silent(_request):
        raise OSError("nobody answers")

    with pytest.raises(TimestampMissing):
        person_signs(paper, node, Desk(desk.anchor, desk.lists, silent, demo=True))


def test_whoever_has_no_certificate_cannot_sign(node):
    with pytest.raises(NoCertificate):
        Signer.of(node, BODY, "do.la")
    with pytest.raises(NoCertificate):
        Signer.of(node, "../G14", "do.la")


def test_a_paper_without_the_signers_name_has_no_place_for_him(node, desk):
    pages = layout.read(to_pdf(letter()))
    with pytest.raises(NoPlaceToSign):
        boxes.find(pages, authority="Bộ trưởng", name=OFFICER.name)
    with pytest.raises(NoPlaceToSign):
        boxes.find(pages, authority=AUTHORITY[-1], name="Ai Khác")


@pytest.mark.parametrize(
    "garbage", [b"", b"%PDF-1.7\n", b"%PDF-1.7\n" + b"\x00" * 5000, b"PK\x03\x04bomb", b"\xff" * 99]
)
def test_garbage_is_told_to_be_no_paper(garbage, desk):
    with pytest.raises(NotReadable):
        checking.check_pdf(garbage, desk.anchor)


def test_an_unsigned_paper_says_so(paper, desk):
    with pytest.raises(NotSigned):
        checking.check_pdf(paper, desk.anchor)


def test_a_revoked_certificate_is_told_by_the_list_the_paper_carries(paper, tmp_path):
    node = node_with_keys(tmp_path)
    signer = Signer.of(node, BODY, ACCOUNT)
    key = document_keys.key_of(node, BODY, ACCOUNT)
    kept = key.file.read_bytes(), key.file.with_suffix(".key").read_bytes()
    with clock.stopped(at=clock.instant() - timedelta(minutes=5)):
        making.revoke(node, BODY, ACCOUNT)
    assert document_keys.key_of(node, BODY, ACCOUNT) is None
    assert not key.file.with_suffix(".key").exists()
    # Somebody kept a copy of the key and signs with it all the same.
    key.file.write_bytes(kept[0])
    key.file.with_suffix(".key").write_bytes(kept[1])
    desk = desk_of(node)
    signed = body_seals(person_signs(paper, node, desk), node, desk)
    checked = checking.check_pdf(signed, desk.anchor)
    assert "revoked" in checked.signatures[0].faults
    assert checked.signatures[1].holds
    assert signer.holder.holder == OFFICER


# --- the twin --------------------------------------------------------------


def test_the_twin_names_its_body_and_holds(twin, desk):
    read = twins.read_twin(twin, desk.anchor)
    assert read.finding.holds
    assert read.finding.holder.body == BODY
    assert read.finding.stamped
    assert read.content["figures"] == CONTENT["figures"]


def test_a_changed_figure_of_the_twin_is_told(twin, desk):
    changed = twin.replace(b'"19660819"', b'"19660818"')
    assert changed != twin
    assert twins.read_twin(changed, desk.anchor).finding.faults == ("altered",)


def test_other_blanks_and_another_order_change_nothing(twin, desk):
    whole = json.loads(twin)
    shuffled = json.dumps(dict(reversed(whole.items())), indent=4).encode()
    assert twins.read_twin(shuffled, desk.anchor).finding.holds


def test_a_twin_of_an_unknown_signer_is_told(twin, tmp_path):
    foreign = desk_of(node_with_keys(tmp_path)).anchor
    assert "unknown_signer" in twins.read_twin(twin, foreign).finding.faults


@pytest.mark.parametrize(
    "raw", [b"{", b"[]", b"NaN", b'{"a": NaN, "signature": {}}', b"[" * 100_000, b"\x00\xff"]
)
def test_garbage_is_told_to_be_no_twin(raw, desk):
    with pytest.raises(NotReadable):
        twins.read_twin(raw, desk.anchor)


@pytest.mark.parametrize("signature", [{}, [], "x", {"protected": "!!", "signature": "??"}])
def test_a_twin_with_a_broken_signature_is_unreadable_and_no_crash(signature, desk):
    raw = json.dumps({**CONTENT, "signature": signature}).encode()
    assert twins.read_twin(raw, desk.anchor).finding.faults == ("unreadable",)


def test_an_unsigned_twin_says_so(desk):
    with pytest.raises(NotSigned):
        twins.read_twin(json.dumps(CONTENT).encode(), desk.anchor)


def test_numbers_that_could_change_on_their_way_are_not_signed(node, desk):
    for value in (1.5, 2**60, {"a": object()}):
        with pytest.raises(ValueError, match="twin"):
            twins.sign_twin({"value": value}, Signer.of(node, BODY), desk=desk)


def test_twin_and_paper_say_the_same(twin, signed, desk):
    content = twins.read_twin(twin, desk.anchor).content
    assert pairs.differences(content, signed) == []


@pytest.mark.parametrize(
    ("code", "text"), [("F019", "660.819"), ("F019", "19.660.818"), ("F021", "1")]
)
def test_a_figure_printed_otherwise_is_named(signed, code, text):
    printed = {one["code"]: one["text"] for one in CONTENT["printed"]} | {code: text}
    content = {
        "pdf_sha256": hashlib.sha256(signed).hexdigest(),
        "printed": [{"code": one, "text": said} for one, said in printed.items()],
    }
    assert pairs.differences(content, signed) == [code]


# --- the command -----------------------------------------------------------


def test_verify_tells_everything_from_the_files_alone(twin, signed, desk, tmp_path, capsys):
    (tmp_path / "r.pdf").write_bytes(signed)
    (tmp_path / "r.json").write_bytes(twin)
    (tmp_path / "anchor.json").write_bytes(desk.anchor.to_json())
    assert run_verify(tmp_path, "r.pdf", "r.json") == 0
    said = capsys.readouterr().out
    for words in ("Trần Sơn, Thứ trưởng", "person", "body", "unchanged since", "B-LT"):
        assert words in said


def test_verify_tells_a_twin_of_another_paper(twin, half_signed, desk, tmp_path, capsys):
    (tmp_path / "r.pdf").write_bytes(half_signed)
    (tmp_path / "r.json").write_bytes(twin)
    (tmp_path / "anchor.json").write_bytes(desk.anchor.to_json())
    assert run_verify(tmp_path, "r.pdf", "r.json") == 1
    assert "belongs to another PDF" in capsys.readouterr().out


def test_an_anchor_is_read_as_json_or_pem(desk):
    assert Anchor.parse(desk.anchor.to_json()) == desk.anchor
    pem = "".join(desk.anchor.roots).encode()
    assert len(Anchor.parse(pem).roots) == len(desk.anchor.roots)
    with pytest.raises(UntrustedCertificate):
        Anchor.parse(b"{}")


def run_verify(place, *names):
    import argparse

    parser = argparse.ArgumentParser()
    verify.add_arguments(parser)
    files = [str(place / name) for name in names]
    return verify.run(parser.parse_args([*files, "--anchor", str(place / "anchor.json")]))
