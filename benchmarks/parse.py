"""What parsing costs: nanoseconds per message and GB/s, every way in one interleaved run.

``python -m benchmarks.parse [--picture FILE.svg]`` parses 64 MiB of 64-byte messages with the C
subjects (aligned and three bytes off), with Python's ``struct`` and with one C call a message,
and prints medians of CPU time beside the limit: copying the same bytes with memcpy. In
place and with every check, parsing should run at memory speed; what costs is leaving C.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import struct
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cffi
from cffi import recompiler

import heald.building.build
from heald.building.engine_parts import compiler_command
from heald.parsing import ParserSubject
from subjects.message import FLAWED, SOUND

MESSAGE = 64
SIZE = 64 << 20
ROUNDS = 5
BATCH = 4096
#: Python parses a part of it: it is a hundred times slower, and just as steady.
PYTHON_SIZE = 2 << 20

_CDEF = """
size_t message_parse(const unsigned char *, size_t, void *, size_t, size_t *);
void *memcpy(void *, const void *, size_t);
"""


#: The same, with the bytes by their address: an integer costs less to hand over.
_CALL = "size_t message_parse(uintptr_t, size_t, void *, size_t, size_t *);"


def load(parser: ParserSubject) -> Any:
    """Compile the parser alone, without the harness, as its author would ship it."""
    ffi = cffi.FFI()
    ffi.cdef(_CDEF)
    library = heald.building.build.compile([parser.sources[0]], cflags=parser.cflags)
    return ffi.dlopen(str(library))


def stream(size: int) -> bytes:
    """Return messages of 64 bytes each, numbered."""
    payload = bytes(range(MESSAGE - 8))
    header = struct.Struct(">HHI").pack
    return b"".join(header(1, len(payload), n) + payload for n in range(size // MESSAGE))


def in_c(library: Any, room: Any, skip: int, size: int, batch: int) -> Callable[[], None]:
    """Return a run over `room` from byte `skip`, with `batch` messages a call."""
    ffi = cffi.FFI()
    records = ffi.new(
        "unsigned char[]", 512 * batch
    )  # a record is smaller than 512 bytes
    taken: Any = ffi.new("size_t *")

    def run() -> None:
        at = 0
        data = room + skip  # keeps nothing alive: room itself does
        while at < size:
            library.message_parse(data + at, size - at, records, batch, taken)
            at += taken[0]

    return run


def compiled(parser: ParserSubject) -> Any:
    """Return cffi's module of the parser as an extension; None without Python's headers.

    The call then is C, where a library that is only opened is called through libffi.
    """
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").exists():
        return None
    ffi = cffi.FFI()
    ffi.cdef(_CALL)
    ffi.set_source("parser_call", _CALL)
    folder = Path(tempfile.mkdtemp())
    glue = folder / "parser_call.c"
    recompiler.make_c_source(ffi, "parser_call", _CALL, str(glue))
    module_file = folder / "parser_call.so"
    subprocess.run(
        [
            *compiler_command(),
            *("-O2", "-fPIC", "-shared", "-w", f"-I{headers}", *parser.cflags),
            *map(str, (parser.sources[0], glue, "-o", module_file)),
        ],
        check=True,
    )
    found = importlib.util.spec_from_file_location("parser_call", module_file)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def in_extension(module: Any, data: bytes) -> Callable[[], None]:
    """Return a run with one compiled call a message."""
    room: Any = module.ffi.new("unsigned char[]", data)
    record: Any = module.ffi.new("unsigned char[]", 512)
    taken: Any = module.ffi.new("size_t *")
    parse = module.lib.message_parse
    begin = int(module.ffi.cast("uintptr_t", room))
    end = begin + len(data)

    def run() -> None:
        at = begin
        while at < end:
            parse(at, end - at, record, 1, taken)
            at += taken[0]
        assert room is not None  # addresses alone keep nothing alive

    return run


def in_python(data: bytes) -> Callable[[], None]:
    """Return a run with struct, one slice of the payload a message."""
    header = struct.Struct(">HHI").unpack_from
    view = memoryview(data)

    def run() -> None:
        at = 0
        while at < len(view):
            _, length, _ = header(view, at)
            _ = view[at + 8 : at + 8 + length]
            at += 8 + length

    return run


def ways() -> list[tuple[str, int, Callable[[], None]]]:
    """Return name, bytes and run of each way."""
    ffi = cffi.FFI()
    data = stream(SIZE)
    room: Any = ffi.new("unsigned char[]", SIZE + 64)
    off: Any = ffi.new("unsigned char[]", SIZE + 64)
    target: Any = ffi.new("unsigned char[]", SIZE)
    ffi.memmove(room, data, SIZE)
    ffi.memmove(off + 3, data, SIZE)
    checked_cast = next(
        f.parser for f in FLAWED if f.parser.name.endswith("unaligned cast")
    )
    libraries = {
        "in place": load(SOUND[0]),
        "copied out": load(SOUND[1]),
        "checked cast": load(checked_cast),
    }
    found: list[tuple[str, int, Callable[[], None]]] = [
        ("memcpy (the limit)", SIZE, lambda: ffi.memmove(target, room, SIZE))
    ]
    for name, library in libraries.items():
        found.append((name, SIZE, in_c(library, room, 0, SIZE, BATCH)))
        found.append((f"{name}, 3 bytes off", SIZE, in_c(library, off, 3, SIZE, BATCH)))
    one = in_c(libraries["in place"], room, 0, PYTHON_SIZE, 1)
    found.append(("in place, a call each", PYTHON_SIZE, one))
    module = compiled(SOUND[0])
    if module is not None:
        run = in_extension(module, data[:PYTHON_SIZE])
        found.append(("in place, a compiled call each", PYTHON_SIZE, run))
    found.append(("struct in Python", PYTHON_SIZE, in_python(data[:PYTHON_SIZE])))
    return found


def measure() -> dict[str, float]:
    """Return the median nanoseconds per message of each way."""
    found = ways()
    spent: dict[str, list[float]] = {name: [] for name, _, _ in found}
    for _ in range(ROUNDS + 1):  # the first round warms up
        for name, size, run in found:
            begun = time.process_time_ns()
            run()
            spent[name].append((time.process_time_ns() - begun) / (size // MESSAGE))
    return {name: statistics.median(each[1:]) for name, each in spent.items()}


def draw(medians: dict[str, float], path: str) -> None:
    """Write the table as a picture."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4))
    names = list(medians)[::-1]
    axes.barh(names, [medians[name] for name in names], color="#4878a8")
    axes.set_xscale("log")
    axes.set_xlabel("CPU nanoseconds per 64-byte message (log)")
    axes.set_title("Parsing length-prefixed messages")
    figure.tight_layout()
    figure.savefig(path)


def main() -> None:
    """Print the table, and draw it where asked."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--picture", metavar="FILE", help="SVG or PNG, by its ending")
    chosen = options.parse_args()
    medians = measure()
    limit = medians["memcpy (the limit)"]
    print(f"{'way':32}{'ns/message':>12}{'GB/s':>9}{'x memcpy':>10}")
    for name, spent in medians.items():
        print(f"{name:32}{spent:12.2f}{MESSAGE / spent:9.2f}{spent / limit:10.1f}")
    if chosen.picture:
        draw(medians, chosen.picture)


if __name__ == "__main__":
    main()
