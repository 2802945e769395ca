"""Verify a receipt offline with openssl: verify_receipt.py RECEIPT ROOT.pem [STAMP-ROOTS.pem]."""
import hashlib, json, re, subprocess, sys, tempfile
from base64 import b64decode as raw, b64encode
from pathlib import Path
FIELDS = """kind side gateway time message_id request_id client service outcome fault status head*
body_digest* body_size signature_input* signature* signer subjects_digest*"""
receipt, place = json.loads(Path(sys.argv[1]).read_bytes()), tempfile.TemporaryDirectory()
root, *stamps = [str(Path(file).resolve()) for file in sys.argv[2:]]
def need(holds, what): return holds or sys.exit(f"BAD: {what}")
def sha(data): return hashlib.sha256(data).digest()
def climb(node, n, count, steps, mark):  # to a tree's top; the last of an odd row goes up alone
    for step in steps:
        while n + 1 == count > 1 and not n & 1: n, count = n >> 1, count + 1 >> 1
        node = need(n < count > 1, "proof") and sha(mark + (step + node if n & 1 else node + step))
        n, count = n >> 1, count + 1 >> 1
    return need((n, count) == (0, 1), "proof") and node
def openssl(what, words, *more, **files):
    for name, data in files.items(): Path(place.name, name).write_bytes(data)
    done = subprocess.run(["openssl", *words.split(), *more], cwd=place.name, capture_output=True)
    return need(done.returncode == 0, what) and done.stdout
def signed(what, by, kid, when, sig, data):
    pem = need(receipt["certificates"].get(kid), f"{what}: certificate").encode()
    openssl(what, f"verify -untrusted pem -attime {when} -CAfile", root, "pem", pem=pem)
    said = openssl(what, "x509 -in pem -noout -subject -nameopt lname,sep_multiline,utf8")
    names = zip(("countryName", "businessCategory", "serialNumber"), by.split("/"))
    need({f"{a}={b}".encode() for a, b in names} <= {*said.split()}, f"{what}: not of {by}")
    openssl(what, "pkeyutl -verify -rawin -in data -sigfile s -certin -inkey pem", s=sig, data=data)
text, _, lines = receipt["checkpoint"].rpartition("\n\n")
lines, (log, size, top, time) = lines.splitlines(), text.splitlines()
text, size, time, (_, name, own) = text + "\n", int(size), time.split()[1], lines[0].split()
hint, own = raw(own)[:4], raw(own)[4:]  # of Ed25519 (64 bytes) the hint is made another way
need(name == log and (len(own) == 64 or hint == raw(receipt["sealer"] + "=", b"-_")[:4]), "head")
signed("head", log, receipt["sealer"], time, own, text.encode())
asked, answered = both = [record["evidence"] for record in receipt["records"]]
for record, e, who in zip(receipt["records"], both, ("client", "service")):
    v = [raw(e[f[:-1]]) if f[-1] == "*" else str(e[f]).encode() for f in FIELDS.split()]
    leaf = b"".join(len(one).to_bytes(8, "big") + one for one in (b"lienthong-record-1", *v))
    leaf, steps = sha(b"\0" + raw(record["blind"]) + sha(leaf)), map(raw, record["proof"])
    need(climb(leaf, record["leaf_index"], size, steps, b"\1") == raw(top), f"{e['kind']}: head")
    base = data = raw(record["base"])
    need({b'"content-digest": sha-256=:%b:' % b64encode(v[12]), b'"@signature-params": ' + v[14],
          b'"lienthong-head-digest": sha-256=:%b:' % b64encode(sha(v[11]))} <= {*base.split(b"\n")}
         and (e is asked or asked["signature"].encode() in base), f"{e['kind']}: signature base")
    head = {a.lower(): b for a, _, b in (h.partition(":") for h in v[11].decode().split("\r\n"))}
    for h, f in (("id", "message_id"), ("client", "client"), ("request-id", "request_id")):
        need(head["x-road-" + h] == asked[f] == answered[f] and e["gateway"] == log, "identifiers")
    if b'alg="lt-batch-1"' in v[14]:  # signed once for many messages (PR-MESSAGE, 6.2)
        count, n = (int.from_bytes(v[15][at:at + 2], "big") for at in (5, 7))
        steps = [v[15][at:at + 32] for at in range(9, len(v[15]) - 64, 32)]
        reached = climb(sha(b"\x10" + base), n, count, steps, b"\x11")
        data = b"lienthong-batch-1\n" + sha(b"\x12" + v[15][5:7] + reached)
    when = re.search(r"created=(\d+)", v[14].decode())[1]
    signed(e["kind"], e[who], e["signer"], when, raw(need(record["der"], "no signature")), data)
need(head["x-road-service"] == asked["service"] == answered["service"] and
     v[11].split()[0] == v[10], "service or status of the answer"); h = receipt["hosting"]
told = ["lienthong-hosting-1", log, asked["request_id"], str(h["time"]), *receipt["hosted"], ""]
signed("hosting", log, h["kid"], h["time"], raw(h["signature"]), "\n".join(told).encode())
for (_, name, sig), w in zip(map(str.split, lines[1:]), receipt["witnesses"], strict=True):
    sig, key, vkey = raw(sig), raw(w["vkey"].split("+", 2)[2])[1:], w["vkey"].encode()
    signed("witness", name, w["kid"], time, raw(w["signature"]), b"lienthong-witness-1\n" + vkey)
    need(vkey.startswith(f"{name}+{sig[:4].hex()}+".encode()), "name of a witness")
    seen = b"cosignature/v1\ntime %d\n" % int.from_bytes(sig[4:12], "big") + text.encode()
    openssl(name, "pkeyutl -verify -rawin -in data -sigfile sig -pubin -keyform DER -inkey key",
            sig=sig[12:], data=seen, key=raw("MCowBQYDK2VwAyEA") + key)
data, tokens = f"{text}\n{lines[0]}\n".encode(), [raw(token) for token in receipt["timestamps"]]
for n, token in enumerate(tokens if stamps else (), 1):  # a later token vouches for earlier ones
    openssl("time-stamp", "ts -verify -in token -token_in -data data -CAfile", *stamps,
            *["-no_check_time"] * (n < len(tokens)), token=token, data=data); data += token
print(f"OK: {asked['client']}, {asked['service']}, status {answered['status']}")
