"""How orders are spelt: the constants of each language, and which arguments give them."""

from __future__ import annotations

import re

from heald.explorer.order import Operation
from heald.orders.source_text import Call, SourceText

CONSTANT = re.compile(
    r"(?P<prefix>(?:std::)?memory_order_|(?:std::)?memory_order::|__ATOMIC_|"
    r"(?:\w+::)*Ordering::|)(?P<order>relaxed|consume|acquire|release|acq_rel|seq_cst|"
    r"RELAXED|CONSUME|ACQUIRE|RELEASE|ACQ_REL|SEQ_CST|Relaxed|Acquire|Release|AcqRel|SeqCst)"
)
RUST = {"Relaxed": "relaxed", "Acquire": "acquire", "Release": "release"}
RUST |= {"AcqRel": "acq_rel", "SeqCst": "seq_cst"}
RUST_WORDS = {order: word for word, order in RUST.items()}

# Of an operation by its name: (arguments before the first order, orders it names).
_C = re.compile(
    r"atomic_(?:load|store|exchange|fetch_(?:add|sub|and|or|xor)|compare_exchange_(?:strong|weak)|"
    r"flag_test_and_set|flag_clear)(?P<explicit>_explicit)?|"
    r"(?P<fence>atomic_thread_fence|__atomic_thread_fence)|"
    r"__atomic_(?P<builtin>load|store|exchange|compare_exchange|load_n|store_n|exchange_n|"
    r"compare_exchange_n|test_and_set|clear|(?:fetch_(?:add|sub|and|or|xor|nand)|"
    r"(?:add|sub|and|or|xor|nand)_fetch))"
)
_METHODS = {
    "load": 0,
    "store": 1,
    "swap": 1,
    "exchange": 1,
    "test_and_set": 0,
    "test": 0,
    "clear": 0,
    **{
        f"fetch_{what}": 1
        for what in ("add", "sub", "and", "or", "xor", "nand", "max", "min")
    },
    "fetch_update": 0,
    "fence": 0,
    "compare_exchange_strong": 2,
    "compare_exchange_weak": 2,
    "compare_exchange": 2,
    "wait": 1,
}


_SYNC = {
    **{
        f"__sync_fetch_and_{what}": f"__atomic_fetch_{what}"
        for what in ("add", "sub", "and", "or", "xor", "nand")
    },
    **{
        f"__sync_{what}_and_fetch": f"__atomic_{what}_fetch"
        for what in ("add", "sub", "and", "or", "xor", "nand")
    },
    "__sync_synchronize": "__atomic_thread_fence",
    "__sync_lock_test_and_set": "__atomic_exchange_n",
    "__sync_lock_release": "__atomic_store_n",
}
_SYNC_CAS = {
    "__sync_bool_compare_and_swap": "",
    "__sync_val_compare_and_swap": " seen_;",
}
_PLAIN_WORDS = re.compile(r"[\w\s.&*\[\]()+-]+(?:->[\w\s.&*\[\]()+-]+)*")
_WIDE = re.compile(r"int128|cx16")


def named_with_order(call: Call, code: str) -> tuple[tuple[int, int, str], ...]:
    """Return how a function that names no order is written with one; (): it is not known."""
    name_end = call.start + len(call.name)
    if call.name in _SYNC_CAS:
        return _sync_cas_with_order(call, code)
    if call.name in _SYNC:
        comma = ", " if call.arguments else ""
        value = ", 0" if call.name == "__sync_lock_release" else ""
        return (
            (call.start, name_end, _SYNC[call.name]),
            (call.end, call.end, f"{value}{comma}{{}}"),
        )
    named = _C.fullmatch(call.name)
    if named is None or named["explicit"] or named["builtin"] or named["fence"]:
        return ()
    fail = ", {fail}" if "compare_exchange" in call.name else ""
    return ((name_end, name_end, "_explicit"), (call.end, call.end, f", {{}}{fail}"))


