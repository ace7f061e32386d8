# SPDX-License-Identifier: Apache-2.0
"""What a peer is."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from driver.workloads import State

Leaves = Iterator[tuple[tuple[str, str], np.ndarray]]


class Peer:
    """Something that stores one state below its directory, which is there and empty.

    What prepare_*() does is not timed: imports, the state, templates, the library's own objects. save(), restore()
    and restore_one() are timed, and end when the library says that it is done.
    """

    name = ""
    about = ""
    baseline = "treering"  # the row of Treering with leaves of the same kind
    default = True  # measured where --peers is not given
    packages: tuple[str, ...] = ()  # distributions; the first one names the version
    modules: tuple[str, ...] = ()  # what prepare_*() imports
    fills_fresh_memory = True  # restore() allocates what it returns
    hot = False  # whether the files are in the page cache when a restore begins

    def __init__(self, state: State, directory: Path):
        self.state = state
        self.directory = directory
        self.target = directory / "checkpoint"

    def prepare_save(self) -> None:
        self.tree: Any = self.state.tree()

    def save(self) -> None:
        raise NotImplementedError

    def prepare_restore(self) -> None:
        """Also for restore_one()."""

    def restore(self) -> Any:
        raise NotImplementedError

    def restore_one(self) -> Any:
        """The leaf `state.one`."""
        raise NotImplementedError

    def leaves_of(self, restored: Any) -> Leaves:
        """((group, name), values) of what restore() returned."""
        for group, arrays in restored.items():
            for name, array in arrays.items():
                yield (group, name), np.asarray(array)

    @classmethod
    def missing(cls) -> list[str]:
        return [module for module in cls.modules if importlib.util.find_spec(module) is None]

    @classmethod
    def versions(cls) -> dict[str, str]:
        return {package: importlib.metadata.version(package) for package in cls.packages}
