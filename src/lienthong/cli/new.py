"""
Lay out the rooms of a new system, and its first tests (style: adding a system).

Writes only files that do not exist. What comes out passes `make check`: a card
without offers, an app, and a test that the card is sound. The law and the
owner are for its author to fill in.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

INIT = '''"""
{title}: what it is for and by which law, in two or three sentences.

What it owns, and what it never does.
"""
'''

MANIFEST = '''"""The card of {title}."""

from __future__ import annotations

from lienthong.exchange.cards import System

SYSTEM = System(
    code="{name}",
    title="{title}",
    title_en="{title}",
    owner="{owner}",
)
'''

APPS = '''"""Django's view of {title}."""

from __future__ import annotations

from django.apps import AppConfig


class {camel}Config(AppConfig):
    name = "lienthong.systems.{name}"
    label = "{name}"
'''

ERRORS = '''"""Errors of {title}, each with a code and a status."""
'''

DOMAIN = '''"""Rules and value objects of {title}; no Django."""
'''

MODELS = '''"""Tables of {title}; every field says what kind of data it holds (decision 29)."""
'''

TEST = '''"""The card of {name} says who owns it and asks only for what others offer."""

from __future__ import annotations

from lienthong.systems.{name}.manifest import SYSTEM


def test_the_card_names_its_package_and_an_owner() -> None:
    assert SYSTEM.code == "{name}"
    assert SYSTEM.owner
'''

PAGE = """# {title}

- **Law:**
- **Owner of the data:**
- **Sentences of the seed it answers:**
- **Asks of others:**
- **Offers:**
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("thing", choices=("system",))
    parser.add_argument("name", help="package name, for example health_book")
    parser.add_argument("--owner", default="G14", help="code of the owning body (default G14)")
    parser.add_argument("--title", default="", help="its name, Vietnamese (default: the package's)")


def run(args: argparse.Namespace) -> int:
    name = args.name.replace("-", "_")
    if not NAME.fullmatch(name):
        print(f"'{args.name}' is no package name: lower case words joined by _.", file=sys.stderr)
        print("Next: `lienthong new system health_book`.", file=sys.stderr)
        return 2
    root = Path.cwd()
    if not (root / "src" / "lienthong" / "systems").is_dir():
        print("This verb works at the top of a checkout.", file=sys.stderr)
        print("Next: change to the directory with the Makefile.", file=sys.stderr)
        return 1
    written = [path for path, text in rooms(root, name, args) if write(path, text)]
    for path in written:
        print(f"  {path.relative_to(root)}")
    print(f"{len(written)} files." if written else "Everything was there already.")
    print(f"Next: write docs/reference/systems/{name}.md first, then the card; add '{name}' to")
    print("      ALL_SYSTEMS in conf/settings.py and ORDER in cli/cards.py.")
    return 0


def rooms(root: Path, name: str, args: argparse.Namespace) -> list[tuple[Path, str]]:
    system = root / "src" / "lienthong" / "systems" / name
    said = {
        "name": name,
        "title": args.title or name.replace("_", " ").capitalize(),
        "owner": args.owner,
        "camel": "".join(word.capitalize() for word in name.split("_")),
    }
    templates = {
        system / "__init__.py": INIT,
        system / "manifest.py": MANIFEST,
        system / "apps.py": APPS,
        system / "errors.py": ERRORS,
        system / "domain.py": DOMAIN,
        system / "models.py": MODELS,
        system / "migrations" / "__init__.py": "",
        root / "tests" / "unit" / "systems" / name / f"test_{name}_card.py": TEST,
        root / "docs" / "reference" / "systems" / f"{name}.md": PAGE,
    }
    return [(path, template.format(**said)) for path, template in templates.items()]


def write(path: Path, text: str) -> bool:
    """Whether the file was missing and has been written."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True
