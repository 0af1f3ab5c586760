"""The C engine's own tests, with the sanitizers looking on.

Address and undefined behaviour for what any C can get wrong, threads for what this one
is about: its synchronisation.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from heald.building.engine import engine_include, engine_sources
from heald.building.engine_parts import PARTS, sources_of
from tests.engine.building import compiled_objects

HERE = Path(__file__).parent / "engine"
TESTS = sorted(path.name for path in HERE.glob("*_test.c"))
WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wvla",
    "-Werror",
]
SANITIZERS = {
    "address": ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    # gcc warns that it does not model the stand-alone fences of stamp.h: they order
    # nothing that the engine itself relies on.
    "thread": ["-fsanitize=thread", "-Wno-tsan"],
}


def engine_files() -> list[Path]:
    return [
        path
        for path in sources_of(PARTS["stress"], engine_sources())
        if path.name != "host.c"
    ]


@pytest.fixture(scope="module", params=sorted(SANITIZERS))
def objects(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[str], list[Path]]:
    """The engine compiled once per sanitizer: its flags and its object files."""
    flags = [
        *SANITIZERS[request.param],
        "-std=gnu11",
        "-O0",
        "-g1",
        "-pthread",
        *WARNINGS,
    ]
    folders = [
        f"-I{engine_include()}",
        f"-I{engine_sources() / 'stress'}",
        f"-I{HERE}",
    ]
    folder = tmp_path_factory.mktemp("engine")
    probe = folder / "probe.c"
    probe.write_text("int main(void) { return 0; }\n")
    found = subprocess.run(
        ["gcc", *flags[:2], str(probe), "-o", str(folder / "probe")],
        capture_output=True,
        check=False,
    )
    if found.returncode != 0:
        pytest.skip(f"gcc has no {request.param} sanitizer here")
    made = compiled_objects(engine_files(), flags, "gcc")
    return [*flags, *folders], [Path(each) for each in made]


@pytest.mark.parametrize("test", TESTS)
def test_engine_passes_under_sanitizers(
    objects: tuple[list[str], list[Path]], test: str, tmp_path: Path
) -> None:
    flags, files = objects
    program = tmp_path / "test"
    linked = [str(HERE / test), *map(str, files), "-o", str(program), "-ldl"]
    subprocess.run(["gcc", *flags, *linked], check=True)
    environment = {**os.environ, "TSAN_OPTIONS": "halt_on_error=1"}
    ran = subprocess.run(
        [str(program)],
        capture_output=True,
        text=True,
        timeout=900,
        env=environment,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("order", ["BARRIER_ARRIVE", "BARRIER_LEAVE", "BARRIER_SEE"])
def test_weaker_barrier_is_seen_by_the_thread_sanitizer(
    order: str, tmp_path: Path
) -> None:
    program = tmp_path / "test"
    sources = [engine_sources() / "stress" / name for name in ("barrier.c", "stamp.c")]
    compiled = subprocess.run(
        [
            "gcc",
            *SANITIZERS["thread"],
            "-std=gnu11",
            "-g",
            "-pthread",
            f"-D{order}=memory_order_relaxed",
            f"-I{engine_sources() / 'stress'}",
            f"-I{HERE}",
            str(HERE / "barrier_test.c"),
            *map(str, sources),
            "-o",
            str(program),
        ],
        capture_output=True,
        check=False,
    )
    if compiled.returncode != 0:
        pytest.skip("gcc has no thread sanitizer here")
    environment = {**os.environ, "TSAN_OPTIONS": "halt_on_error=1"}
    ran = subprocess.run(
        [str(program)],
        capture_output=True,
        text=True,
        timeout=900,
        env=environment,
        check=False,
    )
    assert ran.returncode != 0
    assert "data race" in ran.stderr
