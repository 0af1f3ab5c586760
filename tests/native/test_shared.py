from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import pytest

from heald import Call, EngineError, Scenario, UsageError
from heald.building.engine import engine_include
from heald.native import NativeSession, Settings, shared
from tests.native.subjects import TWO_INCREMENTS, counter

STRUCTS = {
    "stress_recorder": shared.Recorder,
    "stress_request": shared.Request,
    "stress_settings": shared.CSettings,
    "stress_frames": shared.Frames,
    "stress_thread_record": shared.ThreadRecord,
    "stress_broken": shared.Broken,
    "stress_crash": shared.Crash,
    "stress_module": shared.Module,
    "stress_operation_record": shared.OperationRecord,
}
NOT_IN_C = {"apart", "tail"}


def test_every_field_is_where_the_compiler_puts_it(tmp_path: Path) -> None:
    lines, expected = [], []
    for name, mirror in STRUCTS.items():
        lines.append(f'printf("{name} %zu\\n", sizeof(struct {name}));')
        expected.append(f"{name} {ctypes.sizeof(mirror)}")
        for field, *_ in mirror._fields_:
            if field not in NOT_IN_C:
                lines.append(
                    f'printf("{name}.{field} %zu\\n", offsetof(struct {name}, {field}));'
                )
                expected.append(f"{name}.{field} {getattr(mirror, field).offset}")
    source = tmp_path / "offsets.c"
    source.write_text(
        "#include <heald/stress.h>\n#include <stdio.h>\nint main(void) {\n"
        + "\n".join(lines)
        + "\n}\n"
    )
    program = tmp_path / "offsets"
    compiled = ["gcc", f"-I{engine_include()}", str(source), "-o", str(program)]
    subprocess.run(compiled, check=True)
    shown = subprocess.run([program], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines() == expected


def test_drifted_layout_is_our_fault() -> None:
    recorder = shared.Recorder(magic=shared.MAGIC, abi=shared.ABI)
    with pytest.raises(EngineError, match=r"^engine bug: the stress host's memory "):
        shared.check_layout(recorder)


def test_scribbled_counts_are_bounded() -> None:
    """A subject can write anything to the shared memory; reading it must not run away."""
    memory = bytearray(shared.SHARED_BYTES)
    recorder = shared.Recorder.from_buffer(memory)
    recorder.entry_count = recorder.slot_count = 2**32 - 1
    assert list(shared.read_entries(recorder, memoryview(memory), 2)) == []
    assert list(shared.read_entries(recorder, memoryview(memory), 2**32 - 1)) == []
    recorder.slot_count = 2
    recorder.threads[0].dump.count = 2**32 - 1
    assert list(shared.read_entries(recorder, memoryview(memory), 2)) == []
    assert len(recorder.threads[0].dump.addresses()) == shared.FRAMES
    recorder.best.layout = 77
    assert recorder.best.settings() is None


def test_scenario_larger_than_its_area_is_refused() -> None:
    calls = (Call("add", (1,)),) * 20000
    layout = counter().layout(Scenario(threads=(calls,)))
    with pytest.raises(UsageError, match=r"^the scenario is too large: 20000 calls "):
        shared.pack_request(
            layout,
            flags=0,
            seed=0,
            budget_ns=1,
            power_ns=0,
            sample_max=0,
            settings=Settings(),
        )


def test_table_that_does_not_add_up_is_refused_by_the_engine() -> None:
    with NativeSession() as session:
        session.run(counter(), TWO_INCREMENTS, seed=1, budget_s=0.01)
        host = session.host_for(counter().build().path)
        request = bytearray(
            shared.pack_request(
                counter().layout(TWO_INCREMENTS),
                flags=0,
                seed=0,
                budget_ns=1000,
                power_ns=0,
                sample_max=0,
                settings=Settings(),
            )
        )
        header = shared.Request.from_buffer(request)
        header.result_count = 7
        host.begin(bytes(request))
        while host.wait(1.0) is None:
            pass
        assert host.recorder.state == shared.REFUSED
        assert (
            host.recorder.error == b"bad scenario: results of the calls do not add up (1)"
        )
