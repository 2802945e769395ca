"""Time-stamps on heads: at an interval, by any authority, and renewed before they end."""

from __future__ import annotations

import asyncio
import subprocess
from datetime import timedelta

import msgspec
import pytest
from cryptography import x509

from gateway.attested import attested
from gateway.edge_thread import Edge
from gateway.exchange_cast import country
from lienthong.gateway import timestamps
from lienthong.gateway.bodies import Body, SpoolRoom
from lienthong.gateway.messages import Outgoing
from lienthong.gateway.settings import BadSettings, Timestamps
from lienthong.gateway.timestamps import Authority, Stamper
from lienthong.kernel import clock
from lienthong.protocol import timestamp
from lienthong.protocol.demonstration_authority import DemonstrationAuthority
from lienthong.protocol.errors import Expired, ProtocolError, UntrustedCertificate
from lienthong.protocol.timestamp import BadTimestamp

NOTE = b"VN/GOV/G14/national\n3\n...\n"


@pytest.fixture(scope="module")
def here():
    return country()


@pytest.fixture(scope="module")
def authority():
    return DemonstrationAuthority.make(now=clock.instant())


@pytest.fixture
def play(here, gateway_db, tmp_path):
    def run(story):
        async def whole():
            async with attested(here, gateway_db, tmp_path) as ready:
                return await story(ready)

        return asyncio.run(whole())

    return run


def token_of(authority, data, **options):
    question = timestamp.ask(data, **options)
    return timestamp.open_answer(authority.answer(question.der), question, authority.roots)


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_a_token_holds_for_its_bytes_and_for_no_others(authority, algorithm):
    token = token_of(authority, NOTE, algorithm=algorithm)
    stamp = timestamp.open_token(token, NOTE, authority.roots)
    assert "DEMONSTRATION" in stamp.authority
    assert stamp.good_until == authority.certificate.not_valid_after_utc
    with pytest.raises(BadTimestamp):
        timestamp.open_token(token, NOTE + b"x", authority.roots)


def test_no_byte_of_what_a_token_says_can_be_another(authority):
    token = token_of(authority, NOTE)
    noticed = 0
    for place in range(len(token)):
        broken = bytearray(token)
        broken[place] ^= 1
        try:
            other = timestamp.open_token(bytes(broken), NOTE, authority.roots)
        except ProtocolError:
            noticed += 1
        else:
            # What no signature covers (how the signer is named a second time, a tenth of the
            # bytes) may differ, but never what the token says.
            assert other == timestamp.open_token(token, NOTE, authority.roots), place
    assert noticed > len(token) * 0.8


def test_an_authority_nobody_trusts_is_refused(authority):
    token = token_of(authority, NOTE)
    stranger = DemonstrationAuthority.make(now=clock.instant())
    with pytest.raises(UntrustedCertificate):
        timestamp.open_token(token, NOTE, stranger.roots)
    with pytest.raises(UntrustedCertificate):
        timestamp.open_token(token, NOTE, ())


def test_an_answer_to_another_question_is_refused(authority):
    first, second = timestamp.ask(NOTE), timestamp.ask(NOTE)
    with pytest.raises(BadTimestamp, match="another question"):
        timestamp.open_answer(authority.answer(first.der), second, authority.roots)


def test_a_request_that_is_none_is_rejected_in_the_form_of_the_standard(authority):
    for garbage in (b"", b"\x30\x03\x02\x01", NOTE):
        with pytest.raises(BadTimestamp, match="rejection"):
            timestamp.open_answer(authority.answer(garbage), timestamp.ask(NOTE), authority.roots)


def test_a_token_made_outside_the_authoritys_time_is_refused():
    now = clock.instant()
    ended = DemonstrationAuthority.make(now=now - timedelta(days=30), life=timedelta(days=10))
    question = timestamp.ask(NOTE)
    with pytest.raises(Expired):
        timestamp.open_answer(ended.answer(question.der), question, ended.roots)


