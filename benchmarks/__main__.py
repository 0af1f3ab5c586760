"""``python -m benchmarks``: every benchmark of this folder that has a ``main``, in turn."""

from __future__ import annotations

import importlib
import pkgutil

import benchmarks


def main() -> None:
    for found in pkgutil.iter_modules(benchmarks.__path__):
        if found.name == "__main__":
            continue
        module = importlib.import_module(f"benchmarks.{found.name}")
        if hasattr(module, "main"):
            print(f"== {found.name}: {(module.__doc__ or '').splitlines()[0]}\n")
            module.main()
            print()


if __name__ == "__main__":
    main()
