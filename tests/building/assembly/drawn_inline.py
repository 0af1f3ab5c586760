"""Programs of random inline assembly: what each leaves in memory, registers and flags.

One thread runs every form once, with random sizes, places and operands, and prints what it
finds. The same text compiled as always, and run by the processor, is the oracle.
"""

from __future__ import annotations

import random

#: Flags that the processor defines after each family, as bits of its flags register.
_ARITHMETIC = 0x8C5
_LOGIC = 0x8C4 | 1
_CARRY = 1

_TYPES = {1: "uint8_t", 2: "uint16_t", 4: "uint32_t", 8: "uint64_t"}
#: Each size has 16 bytes of its own; blocks are moved and filled behind them.
_PLACES = {1: 0, 2: 16, 4: 32, 8: 48, 16: 64}
_BLOCKS = 80
_SUFFIX = {1: "b", 2: "w", 4: "l", 8: "q"}

HEAD = """
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static _Alignas(64) unsigned char global[128];
static void show(const char *what, uint64_t a, uint64_t b, uint64_t flags) {
    printf("%s %llx %llx %llx\\n", what, (unsigned long long)a, (unsigned long long)b,
           (unsigned long long)flags);
}
"""

_TWO = ("add", "sub", "and", "or", "xor", "xadd")
_ONE = ("inc", "dec", "neg", "not")
_BITS = ("bts", "btr", "btc")