def test_each_token_of_a_chain_covers_the_ones_before(authority):
    first = token_of(authority, NOTE)
    second = token_of(authority, timestamp.covered(NOTE, [first]))
    assert len(timestamp.open_chain([first, second], NOTE, authority.roots)) == 2
    with pytest.raises(BadTimestamp):
        timestamp.open_chain([second, first], NOTE, authority.roots)
    with pytest.raises(BadTimestamp):
        timestamp.open_chain([first, token_of(authority, NOTE)], NOTE, authority.roots)


def test_heads_are_stamped_at_the_interval_and_not_between(play):
    async def story(ready):
        ready.stamper.settings = Timestamps(every=3600)
        before = await ready.stamper.stamp_next()
        await ready.issue("birth-1")
        await ready.seal()
        first = await ready.stamper.stamp_next()
        await ready.issue("birth-2")
        await ready.seal()
        again = await ready.stamper.stamp_next()
        ready.stamper.settings = Timestamps(every=0)
        later = await ready.stamper.stamp_next()
        return before, first, again, later

    before, first, again, later = play(story)
    assert before is None
    assert again is None
    assert first is not None
    assert later is not None


def test_a_head_that_a_witness_signed_lately_is_stamped_rather_than_a_newer_one(play):
    async def story(ready):
        await ready.issue("birth-1")
        await ready.seal()
        await ready.witnesses.show_all()
        await ready.issue("birth-2")
        await ready.seal()
        await ready.stamper.stamp_next()
        async with ready.reader.connection() as connection:
            return await connection.fetchval("SELECT size FROM log_timestamp")

    assert play(story) == 4


def test_the_next_authority_is_asked_when_one_does_not_answer(play, authority):
    class Broken(DemonstrationAuthority):
        def answer(self, request):
            return b"no answer of an authority"

    broken = Broken(authority._key, authority.certificate, authority.root)

    async def story(ready):
        await ready.issue("birth-1")
        await ready.seal()
        ready.stamper.authorities = [
            Authority("broken", broken.roots, here=broken),
            Authority("second", authority.roots, here=authority),
        ]
        await ready.stamper.stamp_next()
        async with ready.reader.connection() as connection:
            return await connection.fetchval("SELECT authority FROM log_timestamp")

    assert play(story) == "second"


def test_a_stamp_that_ends_soon_is_renewed_under_an_authority_that_outlives_it(play):
    old = DemonstrationAuthority.make(now=clock.instant(), life=timedelta(days=20))
    new = DemonstrationAuthority.make(now=clock.instant())

    async def story(ready):
        await ready.issue("birth-1")
        await ready.seal()
        ready.stamper.authorities = [Authority("old", old.roots, here=old)]
        await ready.stamper.stamp_next()
        in_vain = await ready.stamper.renew()
        ready.stamper.authorities = [
            Authority("new", new.roots, here=new), Authority("old", old.roots, here=old),
        ]  # fmt: skip
        renewed = await ready.stamper.renew()
        again = await ready.stamper.renew()
        async with ready.reader.connection() as connection:
            tokens = await connection.fetch("SELECT token FROM log_timestamp ORDER BY place")
            note = await connection.fetchval("SELECT note FROM log_checkpoint")
        roots = timestamps.roots_of(ready.stamper.authorities)
        chain = timestamp.open_chain([bytes(t["token"]) for t in tokens], bytes(note), roots)
        return in_vain, renewed, again, chain

    in_vain, renewed, again, chain = play(story)
    assert (in_vain, renewed, again) == (0, 1, 0)
    assert chain[1].good_until == new.certificate.not_valid_after_utc


def test_a_stamp_is_renewed_before_its_algorithm_ends(play):
    async def story(ready):
        await ready.issue("birth-1")
        await ready.seal()
        soon = clock.instant() + timedelta(days=10)
        ready.stamper.settings = Timestamps(every=0, algorithms_end={"sha256": soon})
        await ready.stamper.stamp_next()
        ready.stamper.settings = msgspec.structs.replace(ready.stamper.settings, algorithm="sha512")
        renewed = await ready.stamper.renew()
        async with ready.reader.connection() as connection:
            tokens = await connection.fetch("SELECT token FROM log_timestamp ORDER BY place")
            note = await connection.fetchval("SELECT note FROM log_checkpoint")
        tokens = [bytes(one["token"]) for one in tokens]
        stamps = timestamp.open_chain(tokens, bytes(note), ready.authority.roots)
        return renewed, len(stamps)

    assert play(story) == (1, 2)


