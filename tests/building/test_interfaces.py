"""What is read from the headers is what the compiler makes of them."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import pytest

from heald.building.engine import engine_include
from heald.building.interfaces import constants, interface, structure

HEADERS = ("linearize", "parse", "stress", "subject")


@pytest.mark.parametrize("header", HEADERS)
def test_every_field_is_where_the_compiler_puts_it(header: str, tmp_path: Path) -> None:
    ffi = interface(header)
    lines, expected = [], []
    for tag in ffi.list_types()[1]:
        fields = ffi.typeof(f"struct {tag}").fields
        if fields is None:
            continue  # only named here
        lines.append(f'printf("{tag} %zu\\n", sizeof(struct {tag}));')
        expected.append(f"{tag} {ffi.sizeof(f'struct {tag}')}")
        for name, field in fields:
            lines.append(
                f'printf("{tag}.{name} %zu\\n", offsetof(struct {tag}, {name}));'
            )
            expected.append(f"{tag}.{name} {field.offset}")
    assert len(lines) > 10
    source = tmp_path / "offsets.c"
    source.write_text(
        f"#include <heald/{header}.h>\n#include <stddef.h>\n#include <stdio.h>\n"
        f"int main(void) {{ {' '.join(lines)} }}\n"
    )
    program = tmp_path / "offsets"
    command = ["gcc", f"-I{engine_include()}", str(source), "-o", str(program)]
    subprocess.run(command, check=True)
    said = subprocess.run([str(program)], check=True, capture_output=True, text=True)
    assert said.stdout.splitlines() == expected


def test_numbers_are_macros_and_enumerators() -> None:
    found = constants("stress")
    assert found["STRESS_MAGIC"] == 0x68656C64
    assert found["STRESS_REQUEST_OFFSET"] == 128 << 10
    assert found["STRESS_TUNE"] == 1  # its value stands on the next line
    assert found["STRESS_BY_ANOTHER"] == 3
    assert "STRESS_POSITION" not in found


def test_a_struct_reads_memory_in_place() -> None:
    memory = bytearray(interface("linearize").sizeof("struct linear_call"))
    call = structure("linearize", "linear_call").from_buffer(memory)
    call.code, call.argument[1] = 7, -1
    assert memory[16:20] == (7).to_bytes(4, "little")
    assert ctypes.sizeof(call) == len(memory)
    assert call.argument[1] == -1


def test_each_interface_is_read_once() -> None:
    assert interface("subject") is interface("subject")
