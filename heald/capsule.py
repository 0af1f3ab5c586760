"""A capsule: one small JSON file with everything that is needed to see a failure again.

The kind of failure and the kind of check are data, so a new checker needs no new class:
what is special to it goes into ``settings``. The file is written whole or not at all, its
name follows from what failed (the same failure twice is one file), and what is read back
is checked key by key, because people edit, truncate and mail these files.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heald.given import read_given
from heald.plain import one_line
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.finding import Finding

FORMAT = "heald capsule"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Capsule:
    """One failure and how to see it again.

    Attributes
    ----------
    check
        What found it and can replay it: ``"native"``, ``"transfer"``, ``"message"``,
        ``"explored"``; the keys of ``replay.REPLAYERS``.
    kind, message
        What went wrong: a stable word, and a line for people.
    target, place
        Which target failed (``"stack/pool"``) and where it is found (``"subjects"``).
    expected
        ``"sound"``, ``"flawed"``, or ``None`` where nobody has said.
    sources
        Path of each source file to the SHA-256 of its content then.
    flags, compiler
        How it was compiled.
    scenario, outcome
        As ``Scenario.to_json`` and ``outcome_to_json`` write them; ``None`` elsewhere.
    seed, count
        Of the run that failed, and how many of its samples did.
    settings
        The runner's settings and whatever else the checker wants to have back.
    explanation
        What the explorer found of it, as ``Explained.to_json`` writes it; empty if it was
        not asked.
    carried
        Its files, where it takes more than a scenario: see ``heald.carried``.
    topology
        The machine, as ``Topology.to_json`` writes it.
    heald, made
        Version that wrote it; when, in UTC.
    """

    check: str
    kind: str
    message: str
    target: str
    place: str
    expected: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    compiler: str = ""
    scenario: Mapping[str, Any] | None = None
    outcome: list[Any] | None = None
    seed: int | None = None
    count: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    explanation: Mapping[str, Any] = field(default_factory=dict)
    carried: Mapping[str, Any] = field(default_factory=dict)
    topology: Mapping[str, Any] = field(default_factory=dict)
    heald: str = ""
    made: str = ""

    def finding(self) -> Finding:
        """Return the finding that it was made from.

        Raises
        ------
        UsageError
            If the scenario is not of the form that scenarios have.
        """
        from heald.finding import Finding

        return Finding.from_json({**vars(self), "detail": self.settings})

    def to_json(self) -> dict[str, Any]:
        """Return plain lists and dictionaries, the format first."""
        return {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self)}

    @property
    def file_name(self) -> str:
        """A name that the same failure always gets: target, kind, digest of the failure."""
        same: list[Any] = [
            self.check,
            self.kind,
            self.target,
            self.scenario,
            self.outcome,
        ]
        # Without a scenario the seed and what was given tell two failures apart.
        same.append(self.seed if self.scenario is None else None)
        given = ("arguments", "cflags") if self.scenario is None else ()
        same += [
            self.settings[key]
            for key in ("mutant", "orders", *given)
            if self.settings.get(key)
        ]
        digest = hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()
        words = re.sub(r"[^a-z0-9]+", "-", f"{self.target} {self.kind}".lower()).strip(
            "-"
        )
        return f"{words}-{digest[:8]}.json"

    def save(self, folder: Path) -> Path:
        """Write it into `folder`, whole or not at all, and return its path.

        Raises
        ------
        UsageError
            If it cannot be written there.
        """
        try:
            return self._save(folder)
        except OSError as error:
            why = error.strerror or str(error)
            raise UsageError(f"cannot write {folder / self.file_name}: {why}") from error

    def try_to_save(self, folder: Path) -> Path | str:
        """Write it, or return why it cannot be: the finding itself matters more."""
        try:
            return self.save(folder)
        except UsageError as error:
            return str(error)

    def _save(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.file_name
        temporary = folder / f".{self.file_name}.{os.getpid()}"
        try:
            with open(temporary, "w", encoding="utf-8") as file:
                json.dump(self.to_json(), file, indent=2)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return path


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, or nothing if it cannot be read."""
    try:
        if not path.is_file():  # a device, a pipe: reading those may never end
            return ""
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError):
        return ""


