"""What pages tell to write: on a subject that fails, and on one whose operations have roles.

The recipes are taken from the pages as they are printed, with other subjects. One that fails
shows its finding, as the subject's failure and as nothing else; one that is right passes.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
NAMED = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPE = re.compile(r"^test_\w+ = heald\.(?:linearizable|explored)\(.*?\)$", re.MULTILINE)
FILES = dict(NAMED.findall((DOCS / "adding-a-subject.md").read_text()))
INLINE = re.compile(r"`(test_\w+ = heald\.verify\(\w+\))`")
PROPERTY = re.search(
    r"^```python\n(from hypothesis.*?)^```$",
    (DOCS / "properties.md").read_text(),
    re.MULTILINE | re.DOTALL,
)


def recipes() -> list[str]:
    """Return every test that a page makes in one line."""
    lines = [line for text in FILES.values() for line in RECIPE.findall(text)]
    return [*lines, *INLINE.findall((DOCS / "verifying.md").read_text())]


def written_for(folder: Path, module: str, subject: str) -> int:
    """Write all recipes for one subject into a test file; return how many tests that makes."""
    lines = [f"import heald\nfrom {module} import {subject}\n"]
    for number, recipe in enumerate(recipes()):
        body = re.sub(r"\((\w+)", f"({subject}", recipe, count=1)
        lines.append(re.sub(r"^test_\w+", f"test_{number}", body))
    assert PROPERTY is not None
    lines.append(re.sub(r"\bstack\b", subject, PROPERTY[1]))
    (folder / "test_recipes.py").write_text("\n".join(lines))
    return len(recipes()) + 1


def ran(folder: Path, budget: str) -> str:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider"),
            *("test_recipes.py", "--heald-budget", budget),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def test_pages_have_recipes_of_every_kind() -> None:
    text = "\n".join(recipes())
    for verb in ("linearizable", "explored", "verify"):
        assert f"heald.{verb}(" in text


#: The subject, and what is put wrong in its C.
ROWS = {
    "a stack that fails": (
        *("test_stack", "stack", "treiber.c"),
        *("*out = n->value;", "*out = 10 + n->value;"),
    ),
    "a ring with roles that fails": (
        *("test_ring", "ring", "ring.c"),
        *(
            "*value = r->slot[head % CAPACITY];",
            "*value = r->slot[head % CAPACITY] + 10;",
        ),
    ),
    "a ring with roles that is right": ("test_ring", "ring", "ring.c", "", ""),
}
NEVER_SAID = ("engine bug", "INTERNALERROR", "FlakyFailure", "HealthCheck", "nested")


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_every_recipe_shows_the_failure_of_its_subject(name: str, tmp_path: Path) -> None:
    module, subject, file, right, wrong = ROWS[name]
    assert right in FILES[file]
    for each, text in FILES.items():
        (tmp_path / each).write_text(text)
    if wrong:
        (tmp_path / file).write_text(FILES[file].replace(right, wrong))
    tests = written_for(tmp_path, module, subject)
    said = ran(tmp_path, "600ms" if wrong else "200ms")
    if wrong and f"{tests} failed" not in said:  # a busy machine has shown less
        said = ran(tmp_path, "6s")
    if not wrong:
        assert f"{tests} passed" in said, said
        return
    failed = [line for line in said.splitlines() if line.startswith("FAILED ")]
    assert len(failed) == tests, said
    assert all("Violated" in line for line in failed), said
    assert not re.search(r"^\d.* passed", said, re.MULTILINE), said
    assert said.count("heald replay ") >= tests
    assert not [word for word in NEVER_SAID if word in said], said
