"""The pytest plugin: options, report header, replay lines in the short summary."""

from __future__ import annotations
