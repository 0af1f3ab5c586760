"""What cffi reads from the headers is what the compiler makes of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from heald.building.engine import engine_include
from heald.building.interfaces import interface

STRUCTS = {
    "linearize": ("linear_call", "linear_options", "linear_result"),
    "parse": ("parse_report", "heald_parser"),
    "subject": ("heald_operation", "heald_subject", "heald_call", "heald_scenario"),
}


@pytest.mark.parametrize("header", STRUCTS)
def test_structs_are_as_large_as_the_compiler_makes_them(
    header: str, tmp_path: Path
) -> None:
    sizes = [f'printf("%zu ", sizeof(struct {name}));' for name in STRUCTS[header]]
    source = tmp_path / "sizes.c"
    source.write_text(
        f"#include <heald/{header}.h>\n#include <stdio.h>\n"
        f"int main(void) {{ {' '.join(sizes)} }}\n"
    )
    program = tmp_path / "sizes"
    command = ["gcc", f"-I{engine_include()}", str(source), "-o", str(program)]
    subprocess.run(command, check=True)
    said = subprocess.run([str(program)], check=True, capture_output=True, text=True)
    ffi = interface(header)
    known = [ffi.sizeof(f"struct {name}") for name in STRUCTS[header]]
    assert [int(word) for word in said.stdout.split()] == known


def test_each_interface_is_read_once() -> None:
    assert interface("subject") is interface("subject")
