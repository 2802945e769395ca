"""
Write the vectors of batch signatures anew.

    .venv/bin/python tools/batch_vectors.py

Keys are made for the occasion and thrown away, so the signatures differ each
time; leaves depend on the bases alone. The tests only read the file.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from lienthong.protocol import batch
from lienthong.protocol.batch import Evidence
from lienthong.protocol.pki import ALGORITHMS, SigningKey

PLACE = Path(__file__).parent.parent / "tests" / "unit" / "protocol" / "vectors_lt_batch_1.json"


def main() -> None:
    batches, refused = [], []
    for algorithm in ALGORITHMS:
        for count in (1, 2, 3, 5, 8):
            key = SigningKey.generate(algorithm)
            bases = [f'"@method": POST\n"x-road-id": VN-{number}' for number in range(count)]
            evidence = batch.sign([base.encode() for base in bases], key)
            pem = key.verifying.pem()
            batches.append(
                {
                    "algorithm": algorithm.decode(),
                    "public_key": pem,
                    "bases": bases,
                    "leaves": [batch.leaf_of(base.encode()).hex() for base in bases],
                    "evidence": [raw.hex() for raw in evidence],
                }
            )
            if count == 3:
                first = Evidence.load(evidence[0])
                wrong = {
                    "another message of the batch": evidence[1],
                    "the leaf count changed": replace(first, count=4).dump(),
                    "a proof cut short": evidence[0][:41] + evidence[0][73:],
                    "the root signed by nobody": replace(first, signature=bytes(64)).dump(),
                }
                refused += [
                    {"why": why, "public_key": pem, "base": bases[0], "evidence": raw.hex()}
                    for why, raw in wrong.items()
                ]
    said = {"format": "lt-batch-1", "batches": batches, "refused": refused}
    PLACE.write_text(json.dumps(said, indent=1) + "\n")
    print(f"Wrote {PLACE.name}. Next: pytest tests/unit/protocol, then commit it.")


if __name__ == "__main__":
    main()
