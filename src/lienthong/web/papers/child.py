"""
The child process that prints one PDF. Run by `press.run`, never imported.

Reads a job as JSON on standard input, limits itself, and only then imports
typst. Imports nothing of the project, so that it starts in milliseconds.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any


def limit(job: dict[str, Any]) -> None:
    """Memory, CPU seconds, size of files written, no core dumps."""
    cpu = max(1, int(job["seconds"]) + 1)
    for what, value in (
        (resource.RLIMIT_AS, job["memory"]),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, job["largest"]),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))


def print_paper(job: dict[str, Any], pdf: Path) -> dict[str, str]:
    """Compile the job's document; a font that is not there is a failure, not a fallback."""
    import typst

    root = Path(job["root"])
    empty = root / "packages"
    empty.mkdir()
    try:
        compiler = typst.Compiler(
            str(root / job["main"]),
            root=str(root),
            font_paths=typst.Fonts(
                include_system_fonts=False,
                include_embedded_fonts=False,
                font_paths=[job["fonts"]],
            ),
            sys_inputs={"data": job["data"]},
            package_path=str(empty),
            package_cache_path=str(empty),
        )
        made, warnings = compiler.compile_with_warnings(format="pdf", timestamp=job["timestamp"])
    except typst.TypstError as error:
        return {"outcome": "template", "diagnostic": str(error)}
    said = "; ".join(str(warning) for warning in warnings)
    if "font" in said:
        return {"outcome": "fonts", "diagnostic": said}
    assert isinstance(made, bytes)
    pdf.write_bytes(made)
    return {"outcome": "printed", "diagnostic": said}


def main() -> int:
    result, pdf = (Path(argument) for argument in sys.argv[1:3])
    job = json.loads(sys.stdin.buffer.read())
    limit(job)
    result.write_text(json.dumps(print_paper(job, pdf)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
