"""Guards over the whole program: what no single test would notice."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import get_converters

from lienthong.cli import cards
from lienthong.exchange.cards import Effect

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "lienthong"
SYSTEMS = set(cards.ORDER)
TAGS = {"open", "internal", "personal", "sensitive"}
LONGEST_FILE = 600
ONLY_PYTHON = shutil.ignore_patterns("node_modules", "__pycache__", "static", "fonts", "locale")

# Pages and documents anybody may read; each is public by law or holds nothing of anybody.
PUBLIC = {
    "": "the front page",
    "dang-nhap": "signing in",
    "dang-nhap/ma": "the second step of signing in",
    "dang-nhap/da-khoa": "says that signing in is locked for a while",
    "dang-xuat": "ends one's own session",
    "ngon-ngu": "chooses the language",
    "demo/": "refuses unless the node is a demonstration",
    "healthz": "states only whether parts answer",
    "metrics": "counts, never rows",
    "tro-giup/tiep-can": "the accessibility statement",
    "minh-bach/giay-phep": "licences",
    "don-vi-hanh-chinh/": "administrative units",
    "don-vi-hanh-chinh/<str:code>/": "one administrative unit",
    "kiem-tra/": "the check of a civil-status paper by its code",
    "kiem-tra/<str:code>": "number, office, day and initials of a paper, nothing else",
    "exchange/snapshot": "the signed directory, which other nodes must read",
    "exchange/join": "takes an invitation's secret, which only its holder knows",
    "exchange/renew": "takes letters signed with a known gateway's key",
    "exchange/register": "takes letters signed with a known gateway's key",
    "chung-thu/neo-tin-cay.json": "the roots of signed documents, for whoever checks one",
    "chung-thu/thu-hoi.crl": "the authority's list of revoked certificates",
    "bao-cao/": "issued reports",
    "bao-cao/<steering_month:month>/": "an issued report",
    "bao-cao/<steering_month:month>/lan-<int:version>/": "an issued edition, also a superseded one",
    "danh-muc-so-lieu/": "what each figure of the report means",
    "danh-muc-so-lieu/danh-muc.csv": "the same as a file",
    "danh-muc-so-lieu/<slug:code>/": "one figure, with its values in issued reports",
    "bao-cao/<steering_month:month>/bao-cao.<str:kind>": "an issued report as a file",
}


# -- floors and walls ----------------------------------------------------------------


def test_imports_keep_to_the_contract() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


PLAN = "\nfrom lienthong.kernel import demo as plan_of_the_figures\n"


@pytest.mark.parametrize(
    "room", ["systems/steering/services/collecting.py", "systems/population/figures.py"]
)
def test_a_room_that_counts_cannot_reach_the_plan(room: str, tmp_path: Path) -> None:
    """With one forbidden import planted, the contract names the room."""
    shutil.copytree(PACKAGE, tmp_path / "src/lienthong", ignore=ONLY_PYTHON)
    with (tmp_path / "src/lienthong" / room).open("a") as file:
        file.write(PLAN)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    done = subprocess.run(
        [
            Path(sys.executable).with_name("lint-imports"),
            *("--no-cache", "--contract", "figures-are-counted-not-planned"),
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert room.removesuffix(".py").replace("/", ".") in done.stdout


def test_only_rooms_of_the_demonstration_name_the_file_of_the_plan() -> None:
    """A file can be read without an import."""
    elsewhere = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if path.name != "demo.py" and "figures.csv" in path.read_text(encoding="utf-8")
    ]
    assert elsewhere == []


def test_no_foreign_key_crosses_systems() -> None:
    crossing = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in system_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField | models.OneToOneField)
        and field.related_model._meta.app_label != model._meta.app_label
    ]
    assert crossing == []


def test_no_migration_depends_on_another_systems_migration() -> None:
    loader = MigrationLoader(None)
    crossing = [
        f"{app}.{name} -> {other}.{needed}"
        for (app, name), migration in loader.disk_migrations.items()
        if app in SYSTEMS
        for other, needed in migration.dependencies
        if other in SYSTEMS and other != app
    ]
    assert crossing == []


def test_every_carried_system_is_an_app_and_has_a_card() -> None:
    assert set(settings.ALL_SYSTEMS) == SYSTEMS
    assert {card.code for card in map(cards.card_of, cards.ORDER)} == SYSTEMS


# -- data ----------------------------------------------------------------------------


def test_every_field_says_what_kind_of_data_it_holds() -> None:
    untagged = [
        f"{model._meta.label}.{field.name}"
        for model in own_models()
        for field in model._meta.local_fields
        if not field.auto_created and getattr(field, "data", None) not in TAGS
    ]
    assert untagged == []


def test_personal_rows_are_kept_behind_the_one_door() -> None:
    from lienthong.record.personal import PersonalManager

    open_doors = [
        model._meta.label
        for model in system_models()
        if is_closed(model) and not isinstance(model._default_manager, PersonalManager)
    ]
    assert open_doors == []


def is_closed(model: type[models.Model]) -> bool:
    return any(getattr(f, "data", "") in ("personal", "sensitive") for f in model._meta.fields)


def test_no_open_table_answers_questions_about_the_persons_it_is_joined_to() -> None:
    """``ImportStatement.objects.filter(person__full_name=…).exists()`` would be such a question."""
    from lienthong.record.personal import PersonalManager

    joined = [
        model._meta.label
        for model in apps.get_models()
        if not isinstance(model._default_manager, PersonalManager)
        for field in model._meta.get_fields(include_hidden=False)
        if field.related_model in system_models() and is_closed(field.related_model)
    ]
    assert joined == []


# -- addresses -----------------------------------------------------------------------


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        else:
            yield address


SAMPLES = ("x", "1", "2021-08", "pdf", "00000000-0000-4000-8000-000000000000")


def example(address: str) -> str:
    """An address of this pattern; what it names need not exist."""
    converters = get_converters()
    made, rest = "", address.lstrip("^").rstrip("$").replace("\\Z", "")
    while "<" in rest:
        plain, _, rest = rest.partition("<")
        inside, _, rest = rest.partition(">")
        kind = inside.partition(":")[0] if ":" in inside else "str"
        fitting = [s for s in SAMPLES if re.fullmatch(converters[kind].regex, s)]
        assert fitting, f"no sample fits the converter '{kind}'; add one to SAMPLES"
        made += plain + fitting[0]
    return made + rest


@pytest.mark.django_db
def test_every_address_asks_for_sign_in_or_is_on_the_short_public_list() -> None:
    client = Client()
    open_to_all = []
    for address in routes(get_resolver().url_patterns):
        if address in PUBLIC:
            continue
        url = "/" + example(address)
        for answer in (client.get(url), client.post(url)):
            asked = answer.status_code == 302 and answer["Location"].startswith("/dang-nhap")
            if not asked and answer.status_code not in (401, 403, 405):
                open_to_all.append(f"{answer.wsgi_request.method} {url}: {answer.status_code}")
    assert open_to_all == []


def test_no_public_address_is_listed_that_does_not_exist() -> None:
    assert set(PUBLIC) <= set(routes(get_resolver().url_patterns))


# -- offers --------------------------------------------------------------------------


def all_offers() -> list[tuple[str, str]]:
    return [(card.code, offer.code) for card in cards.cards({}) for offer in card.offers]


@pytest.mark.parametrize(("system", "code"), all_offers())
def test_every_offer_has_an_owner_a_schema_and_a_grant(system: str, code: str) -> None:
    card = cards.card_of(system)
    offer = card.offer(code)
    assert card.owner
    assert msgspec.json.schema(offer.request)
    assert msgspec.json.schema(offer.answers)
    assert offer.grants, "an offer nobody may call is no offer"
    for grant in offer.grants:
        assert grant.purpose
        assert grant.legal_basis
        assert grant.to in SYSTEMS
    if offer.effect is Effect.SENSITIVE:
        assert offer.names_subjects, "a sensitive read names whose data it gave"


def test_every_need_is_offered_and_granted() -> None:
    unmet = []
    for card in cards.cards({}):
        for need in card.needs:
            offers = {offer.code: offer for offer in cards.card_of(need.system).offers}
            granted = need.code in offers and card.code in {
                grant.to for grant in offers[need.code].grants
            }
            if not granted or offers[need.code].effect is not need.effect:
                unmet.append(f"{card.code} needs {need.system} {need.code}")
    assert unmet == []


# -- files ---------------------------------------------------------------------------


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout, so nothing says which files are the project's")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def test_no_file_grows_past_six_hundred_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked("*.py", "*.html", "*.css", "*.js", "*.sql")
        if (lines := path.read_text(encoding="utf-8").count("\n")) > LONGEST_FILE
    }
    assert long == {}


def messages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", ROOT / "tools" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["messages"] = module
    spec.loader.exec_module(module)
    return module


def test_every_message_has_its_vietnamese() -> None:
    tool = messages()
    assert [f"{m.file}: {m.text}" for m in tool.missing()] == []
    assert tool.half_done() == []


def test_generated_reference_pages_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"run `make docs`: {done.stdout}{done.stderr}"


# -- weight --------------------------------------------------------------------------

HEAVY = ("typst", "docx", "lxml", "pyhanko", "duckdb", "splink", "pyspark", "segno", "fontTools")


# What each process has imported once it can answer: every address, every offer, every job.
PAGES = """
import lienthong.conf.wsgi
from django.urls import URLResolver, get_resolver
def walk(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns)
        else:
            yield pattern.callback
assert len(list(walk(get_resolver().url_patterns))) > 50
"""
OFFERS = """
import lienthong.conf.wsgi
from django.conf import settings
from lienthong.exchange import edge
assert len(edge.load_offers(settings.SYSTEMS)) > 10
"""
ENTRIES = {"pages": PAGES, "offers": OFFERS, "gateway": "import lienthong.gateway.main"}


@pytest.mark.parametrize("entry", ENTRIES)
def test_heavy_modules_are_not_loaded_by_starting(entry: str) -> None:
    program = f"import sys\n{ENTRIES[entry]}\nprint(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_the_gateway_starts_without_django() -> None:
    program = "import sys, lienthong.gateway.main; print('django' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "False", done.stderr


def system_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in SYSTEMS]


def own_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("lienthong.")]
