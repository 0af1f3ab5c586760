"""The options of a search: one table for Python, for the engine, for people and for capsules.

Each attribute of `Options` is a row that says where else the option goes: the engine's own
name for it, the command line's, what it accepts, and whether an execution needs it to mean
the same again. A new option is one row here, and one in csrc/explore/host/host_options.c.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal

from heald.verdicts import UsageError

MODELS = ("sc", "tso", "rc11")
SEARCHES = ("exhaustive", "random", "uniform", "pct", "pos")
_JUDGEMENTS = ("fail", "allow")


@dataclass(frozen=True)
class Way:
    """Where an option goes besides Python.

    Attributes
    ----------
    engine
        The words before its value on the engine's command line; none: not for the engine.
    told
        What ``heald check --help`` says; None: the command line has no such option.
    form
        ``"duration"`` is given as text like ``90s``; ``"flag"`` has no value; ``"texts"`` may be
        given several times.
    accepted
        Words; empty for a number.
    least
        Of a number.
    meaning
        Whether a schedule means another execution without it: capsules carry it.
    """

    engine: tuple[str, ...] = ()
    told: str | None = None
    form: Literal["word", "number", "flag", "duration", "text", "texts"] = "text"
    accepted: tuple[str, ...] = ()
    least: int = 0
    meaning: bool = False

    def flag(self, name: str) -> str:
        """Return the option of the command line for an attribute of this name."""
        plural = "s" if self.form == "texts" else ""
        return "--" + name.removesuffix("_s").removesuffix(plural).replace("_", "-")


def _word(
    default: str, engine: str, accepted: tuple[str, ...], told: str, *, meaning: bool
) -> Any:
    way = Way((engine,), told, "word", accepted, meaning=meaning)
    return field(default=default, metadata={"way": way})


def _number(
    default: int | None,
    *engine: str,
    told: str | None = None,
    least: int = 0,
    meaning: bool = False,
) -> Any:
    way = Way(engine, told, "number", least=least, meaning=meaning)
    return field(default=default, metadata={"way": way})


def _flag(*engine: str, told: str | None = None, meaning: bool = False) -> Any:
    way = Way(engine, told, "flag", meaning=meaning)
    return field(default=False, metadata={"way": way})


@dataclass(frozen=True)
class Options:
    """How to explore.

    Attributes
    ----------
    model
        ``"sc"``, ``"tso"`` or ``"rc11"``.
    search
        ``"exhaustive"``, or a sampler: ``"random"`` (a mixture, the one to take),
        ``"uniform"``, ``"pct"``, ``"pos"``.
    seed
        Of a sampler, 0 or more.
    budget_s, max_executions
        Limits; ``None`` for none.
    races, leaks
        ``"fail"`` or ``"allow"``; with races allowed, plain accesses are relaxed atomics.
    volatile
        ``"race"`` or ``"relaxed"``: accesses through volatile are plain ones, or relaxed
        atomic ones as kernels and older libraries mean them.
    exit_status
        ``"0"``: a program that ends with another one has failed; ``"any"``: it has not.
    panics
        Of Rust: ``"fail"``: one that leaves main, or whose thread nobody joins, is a failure.
    depth
        Of PCT: bugs of up to so many ordering constraints.
    bound
        Rounds of any loop that are followed; executions that would go on are cut.
    max_events
        Of one thread in one execution; more is a loop without end.
    weak_failures
        Whether a weak compare-exchange may fail for no reason.
    spurious_wakeups
        Whether waiting for a condition variable may end for no reason, as POSIX allows.
    symmetry
        Whether one execution stands for all that differ only in which of two identical
        threads did what; of an exhaustive search.
    jobs
        Processes that share an exhaustive search.
    keep_going
        Whether to go on after a failure.
    traces
        How many executions to return, as steps.
    shortest
        Whether to go on after a failure and return the easiest one to follow of each kind.
    schedule, choices
        One run only: by a schedule text, or by bytes that choose (0 is the plainest).
    orders
        Other memory orders at places, ``"queue.c:31=release"`` (heald/explorer/orders_at.py).
    trust
        Names of objects and archives that are linked although they have no hooks.
    endless_ms
        Processor time without a shared access after which a loop counts as endless.
    """

    model: str = _word("rc11", "--model", MODELS, "", meaning=True)
    search: str = _word(
        "exhaustive",
        "--search",
        SEARCHES,
        "Every execution once, or samples; random is a mixture of the others.",
        meaning=False,
    )
    seed: int = _number(0, "--seed", told="Of a sampler.")
    budget_s: float | None = field(
        default=None,
        metadata={
            "way": Way(
                told="Time for the search, such as 90s or 10m; none for no limit.",
                form="duration",
            )
        },
    )
    max_executions: int | None = _number(
        None, "--max-executions", told="End after so many.", least=1
    )
    races: str = _word(
        "fail",
        "--races",
        _JUDGEMENTS,
        "allow: plain accesses count as relaxed atomic ones.",
        meaning=True,
    )
    volatile: str = _word(
        "race",
        "--volatile",
        ("race", "relaxed"),
        "relaxed: accesses through volatile count as relaxed atomic ones, no others.",
        meaning=True,
    )
    leaks: str = _word(
        "allow",
        "--leaks",
        _JUDGEMENTS,
        "fail: a block that is never freed, and that nothing leads to, is a failure.",
        meaning=True,
    )
    exit_status: str = _word(
        "0",
        "--exit-status",
        ("0", "any"),
        "0: a program that ends with another status has failed.",
        meaning=True,
    )
    panics: str = _word(
        "fail",
        "--panics",
        _JUDGEMENTS,
        "allow: a panic of Rust that leaves main, or that nobody takes by join, is no failure.",
        meaning=True,
    )
    depth: int | None = _number(None, "--depth", told="Of pct, 3 by default.", least=1)
    max_events: int | None = _number(
        None,
        "--max-events",
        told="Of one thread in one execution.",
        least=1,
        meaning=True,
    )
    bound: int | None = _number(
        None,
        "--bound",
        told="Follow every loop so many rounds; what would go on is cut and counted.",
        least=1,
        meaning=True,
    )
    weak_failures: bool = _flag(
        "--weak-failures",
        told="A weak compare-exchange may fail for no reason.",
        meaning=True,
    )
    spurious_wakeups: bool = _flag(
        "--spurious-wakeups",
        told="Waiting for a condition variable may end for no reason; hides lost wake-ups.",
        meaning=True,
    )
    symmetry: bool = _flag(
        "--symmetry",
        told="Of executions that differ only in which of two identical threads (created "
        "one after the other, same function, same argument) did what, visit one.",
    )
    jobs: int = _number(1, told="Processes.", least=1)
    keep_going: bool = _flag(
        "--failures", "0", told="Go on after a failure and count them all."
    )
    traces: int = _number(0, "--traces")
    shortest: bool = _flag("--shortest")
    schedule: str | None = field(default=None, metadata={"way": Way(("--schedule",))})
    choices: bytes | None = field(default=None, metadata={"way": Way(("--choices",))})
    orders: tuple[str, ...] = field(
        default=(),
        metadata={
            "way": Way(
                told="Take what is executed at FILE:LINE[:COLUMN] for one of this order, or for "
                "one with a seq_cst fence (fence-before, fence-after), or an update for a load and "
                "a store (split); repeatable.",
                form="texts",
                meaning=True,
            )
        },
    )
    trust: tuple[str, ...] = field(
        default=(),
        metadata={
            "way": Way(
                told="Link the object or archive NAME although it has no hooks: what it does "
                "to memory is not seen then, and the result says so; repeatable.",
                form="texts",
                meaning=True,
            )
        },
    )
    endless_ms: int | None = _number(None, "--endless-ms")

    @classmethod
    def rows(cls) -> Iterator[tuple[Field[Any], Way]]:
        """Yield each option with where it goes."""
        for each in fields(cls):
            yield each, each.metadata["way"]

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Options:
        """Return what a capsule says of how its execution was explored.

        A capsule that was written before an option existed means the default.
        """
        known = {each.name for each, way in cls.rows() if way.meaning}
        given = {name: settings[name] for name in known & settings.keys()}
        for name in ("orders", "trust"):
            given[name] = tuple(given.get(name, ()))  # JSON has lists
        return cls(**given)

    def meaning(self) -> dict[str, Any]:
        """Return the options without which a schedule means another execution."""
        return {
            each.name: getattr(self, each.name)
            for each, way in self.rows()
            if way.meaning
        }

    def one_run(self, schedule: str) -> Options:
        """Return how to run the one execution that `schedule` names."""
        return Options(**self.meaning(), search="replay", schedule=schedule)

    def engine_words(self) -> list[str]:
        """Return them as the engine's command line has them; the budget goes beside them."""
        words: list[str] = []
        for each, way in self.rows():
            value = getattr(self, each.name)
            if value is None or value is False or not way.engine:
                continue
            words += way.engine
            if isinstance(value, bytes):
                words.append(value.hex())
            elif value is not True:
                words.append(_ENGINE_VALUES.get(str(value), str(value)))
        return words

    def checked(self) -> Options:
        """Return them, if a person may ask for them.

        Raises
        ------
        UsageError
            Says what is accepted.
        """
        for each, way in self.rows():
            value = getattr(self, each.name)
            if way.accepted and value not in way.accepted:
                accepted = " or ".join(way.accepted)
                raise UsageError(f"{each.name} must be {accepted}; got {value!r}")
        if self.symmetry and self.search != "exhaustive":
            raise UsageError(
                "symmetry is for an exhaustive search: "
                f"samples are not counted by class; got search {self.search!r}"
            )
        if self.jobs < 1:
            raise UsageError(f"jobs must be 1 or more; got {self.jobs}")
        return self


#: What the engine calls by another name.
_ENGINE_VALUES = {"random": "mixed"}
