"""The run-time library of the address sanitizer, for programs that were not linked with it.

A checked library can only be loaded where the sanitizer's own library came first; for
Python and for the fault host that is done by ``LD_PRELOAD``.
"""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

from heald.building.compilers import find_compiler
from heald.verdicts import UsageError


def checked_environment() -> dict[str, str]:
    """Return the environment in which a checked library can be loaded."""
    environment = dict(os.environ)
    environment["LD_PRELOAD"] = runtime_library()
    # Python itself leaks on purpose; what is looked for here is what the subject touches. That
    # a length in the input asks for more memory than there is, malloc answers as ever: with NULL.
    environment["ASAN_OPTIONS"] = (
        "detect_leaks=0:abort_on_error=0:allocator_may_return_null=1"
        ":max_allocation_size_mb=1024"
    )
    environment["UBSAN_OPTIONS"] = "print_stacktrace=1"
    return environment


def checked_link() -> list[str]:
    """Return the options that make a shared library leave the run time to its program."""
    # clang links its runtime into programs only; ours were linked without it.
    return ["-shared-libasan"] if find_compiler(None).kind == "clang" else []


@cache
def runtime_library() -> str:
    """Return the path of the run-time library; a bare name where the compiler has none."""
    compiler = find_compiler(None)
    gcc = compiler.kind == "gcc"
    name = "libasan.so" if gcc else f"libclang_rt.asan-{os.uname().machine}.so"
    command = [*compiler.command, f"-print-file-name={name}"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return run.stdout.strip()


@cache
def missing() -> str | None:
    """Say why nothing can run under the address sanitizer, None if it can."""
    try:
        library = runtime_library()
    except (UsageError, OSError, subprocess.CalledProcessError) as error:
        return f"no compiler to ask for the sanitizer's run time: {error}"
    if not Path(library).is_file():
        return f"the compiler has no {library}"
    done = subprocess.run(
        ["true"], env=checked_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return f"the sanitizer's run time does not start: {done.stderr.strip()[:200]}"
    return None
