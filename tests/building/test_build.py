import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from heald import UsageError
from heald.building.build import NATIVE, CompileError, Unit, compile, inputs_of, native
from heald.building.flavours import Flavour


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "number.h").write_text("#define NUMBER 1\n")
    path = tmp_path / "number.c"
    path.write_text('#include "number.h"\nint number(void) { return NUMBER; }\n')
    settle()
    return path


def settle() -> None:
    """Wait until what was written is older than the cache's doubts about file stamps."""
    time.sleep(0.03)


def artifacts(cache: Path) -> list[Path]:
    return sorted(cache.glob("builds/*/*.so"))


def stamp(path: Path) -> int:
    return path.stat().st_mtime_ns


def test_second_build_is_the_first_ones_file(source: Path, cache: Path) -> None:
    first = compile([source])
    made = stamp(first)
    assert compile([source]) == first
    assert stamp(first) == made
    assert artifacts(cache) == [first]


@pytest.mark.parametrize("changed", ["number.c", "number.h"])
def test_changed_file_is_compiled_anew(source: Path, cache: Path, changed: str) -> None:
    first = compile([source])
    file = source.parent / changed
    file.write_text(file.read_text() + "/* changed */\n")
    second = compile([source])
    assert second != first
    assert artifacts(cache) == sorted([first, second])


def test_header_put_back_finds_the_first_build_again(source: Path, cache: Path) -> None:
    header = source.with_name("number.h")
    before = header.read_text()
    first = compile([source])
    header.write_text("#define NUMBER 2\n")
    settle()
    compile([source])
    header.write_text(before)
    settle()
    assert compile([source]) == first
    assert len(artifacts(cache)) == 2


@pytest.mark.parametrize(
    "different",
    [
        {"cflags": ["-DOTHER"]},
        {"ldflags": ["-Wl,-z,now"]},
        {"flavour": native("-O0")},
        {"compiler": "gcc -std=c11"},
    ],
    ids=["cflags", "ldflags", "flavour", "compiler"],
)
def test_other_options_are_another_build(
    source: Path, cache: Path, different: dict[str, object]
) -> None:
    assert compile([source]) != compile([source], **different)  # type: ignore[arg-type]


def test_other_version_of_the_compiler_is_another_build(
    tmp_path: Path, source: Path, cache: Path
) -> None:
    found = []
    for version in (1, 2):
        folder = tmp_path / str(version)
        folder.mkdir()
        cc = folder / "cc"
        cc.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && echo v{version}\nexec gcc "$@"\n'
        )
        cc.chmod(0o755)
        found.append(compile([source], compiler=str(cc)))
    assert found[0] != found[1]


def test_headers_that_were_read_are_known(source: Path, cache: Path) -> None:
    read = inputs_of(compile([source]))
    assert source.with_name("number.h") in read
    assert source not in read


def test_lost_artifact_is_made_again(source: Path, cache: Path) -> None:
    first = compile([source])
    first.unlink()
    assert compile([source]) == first
    assert first.is_file()


