"""A description is written from a header, runs at once, and finds what is planted."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

import heald
from heald import Subject, UsageError, Violated
from heald.describing.guesses import Kind
from heald.describing.written import Described, describe
from heald.testing.repeated import HealdRun
from tests.describing import headers
from tests.describing import library_headers as library


def described(
    tmp_path: Path, name: str, text: str, *, source: str | None = None
) -> Described:
    header = tmp_path / f"{name}.h"
    header.write_text(text)
    sources = []
    if source is not None:
        sources = [tmp_path / f"{name}.c"]
        sources[0].write_text(source)
    made = describe(header, sources, tmp_path / f"test_{name}.py")
    for file, content in made.files.items():
        file.write_text(content)
    return made


def subject_of(tmp_path: Path, name: str) -> tuple[Subject, Any]:
    spec = importlib.util.spec_from_file_location(name, tmp_path / f"test_{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name), module


def explore(subject: Subject, budget_s: float) -> str:
    """Return what a pass is worth; a sound subject is asked for all of the budget."""
    said: list[str] = []
    heald.explored(subject)([HealdRun(1, budget_s, "quick", 0, said.append)])
    return said[0]


@pytest.mark.parametrize(
    ("name", "text", "source", "kind", "operations"),
    [
        ("spsc_ring", headers.RING, None, Kind.QUEUE, ("put", "get")),
        ("ticket", headers.TICKET, None, Kind.LOCK, ("section",)),
        ("mcs", headers.MCS, None, Kind.LOCK, ("section",)),
        ("lfq", headers.LFQ, headers.LFQ_C, Kind.QUEUE, ("enqueue", "dequeue")),
        ("hits", headers.HITS, None, Kind.COUNTER, ("add", "get")),
        ("channel", headers.CHANNEL, None, Kind.QUEUE, ("send", "receive")),
        ("rwlock", library.RWLOCK, None, Kind.LOCK, ("section", "look")),
        ("slots", library.SLOTS, None, Kind.QUEUE, ("enqueue_spsc", "dequeue_spsc")),
        ("fifo", library.FIFO, None, Kind.QUEUE, ("enqueue", "dequeue")),
        ("linked", library.LINKED, None, Kind.STACK, ("push", "pop")),
        ("wfq", library.WFQ, None, Kind.QUEUE, ("enqueue", "dequeue")),
        ("gate", headers.GATE, None, Kind.UNKNOWN, ("raise_", "pass_")),
    ],
)
def test_a_description_of_a_sound_header_runs_at_once_and_passes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str,
    source: str | None,
    kind: Kind,
    operations: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    made = described(tmp_path, name, text, source=source)
    assert made.kind is kind
    assert made.operations == operations
    subject, _ = subject_of(tmp_path, name)
    if name == "gate":  # two who raise it race, and nobody said that one does
        with pytest.raises(Violated, match="data race"):
            explore(subject, 30.0)
        return
    assert "scenarios of up to 2 threads x 2 calls" in explore(subject, 1.0)


@pytest.mark.parametrize(
    ("name", "text", "strong", "weak", "kind"),
    [
        (
            "spsc_ring",
            headers.RING,
            "(&r->tail, tail + 1, memory_order_release)",
            "(&r->tail, tail + 1, memory_order_relaxed)",
            "data race",
        ),
        (
            "ticket",
            headers.TICKET,
            "owner + 1, memory_order_release",
            "owner + 1, memory_order_relaxed",
            "data race",
        ),
        (
            "hits",
            headers.HITS,
            "return atomic_fetch_add(&hits, amount) + amount;",
            "long old = atomic_load(&hits); atomic_store(&hits, old + amount); "
            "return old + amount;",
            "forbidden outcome",
        ),
        (
            "rwlock",
            library.RWLOCK,
            "        if (!atomic_load(&l->writer))\n            return;",
            "        return;",
            "data race",
        ),
        (
            "slots",
            library.SLOTS,
            "(&r->tail, tail + 1, memory_order_release)",
            "(&r->tail, tail + 1, memory_order_relaxed)",
            "data race",
        ),
        (
            "fifo",
            library.FIFO,
            "(&f->tail->next, e, memory_order_release)",
            "(&f->tail->next, e, memory_order_relaxed)",
            "data race",
        ),
        (
            "linked",
            library.LINKED,
            "        __atomic_thread_fence(__ATOMIC_ACQUIRE);\n",
            "",
            "data race",
        ),
        (
            "wfq",
            library.WFQ,
            "    atomic_store(&old->next, node);",
            "    atomic_store_explicit(&old->next, node, memory_order_relaxed);",
            "livelock",
        ),
        (
            "channel",
            headers.CHANNEL,
            "(&c->state, 2, memory_order_release)",
            "(&c->state, 2, memory_order_relaxed)",
            "data race",
        ),
    ],
)
def test_what_is_planted_in_a_header_is_found_without_touching_the_description(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str,
    strong: str,
    weak: str,
    kind: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert text.count(strong) == 1
    described(tmp_path, name, text.replace(strong, weak))
    subject, _ = subject_of(tmp_path, name)
    with pytest.raises(Violated, match=kind):
        explore(subject, 30.0)


def test_a_put_of_nodes_that_says_what_was_there_is_not_full(tmp_path: Path) -> None:
    described(tmp_path, "linked", library.LINKED)
    linked, module = subject_of(tmp_path, "linked")
    model = module.Model()
    assert [model.push(n) for n in (1, 2, 3)] == [False, True, True]
    assert [model.pop() for _ in range(4)] == [3, 2, 1, None]
    assert linked.volatile == "relaxed"
    assert "_linked_pop_all is left out" in (tmp_path / "test_linked.py").read_text()


def test_conventions_are_measured(tmp_path: Path) -> None:
    described(tmp_path, "spsc_ring", headers.RING)
    ring, module = subject_of(tmp_path, "spsc_ring")
    model = module.Model()
    assert [model.put(1), model.put(2), model.put(3)] == [True, True, False]
    assert [model.get(), model.get(), model.get()] == [1, 2, None]
    assert ring.roles == ("producer", "consumer")
    asks = "# Any thread may call each of these."
    assert asks not in (tmp_path / "test_spsc_ring.py").read_text()
    described(tmp_path, "lfq", headers.LFQ, source=headers.LFQ_C)
    lfq, module = subject_of(tmp_path, "lfq")
    assert asks in (tmp_path / "test_lfq.py").read_text()
    model = module.Model()
    assert [model.enqueue(n) for n in range(5)] == [0, 0, 0, 0, -1]
    result = lfq.operations["dequeue"].operation.result
    assert result is not None
    assert (result(0, 7), result(-1, 7)) == (7, None)
    described(tmp_path, "hits", headers.HITS)
    model = subject_of(tmp_path, "hits")[1].Model()
    assert (model.add(2), model.add(3), model.get()) == (2, 5, 5)


def test_a_call_that_waits_is_measured_and_is_not_yet_in_the_model(
    tmp_path: Path,
) -> None:
    described(tmp_path, "channel", headers.CHANNEL)
    model = subject_of(tmp_path, "channel")[1].Model()
    with pytest.raises(heald.NotYet):
        model.receive()
    model.send(3)
    with pytest.raises(heald.NotYet):
        model.send(4)
    assert model.receive() == 3


def test_nodes_of_the_caller_get_a_file_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = described(tmp_path, "nodes", headers.NODES)
    assert made.kind is Kind.STACK
    assert made.operations == ("push_mp", "pop_mp")
    assert "nodes_push_sp" in dict(made.left_out)
    assert (tmp_path / "nodes_subject.c").exists()
    subject, _ = subject_of(tmp_path, "nodes")
    # A node is read while its owner may push it again: e->next is plain.
    assert "scenarios of up to 2 threads x 2 calls" in explore(subject, 1.0)


def test_what_cannot_be_called_is_named_with_the_reason(tmp_path: Path) -> None:
    made = described(tmp_path, "spsc_ring", headers.RING)
    left_out = dict(made.left_out)
    assert left_out["spsc_ring_each"] == "only plain pointers can be passed"
    assert left_out["spsc_ring_log"] == "variable arguments cannot be called"
    assert "spsc_ring_size" in left_out
    assert "table" not in left_out


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("empty.h", "#define PUT(x) (x)\n", "macros are no functions"),
        ("alone.c", "int main(void) { return 0; }\n", "no function of it"),
        ("broken.h", '#include "nowhere.h"\n', "the preprocessor rejects it"),
        ("queue.hpp", "class Queue {};\n", 'extern "C"'),
    ],
)
def test_a_header_without_functions_is_a_usage_error(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    header = tmp_path / name
    header.write_text(text)
    with pytest.raises(UsageError, match=said):
        describe(header, [], tmp_path / "test_it.py")
