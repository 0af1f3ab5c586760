"""What weaker orders save: instructions, as compilers for x86-64 and AArch64 write them.

Time depends on the machine and on who else wants the line; instructions do not. What counts is
which they are: on x86-64 a ``seq_cst`` store is an ``xchg`` or an ``mfence`` and an acquire is
nothing, on AArch64 ``ldar`` and ``stlr`` become ``ldr`` and ``str``.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heald import deadline
from heald.orders.explorable import moved_flags, placed

#: Machine to compiler and disassembler; the first that there is.
_TOOLS: Mapping[str, Sequence[tuple[str, str, tuple[str, ...]]]] = {
    "x86-64": (
        ("x86_64-linux-gnu-gcc", "x86_64-linux-gnu-objdump", ()),
        ("gcc", "objdump", ("-m64",)),
    ),
    "AArch64": (
        (
            "aarch64-linux-gnu-gcc",
            "aarch64-linux-gnu-objdump",
            ("-march=armv8.1-a",),
        ),
    ),
}
_INSTRUCTION = re.compile(r"^ *[0-9a-f]+:\t(?:lock |rep\w* )*(\S+)", re.MULTILINE)
_LOCKED = re.compile(r"^ *[0-9a-f]+:\tlock (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Saving:
    """Instructions of all sources on one machine.

    Attributes
    ----------
    before, after
        How many there are.
    gone, come
        Those that there are fewer and more of, with how many.
    """

    before: int
    after: int
    gone: Mapping[str, int]
    come: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return dict(vars(self))

    def __str__(self) -> str:
        text = f"{self.before:,} -> {self.after:,} instructions"
        if not self.gone and not self.come:
            return f"{text}, the same ones"
        gone = [f"-{count} {name}" for name, count in sorted(self.gone.items())]
        come = [f"+{count} {name}" for name, count in sorted(self.come.items())]
        return f"{text} ({', '.join([*gone, *come])})"


def savings(
    sources: Sequence[str],
    cflags: Sequence[str],
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> dict[str, Saving]:
    """Compile both texts for each machine that there is a compiler for.

    Parameters
    ----------
    sources
        What is compiled, as absolute paths.
    before, after
        The text of each file, by path.

    Returns
    -------
    dict
        By machine; one whose compiler is missing, or refuses the source, is left out.
    """
    found = {}
    for machine, tools in _TOOLS.items():
        tool = next((each for each in tools if shutil.which(each[0])), None)
        if tool is None or not shutil.which(tool[1]):
            continue
        old = _instructions(tool, sources, cflags, before)
        new = _instructions(tool, sources, cflags, after)
        if old is not None and new is not None:
            found[machine] = Saving(
                old.total(), new.total(), dict(old - new), dict(new - old)
            )
    return found


def _instructions(
    tool: tuple[str, str, tuple[str, ...]],
    sources: Sequence[str],
    cflags: Sequence[str],
    texts: Mapping[str, str],
) -> Counter[str] | None:
    compiler, disassembler, machine = tool
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="heald-saving-") as scratch:
        folder = Path(scratch)
        root, copies = placed(texts, folder)
        flags = [*moved_flags(cflags, root, folder), f"-I{root}"]
        for source in sources:
            made = folder / "unit.o"
            command = [compiler, "-O2", *machine, *flags, "-w", "-c"]
            done = deadline.run([*command, str(copies[source]), "-o", str(made)])
            if done.returncode != 0:
                return None
            shown = deadline.run([disassembler, "-d", "--no-show-raw-insn", str(made)])
            if shown.returncode != 0:
                return None
            locked = _LOCKED.findall(shown.stdout)
            total.update(_INSTRUCTION.findall(shown.stdout))
            total.subtract(locked)
            total.update(f"lock {name}" for name in locked)
    for name in [each for each in total if each.startswith(("nop", "data16", "cs"))]:
        del total[name]  # between functions
    return +total
