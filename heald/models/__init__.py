"""What a sequential object would have returned. Only names are here, loaded when first used.

The usual objects under a subject's own names for its operations, such as
``heald.models.queue(put="push", take="pop")``, and what a model allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heald.names import lazily

if TYPE_CHECKING:
    from heald.models.grading import allowed_outcomes as allowed_outcomes
    from heald.models.known import KnownModel as KnownModel
    from heald.models.known import counter as counter
    from heald.models.known import map_ as map_
    from heald.models.known import queue as queue
    from heald.models.known import register as register
    from heald.models.known import set_ as set_
    from heald.models.known import stack as stack
    from heald.models.linearize import Criterion as Criterion
    from heald.models.linearize import Linearization as Linearization

_HOMES = {
    "Criterion": "linearize",
    "KnownModel": "known",
    "Linearization": "linearize",
    "allowed_outcomes": "grading",
    "counter": "known",
    "map_": "known",
    "queue": "known",
    "register": "known",
    "set_": "known",
    "stack": "known",
}

__all__ = [*_HOMES]

__getattr__, __dir__ = lazily(__name__, _HOMES)
