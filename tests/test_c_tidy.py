"""Small habits of the engine's C that nobody should have to look after.

A function that files share begins with its file's name: whoever meets it knows where it is.
What no other file uses is ``static``; what nobody uses at all is not there.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .c_text import bare, functions, names, objects

CSRC = Path(__file__).resolve().parents[1] / "csrc"
PARTS = ("explore", "faults", "linearize", "parse", "stress")
#: Called by their name from outside: by the system, the linker's --wrap, or libFuzzer.
FROM_OUTSIDE = re.compile(r"main|__wrap_\w+|LLVMFuzzer\w+")
LONGEST = 400
#: Files that are longer today. May only get shorter.
LONG = {
    "explore/calls/lock_calls.c": 417,
    "explore/program/image.c": 471,
    "explore/search/search.c": 448,
    "faults/run.c": 408,
    "linearize/linearize.c": 408,
}
#: Shared names that do not begin with their file's today. May only get fewer.
STRANGERS = {
    *("fixture.c: keep_descriptor", "fixture.c: sink_is_stream", "peer.c: monotonic_ns"),
    *("fixture.c: source_is_stream", "fixture.c: source_now_holds"),
    *("fixture.c: source_own_bytes", "fixture.c: source_write"),
}


def files_of(part: str) -> dict[Path, str]:
    return {file: file.read_text() for file in sorted((CSRC / part).rglob("*.[ch]"))}


def public() -> set[str]:
    """Return all names in the borders' headers, which callers use."""
    return {
        name
        for header in (CSRC / "include").rglob("*.h")
        for name in names(bare(header.read_text()))
    }


def beginnings(file: Path) -> set[str]:
    """Return how a shared function of the file may begin: ``events.c`` has ``event_link``."""
    stem = file.stem
    forms = {stem, re.sub(r"s$", "", stem), re.sub(r"sses$", "ss", stem)}
    if file.parent.name == "calls":  # condition_calls.c: the folder says the rest
        forms.add(stem.rsplit("_", 1)[0])
    return forms


def strangers(files: dict[Path, str], known: set[str]) -> set[str]:
    """Return shared functions and objects whose names do not say where they are."""
    found = set()
    for file, text in files.items():
        if file.suffix != ".c":
            continue
        code = bare(text)
        starts = tuple(f"{form}_" for form in beginnings(file))
        for name in (functions(code) | objects(code)) - known:
            told = name.startswith(starts) or name in beginnings(file)
            if (
                not told
                and name != f"the_{file.stem}"
                and not FROM_OUTSIDE.fullmatch(name)
            ):
                found.add(f"{file.name}: {name}")
    return found


def unshared(files: dict[Path, str], known: set[str]) -> set[str]:
    """Return functions and objects that no other file uses, and nothing by its text."""
    said = {
        file: names(bare(text))
        for file, text in files.items()
        if file.suffix == ".c" or "static inline" in text or "#define" in text
    }
    found = set()
    for file, text in files.items():
        if file.suffix != ".c":
            continue
        code = bare(text)
        mine = (functions(code) | objects(code)) - known
        others = {name for other in said if other != file for name in said[other]}
        texts = " ".join(re.findall(r'"(?:\\.|[^"\\\n])*"', text))
        found |= {
            f"{file.name}: {name}"
            for name in mine - others
            if not FROM_OUTSIDE.fullmatch(name) and not re.search(rf"\b{name}\b", texts)
        }
    return found


@pytest.mark.parametrize("part", PARTS)
def test_shared_names_begin_with_their_file(part: str) -> None:
    assert strangers(files_of(part), public()) <= STRANGERS


@pytest.mark.parametrize("part", PARTS)
def test_what_no_other_file_uses_is_static(part: str) -> None:
    assert unshared(files_of(part), public()) == set()


@pytest.mark.parametrize("part", [*PARTS, "include", "subjects"])
def test_a_header_that_a_comment_points_to_is_there(part: str) -> None:
    there = {file.name for file in CSRC.rglob("*.[ch]")}
    there |= {
        str(file.relative_to(CSRC / part)) for file in (CSRC / part).rglob("*.[ch]")
    }
    wrong = {
        f"{file.name}: {name}"
        for file, text in files_of(part).items()
        for name in re.findall(r"\bsee ([\w/]+\.[ch])\b", text)
        if name not in there
    }
    assert wrong == set()


@pytest.mark.parametrize("part", PARTS)
def test_files_fit_a_sitting(part: str) -> None:
    long = {
        str(file.relative_to(CSRC)): lines
        for file, text in files_of(part).items()
        if (lines := text.count("\n")) > LONGEST
    }
    known = {name: lines for name, lines in LONG.items() if name.startswith(f"{part}/")}
    assert long.keys() <= known.keys()
    assert all(lines <= known[name] for name, lines in long.items())


FILES = {
    Path("a/walks.c"): "int walk_far(int by) {\n    return by;\n}\nint lost(void) {\n}\n",
    Path("a/other.c"): "int other_begin(void) {\n    return walk_far(1) + lost();\n}\n",
}


def test_a_stranger_and_an_unshared_function_are_seen() -> None:
    assert strangers(FILES, set()) == {"walks.c: lost"}
    assert unshared(FILES, set()) == {"other.c: other_begin"}
    assert unshared(FILES, {"other_begin"}) == set()
