"""Of an object the same is found as of the assembly that it was made of: nothing less."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from heald.building.assembly.finding import Finder
from heald.building.assembly.reading import functions, is_of_llvm, tables
from heald.building.assembly.unannounced import unannounced

from .drawn_objects import drawn

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64" or shutil.which("objdump") is None,
    reason="the assembly is for x86-64, and objdump writes it out",
)

PROGRAMS = sorted((Path(__file__).parents[2] / "programs").glob("*.c"))
OPTIONS = ["-fsanitize=thread", "-fPIC", "-mcx16", "-w"]


def _name(mnemonic: str) -> str:
    """Without the size, which the disassembler always says."""
    return re.sub(r"(?<=.)[bwlq]$", "", mnemonic)


def of_assembly(text: str) -> Counter[tuple[str, str]]:
    """Return what hooks leave out, by function and instruction."""
    lines = text.split("\n")
    found: Counter[tuple[str, str]] = Counter()
    for function in functions(lines):
        finder = Finder(function, tables(lines), widens=is_of_llvm(lines))
        for place in (p for p in finder.places() if not p.is_needless):
            statement = function.items[place.item].statement
            assert statement is not None
            found[function.name, _name(statement.mnemonic or statement.text)] += 1
    return found


def of_object(content: bytes) -> Counter[tuple[str, str]]:
    """Return the same of object code."""
    return Counter(
        (found.function, _name(found.name.split()[-1])) for found in unannounced(content)
    )


def both(
    folder: Path, source: Path, command: list[str]
) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """Compile to assembly, assemble that; look at each."""
    text, made = folder / "unit.s", folder / "unit.o"
    subprocess.run([*command, "-S", source, "-o", text], check=True)
    subprocess.run([command[0], "-c", text, "-o", made], check=True)
    return of_assembly(text.read_text()), of_object(made.read_bytes())


@pytest.mark.parametrize("level", ["-O0", "-O2"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_programs(tmp_path: Path, compiler: str, level: str) -> None:
    for program in PROGRAMS[::4]:
        command = [compiler, level, *OPTIONS, f"-I{program.parent}"]
        text, code = both(tmp_path, program, command)
        assert not text - code, program
        assert sum((code - text).values()) < 8, program


@pytest.mark.parametrize("level", ["-O1", "-O2", "-O3"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_drawn(tmp_path: Path, compiler: str, level: str) -> None:
    for seed in range(8):
        source = tmp_path / "drawn.c"
        source.write_text(drawn(seed))
        text, code = both(tmp_path, source, [compiler, level, *OPTIONS])
        # What the author wrote twice is announced by the first, as far as an object tells.
        assert text.keys() <= code.keys(), seed
        assert text, seed
