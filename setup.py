"""Ship the engine compiled: the part of packaging that pyproject.toml cannot say.

A wheel carries ``heald/_engine/``: the compiled parts, and the C they were made from
(generated glue includes the headers). An editable installation carries nothing: a
checkout compiles on demand (heald/building/engine.py).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))
# These two need nothing but Python: heald's dependencies are not there yet.
from heald.building import engine_parts  # noqa: E402
from heald.examples import FOLDERS  # noqa: E402


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
        shutil.rmtree(destination, ignore_errors=True)
        csrc = destination / "csrc"
        shutil.copytree(ROOT / "csrc", csrc, ignore=engine_parts.not_shipped)
        for part in engine_parts.PARTS.values():
            if engine_parts.sources_of(part, csrc):
                self.compile_engine(part, csrc, destination / part.file)

    def ship_examples(self, destination: Path) -> None:
        """Copy what ``heald examples`` gives away."""
        shutil.rmtree(destination, ignore_errors=True)
        unwanted = shutil.ignore_patterns("__pycache__", ".*")
        for folder in FOLDERS:
            shutil.copytree(ROOT / folder, destination / folder, ignore=unwanted)

    def compile_engine(self, part: engine_parts.Part, csrc: Path, output: Path) -> None:
        """Compile one part, or say in the compiler's words why not."""
        try:
            command = engine_parts.compiler_command()
            engine_parts.compile_part(part, csrc, output, command)
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
