"""Orders of sound variants that nothing needs, as far as bounded exploration goes, and why.

``heald mutate`` weakens every order of every sound variant. All are needed but these. Each
stands for a proof within the bounds (every execution of every scenario is right without it)
and for an argument why that holds in general; none is weakened for that: some are there to
show that more is sound, too, others are a promise to readers.

``python -m subjects.stronger_than_needed`` writes the table of ``docs/mutation.md`` anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from heald.mutation.mutation import Mutation, mutate
from heald.mutation.tables import markdown_table, order_name
from heald.orders.place_mutants import PlaceMutant
from heald.subject.subject import Subject
from subjects import cas, counter, publish, refcount, ring, stack

SOUND: Sequence[Subject] = [
    variant.subject
    for module in (counter, publish, cas, stack, ring, refcount)
    for variant in module.VARIANTS
    if variant.sound
]

TARGETS: Sequence[Subject] = ()
"""None: campaigns find these subjects in the modules that they come from."""

_COUNTER = (
    "a read-modify-write reads the latest value whatever its order; no other memory"
)
_PUBLISH = "release and acquire are enough: the variant release-acquire"
_OWN = "only the sender writes the flag, so it reads what it wrote itself"

_STILL = "called when no operation is in progress"
_FULL = (
    "written as `__sync`: one locked instruction of x86, which has no weaker one; on other "
    "machines PUSH and LOOK name their orders"
)
_READS = "where it only reads the top, nothing is published by it"
_WRITES = (
    "where it swings the top, what it is compared with was acquired when it was read"
)

REASONS: Mapping[tuple[str, str, str], str] = MappingProxyType(
    {
        ("counter/fetch-add-seq-cst", "COUNTER_ADD", "acq_rel"): _COUNTER,
        ("counter/fetch-add-seq-cst", "COUNTER_ADD", "acquire"): _COUNTER,
        ("counter/fetch-add-seq-cst", "COUNTER_ADD", "release"): _COUNTER,
        ("counter/fetch-add-seq-cst", "COUNTER_ADD", "relaxed"): _COUNTER,
        ("counter/fetch-add-seq-cst", "COUNTER_READ", "acquire"): _COUNTER,
        ("counter/fetch-add-seq-cst", "COUNTER_READ", "relaxed"): _COUNTER,
        ("publish/release-acquire", "publish_atomic.c load", "acquire"): _STILL,
        ("publish/release-acquire", "publish_atomic.c load", "relaxed"): _STILL,
        ("publish/fences", "publish_fence.c load", "acquire"): _STILL,
        ("publish/fences", "publish_fence.c load", "relaxed"): _STILL,
        ("publish/seq-cst", "publish_atomic.c load", "acquire"): _STILL,
        ("publish/seq-cst", "publish_atomic.c load", "relaxed"): _STILL,
        ("publish/seq-cst", "PUBLISH_RAISE", "release"): _PUBLISH,
        ("publish/seq-cst", "PUBLISH_SEE", "acquire"): _PUBLISH,
        ("publish/seq-cst", "PUBLISH_OWN", "acquire"): _OWN,
        ("publish/seq-cst", "PUBLISH_OWN", "relaxed"): _OWN,
        ("stack/tagged", "stack_tagged.c load", "acquire"): _STILL,
        ("stack/tagged", "stack_tagged.c load", "relaxed"): _STILL,
        ("stack/tagged", "wide.h cas", "acq_rel"): _FULL,
        ("stack/tagged", "wide.h cas", "acquire"): _READS,
        ("stack/tagged", "wide.h cas", "release"): _WRITES,
        ("stack/tagged", "wide.h failed cas", "acquire"): _FULL,
        ("stack/tagged", "wide.h failed cas", "relaxed"): _WRITES,
        ("stack/hazard", "stack_hazard.c load", "acquire"): _STILL,
        ("stack/hazard", "stack_hazard.c load", "relaxed"): _STILL,
        ("stack/hazard", "STACK_CLEAR", "relaxed"): (
            "the node is this thread's own by now; of nodes announced earlier, each was last "
            "read before the fence of the next announcement, and that fence makes this store a "
            "release for whoever collects"
        ),
        ("ring/release-acquire", "ring_index.c load", "acquire"): _STILL,
        ("ring/release-acquire", "ring_index.c load", "relaxed"): _STILL,
        ("ring/barriers", "ring_fence.c load", "acquire"): _STILL,
        ("ring/barriers", "ring_fence.c load", "relaxed"): _STILL,
        ("refcount/acq-rel", "refcount.c load", "acquire"): _STILL,
        ("refcount/acq-rel", "refcount.c load", "relaxed"): _STILL,
    }
)
"""Per (subject, order, weaker order) why nothing needs it."""

_PAGE = Path(__file__).resolve().parents[1] / "docs" / "mutation.md"
_BEGIN, _END = "<!-- table: begin -->\n", "<!-- table: end -->\n"


def table_in(page: str) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each row of the page's table, without its head."""
    table = page.partition(_BEGIN)[2].partition(_END)[0]
    for line in table.strip().partition("\n\n")[0].splitlines()[2:]:
        yield tuple(cell.strip() for cell in line.strip("| ").split(" | "))


def unexplained(result: Mutation) -> list[str]:
    """Return what is wrong about a subject's mutants: none if all are as said here."""
    wrong = []
    strong = {_key(result, m) for m in result.mutants if m.state == "stronger"}
    for mutant in result.mutants:
        key = _key(result, mutant)
        if mutant.state == "undecided":
            wrong.append(f"{mutant.override}: undecided: {mutant.why}")
        elif mutant.state == "stronger" and key not in REASONS:
            wrong.append(
                f"{mutant.override} {key}: nothing needs it; a scenario or a reason is missing"
            )
        elif mutant.failure is not None and key in REASONS and key not in strong:
            wrong.append(
                f"{mutant.override}: is needed after all: {mutant.failure['message']}"
            )
    return wrong


def _key(result: Mutation, mutant: PlaceMutant) -> tuple[str, str, str]:
    """Return what reasons are given for; two places of a file may share it."""
    return result.subject.name, order_name(mutant), mutant.new


def write_page() -> None:
    """Weaken everything and write the table, with the reasons from here."""
    results = [mutate(subject) for subject in SOUND]
    for result in results:
        for line in unexplained(result):
            raise SystemExit(f"{result.subject.name}: {line}")
    before, _, rest = _PAGE.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    table = markdown_table(results, REASONS)
    _PAGE.write_text(f"{before}{_BEGIN}\n{table}\n\n{_END}{after}")


if __name__ == "__main__":
    write_page()
