#!/usr/bin/env bash
# Resolve requirements/*.in into requirements/*.txt with the digest of every file.
# The locks name packages and digests, never the place they were fetched from.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    .venv/bin/python -m pip --quiet --disable-pip-version-check install uv
    uv=.venv/bin/uv
fi

lock() {
    "$uv" pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-header --no-annotate "$@"
}

lock requirements/runtime.in -o requirements/runtime.txt
lock requirements/build.in -c requirements/runtime.txt -o requirements/build.txt
lock requirements/dev.in -c requirements/runtime.txt -c requirements/build.txt -o requirements/dev.txt
lock requirements/foreign.in -o requirements/foreign.txt
if grep -nE 'https?://|--index' requirements/*.txt; then
    echo "A lock names a place; see the lines above." >&2
    exit 1
fi
echo "Locked. Next: make check test, then commit requirements/."
