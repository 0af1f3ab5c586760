"""Heald checks lock-free C code and zero-copy I/O from Python. This file only holds names."""

from heald.verdicts import EngineError, HealdError, UsageError, Verdict

__version__ = "0.1.0"

__all__ = ["EngineError", "HealdError", "UsageError", "Verdict", "__version__"]
