"""`run.py` against a base URL, in a process that knows nothing of this suite."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.test_gateway_processes import eventually
from gateway.test_systems_connect_by_three_modes import (
    REFUSED,
    InformationSystem,
    ask,
    lienthong_keys_client,
)
from lienthong.exchange import client_file

pytestmark = pytest.mark.scenario

RUN = Path(__file__).resolve().parent / "run.py"


def run_kit(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(RUN), *arguments],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_option_of_a_target_can_be_given(own_target, tmp_path):
    body = tmp_path / "body.xml"
    body.write_text(own_target.soap_body)
    given = [f"--base-url={own_target.base_url}", f"--soap-body={body}"]
    names = ("client", "secret", "service", "path", "post_path", "echo_path", "missing_path",
             "denied_service", "soap_service", "soap_action")  # fmt: skip
    given += [f"--{name.replace('_', '-')}={getattr(own_target, name)}" for name in names]
    given += ["--openapi", "--wsdl", "--proxy", "--legacy-wsdl", "--evidence", "--promises"]
    done = run_kit(*given, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout.splitlines()[-1], done.stdout
    assert "failed" not in done.stdout


def test_what_was_not_named_is_skipped_and_says_what_it_needs(own_target, tmp_path):
    done = run_kit(
        f"--base-url={own_target.base_url}", f"--client={own_target.client}", "-k", "metaservices",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "needs --service" in done.stdout
    assert "3 passed" in done.stdout


def test_a_gateway_that_does_not_conform_fails(own_target, tmp_path):
    """Asked for a service of another subsystem's, the answers do not fit: the kit says so."""
    done = run_kit(
        f"--base-url={own_target.base_url}", f"--client={own_target.client}",
        f"--secret={own_target.secret}", f"--service={own_target.denied_service}", "--path=/x",
        "-k", "rest_messages", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert "failed" in done.stdout


def test_without_a_base_url_it_says_how_it_is_used(tmp_path):
    done = run_kit(cwd=tmp_path)
    assert done.returncode == 2
    assert "--base-url" in done.stderr


def test_nothing_of_the_kit_imports_this_program():
    for path in (RUN, *(RUN.parent / "kit").glob("*.py")):
        assert "lienthong." not in path.read_text(encoding="utf-8"), path.name
        assert "import lienthong" not in path.read_text(encoding="utf-8"), path.name


def test_a_client_with_a_certificate_is_tried_over_tls(outside, own_target, tmp_path):
    system = InformationSystem(tmp_path, "kit")
    name = own_target.client.removeprefix("VN/")
    (outside.running.node.secrets / "clients").mkdir(exist_ok=True)
    lienthong_keys_client(outside.running, "add", name, str(system.file))
    rules = client_file.read(outside.running.node.gateway)
    rules[name]["modes"] = ["secret", "certificate"]
    client_file.write(outside.running.node.gateway, rules)
    context = system.context(outside.running)
    client = [(b"X-Road-Client", own_target.client.encode())]
    eventually(lambda: ask(outside.running, context, client) not in (REFUSED, "no handshake"))
    root = tmp_path / "root.pem"
    root.write_text(outside.running.country.anchor.roots[0])
    done = run_kit(
        f"--base-url=https://127.0.0.1:{outside.running.node.ports.consumer_tls}",
        f"--client={own_target.client}", f"--cert={system.file}", f"--ca={root}",
        f"--service={own_target.service}", f"--path={own_target.path}", "--evidence",
        f"--denied-service={own_target.denied_service}", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout
