"""How orders are spelt: the constants of each language, and which arguments give them."""

from __future__ import annotations

import re

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
        return []  # implicit: to write one is another function's name
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


def style_of_rust(code: str) -> str:
    """Return what an order's name needs before it, by what the file imports."""
    if re.search(r"\bOrdering\s*::\s*(?:\*|\{[^}]*\*)", code):
        return "rust"
    if re.search(r"\buse\b[^;]*\bOrdering\s*[,;}]", code):
        return "Ordering::"
    return "std::sync::atomic::Ordering::"
