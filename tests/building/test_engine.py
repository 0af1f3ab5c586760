from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import heald.building.engine as engine
from heald import EngineError, UsageError
from heald.building.engine_parts import Part


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny engine of one C file, its cache, and heald looking there."""
    csrc = tmp_path / "csrc"
    (csrc / "include" / "heald").mkdir(parents=True)
    (csrc / "tiny").mkdir()
    (csrc / "include" / "heald" / "tiny.h").write_text("#define ANSWER 6\n")
    (csrc / "tiny" / "tiny.c").write_text(
        "#include <heald/tiny.h>\nint main(void) { return ANSWER; }\n"
    )
    monkeypatch.setattr(engine, "PARTS", {"tiny": Part("tiny", "tiny", ("-O0",))})
    monkeypatch.setattr(engine, "_PACKAGE", tmp_path / "heald")
    monkeypatch.setattr(engine, "_SHIPPED", tmp_path / "heald" / "_engine")
    monkeypatch.setenv("HEALD_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CC", raising=False)
    return tmp_path


def run(path: Path) -> int:
    return subprocess.run([path]).returncode


def test_part_is_compiled_once_and_then_found(checkout: Path) -> None:
    first = engine.engine_path("tiny")
    made_at = first.stat().st_mtime_ns
    assert run(first) == 6
    assert engine.engine_path("tiny") == first
    assert first.stat().st_mtime_ns == made_at


def test_change_of_a_header_gives_a_new_part(checkout: Path) -> None:
    before = engine.engine_path("tiny")
    (checkout / "csrc" / "include" / "heald" / "tiny.h").write_text("#define ANSWER 7\n")
    after = engine.engine_path("tiny")
    assert (run(before), run(after)) == (6, 7)


def test_shipped_part_is_preferred_to_compiling(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "/nonexistent/cc")
    shipped = checkout / "heald" / "_engine" / "tiny"
    shipped.parent.mkdir(parents=True)
    shipped.touch()
    assert engine.engine_path("tiny") == shipped


def test_what_setup_built_is_used_whatever_the_cache_and_never_stale(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.build_in_checkout()
    monkeypatch.setenv("HEALD_CACHE", str(checkout / "empty"))
    built = engine.engine_path("tiny")
    assert built.is_relative_to(checkout / "build" / "engine")
    assert run(built) == 6
    assert not (checkout / "empty").exists()
    (checkout / "csrc" / "include" / "heald" / "tiny.h").write_text("#define ANSWER 7\n")
    assert run(engine.engine_path("tiny")) == 7
    assert (checkout / "empty").exists()


def test_whether_it_is_compiled_is_told_without_compiling(checkout: Path) -> None:
    assert not engine.is_compiled("tiny")
    engine.engine_path("tiny")
    assert engine.is_compiled("tiny")


def test_it_is_compiled_where_nothing_is_installed_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALD_CACHE", str(tmp_path))
    asked = (
        "from heald.building.engine import engine_path; print(engine_path('linearize'))"
    )
    # -S leaves out what is installed.
    done = subprocess.run(
        [sys.executable, "-S", "-c", asked],
        cwd=Path(engine.__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()).is_file()


def test_missing_compiler_is_a_usage_error_that_says_how_to_get_one(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(
        UsageError,
        match=r"^no C compiler: 'no-such-compiler' is not on PATH\.\n.*apt install gcc.*CC\.$",
    ):
        engine.engine_path("tiny")


def test_part_that_does_not_compile_is_our_bug_in_the_compilers_words(
    checkout: Path,
) -> None:
    (checkout / "csrc" / "tiny" / "tiny.c").write_text("int main(void) { return x; }\n")
    with pytest.raises(
        EngineError,
        match=r"(?s)^engine bug: csrc/tiny does not compile with gcc:\n.*tiny\.c:1:25: error",
    ):
        engine.engine_path("tiny")
    assert not list((checkout / "cache").glob("engine/*/tiny"))


def test_unknown_part_is_named_with_those_there_are(checkout: Path) -> None:
    with pytest.raises(
        EngineError, match=r"^engine bug: no engine part 'loom'; there are tiny$"
    ):
        engine.engine_path("loom")


def test_four_processes_at_once_compile_it_once(checkout: Path) -> None:
    log = checkout / "compilations"
    counting = checkout / "counting-cc"
    # Every file is compiled by itself; what is counted is the linking.
    linking = f'case "$*" in *" -c "*) ;; *) echo x >> {log} ;; esac'
    counting.write_text(f'#!/bin/sh\n{linking}\nexec gcc "$@"\n')
    counting.chmod(0o755)
    program = f"""
import os, pathlib
import heald.building.engine as e
from heald.building.engine_parts import Part
e.PARTS = {{"tiny": Part("tiny", "tiny", ("-O0",))}}
e._PACKAGE = pathlib.Path({str(checkout / "heald")!r})
e._SHIPPED = e._PACKAGE / "_engine"
os.environ["CC"] = {str(counting)!r}
print(e.engine_path("tiny"))
"""
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    paths = {racer.communicate()[0] for racer in racers}
    assert len(paths) == 1
    assert run(Path(paths.pop().strip())) == 6
    assert log.read_text() == "x\n"


def test_part_counts_its_lines_where_a_folder_is_named_for_the_counts(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "csrc" / "tiny" / "tiny.c").write_text(
        "#include <unistd.h>\n"
        "int main(int count, char **words) { _exit(count > 1 && words[1][0]); }\n"
    )
    counts = tmp_path / "new" / "counts"
    plain = engine.engine_path("tiny")
    monkeypatch.setenv("HEALD_ENGINE_COVERAGE", str(counts))
    counted = engine.engine_path("tiny")
    assert counted != plain
    assert not [*counts.rglob("*.gcda")]
    assert run(counted) == 0
    assert len([*counts.rglob("*.gcno")]) == len([*counts.rglob("*.gcda")]) == 1
