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
    "cli/cargo.py": "building/rust/test_libtest.py",
    "cli/examples.py": "test_examples.py",
    "cli/listing.py": "cli/test_main.py",
    "cli/litmus.py": "test_litmus.py",
    "cli/mend.py": "cli/test_outputs.py",
    "cli/order_search.py": "cli/test_budgets.py",
    "cli/report.py": "campaign/test_report.py",
    "cli/tighten.py": "orders/test_saving.py",
    "describing/names.py": "describing/test_written.py",
    "describing/sections.py": "describing/test_written.py",
    "explorer/execution.py": "explaining/test_explanation.py",
    "explorer/put_in.py": "explorer/test_open_numbers.py",
    "faults/cells.py": "cli/test_faults.py",
    "finding.py": "test_capsule.py",
    "names.py": "api/test_public.py",
    "native/watch.py": "native/test_watchdog.py",
    "orders/diff.py": "orders/test_mend.py",
    "orders/mutants_table.py": "orders/test_mutate.py",
    "parsing/hexdump.py": "parsing/test_modes.py",
    "parsing/worker.py": "parsing/test_session.py",
    "precedence.py": "explaining/test_history.py",
    "showing/brief.py": "cli/test_check.py",
    "showing/step_graphs.py": "showing/test_graphs.py",
    "state.py": "explaining/test_while_testing.py",
    "stop.py": "targets/test_isolated.py",
    "subject/identity.py": "replaying/test_replay.py",
    "targets/shrinking.py": "campaign/test_run.py",
    "testing/written.py": "cli/test_integration.py",
    "topology.py": "campaign/test_judgement.py",
    "violation.py": "testing/test_native.py",
}
LONGEST = 39
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
