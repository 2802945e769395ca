#!/usr/bin/env python3
"""
Make the front end's static files out of the npm packages and our own sources.

From ``src/lienthong/web/assets`` (style sheets, scripts, the locked packages)
come ``src/lienthong/web/static/web/dist`` (what a browser loads) and
``src/lienthong/web/fonts`` (whole TTF faces for the typesetting of papers).
Both are git-ignored and travel in the wheel. Needs Node to fetch the packages
and fonttools to cut and join the faces; neither is needed to run a node.

    python tools/assets/build.py [--check]

Runs again in a moment when nothing changed; ``--check`` only says whether the
files are there and fresh.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "lienthong"
ASSETS = PACKAGE / "web" / "assets"
MODULES = ASSETS / "node_modules"
DIST = PACKAGE / "web" / "static" / "web" / "dist"
FACES = PACKAGE / "web" / "fonts"
STAMP = DIST / "built.json"

# The order of the layers decides who wins (look.md 1.4): a reset below the
# package, the package, then what is ours. It must be the sheet's first line.
LAYERS = "@layer lt-base, ds, lt;\n@layer lt.tokens, lt.brand, lt.parts, lt.pages, lt.print;\n"
PACKAGE_SHEETS = (
    "@digdir/designsystemet-css/dist/src/index.css",
    "@digdir/designsystemet-theme/brand/digdir.css",
)
OUR_SHEETS = (
    "tokens", "base", "brand", "parts", "home", "account", "dossier", "desk", "console",
    "report", "tiles", "ledger", "question", "problem", "print",
)  # fmt: skip
SCRIPTS = ("keys.js", "pages.js")

SUBSETS = ("vietnamese", "latin-ext", "latin")
# (package, family, weight, style) loaded by pages
WEB_FACES = (
    ("be-vietnam-pro", "Be Vietnam Pro", 400, "normal"),
    ("be-vietnam-pro", "Be Vietnam Pro", 400, "italic"),
    ("be-vietnam-pro", "Be Vietnam Pro", 600, "normal"),
    ("be-vietnam-pro", "Be Vietnam Pro", 700, "normal"),
    ("ibm-plex-mono", "IBM Plex Mono", 400, "normal"),
    ("ibm-plex-mono", "IBM Plex Mono", 600, "normal"),
)
# Be Vietnam Pro has no tabular figures, so columns take their digits from Inter.
FIGURES = "U+25,U+2B-3A,U+2212"
FIGURE_WEIGHTS = (400, 600, 700)
# (package, weight, style, file) joined into whole faces for papers
PAPER_FACES = (
    ("be-vietnam-pro", 400, "normal", "BeVietnamPro-Regular.ttf"),
    ("be-vietnam-pro", 400, "italic", "BeVietnamPro-Italic.ttf"),
    ("be-vietnam-pro", 600, "normal", "BeVietnamPro-SemiBold.ttf"),
    ("be-vietnam-pro", 700, "normal", "BeVietnamPro-Bold.ttf"),
    ("tinos", 400, "normal", "Tinos-Regular.ttf"),
    ("tinos", 400, "italic", "Tinos-Italic.ttf"),
    ("tinos", 700, "normal", "Tinos-Bold.ttf"),
    ("tinos", 700, "italic", "Tinos-BoldItalic.ttf"),
    ("ibm-plex-mono", 400, "normal", "IBMPlexMono-Regular.ttf"),
    ("ibm-plex-mono", 600, "normal", "IBMPlexMono-SemiBold.ttf"),
)
LICENCES = (
    "@digdir/designsystemet-css", "@digdir/designsystemet-theme", "@fontsource/be-vietnam-pro",
    "@fontsource/ibm-plex-mono", "@fontsource/inter", "@fontsource/tinos", "@tabler/icons",
    "htmx.org",
)  # fmt: skip

ICON_USES = (
    re.compile(r"""\{%\s*icon\s+["']([a-z0-9-]+)["']"""),
    re.compile(r"""\bicon\s*=\s*["']([a-z0-9-]+)["']"""),
)
# An icon may also be named in a table of a view that speaks of icons.
ICON_MENTIONS = re.compile(r"""["']([a-z][a-z0-9-]*)["']""")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("--check", action="store_true", help="only say whether files are fresh")
    arguments.add_argument("--force", action="store_true", help="make everything anew")
    options = arguments.parse_args()

    icons = icons_in_use()
    digest = digest_of_inputs(icons)
    if not options.force and is_fresh(digest):
        print(f"assets: fresh ({digest[:12]})")
        return 0
    if options.check:
        print("assets: missing or stale; run python tools/assets/build.py", file=sys.stderr)
        return 1

    fetch_packages()
    shutil.rmtree(DIST, ignore_errors=True)
    (DIST / "fonts").mkdir(parents=True)
    faces = web_faces() + figure_faces()
    write_sheet(faces)
    write_scripts()
    drawn = write_sprite(*icons)
    write_paper_faces()
    write_licences()
    files = {
        path.relative_to(DIST).as_posix(): sha256(path.read_bytes())[:12]
        for path in sorted(DIST.rglob("*"))
        if path.is_file()
    }
    STAMP.write_text(json.dumps({"inputs": digest, "files": files}, indent=1) + "\n")
    print(f"assets: made {len(files)} files, {drawn} icons, {len(PAPER_FACES)} paper faces")
    return 0


def icons_in_use() -> tuple[list[str], list[str]]:
    """Names of icons used by templates and code: those surely meant, and words that may be."""
    named: set[str] = set()
    mentioned: set[str] = set()
    for pattern in ("**/*.html", "**/*.py"):
        for path in PACKAGE.glob(pattern):
            if "node_modules" in path.parts:
                continue
            text = path.read_text()
            if "icon" not in text.lower():
                continue
            for use in ICON_USES:
                named.update(use.findall(text))
            mentioned.update(ICON_MENTIONS.findall(text))
    return sorted(named), sorted(mentioned - named)


def digest_of_inputs(icons: tuple[list[str], list[str]]) -> str:
    inputs = [ASSETS / "package-lock.json", Path(__file__)]
    inputs += sorted((ASSETS / "css").glob("*.css")) + sorted((ASSETS / "js").glob("*.js"))
    whole = hashlib.sha256(" ".join(icons[0] + icons[1]).encode())
    for path in inputs:
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def is_fresh(digest: str) -> bool:
    if not STAMP.exists() or json.loads(STAMP.read_text())["inputs"] != digest:
        return False
    return all((FACES / name).exists() for *_, name in PAPER_FACES)


def fetch_packages() -> None:
    """Install exactly what the lock names, unless that is already there."""
    done = MODULES / ".lienthong-lock"
    wanted = sha256((ASSETS / "package-lock.json").read_bytes())
    if done.exists() and done.read_text() == wanted:
        return
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("assets: npm is not installed; Node 20 or later is needed to build, not to run")
    subprocess.run([npm, "ci", "--ignore-scripts"], cwd=ASSETS, check=True)
    done.write_text(wanted)


def web_faces() -> str:
    rules = []
    for package, family, weight, style in WEB_FACES:
        ranges = json.loads((MODULES / "@fontsource" / package / "unicode.json").read_text())
        for subset in SUBSETS:
            name = f"{package}-{subset}-{weight}-{style}.woff2"
            shutil.copy(MODULES / "@fontsource" / package / "files" / name, DIST / "fonts" / name)
            rules.append(font_face(family, weight, style, name, ranges[subset]))
    return "\n".join(rules) + "\n"


def figure_faces() -> str:
    from fontTools import subset

    rules = []
    for weight in FIGURE_WEIGHTS:
        source = MODULES / "@fontsource/inter/files" / f"inter-latin-{weight}-normal.woff2"
        name = f"figures-{weight}.woff2"
        options = subset.Options(flavor="woff2", layout_features=["*"])
        font = subset.load_font(str(source), options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=subset.parse_unicodes(FIGURES.replace("U+", "")))
        cutter.subset(font)
        subset.save_font(font, str(DIST / "fonts" / name), options)
        rules.append(font_face("LT Figures", weight, "normal", name, FIGURES))
    return "\n".join(rules) + "\n"


def font_face(family: str, weight: int, style: str, name: str, ranges: str) -> str:
    return (
        f'@font-face{{font-family:"{family}";font-style:{style};font-weight:{weight};'
        f'font-display:swap;src:url("fonts/{name}") format("woff2");unicode-range:{ranges}}}'
    )


def write_sheet(faces: str) -> None:
    parts = [LAYERS, faces]
    parts += [(MODULES / name).read_text() + "\n" for name in PACKAGE_SHEETS]
    parts += [squeeze((ASSETS / "css" / f"{name}.css").read_text()) for name in OUR_SHEETS]
    sheet = "".join(parts)
    if outside := re.search(r"url\(\s*[\"']?(https?:)?//", sheet):
        sys.exit(f"assets: the sheet reaches outside: {sheet[outside.start() :][:80]}")
    (DIST / "lienthong.css").write_text(sheet)


def squeeze(sheet: str) -> str:
    """Drop comments and line breaks; nothing cleverer, so that nothing can break."""
    without = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "\n", without).strip() + "\n"