def test_the_demonstration_is_kept_and_followed_by_another_before_it_ends(tmp_path):
    first = DemonstrationAuthority.open(tmp_path, b"passphrase")
    again = DemonstrationAuthority.open(tmp_path, b"passphrase")
    assert again.certificate == first.certificate
    token = token_of(first, NOTE)
    with clock.stopped(at=clock.instant() + timedelta(days=800)):
        second = DemonstrationAuthority.open(tmp_path, b"passphrase")
    assert second.certificate != first.certificate
    assert timestamp.open_token(token, NOTE, second.roots)
    assert (tmp_path / "demonstration.key").stat().st_mode & 0o777 == 0o600


def test_an_authority_that_cannot_be_trusted_stops_the_start(tmp_path):
    (tmp_path / "roots.pem").write_text("no certificates")
    for url, problem in (("ftp://tsa", BadSettings), ("http://tsa.example", BadSettings)):
        with pytest.raises(problem):
            Authority.of(url, "roots.pem", tmp_path, tmp_path, b"")
    with pytest.raises(FileNotFoundError):
        Authority.of("http://tsa.example", "absent.pem", tmp_path, tmp_path, b"")


# -- an authority of somebody else's making ----------------------------------------------

CONFIG = """
[tsa]
default_tsa = tsa_config
[tsa_config]
serial = {place}/serial
crypto_device = builtin
signer_cert = {place}/tsa.pem
signer_key = {place}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
ess_cert_id_alg = {ess}
"""


def openssl(*words, place):
    subprocess.run(["openssl", *words], cwd=place, check=True, capture_output=True)


class OpensslAuthority:
    """`openssl ts -reply` behind HTTP."""

    def __init__(self, place, ess):
        self.place = place
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out",
                "root.pem", "-subj", "/CN=TSA root", "-days", "30", place=place)  # fmt: skip
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr",
                "-subj", "/CN=TSA of OpenSSL", place=place)  # fmt: skip
        (place / "use").write_text("extendedKeyUsage = critical, timeStamping\n")
        openssl("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key",
                "-CAcreateserial", "-out", "tsa.pem", "-days", "30", "-extfile", "use",
                place=place)  # fmt: skip
        (place / "serial").write_text("01\n")
        (place / "tsa.cnf").write_text(CONFIG.format(place=place, ess=ess))
        self.kinds = []

    def body_limit(self, head):
        return 1 << 16

    async def answer(self, request):
        self.kinds.append(request.head.header(b"content-type"))
        (self.place / "query").write_bytes(request.body.whole())
        await asyncio.to_thread(
            openssl, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply",
            place=self.place,
        )  # fmt: skip
        reply = (self.place / "reply").read_bytes()
        return Outgoing(
            200, b"OK", [(b"Content-Type", b"application/timestamp-reply")], Body.of(reply)
        )

    def malformed(self, why, caller):
        return Outgoing(400, b"Bad Request", [])


@pytest.mark.scenario
@pytest.mark.parametrize("ess", ["sha1", "sha256"])
def test_an_outside_authority_is_asked_by_http_and_its_token_is_understood(tmp_path, ess):
    outside = OpensslAuthority(tmp_path, ess)
    room = SpoolRoom(tmp_path)
    edge = Edge(outside, room)
    try:
        roots = tuple(x509.load_pem_x509_certificates((tmp_path / "root.pem").read_bytes()))
        url = f"http://127.0.0.1:{edge.port}/tsa"
        stamper = Stamper(None, [Authority(url, roots, url)], room=room)
        token, stamp, _ = asyncio.run(stamper.ask(NOTE))
    finally:
        edge.close()
    assert stamp.authority == "TSA of OpenSSL"
    assert timestamp.open_token(token, NOTE, roots) == stamp
    assert outside.kinds == [b"application/timestamp-query"]
