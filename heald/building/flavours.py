"""Flavours: what a subject is compiled for, as compiler options.

==========  =================================================  =======================
flavour     how                                                for
==========  =================================================  =======================
native      ``-O2`` as its author would ship it, or -O0..-O3   stress on real threads
explored    ``-fsanitize=thread`` when compiling and not when  exploration: the
            linking, at ``-O1``                                explorer has the hooks
checked     AddressSanitizer, UndefinedBehaviorSanitizer       parsers and transfers,
                                                               in a worker process
==========  =================================================  =======================
"""

from __future__ import annotations

from dataclasses import dataclass

from heald.building.compilers import Compiler
from heald.verdicts import UsageError


@dataclass(frozen=True)
class Flavour:
    """Options that make a flavour.

    Attributes
    ----------
    name
        Part of messages and of cached files' names.
    optimise
        One option such as ``-O2``; for the glue, too.
    instrument
        Options for the subject's own files, not for the glue around them.
    gcc, clang
        The same, for one kind of compiler only.
    link
        Options for linking.
    closed
        Whether every symbol must be known when linking a shared object.
    is_rewritten
        Whether the assembly is rewritten so that no access goes unseen.
    """

    name: str
    optimise: str = "-O2"
    instrument: tuple[str, ...] = ()
    gcc: tuple[str, ...] = ()
    clang: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    closed: bool = True
    is_rewritten: bool = False

    def instrumentation(self, compiler: Compiler) -> tuple[str, ...]:
        """Options for the subject's own files with this compiler."""
        own = self.gcc if compiler.kind == "gcc" else self.clang
        # Calls are put in between instructions: nothing may lie below the stack pointer.
        rewritten = self.is_rewritten and compiler.machine == "x86_64"
        return self.instrument + own + (("-mno-red-zone",) if rewritten else ())

    @classmethod
    def parse(cls, text: str) -> Flavour:
        """Find a flavour by name; ``UsageError`` lists the names."""
        try:
            return FLAVOURS[text]
        except KeyError:
            raise UsageError(
                f"no flavour {text!r}; there are {', '.join(FLAVOURS)}"
            ) from None


def native(optimise: str = "-O2") -> Flavour:
    """Return the native flavour at an optimisation level, ``-O0`` to ``-O3``."""
    return Flavour("native" if optimise == "-O2" else f"native{optimise}", optimise)


EXPLORED = Flavour(
    "explored",
    optimise="-O1",
    instrument=(
        "-fsanitize=thread",
        "-ftls-model=global-dynamic",
        "-fno-plt",
        "-fno-stack-protector",
        "-U_FORTIFY_SOURCE",
        # A compiler that knows what they do leaves out what it thinks nobody can see.
        "-fno-builtin-malloc",
        "-fno-builtin-calloc",
        "-fno-builtin-realloc",
        "-fno-builtin-free",
        # Attributes that turn off hooks change nothing else: the code is checked without.
        "-Dno_sanitize(...)=__unused__",
        "-D__no_sanitize__(...)=__unused__",
        "-D__no_sanitize_thread__=__unused__",
        "-Ddisable_sanitizer_instrumentation=__unused__",
        "-D__disable_sanitizer_instrumentation__=__unused__",
    ),
    gcc=(
        "-U__SANITIZE_THREAD__",  # the code that is checked is the code that ships
        "-fno-ipa-ra",  # calls clobber what the convention says
        "--param=tsan-distinguish-volatile=1",
        "--param=tsan-instrument-func-entry-exit=0",
        "-Wno-tsan",  # fences: libtsan cannot, the explorer can
    ),
    clang=(
        *("-mllvm", "-tsan-distinguish-volatile=1"),
        *("-mllvm", "-tsan-instrument-read-before-write=1"),
        *("-mllvm", "-tsan-instrument-func-entry-exit=0"),
    ),
    closed=False,
    is_rewritten=True,
)

CHECKED = Flavour(
    "checked",
    optimise="-O1",
    instrument=(
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
        "-fno-omit-frame-pointer",
    ),
    link=("-fsanitize=address,undefined",),
    closed=False,
)

NATIVE = native()

FLAVOURS = {
    flavour.name: flavour
    for flavour in (NATIVE, *map(native, ("-O0", "-O1", "-O3")), EXPLORED, CHECKED)
}
