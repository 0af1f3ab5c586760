"""An installed wheel works without a checkout and without a compiler."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from heald.building.engine import engine_sources
from heald.building.engine_parts import PARTS, sources_of

ROOT = Path(__file__).resolve().parents[2]
PARTS_WITH_SOURCES = [n for n, p in PARTS.items() if sources_of(p, engine_sources())]

#: Makes programs that do nothing.
NO_COMPILER = """#!/bin/sh
for word; do
    if [ "$before" = -o ]; then echo "#!/bin/sh" >"$word"; chmod +x "$word"; fi
    before=$word
done
"""
ASK = """
import json, heald, heald.building.engine as engine
print(json.dumps({
    "from": heald.__file__,
    "include": (engine.engine_include() / "heald" / "subject.h").is_file(),
    "parts": {n: str(engine.engine_path(n)) for n in %r},
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; other packages are borrowed from this one."""
    base = tmp_path_factory.mktemp("wheel")
    # What is claimed holds whatever the code does, and what does not compile fails elsewhere.
    compiler = base / "cc"
    compiler.write_text(NO_COMPILER)
    compiler.chmod(0o755)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    # A copy, so that neither an older build/ gets in nor a new one stays behind.
    source = base / "heald"
    unwanted = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, source, ignore=unwanted)
    subprocess.run(
        [*pip, "wheel", "--no-deps", "-w", base / "dist", source],
        env={**os.environ, "CC": str(compiler)},
        check=True,
    )
    (wheel,) = (base / "dist").glob("*.whl")
    assert wheel.name.startswith("heald-")
    assert "-py3-none-linux_" in wheel.name
    venv.create(base / "env", with_pip=False)
    python = base / "env" / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", "--no-deps", wheel], check=True)
    # A plain line in a .pth adds the folder but does not read the .pth files in it, so
    # the editable heald of this environment stays out of sight.
    (site,) = (base / "env" / "lib").glob("python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


@pytest.mark.slow
def test_installed_wheel_uses_its_own_compiled_engine(
    installed: Path, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "CC": "/nonexistent/cc",
        "HEALD_CACHE": str(tmp_path / "cache"),
    }
    environment.pop("PYTHONPATH", None)
    answer = subprocess.run(
        [installed, "-c", ASK % PARTS_WITH_SOURCES],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    seen = json.loads(answer.stdout)
    assert Path(seen["from"]).is_relative_to(installed.parents[1])
    assert seen["include"]
    for path in seen["parts"].values():
        assert Path(path).parent == Path(seen["from"]).parent / "_engine"
    assert not (tmp_path / "cache").exists()


@pytest.mark.slow
def test_wheel_has_every_c_file_of_the_engine(installed: Path) -> None:
    (shipped,) = installed.parents[1].glob("lib/python*/site-packages/heald/_engine/csrc")
    there = {
        str(file.relative_to(shipped)) for file in shipped.rglob("*") if file.is_file()
    }
    csrc = ROOT / "csrc"
    wanted = {
        str(file.relative_to(csrc))
        for file in csrc.rglob("*.[chS]")
        if file.relative_to(csrc).parts[0] != "subjects"
    }
    assert wanted <= there


@pytest.mark.slow
def test_installed_command_line_answers(installed: Path, tmp_path: Path) -> None:
    answer = subprocess.run(
        [installed.parent / "heald", "--version"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert answer.stdout.startswith("heald, version ")


@pytest.mark.slow
def test_installed_examples_are_copied_and_listed(
    installed: Path, tmp_path: Path
) -> None:
    heald = installed.parent / "heald"
    subprocess.run([heald, "examples", "demo"], cwd=tmp_path, check=True)
    listed = subprocess.run(
        [heald, "list"],
        cwd=tmp_path / "demo",
        check=True,
        capture_output=True,
        text=True,
    )
    assert "stack/tagged" in listed.stdout
