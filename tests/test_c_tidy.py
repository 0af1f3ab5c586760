"""Small habits of the engine's C that nobody should have to look after.

A function that files share begins with its file's name: whoever meets it knows where it is.
What no other file uses is ``static``; what nobody uses at all is not there.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .c_text import bare, changing, functions, names, objects

CSRC = Path(__file__).resolve().parents[1] / "csrc"
PARTS = ("explore", "faults", "linearize", "parse", "stress")
#: Called by their name from outside: by the system, the linker's --wrap, or libFuzzer.
FROM_OUTSIDE = re.compile(r"main|__wrap_\w+|LLVMFuzzer\w+")
SOURCES = {".c", ".h", ".cpp", ".S"}
LONGEST = 400
#: Files that are longer today. May only get shorter.
LONG: dict[str, int] = {}
#: What may change between two steps, or two executions, outside of the structs that callers
#: pass on. Why each: docs/explorer.md, "Globals". May only get fewer.
GLOBALS: dict[str, set[str]] = {
    "program/runtime.c": {"the_runtime"},
    # Registers at a call of the program, noted before C begins.
    "program/spin.c": {"spin_entry"},
    # Addresses that the program finds by name.
    "calls/cxx_calls.c": {"is_single_threaded"},
    "calls/output_calls.c": {"the_stdin", "the_stdout", "the_stderr"},
    "program/library_data.c": {"library_data_now", "program_name", "utc"},
    # Made while the program is opened, or only ever added to.
    "program/resolve.c": {"trap_code", "trap_count", "trap_is_of_library", "trap_name"},
    "calls/scenario_calls.c": {"known", "known_count", "known_room"},
    "program/dead_slots.c": {"known", "work"},
    # What the outside world is: the same in every execution.
    "calls/descriptors.c": {"descriptors"},
    "calls/epoll_calls.c": {"half_told"},
    "calls/files.c": {"files"},
    # What one question said, and how many there were.
    "host/serve.c": {"child", "found", "searches", "text", "told_s", "was_asked"},
    # For signal handlers and sanitizers.
    "host/host.c": {"is_to_hand_over", "name", "runtime", "the_host", "the_result"},
    "program/crash.c": {"alternate_stack", "seen_steps"},
    "program/fiber.c": {"came_from", "lost"},
    # Work space of one call, too large for a fiber's stack.
    "host/outcomes.c": {"before", "seen"},
    "program/retry.c": {"here", "saved", "there"},
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
    assert strangers(files_of(part), public()) == set()


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


def not_included(headers: set[str], texts: list[str]) -> set[str]:
    """Return headers that no text includes, each by its path below ``csrc``."""
    included = {
        name
        for text in texts
        for name in re.findall(r'#\s*include\s*["<]([^">]+)[">]', text)
    }
    return {h for h in headers if not any(h.endswith(f"/{name}") for name in included)}


def test_every_header_is_included() -> None:
    texts = [file.read_text() for file in CSRC.rglob("*") if file.suffix in SOURCES]
    ours = [f for name in ("heald", "docs") for f in (CSRC.parent / name).rglob("*")]
    texts += [f.read_text() for f in ours if f.suffix in {".py", ".j2", ".md"}]
    headers = {str(file.relative_to(CSRC)) for file in CSRC.rglob("*.h")}
    assert not_included(headers, texts) == set()


def test_a_header_that_nobody_includes_is_seen() -> None:
    texts = ['#include "graph/event.h"\n', "#  include <heald/x.h>\n"]
    headers = {"explore/graph/event.h", "include/heald/x.h", "explore/graph/lost.h"}
    assert not_included(headers, texts) == {"explore/graph/lost.h"}


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


def test_what_changes_is_in_a_struct() -> None:
    found = {
        str(file.relative_to(CSRC / "explore")): changed
        for file, text in files_of("explore").items()
        if file.suffix == ".c" and file.parent.name != "driver"
        if (changed := changing(bare(text)))
    }
    assert found == GLOBALS


FILES = {
    Path("a/walks.c"): "int walk_far(int by) {\n    return by;\n}\nint lost(void) {\n}\n",
    Path("a/other.c"): "int other_begin(void) {\n    return walk_far(1) + lost();\n}\n",
}


def test_a_stranger_and_an_unshared_function_are_seen() -> None:
    assert strangers(FILES, set()) == {"walks.c: lost"}
    assert unshared(FILES, set()) == {"other.c: other_begin"}
    assert unshared(FILES, {"other_begin"}) == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("static int count;\nint f(void) {\n    return count;\n}\n", {"count"}),
        ("struct runtime *the_runtime;\n", {"the_runtime"}),
        ("void f(void) {\n    static char room[9], more;\n}\n", {"room", "more"}),
        ('static const char *word = "a";\n', {"word"}),
        ('static const char *const words[] = {"a"};\nstatic const int n = 1;\n', set()),
        ("static int f(int a);\nstruct node;\ntypedef int count;\n", set()),
    ],
)
def test_what_changes_is_seen(text: str, found: set[str]) -> None:
    assert changing(bare(text)) == found
