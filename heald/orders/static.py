"""The atomic operations that a program has, executed or not: calls of the hooks in its code.

The compiler turns each into a call of ``__tsan_atomic...``; the disassembler of binutils names
the callee of each call. Where it does not (another machine, no binutils), nobody knows.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from heald import deadline
from heald.explorer.order import Operation

_LINE = re.compile(r"^\s*([0-9a-f]+):\s+(.*)$")
_CALL = re.compile(r"\bcall\w*\b.*<__tsan_atomic(?:\d+_)?(\w+?)(?:@\w+)?>")
_OPERATIONS = {
    "load": Operation.LOAD,
    "store": Operation.STORE,
    "thread_fence": Operation.FENCE,
}


def atomic_sites(program: Path) -> dict[int, Operation] | None:
    """Return the return address of each call of an atomic hook, relative to the program.

    Returns
    -------
    dict or None
        None if the calls cannot be told from others.
    """
    tool = shutil.which("objdump")
    if tool is None:
        return None
    done = deadline.run([tool, "-d", "--no-show-raw-insn", str(program)])
    if done.returncode != 0:
        return None
    found: dict[int, Operation] = {}
    called: Operation | None = None
    for line in done.stdout.splitlines():
        instruction = _LINE.match(line)
        if instruction is None:
            continue
        if called is not None:
            found[int(instruction[1], 16)] = called
            called = None
        call = _CALL.search(instruction[2])
        if call is not None and call[1] != "signal_fence":
            called = _operation(call[1].lstrip("_"))
    return found or None


def _operation(name: str) -> Operation:
    if name.startswith("compare_exchange"):
        return Operation.EXCHANGE_IF_EQUAL
    return _OPERATIONS.get(name, Operation.UPDATE)
