"""The tests mirror the source: heald/room/x.py is tested in tests/room/test_x.py.

A part of such a module, which nobody else knows (a file that became too long is split), is tested
through it. What is tested elsewhere is in a table that says where, and may only get shorter: a new
module has a file of its own, or is a part.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_rooms import HEALD, known_modules, python_files

TESTS = Path(__file__).resolve().parent

#: Tested under another name: through the command, the page or the whole that they serve.
ELSEWHERE = {
    "building/assembly/unannounced.py": "building/assembly/test_disassembly.py",
    "building/frames.py": "explorer/test_orders_at.py",
    "building/places.py": "native/test_symbols.py",
    "building/rust/channels.py": "building/rust/test_standard.py",
    "building/rust/demangled.py": "building/rust/test_program.py",
    "building/rust/link.py": "building/rust/test_cargo.py",
    "caller.py": "targets/test_places.py",
    "campaign/beginning.py": "campaign/test_run.py",
    "carried.py": "replaying/test_elsewhere.py",
    "cli/agent.py": "cluster/test_agent.py",
    "cli/cargo.py": "building/rust/test_libtest.py",
    "cli/chosen.py": "cli/test_mistakes.py",
    "cli/examples.py": "test_examples.py",
    "cli/listing.py": "cli/test_main.py",
    "cli/litmus.py": "test_litmus.py",
    "cli/mend.py": "cli/test_outputs.py",
    "cli/mutate.py": "mutation/test_mutation.py",
    "cli/order_search.py": "cli/test_budgets.py",
    "cli/replay.py": "replaying/test_damaged.py",
    "cli/report.py": "campaign/test_report.py",
    "cli/schema.py": "cli/test_schemas.py",
    "cli/tighten.py": "orders/test_saving.py",
    "cli/verify.py": "verifying/test_verification.py",
    "cluster/dask_backend.py": "cluster/test_dask.py",
    "cluster/dask_bridge.py": "cluster/test_dask.py",
    "cluster/dask_relay.py": "cluster/test_dask.py",
    "cluster/part.py": "cluster/test_searching.py",
    "cluster/pipes.py": "cluster/test_searching.py",
    "cluster/project.py": "campaign/test_agents.py",
    "cluster/reaching.py": "cluster/test_verbs.py",
    "cluster/stream.py": "cluster/test_searching.py",
    "describing/names.py": "describing/test_written.py",
    "describing/sections.py": "describing/test_written.py",
    "doctor.py": "cli/test_doctor.py",
    "explorer/built.py": "check/test_compiled_inputs.py",
    "explorer/execution.py": "explaining/test_explanation.py",
    "explorer/first_rounds.py": "check/test_long_loop.py",
    "explorer/kept.py": "replaying/test_program.py",
    "explorer/not_loaded.py": "check/test_unseen.py",
    "explorer/open_numbers.py": "check/test_bounds_elsewhere.py",
    "explorer/program.py": "check/test_check.py",
    "explorer/put_in.py": "check/test_bounds_elsewhere.py",
    "explorer/ranges.py": "check/test_harness.py",
    "explorer/result.py": "cli/test_check.py",
    "explorer/rust_tests.py": "building/rust/test_libtest.py",
    "explorer/used_as.py": "check/test_harness.py",
    "faults/cells.py": "cli/test_faults.py",
    "finding.py": "test_capsule.py",
    "mutation/capsules.py": "mutation/test_mutation.py",
    "names.py": "api/test_public.py",
    "native/watch.py": "native/test_watchdog.py",
    "orders/diff.py": "orders/test_mend.py",
    "orders/mutants_table.py": "orders/test_mutate.py",
    "parsing/hexdump.py": "parsing/test_modes.py",
    "parsing/worker.py": "parsing/test_session.py",
    "plain.py": "replaying/test_stranger.py",
    "precedence.py": "explaining/test_history.py",
    "showing/brief.py": "cli/test_check.py",
    "showing/step_graphs.py": "showing/test_graphs.py",
    "showing/terminal.py": "showing/test_trace.py",
    "state.py": "explaining/test_while_testing.py",
    "stop.py": "targets/test_isolated.py",
    "subject/identity.py": "replaying/test_replay.py",
    "targets/shrinking.py": "campaign/test_run.py",
    "testing/written.py": "cli/test_integration.py",
    "topology.py": "campaign/test_judgement.py",
    "verifying/as_test.py": "docs/test_recipes.py",
    "verifying/models.py": "verifying/test_verification.py",
    "verifying/place.py": "verifying/test_verification.py",
    "verifying/program.py": "verifying/test_verification.py",
    "verifying/subject.py": "verifying/test_verification.py",
    "version.py": "cli/test_main.py",
    "violation.py": "testing/test_native.py",
}
LONGEST = 74
"""So many rows are needed at most; one that is not any more can go."""


def test_of(module: Path) -> Path:
    """Return where the tests of a module lie."""
    inside = module.relative_to(HEALD)
    return TESTS / inside.with_name(f"test_{inside.name}")


test_of.__test__ = False  # type: ignore[attr-defined]


def without_tests() -> dict[str, Path]:
    """Return the modules that have no file of tests and are no part of one that has, by name."""
    modules = [file for file in python_files() if file.name != "__init__.py"]
    own = [module for module in modules if test_of(module).exists()]
    parts = {
        part
        for module in own
        for part in known_modules(module)
        if part.relative_to(HEALD).parts[0] == module.relative_to(HEALD).parts[0]
    }
    return {
        str(module.relative_to(HEALD)): module
        for module in modules
        if module not in own and module not in parts
    }


def test_each_module_has_its_tests_where_a_newcomer_looks() -> None:
    without = without_tests()
    assert [module for module in without if module not in ELSEWHERE] == []
    assert len(without) <= LONGEST


@pytest.mark.parametrize("file", sorted(set(ELSEWHERE.values())))
def test_the_table_names_files_of_tests(file: str) -> None:
    assert "def test_" in (TESTS / file).read_text()