def _sync_cas_with_order(call: Call, code: str) -> tuple[tuple[int, int, str], ...]:
    """Return it as ``__atomic_compare_exchange_n``, which wants the old value in a variable.

    Of sixteen bytes ``__sync`` is one instruction and ``__atomic`` a library's: left as it is.
    """
    where, *values = (code[start:end] for start, end in call.arguments[:2])
    is_plain = values and all(map(_PLAIN_WORDS.fullmatch, (where, *values)))
    if len(call.arguments) != 3 or not is_plain or _WIDE.search(code):
        return ()
    (first, _), (begin, end), _ = call.arguments
    kind = f"__typeof__((__typeof__(*({where})))0)"  # without volatile
    opens = f"__extension__({{ {kind} seen_ = {values[0]}; "
    return (
        (call.start, first, f"{opens}__atomic_compare_exchange_n("),
        (begin, end, "&seen_"),
        (call.end, call.end + 1, f", 0, {{}}, {{fail}});{_SYNC_CAS[call.name]} }})"),
    )


def operation_of(name: str) -> Operation | None:
    """Return what a function or method does; None: it is not one of these."""
    if name in _SYNC_CAS:
        return Operation.EXCHANGE_IF_EQUAL
    if name in _SYNC:
        name = _SYNC[name]
    elif not _C.fullmatch(name) and name not in _METHODS:
        return None
    if "fence" in name:
        return Operation.FENCE
    if "compare_exchange" in name:
        return Operation.EXCHANGE_IF_EQUAL
    if name == "fetch_update":
        return None
    word = name.removeprefix("__").removeprefix("atomic_").removeprefix("flag_")
    word = word.removesuffix("_explicit").removesuffix("_n")
    kinds = {"load": Operation.LOAD, "test": Operation.LOAD, "wait": Operation.LOAD}
    kinds |= {"store": Operation.STORE, "clear": Operation.STORE}
    return kinds.get(word, Operation.UPDATE)


def order_spans(call: Call, text: SourceText) -> list[tuple[int, int]] | None:
    """Return where a known operation has its orders, [] if that cannot be said; else None."""
    named = _C.fullmatch(call.name)
    arguments = list(call.arguments)
    if named:
        if named["fence"]:
            return arguments[:1]
        many = 2 if "compare_exchange" in call.name else 1
        if named["explicit"] or named["builtin"]:
            return arguments[-many:] if len(arguments) >= many else []
        return []  # implicit: to write one is another function's name (named_with_order)
    if call.name in _SYNC or call.name in _SYNC_CAS:
        return []
    if call.name in _METHODS and (call.is_method or call.name == "fence"):
        before = _METHODS[call.name]
        orders = arguments[before : before + 2]
        if not orders:
            at = (call.end, call.end)
            return (
                [at] if not text.path.endswith(".rs") and len(arguments) == before else []
            )
        return orders
    return None


def taken_out(call: Call, code: str) -> tuple[int, int, str]:
    """Return what is left of a call of Rust that is not made: nothing of a statement."""
    path = re.search(r"(?:\w+\s*::\s*)*$", code[: call.start])
    start = path.start() if path else call.start
    statement = re.compile(r"\s*;").match(code, call.end + 1)
    if statement is None:
        return (start, call.end + 1, "()")
    line = code.rfind("\n", 0, start) + 1
    end = re.compile(r"[ \t]*\n").match(code, statement.end())
    is_alone = end is not None and not code[line:start].strip()
    return (line, end.end(), "") if end and is_alone else (start, statement.end(), "")


def style_of_rust(code: str) -> str:
    """Return what an order's name needs before it, by what the file imports."""
    if re.search(r"\bOrdering\s*::\s*(?:\*|\{[^}]*\*)", code):
        return "rust"
    if re.search(r"\buse\b[^;]*\bOrdering\s*[,;}]", code):
        return "Ordering::"
    return "std::sync::atomic::Ordering::"
