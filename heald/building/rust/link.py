"""The linker that rustc is given: what it would link, with hooks, as a shared object.

rustc calls it with the words for gcc. Objects and libraries of bitcode get hooks on the way,
the standard library gives way to its twin (``standard.py``), and the unwinder becomes part of
the program, whose state is restored between executions. Variables tell it what it may not ask
again: ``HEALD_RUST_STD``, ``HEALD_RUST_LINKER``, ``HEALD_RUST_TESTS`` (what takes the place of
libtest's main, if anything), and ``HEALD_RUST_TRUST``, a name a line.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from heald import deadline
from heald.building.cache import cache_directory, make_once
from heald.building.rust.channels import let_channels_wait
from heald.building.rust.hooks import is_bitcode, with_hooks
from heald.building.rust.libtest import in_place_of_main
from heald.building.rust.standard import CRATES, READERS
from heald.verdicts import UsageError

_OF_STD = re.compile(rf"lib({'|'.join((*CRATES, *READERS))})-[0-9a-f]+\.rlib")
_HOOKED = ".hooked.o"
_LEFT_OUT = re.compile(
    r"-pie|-static-pie|-no-pie|-Wl,-plugin-opt=.*|-fuse-ld=.*|-B.*gcc-ld"
)


def main(words: Sequence[str]) -> int:
    """Link; return gcc's exit code."""
    if "-shared" in words:  # a macro of the build itself, loaded by the compiler
        return subprocess.run(["gcc", *words]).returncode
    # Beside what is made: what is left by who is killed goes with the folder that it was made in.
    output = Path(words[list(words).index("-o") + 1])
    with tempfile.TemporaryDirectory(prefix="heald-link-", dir=output.parent) as scratch:
        try:
            made = list(_with_hooks(words, Path(scratch)))
            hooked = [Path(word) for word in made if word.endswith(_HOOKED)]
            tests = os.environ["HEALD_RUST_TESTS"]
            made += in_place_of_main(hooked, Path(tests)) if tests else []
            return _link(made, hooked)
        except UsageError as error:
            print(error, file=sys.stderr)  # noqa: T201 - rustc shows it
            return 1


def _link(words: Sequence[str], hooked: Sequence[Path]) -> int:
    """Link, and look at all that was taken: what has no hooks is refused by name."""
    from heald.building.linked import TRACE, refuse_unseen

    done = deadline.run(["gcc", "-shared", *words, TRACE], is_shown=True)
    ours = ["/rustlib/", os.environ["HEALD_RUST_STD"]]
    ours += filter(None, [os.environ["HEALD_RUST_TESTS"]])
    if done.returncode == 0:
        # What rustc brings besides computes: it keeps nothing.
        taken = (
            line
            for line in done.stdout.splitlines()
            if not any(known in line for known in ours)
        )
        trusted = os.environ.get("HEALD_RUST_TRUST", "").split("\n")
        let_channels_wait(Path(words[list(words).index("-o") + 1]))
        refuse_unseen("\n".join(taken), hooked, [name for name in trusted if name], None)
    return done.returncode


def _with_hooks(words: Sequence[str], scratch: Path) -> Iterator[str]:
    linker = Path(os.environ["HEALD_RUST_LINKER"])
    number = 0
    for word in words:
        path = Path(word)
        number += 1
        if _LEFT_OUT.fullmatch(word):
            continue
        if "libpanic_abort-" in word:
            yield "-Wl,--defsym=heald_aborts=1"
            continue
        if word == "-lgcc_s":
            yield "-lgcc_eh"
        elif _OF_STD.fullmatch(path.name) and "rustlib" in path.parts:
            if path.name.startswith("libstd-"):
                yield os.environ["HEALD_RUST_STD"]
        elif path.suffix == ".rlib" and "rustlib" not in path.parts:
            yield from _members(linker, path, scratch / str(number))
        elif path.suffix == ".o" and path.is_file() and is_bitcode(path):
            made = scratch / f"{number}{_HOOKED}"
            with_hooks(linker, path, made)
            yield str(made)
        else:
            yield word


def _members(linker: Path, library: Path, folder: Path) -> Iterator[str]:
    folder.mkdir()
    subprocess.run(["ar", "x", str(library.absolute())], cwd=folder, check=True)
    for unit in sorted(folder.glob("*.o")):
        if not is_bitcode(unit):
            yield str(unit)
            continue
        made = unit.with_suffix(_HOOKED)
        shutil.copyfile(_hooked_once(linker, unit), made)
        yield str(made)


def _hooked_once(linker: Path, unit: Path) -> Path:
    """Return the object of a unit of a library, which is linked again and again."""
    here = Path(__file__)
    makers = [here.with_name("hooks.py"), here.with_name("extremes.py"), unit]
    key = hashlib.sha256(b"\0".join(path.read_bytes() for path in makers))
    key.update(str(linker).encode())
    target = cache_directory() / "rust" / "units" / f"{key.hexdigest()[:32]}.o"
    return make_once(target, lambda made: with_hooks(linker, unit, made))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
