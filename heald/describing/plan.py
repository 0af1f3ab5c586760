"""From guesses to a plan: which functions are operations, and what stands between.

Where a function cannot be called as it is (its state is made by another function, it wants
storage or a pointer to the value, it links nodes of its caller's), a small C function is
written around it. Such wrappers are the author's to keep and change, as the description is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heald.describing.guesses import Guess, Kind, Part, has_value, is_any_out, is_beside
from heald.describing.names import declared, named, short_names, spaced
from heald.describing.sections import Section, sections_of
from heald.describing.step import Step
from heald.subject.declarations import CType, Declaration, Parameter

_STORAGE = 64
_NODES = 32
_BESIDE = 8
_SMALL = 4


@dataclass(frozen=True)
class Plan:
    """What the description will say.

    Attributes
    ----------
    wrapper
        Text of the C file between, or ``None`` where none is needed.
    left_out
        Functions that are no operations: name, and why.
    """

    name: str
    kind: Kind
    state: str | None
    init: str | None
    fini: str | None
    is_valid: str | None
    steps: tuple[Step, ...]
    left_out: tuple[tuple[str, str], ...]
    wrapper: str | None = None


def plan(
    name: str,
    include: str,
    functions: Sequence[Declaration],
    guess: Guess,
    *,
    is_complete: bool,
) -> Plan:
    """Plan a description of the header `include`.

    Parameters
    ----------
    name
        Of the subject: an identifier.
    is_complete
        Whether the state's type is defined, so that one can be had without a function.
    """
    return _Planner(name, include, functions, guess, is_complete).plan()


class _Planner:
    def __init__(
        self,
        name: str,
        include: str,
        functions: Sequence[Declaration],
        guess: Guess,
        is_complete: bool,
    ) -> None:
        self.name, self.include, self.guess = name, include, guess
        self.functions = functions
        self.state = guess.state
        self.init = self._first(Part.INIT)
        self.create = None if self.init and is_complete else self._first(Part.CREATE)
        self.fini = self._first(Part.FINI)
        self.left_out: list[tuple[str, str]] = []
        self.nodes: str | None = None
        self.links: str | None = None
        self.sections: list[Section] = []
        if guess.kind is Kind.LOCK:
            self.sections, others = sections_of(functions, guess)
            self.left_out += others

    def plan(self) -> Plan:
        """Choose the operations, and wrap them where one of them asks for it."""
        chosen = [f for f in self.functions if self._is_chosen(f)]
        is_wrapped = (
            self.guess.kind is Kind.LOCK
            or self.create is not None
            or (self.init is not None and len(self.init.parameters) != 1)
            or (self.fini is not None and len(self.fini.parameters) != 1)
            or any(self._asks_for_wrapper(f) for f in chosen)
        )
        names = short_names(chosen, self.name, self.state)
        if is_wrapped:
            return self._wrapped(chosen, names)
        steps = [self._step(f, names[f.name], f) for f in chosen]
        valid = self._first(Part.VALID)
        return Plan(
            self.name,
            self.guess.kind,
            self.state,
            named(self.init).text if self.init else None,
            named(self.fini).text if self.fini else None,
            named(valid).text if valid else None,
            tuple(steps),
            tuple(self.left_out),
        )

    def _first(self, part: Part) -> Declaration | None:
        return next((f for f in self.functions if self._part(f) is part), None)

    def _part(self, function: Declaration) -> Part | None:
        return self.guess.parts.get(function.name)

    def _is_chosen(self, function: Declaration) -> bool:
        part, kind = self._part(function), self.guess.kind
        if part is None:
            self._leave(function, "it has nothing of the state")
            return False
        if function in (self.init, self.create, self.fini) or part is Part.VALID:
            return False
        wanted = {
            Kind.STACK: {Part.PUT, Part.TAKE},
            Kind.QUEUE: {Part.PUT, Part.TAKE},
            Kind.COUNTER: {Part.STEP, Part.LOOK},
            Kind.LOCK: set(),
            Kind.UNKNOWN: {Part.STEP, Part.LOOK, Part.OTHER, Part.PUT, Part.TAKE},
        }[kind]
        if kind is Kind.LOCK and part in (Part.LOCK, Part.UNLOCK):
            return False
        if part not in wanted:
            self._leave(function, f"the model of a {kind.value} does not know it")
            return False
        reason = self._obstacle(function, part)
        if reason is not None:
            self._leave(function, reason)
        return reason is None

    def _leave(self, function: Declaration, why: str) -> None:
        self.left_out.append((function.name, why))

    def _obstacle(self, function: Declaration, part: Part) -> str | None:
        """Say why no call of it can be drawn."""
        for ctype in self._brings(function):
            if ctype.kind != "pointer" or (ctype.target is not None and not ctype.const):
                continue
            if self._is_link(function, ctype) or self._is_any_out(function, ctype):
                continue
            if part is Part.PUT and (ctype.text == "void" or ctype.const):
                continue
            if part is Part.PUT and self._node(ctype):
                continue
            return f"nothing is known to pass for {ctype.c.strip()}"
        return None

    def _brings(self, function: Declaration) -> list[CType]:
        return has_value(function, self.state, self.guess.beside)

    def _is_link(self, function: Declaration, ctype: CType) -> bool:
        """Say whether it is a node that is linked in and holds a value that comes with it."""
        others = [t for t in self._brings(function) if t is not ctype]
        is_one = ctype.kind == "pointer" and ctype.target is None and ctype.text != "void"
        return self._part(function) is Part.PUT and is_one and bool(others)

    def _is_any_out(self, function: Declaration, ctype: CType) -> bool:
        return self._part(function) is Part.TAKE and is_any_out(function, ctype)

    def _is_told_beside(self, function: Declaration, ctype: CType) -> bool:
        """Say whether it takes what is told beside the node that is returned."""
        is_out = ctype.kind == "pointer" and ctype.target is not None and not ctype.const
        takes_node = self._part(function) is Part.TAKE and self._node(function.returns)
        return is_out and takes_node and function.returns.kind == "pointer"

    def _node(self, ctype: CType) -> bool:
        """Say whether what is put in is a node that comes out again."""
        if ctype.target is not None or ctype.text == "void":
            return False
        return any(
            self._part(f) is Part.TAKE and f.returns.text == ctype.text
            for f in self.functions
        )

    def _asks_for_wrapper(self, function: Declaration) -> bool:
        if any(is_beside(p.type, self.guess.beside) for p in function.parameters):
            return True
        return any(
            t.kind == "pointer"
            and (
                (t.const and t.text != "void")
                or self._node(t)
                or self._is_link(function, t)
                or self._is_any_out(function, t)
            )
            for t in self._brings(function)
        ) or (function.returns.kind == "pointer" and self._node(function.returns))

    def _step(self, function: Declaration, short: str, called: Declaration) -> Step:
        called = named(called)
        part = self._part(function)
        assert part is not None
        roles = self.guess.roles
        role = {Part.PUT: roles[0], Part.TAKE: roles[1]}.get(part)
        drawn, has_out = {}, False
        for parameter in called.parameters[1 if self.state else 0 :]:
            ctype = parameter.type
            if ctype.kind == "pointer" and ctype.target is not None:
                has_out = True
            else:
                assert parameter.name is not None
                drawn[parameter.name] = _strategy(ctype, part)
        return Step(
            short, called.name, called.text, part, called.returns, drawn, has_out, role
        )

    # With a C file between: its own state holds theirs, and what it needs besides.

    def _wrapped(self, chosen: Sequence[Declaration], names: dict[str, str]) -> Plan:
        own = f"struct {self.name}_subject"
        it = "s->it" if self.create else "&s->it"
        body: list[str] = []
        steps = []
        for function in chosen:
            declaration, lines = self._around(function, names[function.name], own, it)
            body += ["", declaration.text, "{", *lines, "}"]
            steps.append(self._step(function, names[function.name], declaration))
        if self.guess.kind is Kind.LOCK:
            for section in self.sections:
                body += ["", *section.text(self.name, own, it)]
                steps.append(section.step(self.name, own))
        members = [f"{self.state} {'*' if self.create else ''}it;"] if self.state else []
        members += [f"{t} beside[{_BESIDE}];" for t in sorted(self.guess.beside)]
        if self.links:
            members += ["_Atomic unsigned linked;", f"{self.links} links[{_NODES}];"]
        start, end = self._start_and_end(own, it, members, body)
        if self.nodes:
            members.append("_Atomic unsigned used;")
            members.append(f"struct {{ {self.nodes} node; int value; }} items[{_NODES}];")
        if self.guess.kind is Kind.LOCK:
            members.append("int entered;")
        text = "\n".join(
            [
                f"/* What heald calls: the functions of {self.include}, on a state of their",
                " * own for each sample. Written once by heald init; yours to change. */",
                f'#include "{self.include}"',
                "",
                f"{own} {{",
                *(f"    {member}" for member in members),
                "};",
                *body,
                "",
            ]
        )
        return Plan(
            self.name, self.guess.kind, own, start, end, None, tuple(steps),
            tuple(self.left_out), text,
        )  # fmt: skip

    def _around(
        self, function: Declaration, short: str, own: str, it: str
    ) -> tuple[Declaration, list[str]]:
        """Write the function around `function`: its declaration and its body."""
        parameters = [Parameter("s", CType(own, "pointer"))]
        passed, before = [], []
        for parameter in named(function).parameters:
            ctype, name = parameter.type, parameter.name
            assert name is not None
            if ctype.kind == "pointer" and ctype.text == self.state:
                passed.append(it)
            elif is_beside(ctype, self.guess.beside):
                passed.append("s->beside")
            elif self._is_link(function, ctype):
                self.links = ctype.text
                passed.append("&s->links[s->linked++]")
            elif self._is_any_out(function, ctype):
                out = CType("int", "pointer", target=CType("int", "integer", 32))
                parameters.append(Parameter(name, out))
                before.append("void *found = 0;")
                passed.append("&found")
            elif self._node(ctype) and ctype.kind == "pointer":
                self.nodes = ctype.text
                parameters.append(Parameter("value", CType("int", "integer", 32)))
                before += ["unsigned at = s->used++;", "s->items[at].value = value;"]
                passed.append("&s->items[at].node")
            elif self._is_told_beside(function, ctype):
                before.append(f"{spaced(ctype.target.c)}{name};" if ctype.target else "")
                passed.append(f"&{name}")
            elif ctype.kind == "pointer" and ctype.const and ctype.target is not None:
                parameters.append(Parameter(name, ctype.target))
                passed.append(f"&{name}")
            else:
                parameters.append(parameter)
                passed.append(name)
        call = f"{function.name}({', '.join(passed)})"
        returns, after = self._returned(function, call, parameters, "&found" in passed)
        declaration = declared(f"{self.name}_subject_{short}", returns, parameters)
        return declaration, [f"    {line}" for line in [*before, *after]]

    def _returned(
        self,
        function: Declaration,
        call: str,
        parameters: Sequence[Parameter],
        is_found: bool,
    ) -> tuple[CType, list[str]]:
        """Write the call and what is returned of it, with the type of that."""
        returns = function.returns
        if returns.kind == "pointer" and self._node(returns):
            self.nodes = returns.text
            made = f"{spaced(returns.c.strip())}node = {call};"
            value = "return node ? s->items[((char *)node - (char *)s->items)"
            value += " / sizeof s->items[0]].value : -1;"
            return CType("int", "integer", 32), [made, value]
        if is_found:
            said = f"{spaced(returns.c)}said = {call};"
            out = f"*{parameters[-1].name} = (int)(long)found;"
            return returns, [said, out, "return said;"]
        return returns, [f"{call};" if returns.kind == "void" else f"return {call};"]

    def _ended(self, it: str) -> str | None:
        """Return the call that ends a state; nothing where it wants what is not known."""
        if self.fini is None:
            return None
        passed = []
        for parameter in self.fini.parameters:
            ctype = parameter.type
            if ctype.kind == "pointer" and ctype.text == self.state:
                passed.append(it)
            elif is_beside(ctype, self.guess.beside):
                passed.append("s->beside")
            else:
                self._leave(self.fini, f"nothing is known to pass for {ctype.c.strip()}")
                return None
        return f"{self.fini.name}({', '.join(passed)});"

    def _start_and_end(
        self, own: str, it: str, members: list[str], body: list[str]
    ) -> tuple[str | None, str | None]:
        start = end = None
        maker = self.create or self.init
        if maker is not None:
            passed = []
            for parameter in maker.parameters:
                ctype = parameter.type
                if ctype.kind == "pointer" and ctype.text == self.state:
                    passed.append("&s->it")
                elif is_beside(ctype, self.guess.beside):
                    passed.append("s->beside")
                elif self.links is not None and ctype.text == self.links:
                    passed.append("&s->links[s->linked++]")
                elif ctype.kind == "pointer":
                    if "storage" not in "".join(members):
                        members.append(f"long long storage[{_STORAGE}];")
                    passed.append("(void *)s->storage")
                else:
                    passed.append("0" if parameter.name == "flags" else str(_SMALL))
            call = f"{maker.name}({', '.join(passed)});"
            start = f"void {self.name}_subject_init({own} *s)"
            made = f"s->it = {call}" if self.create else call
            body += ["", start, "{", f"    {made}", "}"]
        ended = self._ended(it)
        if ended is not None:
            end = f"void {self.name}_subject_fini({own} *s)"
            body += ["", end, "{", f"    {ended}", "}"]
        return start, end


def _strategy(ctype: CType, part: Part) -> str:
    if ctype.kind == "bool":
        return "st.booleans()"
    return "st.integers(1, 3)" if part in (Part.PUT, Part.STEP) else "st.integers(0, 3)"