def write_scripts() -> None:
    for name in SCRIPTS:
        shutil.copy(ASSETS / "js" / name, DIST / name)
    shutil.copy(MODULES / "htmx.org/dist/htmx.min.js", DIST / "htmx.js")


def write_sprite(named: list[str], mentioned: list[str]) -> int:
    """One file of symbols; a name in a template that Tabler does not have stops the build."""
    folder = MODULES / "@tabler/icons/icons/outline"
    unknown = [name for name in named if not (folder / f"{name}.svg").exists()]
    if unknown:
        sys.exit(f"assets: Tabler has no outline icon named {', '.join(unknown)}")
    names = sorted(named + [name for name in mentioned if (folder / f"{name}.svg").exists()])
    licence = (MODULES / "@tabler/icons/LICENSE").read_text().replace("--", "- -").strip()
    symbols = [symbol(name, (folder / f"{name}.svg").read_text()) for name in names]
    (DIST / "icons.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg">\n<!-- Tabler Icons\n\n{licence}\n-->\n'
        + "\n".join(symbols)
        + "\n</svg>\n"
    )
    return len(names)


def symbol(name: str, svg: str) -> str:
    inside = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    if inside is None:
        sys.exit(f"assets: cannot read the icon {name}")
    body = re.sub(r'<path stroke="none"[^>]*/>', "", inside.group(1))
    return f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(body.split())}</symbol>'


def write_paper_faces() -> None:
    from fontTools.merge import Merger

    FACES.mkdir(parents=True, exist_ok=True)
    for package, weight, style, name in PAPER_FACES:
        files = MODULES / "@fontsource" / package / "files"
        parts = [str(files / f"{package}-{subset}-{weight}-{style}.woff2") for subset in SUBSETS]
        font = Merger().merge(parts)
        font.flavor = None
        font.save(FACES / name)


def write_licences() -> None:
    texts = []
    for name in LICENCES:
        folder = MODULES / name
        version = json.loads((folder / "package.json").read_text())["version"]
        licence = next(path for path in sorted(folder.iterdir()) if path.stem.upper() == "LICENSE")
        texts.append(f"{name} {version}\n\n{licence.read_text().strip()}\n")
    (DIST / "LICENCES.txt").write_text(("\n" + "-" * 72 + "\n\n").join(texts))
    shutil.copy(DIST / "LICENCES.txt", FACES / "LICENCES.txt")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
