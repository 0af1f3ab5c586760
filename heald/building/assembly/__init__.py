"""The assembly that a compiler wrote, rewritten so that the explorer sees every access.

Why       The compiler's hooks do not announce what inline assembly does, nor what is
          expanded after instrumenting: structures by value, block moves, intrinsics.
How       ``rewrite`` goes between compiling and assembling. It follows the values of
          registers far enough to tell which accesses a hook has announced, and puts a call
          into the explorer (csrc/explore/calls/assembly_calls.c) before each other one.
Where     x86-64, in the syntax that gcc and clang write (AT&T). On AArch64 the author's
          instructions only (``aarch64``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from heald.building.assembly import aarch64
from heald.building.assembly.rewriting import rewrite

REWRITERS: Mapping[str, Callable[[str], str]] = {
    "x86_64": rewrite,
    "aarch64": aarch64.rewrite,
}
"""By the machine that is compiled for."""

__all__ = ["REWRITERS", "rewrite"]