class Drawn:
    """One program; `text` is it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.before: list[str] = []
        for number in range(12):
            self._form(number)

    @property
    def text(self) -> str:
        """The whole program."""
        functions, calls = [], []
        for number, line in enumerate(self.lines):
            functions.append(f"static void f{number}(unsigned char *p) {{ {line} }}")
            calls.append(f"f{number}(p); print(p);")
        body = "\n".join(calls)
        return (
            HEAD
            + "static void print(const unsigned char *p) { for (int i = 0; i < 128; i++) "
            'printf("%02x", p[i]); printf("\\n"); }\n'
            + "\n".join([*self.before, *functions])
            + "\nint main(void) { unsigned char *p = "
            + self.random.choice(["global", "calloc(1, 128)"])
            + ";\nfor (int i = 0; i < 128; i++) p[i] = (unsigned char)(i * 37 + 11);\n"
            + body
            + "\nif (p != global) free(p); return 0; }\n"
        )

    def _value(self, size: int) -> str:
        bits = 8 * size
        drawn = self.random.choice(
            [0, 1, (1 << bits) - 1, 1 << (bits - 1), self.random.getrandbits(bits)]
        )
        return f"({_TYPES[size]})0x{drawn:x}ull"

    def _form(self, number: int) -> None:
        size = self.random.choice([1, 2, 4, 8])
        kind = self.random.choice(
            [
                "two",
                "one",
                "xchg",
                "cmpxchg",
                "bits",
                "mov",
                "read",
                "pair",
                "string",
                "plain",
            ]
        )
        getattr(self, f"_{kind}")(number, size)

    def _place(self, size: int) -> str:
        offset = _PLACES[size] + self.random.randrange(16 // size) * size
        return f"*({_TYPES[size]} *)(p + {offset})"

    def _add(
        self, number: int, operation: str, size: int, reg: str, mask: int, extra: str = ""
    ) -> None:
        kind = _TYPES[size]
        self.lines.append(
            f"{kind} r = {reg}; uint64_t f; {extra}"
            f'__asm__ volatile("{operation}\\n\\tpushfq\\n\\tpopq %[f]" : '
            f'"+m"({self._place(size)}), '
            f'[r] "+q"(r), [f] "=&r"(f) : : "memory", "cc"); '
            f'show("{number}", r, 0, f & {mask}u);'
        )

    def _lock(self) -> str:
        return self.random.choice(["lock; ", "lock ", ""])

    def _two(self, number: int, size: int) -> None:
        name = self.random.choice(_TWO)
        mask = _ARITHMETIC if name in ("add", "sub", "xadd") else _LOGIC
        operand = "%[r]"
        if name != "xadd" and self.random.random() < 0.4:
            operand = f"$0x{self.random.getrandbits(7):x}"
        text = f"{self._lock()}{name}{_SUFFIX[size]} {operand}, %0"
        self._add(number, text, size, self._value(size), mask)

    def _one(self, number: int, size: int) -> None:
        name = self.random.choice(_ONE)
        mask = {"inc": 0x8C4, "dec": 0x8C4, "neg": _ARITHMETIC, "not": 0}[name]
        text = f"{self._lock()}{name}{_SUFFIX[size]} %0"
        self._add(number, text, size, self._value(size), mask)

    def _xchg(self, number: int, size: int) -> None:
        operands = self.random.choice(["%[r], %0", "%0, %[r]"])
        self._add(number, f"xchg{_SUFFIX[size]} {operands}", size, self._value(size), 0)

    def _cmpxchg(self, number: int, size: int) -> None:
        kind, place = _TYPES[size], self._place(size)
        expected = self.random.choice([place, self._value(size)])
        self.lines.append(
            f"{kind} a = {expected}, r = {self._value(size)}; uint64_t f; "
            f'__asm__ volatile("{self._lock()}cmpxchg{_SUFFIX[size]} %[r], %0\\n\\tpushfq\\n\\t'
            f'popq %[f]" : "+m"({place}), "+a"(a), [f] "=&r"(f) : [r] "q"(r) : "memory", "cc"); '
            f'show("{number}", a, r, f & {_ARITHMETIC}u);'
        )

    def _pair(self, number: int, _size: int) -> None:
        offset = _PLACES[16]
        low = f"*(uint64_t *)(p + {offset})"
        expected = self.random.choice([low, self._value(8)])
        self.lines.append(
            f"uint64_t a = {expected}, d = *(uint64_t *)(p + {offset + 8}), f; "
            f'__asm__ volatile("lock; cmpxchg16b %0\\n\\tpushfq\\n\\tpopq %[f]" : '
            f'"+m"(*(unsigned __int128 *)(p + {offset})), "+a"(a), "+d"(d), [f] "=&r"(f) : '
            f'"b"({self._value(8)}), "c"({self._value(8)}) : "memory", "cc"); '
            f'show("{number}", a, d, f & 64u);'
        )

    def _bits(self, number: int, size: int) -> None:
        size = max(size, 2)
        name = self.random.choice(_BITS)
        bit = self.random.randrange(8 * size)
        operand = self.random.choice([f"$0x{bit:x}", "%[r]"])
        text = f"lock; {name}{_SUFFIX[size]} {operand}, %0"
        self._add(number, text, size, f"({_TYPES[size]}){bit}", _CARRY)

    def _mov(self, number: int, size: int) -> None:
        forms = [f"mov{_SUFFIX[size]} %[r], %0", f"mov{_SUFFIX[size]} %0, %[r]"]
        forms.append(f"mov{_SUFFIX[size]} $0x{self.random.getrandbits(7):x}, %0")
        self._add(number, self.random.choice(forms), size, self._value(size), 0)

    def _read(self, number: int, size: int) -> None:
        name = self.random.choice(["cmp", "add", "sub", "xor", "test"])
        mask = _ARITHMETIC if name in ("cmp", "add", "sub") else _LOGIC
        operands = "%0, %[r]" if name != "test" else "%[r], %0"
        text = f"{name}{_SUFFIX[size]} {operands}"
        self._add(number, text, size, self._value(size), mask)

    def _string(self, number: int, size: int) -> None:
        count = self.random.randrange(1, 16 // size + 1)
        kind = self.random.choice(["stos", "movs"])
        self.lines.append(
            f"void *d = p + {_BLOCKS + self.random.randrange(8)}, *s = p + 104; "
            f"uint64_t c = {count}; "
            f'__asm__ volatile("rep; {kind}{_SUFFIX[size]}" : "+D"(d), "+S"(s), "+c"(c) : '
            f'"a"({self._value(8)}) : "memory"); show("{number}", c, '
            f"(uint64_t)((unsigned char *)d - p), (uint64_t)((unsigned char *)s - p));"
        )

    def _plain(self, number: int, _size: int) -> None:
        """What compilers expand in line, and structures by value."""
        length = self.random.randrange(1, 24)
        fill = self.random.getrandbits(8)
        one, two = (_BLOCKS + self.random.randrange(24) for _ in range(2))
        far = _BLOCKS + 24
        calls = [
            f"memset(p + {one}, {fill}, {length});",
            f"memcpy(p + {_BLOCKS}, p + {far}, {length});",
            f"memmove(p + {one}, p + {two}, {length});",
            f"__builtin_memset(p + {one}, {fill}, {length});",
            f"__builtin_memcpy(p + {_BLOCKS}, p + {far}, {length});",
            f'strcpy((char *)p + {one}, "{"x" * (length - 1)}");',
            f'strncpy((char *)p + {one}, "abc", {length});',
            f"bzero(p + {one}, {length});",
            f"struct s {{ char c[{length}]; }}; "
            f"*(struct s *)(p + {_BLOCKS}) = *(struct s *)(p + {far});",
            f"*(struct s *)(p + {_BLOCKS}) = made_{number}(*(struct s *)(p + {far}));",
        ]
        call = self.random.choice(calls)
        if "made_" in call:
            self.before.append(
                f"struct s{number} {{ char c[{length}]; }}; __attribute__((noinline)) static "
                f"struct s{number} made_{number}(struct s{number} given) "
                f"{{ given.c[0]++; return given; }}"
            )
            call = call.replace("struct s ", f"struct s{number} ")
        self.lines.append(f'{call} show("{number}", 0, 0, 0);')
