"""Where targets are found: a folder, a Python file, or the name of a module.

A folder stands for all Python files directly in it that import heald or have ``TARGETS``;
other files are not executed unasked, nor those whose names start with ``_``. What a
``test_*.py`` brings under a name that another file has brought is the same thing, imported.

A module offers a list named ``TARGETS``, or ``heald.Subject`` objects at its top level (also
inside lists, tuples and dictionaries). With ``TARGETS`` nothing else is looked at: the author
has said what counts.
"""

from __future__ import annotations

import ast
import sys
import traceback
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from heald.targets.ends_told import ends_are_told
from heald.targets.target import Target
from heald.verdicts import HealdError, UsageError

if TYPE_CHECKING:
    from heald.subject.subject import Subject


def targets_in(place: str) -> list[Target]:
    """Return the targets of a place, in the order in which they are written.

    Raises
    ------
    UsageError
        If there is no such place, one of its modules cannot be imported, or it has no
        targets.
    """
    targets = list(_each_once(place))
    if not targets:
        raise UsageError(
            f"no targets in {place}: a target is a heald.Subject at the top level of a "
            "module, or an entry of a list named TARGETS"
        )
    return targets


def _each_once(place: str) -> Iterator[Target]:
    """Yield the targets of all modules; of two that are one thing, the first.

    Raises
    ------
    UsageError
        If two that are not have one name.
    """
    seen: dict[str, tuple[int, str]] = {}
    for module in _modules(place):
        file = getattr(module, "__file__", None) or module.__name__
        for target in _targets_of(module):
            same = id(getattr(target, "subject", target))
            first = seen.setdefault(target.name, (same, file))
            if first == (same, file):
                yield target
            elif first[0] != same and not Path(file).name.startswith("test_"):
                raise UsageError(
                    f"two targets are called {target.name}: one in {first[1]}, one in "
                    f"{file}; give them different names"
                )


def subjects_in(place: str) -> list[Subject]:
    """Return all `heald.Subject` objects of a place, whether campaigns run them or not.

    Raises
    ------
    UsageError
        If there is no such place, or one of its modules cannot be imported.
    """
    found: dict[int, Subject] = {}
    for module in _modules(place):
        for value in vars(module).values():
            found |= {id(subject): subject for subject in _subjects_within(value)}
    return list(found.values())


def _modules(place: str) -> Iterator[ModuleType]:
    path = Path(place)
    if path.is_dir():
        own = (f for f in path.glob("*.py") if not f.name.startswith("_"))
        files = [f for f in own if f.is_file()]  # no pipe: reading one may never end
        for file in sorted(files, key=lambda f: (f.name.startswith("test_"), f.name)):
            if _is_ours(file):
                yield _imported(file)
    elif path.suffix == ".py":
        if not path.is_file():
            raise UsageError(f"there is no file {place}")
        yield _imported(path)
    else:
        yield _by_name(place)


def _is_ours(file: Path) -> bool:
    """Whether a file speaks of heald, found by reading it: it is not executed for that."""
    try:
        tree = ast.parse(file.read_bytes())
    except OSError:
        return False
    except (SyntaxError, ValueError):
        return b"heald" in file.read_bytes()  # importing it says what is wrong
    for node in ast.walk(tree):
        names = (
            [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        )
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        if isinstance(node, ast.Name) and node.id == "TARGETS":
            return True
        if any(name.partition(".")[0] == "heald" for name in names):
            return True
    return False


def _by_name(name: str) -> ModuleType:
    sys.path.insert(0, str(Path.cwd()))
    try:
        if name.replace(".", "").isidentifier() and find_spec(name) is not None:
            with ends_are_told():
                return import_module(name)
    except ModuleNotFoundError:
        pass
    except (Exception, SystemExit) as error:
        raise _does_not_import(name, error) from error
    finally:
        del sys.path[0]
    if Path(name).is_file():
        raise UsageError(
            f"{name} is no Python file: its name does not end in .py; targets are in a "
            "Python file, a folder or a module"
        )
    raise UsageError(
        f"there is no folder, Python file or module {name!r} here ({Path.cwd()})"
    )


def _imported(file: Path) -> ModuleType:
    """Import a file, as part of its package if it lies in one."""
    file = file.resolve()
    top = file.parent
    while (top / "__init__.py").exists():
        top = top.parent
    name = ".".join(file.relative_to(top).with_suffix("").parts)
    if name in sys.modules and getattr(sys.modules[name], "__file__", None) == str(file):
        return sys.modules[name]
    # What lies beside it can be imported from it, as when Python runs a script.
    sys.path.insert(0, str(top))
    try:
        with ends_are_told():
            if top != file.parent:
                return import_module(name)
            return _standing_alone(name, file)
    except (Exception, SystemExit) as error:  # its exit code would be taken for ours
        raise _does_not_import(str(file), error) from error
    finally:
        sys.path.remove(str(top))


def _standing_alone(name: str, file: Path) -> ModuleType:
    """Import a file that belongs to no package without touching modules of its name."""
    spec = spec_from_file_location(f"heald_place_{name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickling look a module up by name
    spec.loader.exec_module(module)
    return module


def _does_not_import(what: str, error: Exception | SystemExit) -> HealdError:
    if isinstance(error, HealdError):
        return error
    told = f"{what} cannot be imported: {type(error).__name__}: {error}"
    own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == what]
    if own and own[-1].line:
        told += f"\n  line {own[-1].lineno}: {own[-1].line}"
    return UsageError(told)


def _targets_of(module: ModuleType) -> Iterator[Target]:
    if hasattr(module, "TARGETS"):
        yield from _checked(module, list(module.TARGETS))
        return
    seen: set[int] = set()
    for value in vars(module).values():
        for subject in _subjects_within(value):
            if id(subject) not in seen:
                seen.add(id(subject))
                yield _as_target(subject)


def _checked(module: ModuleType, entries: list[Any]) -> Iterator[Target]:
    from heald.subject.subject import Subject

    for entry in entries:
        target = _as_target(entry) if isinstance(entry, Subject) else entry
        if not isinstance(target, Target):
            raise UsageError(
                f"{module.__file__}: TARGETS holds {entry!r}, which is no target: a target "
                "has name, expected and run_slice"
            )
        yield target


def _subjects_within(value: Any) -> Iterator[Any]:
    from heald.subject.subject import Subject

    if isinstance(value, Subject):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _subjects_within(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _subjects_within(item)


def _as_target(subject: Any) -> Target:
    home = import_module("heald.targets.of_subject")
    target = home.SubjectTarget(subject)
    assert isinstance(target, Target)
    return target


def target_named(name: str, place: str) -> Target:
    """Find one target; ``UsageError`` if it is not, or no more, in `place`."""
    targets = targets_in(place)
    for target in targets:
        if target.name == name:
            return target
    raise UsageError(
        f"there is no target {name} in {place} any more; there are "
        f"{', '.join(target.name for target in targets)}"
    )


def file_of(name: str, place: str) -> str | None:
    """Return the Python file in a folder that has a target; it has been imported before."""
    folder = Path(place)
    if not folder.is_dir():
        return None
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file is None or Path(file).parent != folder.resolve():
            continue
        if any(target.name == name for target in _targets_of(module)):
            return shown_place(Path(file))
    return None


def shown_place(place: Path | None) -> str:
    """Return where a replay finds the subject, from the current directory if inside."""
    if place is None:
        return ""
    here = Path.cwd()
    return str(place.relative_to(here) if place.is_relative_to(here) else place)