@pytest.mark.parametrize("damage", ["cut", "changed", "unsealed", "forged"])
def test_damaged_artifact_is_noticed_and_made_again(
    source: Path, cache: Path, damage: str
) -> None:
    made = compile([source])
    content = made.read_bytes()
    if damage == "cut":
        made.write_bytes(content[: len(content) // 2])
    elif damage == "changed":
        made.write_bytes(bytes(len(content)))
    elif damage == "unsealed":
        Path(f"{made}.sum").unlink()
    else:
        Path(f"{made}.sum").write_text("0" * 64)
    assert compile([source]) == made
    assert made.read_bytes()[:4] == b"\x7fELF"
    assert made.stat().st_size == len(content)


def test_damaged_manifest_is_made_again(source: Path, cache: Path) -> None:
    first = compile([source])
    (manifest,) = cache.glob("builds/*/*.json")
    manifest.write_text("{")
    assert compile([source]) == first
    assert first.name in json.loads(manifest.read_text())


def test_generated_text_is_compiled_without_instrumentation(
    cache: Path, source: Path
) -> None:
    flavour = Flavour("marked", instrument=("-DMARKED",), closed=False)
    text = "#ifdef MARKED\n#error instrumented\n#endif\nint glue(void) { return 1; }\n"
    unit = Unit(Path("glue.c"), text, instrument=False)
    assert compile([source, unit], flavour=flavour).is_file()
    with pytest.raises(CompileError, match="instrumented"):
        compile([Unit(Path("glue.c"), text)], flavour=flavour)


def test_executable_runs(tmp_path: Path, cache: Path, compiler: str) -> None:
    program = tmp_path / "main.c"
    program.write_text("int main(void) { return 7; }\n")
    path = compile([program], kind="executable", compiler=compiler)
    assert subprocess.run([path], check=False).returncode == 7


def test_error_is_the_compilers_own_with_file_and_line(
    tmp_path: Path, cache: Path, compiler: str
) -> None:
    broken = tmp_path / "broken.c"
    broken.write_text("int f(void)\n{\n    return missing;\n}\n")
    with pytest.raises(UsageError) as caught:
        compile([broken], compiler=compiler)
    text = str(caught.value)
    assert f"{broken}:3:12: error: " in text
    assert "the command was: " not in text  # what is wrong stands in the file
    assert not artifacts(cache)


def test_missing_source_is_named(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*absent\.c: No such file"):
        compile([tmp_path / "absent.c"])


def test_nothing_to_compile_is_refused() -> None:
    with pytest.raises(UsageError, match="no source was given"):
        compile([])


def test_source_with_awkward_name_and_header_is_tracked(
    tmp_path: Path, cache: Path
) -> None:
    folder = tmp_path / "a folder $ #1"
    folder.mkdir()
    header, source = folder / "odd name.h", folder / "odd name.c"
    header.write_text("int odd(void);\n")
    source.write_text('#include "odd name.h"\nint odd(void) { return 1; }\n')
    settle()
    first = compile([source])
    assert compile([source]) == first
    header.write_text("int odd(void); /* changed */\n")
    assert compile([source]) != first


def test_concurrent_builds_compile_once(
    tmp_path: Path, source: Path, cache: Path
) -> None:
    log = tmp_path / "log"
    cc = tmp_path / "cc"
    cc.write_text(
        f'#!/bin/sh\ncase "$*" in *" -c "*|-c*) echo x >> {log}; sleep 0.2;; esac\nexec gcc "$@"\n'
    )
    cc.chmod(0o755)
    program = (
        f"from heald.building.build import compile; print(compile([{str(source)!r}]))"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "CC": str(cc)},
        )
        for _ in range(4)
    ]
    printed = {run.communicate()[0] for run in runs}
    assert [run.returncode for run in runs] == [0] * 4
    assert len(printed) == 1
    assert log.read_text().count("x") == 1


def test_native_is_o2() -> None:
    assert NATIVE.optimise == "-O2"
    with pytest.raises(
        UsageError, match="no flavour 'fast'; there are native, native-O0"
    ):
        Flavour.parse("fast")


def test_header_written_this_instant_is_among_the_inputs(tmp_path: Path) -> None:
    source, header = tmp_path / "fresh.c", tmp_path / "fresh.h"
    source.write_text('#include "fresh.h"\nint fresh(void) { return FRESH; }\n')
    header.write_text("#define FRESH 7\n")
    assert header in inputs_of(compile([source]))


def test_error_in_a_source_that_is_no_utf8_is_told(tmp_path: Path, cache: Path) -> None:
    old = tmp_path / "old.c"
    old.write_bytes(b"int f(void) { return x; /* \xe9t\xe9 */ }\n")
    with pytest.raises(CompileError, match="'x' undeclared"):
        compile([old])


def test_file_of_the_engines_is_compiled_once_for_all_that_it_is_linked_with(
    source: Path, cache: Path, tmp_path: Path
) -> None:
    def builds() -> set[Path]:
        return {
            compile([author, Unit(source, own_cflags=())], cflags=[f"-DANSWER={value}"])
            for author, value in zip(authors, (1, 2), strict=True)
        }

    authors = [tmp_path / "first.c", tmp_path / "second.c"]
    for author in authors:
        author.write_text("int number(void);\nint next(void) { return ANSWER; }\n")
    settle()
    before = builds()
    assert len(before) == 2
    assert len([*cache.glob("builds/*/number-*.o")]) == 1
    source.with_name("number.h").write_text("#define NUMBER 2\n")
    assert not before & builds()
    assert len([*cache.glob("builds/*/number-*.o")]) == 2
