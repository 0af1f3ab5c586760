"""One statement in C, in the words of its program."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.oracle.program import Cas, Fence, Load, Order, Rmw, Store, Value

from . import channel_phrases
from .channel_phrases import ORDERS
from .head import WIDTHS
from .program import (
    ATOMIC_ROW,
    ATOMICS,
    BARRIER,
    CHECKING,
    CONDITION,
    MUTEXES,
    RECURSIVE,
    ROW,
    SECTION,
    SEMAPHORE,
    TOP,
    Acquire,
    AddInLoop,
    Allocate,
    Assert,
    Await,
    Clear,
    CopyNode,
    CopyStructure,
    Detach,
    Exit,
    FieldRead,
    FieldWrite,
    Free,
    Join,
    LookInLoop,
    Meet,
    Obtain,
    OwnRead,
    OwnWrite,
    PlainRead,
    PlainWrite,
    Post,
    Publish,
    Reallocate,
    RowRead,
    RowWrite,
    Spawn,
    Statement,
    Swap,
    TimedWait,
    TryCas,
    Unlock,
    Wait,
    Wake,
)
from .words import Words


@dataclass(frozen=True)
class Phrases:
    """How a program says what is one statement; ``prefix`` begins the names of its functions."""

    words: Words
    prefix: str

    def said(self, statement: Statement) -> str:
        """One statement."""
        for say in (
            self._atomic,
            self._ordinary,
            self._waiting,
            self._heap,
            self._thread,
            channel_phrases.said,
        ):
            text = say(statement)
            if text is not None:
                return text
        raise AssertionError(f"no C for {statement}")

    # --- names ----------------------------------------------------------------------------

    def place(self, variable: str) -> str:
        """The C name of a variable: that of x, y and z depends on their type."""
        return variable + WIDTHS[self.words.atomic] if variable in ATOMICS else variable

    def type_of(self, variable: str) -> str:
        """What a value of the variable is kept in."""
        kind = self.words.atomic if variable in ATOMICS else "int"
        return kind.removeprefix("_Atomic ")

    def mutex(self, call: str, mutex: str, more: str = "") -> str:
        """A call about a mutex, in POSIX's words or those of C11."""
        if mutex == SECTION:
            return f"heald_atomic_{'begin' if call == 'lock' else 'end'}()"
        if self.words.threads == "c11" and mutex in (*MUTEXES, RECURSIVE):
            return f"mtx_{call}(&mtx_{mutex}{more})"
        if self.words.mutex == "spin" and mutex in MUTEXES:
            return f"pthread_spin_{call}(&spin_{mutex})"
        return f"pthread_mutex_{call}(&{mutex}{more})"

    def condition(self, call: str, mutex: str = "", more: str = "") -> str:
        """A call about the condition."""
        c11 = self.words.threads == "c11"
        with_mutex = mutex and f", &{'mtx_' if c11 else ''}{mutex}"
        name = f"cnd_{call}(&cnd_" if c11 else f"pthread_cond_{call}(&"
        return f"{name}{CONDITION}{with_mutex}{more})"

    # --- accesses -------------------------------------------------------------------------

    def call(self, name: str, location: str, *arguments: str) -> str:
        """An atomic access: a built-in, or for ``_Atomic`` the function of ``stdatomic.h``."""
        place, given = self.place(location), ", ".join(arguments)
        if self.words.atomic == "_Atomic int" and location in ATOMICS:
            name = name.replace("compare_exchange_n", "compare_exchange_strong")
            return f"atomic_{name.removesuffix('_n')}_explicit(&{place}, {given})"
        return f"__atomic_{name}(&{place}, {given})"

    def exchange_if(
        self,
        location: str,
        found: str,
        desired: str,
        *orders: Order,
        weak: bool = False,
    ) -> str:
        """A compare-exchange."""
        given = [f"&{found}", desired]
        if not (self.words.atomic == "_Atomic int" and location in ATOMICS):
            given.append(str(int(weak)))
        given += [ORDERS[order] for order in orders]
        call = self.call("compare_exchange_n", location, *given)
        return call.replace("_strong_", "_weak_") if weak else call

    def _atomic(self, statement: Statement) -> str | None:
        match statement:
            case Load(register, location, order):
                load = self.call("load_n", location, ORDERS[order])
                return f"{register} = {load}; USED({register});"
            case Store(location, value, order):
                return f"{self.call('store_n', location, _value(value), ORDERS[order])};"
            case Rmw(register, op, location, value, order):
                call = "exchange_n" if op == "exchange" else op
                update = self.call(call, location, _value(value), ORDERS[order])
                if op == "fetch_nand" and self.words.atomic == "_Atomic int":
                    update = (
                        f"__atomic_{op}((int *)&{self.place(location)}, {_value(value)}, "
                        f"{ORDERS[order]})"
                    )
                return f"{register} = {update}; USED({register});"
            case Cas(register, location, expected, desired, success, failure):
                call = self.exchange_if(
                    location, "found", _value(desired), success, failure
                )
                return (
                    f"{{ {self.type_of(location)} found = {expected}; {call}; "
                    f"{register} = found; USED({register}); }}"
                )
            case TryCas(register, location, expected, desired, success, failure, _):
                call = self.exchange_if(
                    location, "found", _value(desired), success, failure, weak=True
                )
                return (
                    f"{{ {self.type_of(location)} found = {expected}; {register} = {call}; "
                    f"USED({register}); }}"
                )
            case Fence(order):
                return f"__atomic_thread_fence({ORDERS[order]}); STAY();"
            case Await(location, value, order, between):
                return self._await(
                    f"{self.call('load_n', location, ORDERS[order])} != {value}", between
                )
            case AddInLoop(register, location, order):
                load = self.call("load_n", location, ORDERS[Order.RLX])
                call = self.exchange_if(location, "old", "old + 1", order, Order.RLX)
                kept = f"{self.type_of(location)} old = {load}"
                return f"{{ {kept}; while (!{call}) ; {register} = old; }}"
            case _:
                return None

    def _await(self, waits: str, between: str) -> str:
        if self.words.loops == "do" and not between:
            return f"{{ int more; do more = {waits}; while (more); }}"
        if self.words.loops == "goto":
            return f"for (;;) {{ if (!({waits})) break; {between}; }}"
        return f"while ({waits}) {between};"

    def _ordinary(  # noqa: C901  one case each
        self, statement: Statement
    ) -> str | None:
        match statement:
            case PlainRead(register, variable):
                return self._got(register, self._get(variable))
            case PlainWrite(variable, value):
                return f"{self._put(variable, _value(value))}; STAY();"
            case CopyStructure(to, source):
                return f"STAY(); {self._copy(f'&{to}', f'&{source}')}; STAY();"
            case OwnRead(register):
                return self._got(register, self._own())
            case OwnWrite(value):
                if self.words.own == "key":
                    kept = f"(void *)(intptr_t){_value(value)}"
                    return f"{self._key('set')}, {kept}); STAY();"
                return f"t = {_value(value)}; STAY();"
            case RowRead(register, index, order):
                at = f"[(unsigned){index} % 2u]"
                if order is None:
                    return self._got(register, f"{ROW}{at}")
                load = f"__atomic_load_n(&{ATOMIC_ROW}{at}, {ORDERS[order]})"
                return f"{register} = {load}; USED({register});"
            case RowWrite(index, value, order):
                at = f"[(unsigned){index} % 2u]"
                if order is None:
                    return f"{ROW}{at} = {_value(value)}; STAY();"
                given = f"&{ATOMIC_ROW}{at}, {_value(value)}, {ORDERS[order]}"
                return f"__atomic_store_n({given});"
            case Assert(register, constant):
                return f"assert({register} != {constant});"
            case _:
                return None

    def _got(self, register: str, value: str) -> str:
        return f"STAY(); {register} = {value}; USED({register}); STAY();"

    def _get(self, variable: str) -> str:
        place = self.place(variable)
        ways = {
            "function": f"get(&{place})",
            "pointer": f"getter(&{place})",
            "variadic": f"get_all(1, &{place})",
        }
        fits = self.type_of(variable) == "int"
        return ways.get(self.words.accesses, place) if fits else place

    def _put(self, variable: str, value: str) -> str:
        place = self.place(variable)
        direct = f"{place} = {value}"
        ways = {
            "function": f"put(&{place}, {value})",
            "pointer": f"putter(&{place}, {value})",
            "variadic": f"put_all(1, &{place}, {value})",
        }
        fits = self.type_of(variable) == "int"
        return ways.get(self.words.accesses, direct) if fits else direct

    def _copy(self, to: str, source: str) -> str:
        return {
            "assigned": f"*({to}) = *({source})",
            "memcpy": f"memcpy({to}, {source}, sizeof(struct node))",
            "memmove": f"memmove({to}, {source}, sizeof(struct node))",
            "returned": f"*({to}) = returned({source})",
            "passed": f"passed(*({source}), {to})",
            "bytes": f"bytes((char *){to}, (const char *){source})",
        }[self.words.copies]

    def _key(self, call: str) -> str:
        if self.words.threads == "c11":
            return f"tss_{call}(tss_key"
        return f"pthread_{call}specific(key"

    def _own(self) -> str:
        return f"(int)(intptr_t){self._key('get')})" if self.words.own == "key" else "t"

    # --- waiting --------------------------------------------------------------------------

    def _waiting(  # noqa: C901  one case each
        self, statement: Statement
    ) -> str | None:
        match statement:
            case LookInLoop(mutex, variable, value, timed, asks):
                lock, unlock = self.mutex("lock", mutex), self.mutex("unlock", mutex)
                if timed:
                    until = ", in_a_second()" if asks else ", &soon"
                    wait = self.condition("timedwait", mutex, until)
                    return f"{lock}; while ({variable} != {value}) {wait}; {unlock};"
                look = f"{lock}; seen = {variable} == {value}; STAY(); {unlock};"
                return f"{{ int seen; do {{ {look} }} while (!seen); }}"
            case Wait(mutex, variable, value):
                wait = f"{self.condition('wait', mutex)};"
                return f"while ({variable} == {value}) {wait}" if variable else wait
            case TimedWait(mutex, register):
                return (
                    f"{register} = {self.condition('timedwait', mutex, ', &soon')} != 0;"
                )
            case Wake(everyone):
                return f"{self.condition('broadcast' if everyone else 'signal')};"
            case Post():
                return f"sem_post(&{SEMAPHORE});"
            case Acquire(_, _, timed, True):
                call = "sem_timedwait(&s, &soon)" if timed else "sem_trywait(&s)"
                return f"while ({call} != 0) ;"
            case Acquire(register, tries, timed, _):
                how = "timed" if timed else "try" if tries else ""
                call = f"sem_{how}wait(&{SEMAPHORE}{', &soon' if timed else ''})"
                return f"{register} = {call} == 0;" if tries else f"{call};"
            case Meet(register):
                meet = f"pthread_barrier_wait(&{BARRIER})"
                is_last = f"{meet} == PTHREAD_BARRIER_SERIAL_THREAD"
                return f"{register} = {is_last};" if register else f"{meet};"
            case Unlock(register):
                return f"{register} = pthread_mutex_unlock(&{CHECKING}) != 0;"
            case _:
                return None

    # --- heap -----------------------------------------------------------------------------

    def _heap(  # noqa: C901  one case each
        self, statement: Statement
    ) -> str | None:
        match statement:
            case Allocate(pointer, at, cleared):
                size = f"sizeof(struct node) + {64 * at}"
                made = f"calloc(1, {size})" if cleared else f"malloc({size})"
                return f"{pointer} = {made};"
            case FieldRead(register, pointer, field):
                return self._got(register, self._get(f"{pointer}->{field}"))
            case FieldWrite(pointer, field, value):
                return f"{self._put(f'{pointer}->{field}', _value(value))}; STAY();"
            case Clear(pointer):
                return f"memset({pointer}, 0, sizeof *{pointer}); STAY();"
            case CopyNode(to, pointer):
                return f"{self._copy(to, pointer)}; STAY();"
            case Reallocate(pointer, at):
                return f"{pointer} = realloc({pointer}, sizeof(struct node) + {64 * at});"
            case Free(pointer):
                return f"free({pointer});"
            case Publish(pointer, order):
                return f"__atomic_store_n(&{TOP}, {pointer}, {ORDERS[order]}); STAY();"
            case Obtain(pointer, order):
                return f"{pointer} = __atomic_load_n(&{TOP}, {ORDERS[order]}); STAY();"
            case Swap(pointer, order, gives):
                given = pointer if gives else "(struct node *)0"
                call = f"__atomic_exchange_n(&{TOP}, {given}, {ORDERS[order]})"
                return f"{pointer} = {call}; STAY();"
            case _:
                return None

    # --- threads --------------------------------------------------------------------------

    def _thread(self, statement: Statement) -> str | None:
        c11 = self.words.threads == "c11"
        match statement:
            case Spawn(thread):
                return self.create(str(thread), f"{self.prefix}t{thread}")
            case Join(thread, ""):
                return self.join(str(thread))
            case Join(thread, register):
                if c11:
                    join = f"int got; thrd_join(h[{thread}], &got); {register} = got;"
                else:
                    join = f"void *got; pthread_join(h[{thread}], &got);"
                    join += f" {register} = (int)(intptr_t)got;"
                return f"{{ {join} }}"
            case Exit(status, quick):
                return f"{'_exit' if quick else 'exit'}({status});"
            case Detach(thread):
                return f"{'thrd' if c11 else 'pthread'}_detach(h[{thread}]);"
            case _:
                return None

    def create(self, thread: str, start: str) -> str:
        """Make a thread."""
        if self.words.threads == "c11":
            return f"thrd_create(&h[{thread}], {start}, NULL);"
        return f"pthread_create(&h[{thread}], NULL, {start}, NULL);"

    def join(self, thread: str) -> str:
        """Wait for a thread."""
        name = "thrd" if self.words.threads == "c11" else "pthread"
        return f"{name}_join(h[{thread}], NULL);"


def in_memory(text: str) -> str:
    """The text with the registers where ``at`` points."""
    return re.sub(r"\br(\d)\b", r"at->r\1", text)


def _value(value: Value) -> str:
    if value.register is None:
        return str(value.constant)
    return f"(int)((unsigned){value.register} + {value.constant}u)"