def capsule_of(
    finding: Finding,
    *,
    target: str,
    place: str,
    expected: str | None,
    identity: Mapping[str, Any],
    check: str | None = None,
    file: str | None = None,
) -> Capsule:
    """Put a finding, and what is known about its target, into a capsule.

    Parameters
    ----------
    identity
        What ``Target.identity()`` gives: ``sources``, ``flags``, ``compiler``, ``check``.
    file
        The Python file in `place` that has the target, where that is a folder.
    """
    from datetime import UTC, datetime

    from heald.carried import carried_files
    from heald.topology import this_machine
    from heald.version import VERSION

    told = finding.to_json()
    return Capsule(
        check=check or str(identity.get("check", "native")),
        settings=told.pop("detail"),
        **told,
        target=target,
        place=place,
        expected=expected,
        sources=dict(identity.get("sources", {})),
        flags=[str(flag) for flag in identity.get("flags", ())],
        compiler=str(identity.get("compiler", "")),
        carried=carried_files(file or place, identity.get("sources", {})),
        topology=this_machine().to_json(),
        heald=VERSION,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def load_capsule(path: Path) -> Capsule:
    """Read a capsule.

    Raises
    ------
    UsageError
        If there is no such file, or what is in it is no capsule: says what is wrong.
    """
    try:
        data = json.loads(read_given(path, otherwise="not a capsule").decode())
    except OSError as error:
        raise UsageError(f"cannot read the capsule {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"not a capsule: {path} is not text in UTF-8") from error
    except json.JSONDecodeError as error:
        raise UsageError(
            f"not a capsule: {path} is not JSON (line {error.lineno}: {error.msg}); "
            "was it cut off?"
        ) from error
    except RecursionError as error:
        raise UsageError(f"not a capsule: {path} is nested too deeply") from error
    except ValueError as error:  # a number of thousands of digits
        raise UsageError(f"not a capsule: {path} is not JSON ({error})") from error
    if not _is_text(data):
        raise UsageError(
            f"{path} is a damaged capsule: it has half a character in a text"
        )
    return _checked(data, path)


def _is_text(data: Any) -> bool:
    """Whether all texts could be written: JSON can have halves of characters alone."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def _checked(data: Any, path: Path) -> Capsule:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise UsageError(f'not a capsule: {path} has no "format": "{FORMAT}"')
    version = data.get("format_version")
    if version != FORMAT_VERSION:
        raise UsageError(
            f"{path} is a capsule of format {one_line(str(version))}, this heald reads format "
            f"{FORMAT_VERSION}; it was written by heald {one_line(str(data.get('heald', '?')))}"
        )
    values = {}
    for known in fields(Capsule):
        if known.name in data:
            values[known.name] = _value(path, known.name, data[known.name])
        elif known.name in _REQUIRED:
            raise UsageError(f'{path} is a damaged capsule: "{known.name}" is missing')
    capsule = Capsule(**values)
    try:
        # A scenario of the wrong form is better refused now, and results that are not its own.
        found = capsule.finding()
        if found.scenario is not None:
            found.scenario.columns(found.outcome)
    except UsageError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f'{path} is a damaged capsule: "scenario" or "outcome" is of another form '
            f"({type(error).__name__}: {error})"
        ) from error
    return capsule


#: Names, which are shown as they are.
_ON_A_LINE = frozenset({"check", "kind", "target", "place", "expected", "heald", "made"})
_REQUIRED = ("check", "kind", "message", "target", "place")
_TEXT: tuple[type, ...] = (str,)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "check": _TEXT,
    "kind": _TEXT,
    "message": _TEXT,
    "target": _TEXT,
    "place": _TEXT,
    "expected": (str, type(None)),
    "sources": (dict,),
    "flags": (list,),
    "compiler": _TEXT,
    "scenario": (dict, type(None)),
    "outcome": (list, type(None)),
    "seed": (int, type(None)),
    "count": (int,),
    "settings": (dict,),
    "explanation": (dict,),
    "carried": (dict,),
    "topology": (dict,),
    "heald": _TEXT,
    "made": _TEXT,
}
_WORDS: Mapping[type, str] = {
    str: "text",
    dict: "an object",
    list: "a list",
    int: "a number",
    type(None): "null",
}


def _value(path: Path, name: str, value: Any) -> Any:
    accepted = _TYPES[name]
    if not isinstance(value, accepted) or isinstance(value, bool):
        words = " or ".join(_WORDS[kind] for kind in accepted)
        raise UsageError(
            f'{path} is a damaged capsule: "{name}" must be {words}; got {json.dumps(value)}'
        )
    if name in _ON_A_LINE and isinstance(value, str) and one_line(value) != value:
        raise UsageError(f'{path} is a damaged capsule: "{name}" has control characters')
    return value
