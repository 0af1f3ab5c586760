"""Long campaigns on a parser, guided by coverage: libFuzzer in front of the harness.

Needs clang with its fuzzer runtime. libFuzzer's table of compared values knows 4 and 8 bytes
only: give the 16-bit numbers of a format in the dictionary, or it will not find them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import heald.building.build
from heald.building.compilers import find_compiler
from heald.building.flavours import Flavour
from heald.parsing.build import (
    WRAPPING,
    author_cflags,
    compiled,
    glue_of,
    harness_units,
    linked,
)
from heald.parsing.finding import ParserFinding
from heald.parsing.session import ParserSession
from heald.parsing.subject import ParserSubject
from heald.verdicts import EngineError, UsageError

_FUZZED = Flavour(
    "fuzzed",
    instrument=("-fsanitize=fuzzer-no-link",),
    link=("-fsanitize=fuzzer",),
    closed=False,
)
_GRACE_S = 30.0


@dataclass(frozen=True)
class FuzzResult:
    """How many inputs were run, and what was found (``None``: nothing).

    ``corpus`` holds the inputs that reached something new: examples for a property.
    """

    executions: int
    finding: ParserFinding | None
    corpus: tuple[bytes, ...]


def fuzzer_missing() -> str | None:
    """Return why libFuzzer cannot be used here and how to get it, or ``None``."""
    if shutil.which("clang") is None:
        return "clang is not installed (Debian, Ubuntu: apt install clang)"
    for library in ("fuzzer", "asan"):
        name = f"libclang_rt.{library}-{os.uname().machine}.a"
        if not os.path.exists(_file_of_clang(name)):
            return (
                f"clang has no {name} (Debian, Ubuntu: apt install libclang-rt-dev, or the one "
                "of its version, such as libclang-rt-14-dev)"
            )
    return None


@cache
def _file_of_clang(name: str) -> str:
    """Return where clang has a file of its own; the bare name if it has none."""
    done = subprocess.run(
        ["clang", f"-print-file-name={name}"], capture_output=True, text=True
    )
    return done.stdout.strip()


def fuzz(
    parser: ParserSubject,
    *,
    seconds: int,
    seed: int,
    examples: Sequence[bytes] = (),
    dictionary: Sequence[bytes] = (),
    longest: int = 4096,
) -> FuzzResult:
    """Run libFuzzer on a parser, up to the first finding.

    Parameters
    ----------
    seconds
        Whole seconds, at least 1.
    seed
        Of libFuzzer's own choices; a run is reproducible up to its clock.
    examples
        Valid inputs to start from.
    dictionary
        Byte strings worth putting into inputs.
    longest
        Bytes of the longest input.

    Raises
    ------
    UsageError
        If clang or its runtime is missing.
    """
    missing = fuzzer_missing()
    if missing:
        raise UsageError(f"no libFuzzer: {missing}")
    program = _program(parser)
    with tempfile.TemporaryDirectory(prefix="heald-fuzz-") as scratch:
        folder = Path(scratch)
        corpus, words = folder / "corpus", folder / "dictionary"
        corpus.mkdir()
        for number, example in enumerate(examples):
            (corpus / f"example-{number}").write_bytes(example)
        # An empty file is refused: a comment stands for no words.
        lines = [f'"{_escaped(word)}"' for word in dictionary] or ["# none"]
        words.write_text("\n".join(lines) + "\n")
        command = [str(program), str(corpus), f"-max_total_time={seconds}"]
        command += [f"-seed={seed % 2**31 or 1}", f"-max_len={longest}", f"-dict={words}"]
        command += ["-use_value_profile=1", "-print_final_stats=1"]
        command += [f"-artifact_prefix={folder}/", "-timeout=0"]
        run = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds + _GRACE_S,
            check=False,
        )
        found = sorted(folder.glob("crash-*"))
        kept = tuple(path.read_bytes() for path in sorted(corpus.iterdir()))
        if not found and run.returncode:
            raise EngineError(
                f"libFuzzer ended with {run.returncode}:\n{run.stderr[-2000:]}"
            )
        finding = _judge(parser, found[0].read_bytes()) if found else None
    return FuzzResult(_executions(run.stderr), finding, kept)


def _judge(parser: ParserSubject, data: bytes) -> ParserFinding:
    """See the finding again in a session of its own: that is where it gets its words."""
    with ParserSession(parser) as session:
        finding = session.case(data).finding
    if finding is None:
        raise EngineError(f"what libFuzzer found is not seen again: {data.hex(' ')}")
    return finding


def _program(parser: ParserSubject) -> Path:
    own = compiled(parser)
    glue = heald.building.build.Unit(
        Path("parser_glue.c"), glue_of(parser), instrument=not parser.header
    )
    return heald.building.build.compile(
        [
            glue,
            *(heald.building.build.Unit(path) for path in own),
            *harness_units("fuzz/driver.c", instrument=False),
        ],
        flavour=_FUZZED,
        kind="executable",
        compiler=find_compiler("clang"),
        cflags=author_cflags(parser),
        ldflags=[*linked(parser), *WRAPPING],
        name=parser.sources[0].stem,
    )


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def _executions(said: str) -> int:
    for line in said.splitlines():
        if line.startswith("stat::number_of_executed_units:"):
            return int(line.rsplit(maxsplit=1)[1])
    return 0
