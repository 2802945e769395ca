"""
From root to the service user: who runs, and from where (decision 9).

A node never runs as root. The interpreter and the packages may lie under a
home that is closed to the service user; then a lean copy is made once under
the node's home, named by a digest of what was copied, and used from there.
"""

from __future__ import annotations

import compileall
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from lienthong.cli import service_user
from lienthong.cli.service_user import ServiceUser
from lienthong.kernel.node import Node

# What a base installation carries that no process of a node ever imports.
NOT_NEEDED = ("test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3",
              "site-packages", "dist-packages", "__pycache__", "config-*", "*.a")  # fmt: skip
# The copied program looks for its library where it was installed, which is closed. A wrapper
# rather than a variable for every child: some children are started with an empty environment.
WRAPPER = """#!/bin/bash
here=$(dirname "$0")
LD_LIBRARY_PATH="$here/../lib" exec -a "$0" "$here/python3.real" "$@"
"""
LATELY_SECONDS = 60.0
PROBE = "import lienthong.cli.main, django, psycopg, granian, uvloop"


def run_as_service_user(arguments: list[str]) -> int:
    """Prepare user, home and a runtime it can read, then become it; does not come back."""
    user = service_user.ensure()
    node = Node.from_environment()
    make_home_for(user, node.home)
    command, extra = interpreter_for(user, node)
    out = output_kept_for_root(arguments, user)
    environment = {
        **os.environ,
        **extra,
        "LIENTHONG_HOME": str(node.home),
        "HOME": str(node.home),
        "USER": user.name,
        "LOGNAME": user.name,
    }
    full = [*command, "-m", "lienthong.cli", *arguments]
    os.chdir(node.home)
    if out is not None:
        return run_and_collect(full, environment, user, out)
    sys.stdout.flush()
    user.step_down()
    os.execve(full[0], full, environment)


def make_home_for(user: ServiceUser, home: Path) -> None:
    """The home belongs to the service user; what is above it is left as it is."""
    if not home.exists():
        home.mkdir(parents=True, mode=0o700)
    if home.stat().st_uid != user.uid:
        if any(home.iterdir()):
            raise SystemExit(
                f"{home} belongs to another user and is not empty; "
                "name another LIENTHONG_HOME or give it to 'lienthong'."
            )
        user.own(home)
    home.chmod(0o700)
    if not reachable(user, home):
        raise SystemExit(
            f"The user '{user.name}' cannot reach {home}: a directory above it is closed. "
            "Choose a LIENTHONG_HOME elsewhere; the default is /var/lib/lienthong."
        )


def reachable(user: ServiceUser, home: Path) -> bool:
    return (
        subprocess.run(["test", "-w", str(home)], cwd="/", check=False, **user.popen).returncode
        == 0
    )


def interpreter_for(user: ServiceUser, node: Node) -> tuple[list[str], dict[str, str]]:
    """The command that starts Python as this user, and what its environment needs."""
    try:
        in_place = subprocess.run(
            [sys.executable, "-c", PROBE],
            cwd="/",
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            check=False,
            **user.popen,
        ).returncode
    except PermissionError:
        in_place = 1
    if in_place == 0:
        # The service user cannot write byte code here; without it every process compiles anew.
        compileall.compile_dir(str(Path(__file__).parent.parent), quiet=2)
        return [sys.executable], {}
    place = copied_runtime(Path(os.environ.get("LIENTHONG_RUNTIME") or node.home / "runtime"))
    os.environ.pop("PYTHONPATH", None)
    os.environ.pop("PYTHONHOME", None)
    return [str(place / "python" / "bin" / "python3")], {"PYTHONNOUSERSITE": "1"}


def copied_runtime(shelf: Path) -> Path:
    """The copy for the present state of interpreter and packages, made when missing."""
    place = shelf / runtime_digest()
    shelf.mkdir(parents=True, exist_ok=True)
    if shelf.is_symlink() or shelf.stat().st_uid != 0:
        # Root writes there, so the service user must not have chosen where "there" is.
        raise SystemExit(f"{shelf} was not made by root; remove it and try again.")
    shelf.chmod(0o755)
    # Two commands at once make one copy, and none is removed between choosing and using it.
    with (shelf / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "complete").exists():
            # Beside the answer, which a program may read.
            print("Copying the interpreter and packages to where the service user can read them …",
                  file=sys.stderr, flush=True)  # fmt: skip
            make_copy(shelf, place)
        (place / "complete").touch()
    return place


def make_copy(shelf: Path, place: Path) -> None:
    draft = shelf / f".making-{os.getpid()}"
    others = others_digest()
    twin = next((old for old in shelf.glob("[0-9a-f]*") if kept_digest(old) == others), None)
    if twin is None:
        packages = copy_base(draft / "python")
        copy_packages(packages)
    else:
        packages = link_base(twin / "python", draft / "python")
    copy_own(packages)
    (draft / "others").write_text(others)
    # The service user may not write here, so the byte code is made now.
    compileall.compile_dir(packages / "lienthong", quiet=1)
    open_for_reading(draft)
    (draft / "complete").touch(mode=0o644)
    shutil.rmtree(place, ignore_errors=True)
    draft.rename(place)
    for old in [*shelf.glob("[0-9a-f]*"), *shelf.glob(".making-*")]:
        if old != place and not in_use(old) and not used_lately(old):
            shutil.rmtree(old, ignore_errors=True)


def used_lately(place: Path) -> bool:
    """Whether a command chose this copy a moment ago and may be about to start from it."""
    mark = place / "complete"
    return mark.exists() and time.time() - mark.stat().st_mtime < LATELY_SECONDS


