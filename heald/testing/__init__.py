"""pytest tests made of all this. Only names are here, loaded when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heald.names import lazily

if TYPE_CHECKING:
    from heald.testing.native import assert_holds as assert_holds
    from heald.testing.native import find_failure as find_failure
    from heald.testing.native import native_recordings as native_recordings
    from heald.testing.recorded import Patience as Patience

_HOMES = {
    "Patience": "recorded",
    "assert_holds": "native",
    "find_failure": "native",
    "native_recordings": "native",
}

__all__ = [*_HOMES]

__getattr__, __dir__ = lazily(__name__, _HOMES)
