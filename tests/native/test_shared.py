from __future__ import annotations

import pytest

from heald import Call, EngineError, Scenario, UsageError
from heald.native import NativeSession, Settings, shared
from tests.native.subjects import TWO_INCREMENTS, counter


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
