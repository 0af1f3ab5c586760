"""Ship the engine compiled: the part of packaging that pyproject.toml cannot say.

A wheel carries ``heald/_engine/``: the compiled parts, and the C they were made from
(generated glue includes the headers). An editable installation carries nothing: a
checkout compiles on demand (heald/building/engine.py).
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


def load_engine_parts() -> ModuleType:
    """Load heald/building/engine_parts.py by path: heald's dependencies are not there yet."""
    spec = importlib.util.spec_from_file_location(
        "engine_parts", ROOT / "heald" / "building" / "engine_parts.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["engine_parts"] = module  # dataclasses look their own module up by name
    spec.loader.exec_module(module)
    return module


class BuildWithEngine(build_py):
    """Build the Python files, then the engine beside them."""

    def run(self) -> None:
        """Build everything; an editable installation compiles on demand instead."""
        super().run()
        if not self.editable_mode:
            self.ship_engine(Path(self.build_lib) / "heald" / "_engine")
            self.ship_examples(Path(self.build_lib) / "heald" / "_examples")

    def ship_engine(self, destination: Path) -> None:
        """Copy the sources and compile every part that has some."""
        parts = load_engine_parts()
        shutil.rmtree(destination, ignore_errors=True)
        csrc = destination / "csrc"
        shutil.copytree(ROOT / "csrc", csrc, ignore=parts.not_shipped)
        for part in parts.PARTS.values():
            if parts.sources_of(part, csrc):
                self.compile_engine(parts, part, csrc, destination / part.file)

    def ship_examples(self, destination: Path) -> None:
        """Copy what ``heald examples`` gives away."""
        shutil.rmtree(destination, ignore_errors=True)
        unwanted = shutil.ignore_patterns("__pycache__", ".*")
        for folder in ("subjects", "csrc/subjects", "properties", "stress"):
            shutil.copytree(ROOT / folder, destination / folder, ignore=unwanted)

    def compile_engine(
        self, parts: ModuleType, part: object, csrc: Path, output: Path
    ) -> None:
        """Compile one part, or say in the compiler's words why not."""
        try:
            parts.compile_part(part, csrc, output, parts.compiler_command())
        except subprocess.CalledProcessError as error:
            raise SystemExit(
                f"{output.name} does not compile:\n{error.stderr}"
            ) from error
        except FileNotFoundError as error:
            raise SystemExit(f"a C compiler is needed to build heald: {error}") from error


class PlatformWheel(bdist_wheel):
    """A wheel for any Python 3 on this platform: it holds machine code, no extension."""

    def get_tag(self) -> tuple[str, str, str]:
        """Return (python, abi, platform)."""
        return ("py3", "none", super().get_tag()[2])


class WithMachineCode(Distribution):
    """Says that what is built depends on the platform."""

    def has_ext_modules(self) -> bool:
        """Return whether there is machine code: always."""
        return True


setup(
    cmdclass={"build_py": BuildWithEngine, "bdist_wheel": PlatformWheel},
    distclass=WithMachineCode,
)