def runtime_digest() -> str:
    """What the copy would hold: what others wrote, and our own files as they are."""
    whole = hashlib.sha256(others_digest().encode())
    for path, name in own_files():
        stat = path.stat()
        whole.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return whole.hexdigest()[:16]


def others_digest() -> str:
    """The interpreter and the versions of all packages but our own."""
    whole = hashlib.sha256()
    base = Path(os.path.realpath(sys.executable))
    whole.update(f"{sys.version} {base.stat().st_mtime_ns}".encode())
    for distribution in closure("lienthong"):
        whole.update(f"{distribution.metadata['Name']} {distribution.version}\n".encode())
    return whole.hexdigest()[:16]


def kept_digest(place: Path) -> str:
    """The digest of what others wrote in a finished copy; empty for anything else."""
    if not (place / "complete").exists() or not (place / "others").exists():
        return ""
    return (place / "others").read_text()


def link_base(old: Path, target: Path) -> Path:
    """What others wrote, shared with an older copy: a change of our own files takes a moment."""

    def our_own(directory: str, names: list[str]) -> list[str]:
        return ["lienthong"] if Path(directory).name == "site-packages" else []

    shutil.copytree(old, target, copy_function=os.link, symlinks=True, ignore=our_own)
    return next(target.glob("lib/python3*")) / "site-packages"


def own_files() -> Iterator[tuple[Path, Path]]:
    """Every file of the package, with its path inside it."""
    spec = importlib.util.find_spec("lienthong")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    for directory, below, names in os.walk(package):
        below[:] = sorted(d for d in below if d not in ("__pycache__", "node_modules"))
        for name in sorted(names):
            path = Path(directory, name)
            yield path, path.relative_to(package)


def closure(root: str) -> list[metadata.Distribution]:
    """A distribution's requirements and theirs, as installed; development tools stay out."""
    found: dict[str, metadata.Distribution] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(root, frozenset())]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        item = waiting.pop()
        if item in seen:
            continue
        seen.add(item)
        name, extras = item
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # A requirement of another platform or Python version.
        found[re.sub(r"[-_.]+", "-", name).lower()] = distribution
        for line in distribution.requires or []:
            requirement, _, marker = line.partition(";")
            wanted = re.findall(r"extra\s*==\s*['\"]([^'\"]+)['\"]", marker)
            if wanted and not extras.intersection(wanted):
                continue
            parts = re.match(r"\s*([A-Za-z0-9._-]+)\s*(?:\[([^]]*)])?", requirement)
            assert parts is not None
            more = frozenset(e.strip() for e in (parts.group(2) or "").split(",") if e.strip())
            waiting.append((parts.group(1), more))
    return [found[name] for name in sorted(found)]


def copy_base(target: Path) -> Path:
    """Copy interpreter and standard library; returns the copy's site-packages."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    stdlib = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix}))
    (target / "bin").mkdir(parents=True)
    program = target / "bin" / "python3"
    shutil.copy2(os.path.realpath(sys.executable), program)
    shutil.copytree(
        stdlib,
        target / "lib" / version,
        ignore=shutil.ignore_patterns(*NOT_NEEDED),
        ignore_dangling_symlinks=True,
    )
    if sysconfig.get_config_var("Py_ENABLE_SHARED"):
        library = sysconfig.get_config_var("INSTSONAME")
        shutil.copy2(Path(sysconfig.get_config_var("LIBDIR")) / library, target / "lib" / library)
        program.rename(program.with_name("python3.real"))
        program.write_text(WRAPPER)
        program.chmod(0o755)
    packages = target / "lib" / version / "site-packages"
    packages.mkdir()
    return packages


def copy_packages(packages: Path) -> None:
    for distribution in closure("lienthong"):
        for file in distribution.files or []:
            if ".." in file.parts or file.parts[0] == "lienthong" or file.suffix == ".pth":
                continue
            source = Path(str(distribution.locate_file(file)))
            if source.is_file():
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, packages / file)


def copy_own(packages: Path) -> None:
    for path, name in own_files():
        (packages / "lienthong" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, packages / "lienthong" / name)


def open_for_reading(place: Path) -> None:
    for directory, _, names in os.walk(place):
        os.chmod(directory, 0o755)
        for name in names:
            path = Path(directory, name)
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def in_use(place: Path) -> bool:
    """Whether any process runs from this copy."""
    for link in Path("/proc").glob("[0-9]*/exe"):
        try:
            if Path(os.readlink(link)).is_relative_to(place):
                return True
        except OSError:
            continue
    return False


def output_kept_for_root(arguments: list[str], user: ServiceUser) -> Path | None:
    """
    Where root asked for files (``--out DIR``), when the service user cannot write there.

    The argument is rewritten to a directory of the service user's own.
    """
    if "--out" not in arguments:
        return None
    position = arguments.index("--out") + 1
    if position >= len(arguments):
        return None
    wanted = Path(arguments[position]).resolve()
    wanted.mkdir(parents=True, exist_ok=True)
    if reachable(user, wanted):
        arguments[position] = str(wanted)
        return None
    arguments[position] = str(Node.from_environment().home / "out" / str(os.getpid()))
    return wanted


def run_and_collect(
    command: list[str], environment: dict[str, str], user: ServiceUser, wanted: Path
) -> int:
    """Run as the service user and bring the files it wrote to where root asked for them."""
    made = command[command.index("--out") + 1]
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=False, **user.popen
    )
    if os.path.isdir(made):
        for path in sorted(Path(made).iterdir()):
            shutil.copy(path, wanted / path.name)
        shutil.rmtree(made)
    print(done.stdout.replace(made, str(wanted)), end="")
    return int(done.returncode)
