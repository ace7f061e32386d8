# SPDX-License-Identifier: Apache-2.0
"""What is saved and restored: states, and the workloads that measure them.

A state is made again in every process from its name and the scale; every value follows from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

Tree = dict[str, dict[str, np.ndarray]]  # {group: {name: array}}
_SEED = 20250101


@dataclass(frozen=True)
class State:
    """Float32 arrays of one shape in a dict of dicts: {group: {name: array}}."""

    name: str
    leaves: int
    shape: tuple[int, ...]
    group: int  # leaves of one inner dict

    @property
    def leaf_bytes(self) -> int:
        return 4 * int(np.prod(self.shape))

    @property
    def bytes(self) -> int:
        return self.leaves * self.leaf_bytes

    def path(self, number: int) -> tuple[str, str]:
        """(group, name) of a leaf."""
        return f"layer_{number // self.group:04d}", f"p{number % self.group:03d}"

    @property
    def number_of_one(self) -> int:
        """The leaf that a partial restore reads: in the middle, where nothing lies by chance."""
        return self.leaves // 2

    @property
    def one(self) -> tuple[str, str]:
        """Its path."""
        return self.path(self.number_of_one)

    def arrays(self) -> Iterator[tuple[tuple[str, str], np.ndarray]]:
        """(path, values) of each leaf in order; each array has memory of its own. A few are made ahead in parallel."""
        batch = max(1, min(self.leaves, (4 << 20) // self.leaf_bytes))
        starts = range(0, self.leaves, batch)
        with ThreadPoolExecutor(2) as pool:
            ahead = 4
            waiting = [pool.submit(self._batch, start, batch) for start in starts[:ahead]]
            for position, start in enumerate(starts):
                values = waiting.pop(0).result()
                if position + ahead < len(starts):
                    waiting.append(pool.submit(self._batch, starts[position + ahead], batch))
                if len(values) == 1:
                    yield self.path(start), values[0]
                else:
                    yield from ((self.path(start + i), array.copy()) for i, array in enumerate(values))

    def _batch(self, start: int, count: int) -> np.ndarray:
        # Close to what weights look like: a normal distribution of a small standard deviation.
        shape = (min(count, self.leaves - start), *self.shape)
        values = np.random.default_rng([_SEED, start]).standard_normal(shape, np.float32)
        values *= np.float32(0.02)
        return values

    def tree(self) -> Tree:
        made: Tree = {}
        for (group, name), array in self.arrays():
            made.setdefault(group, {})[name] = array
        return made

    def differences(self, restored: Iterator[tuple[tuple[str, str], np.ndarray]]) -> list[str]:
        """What is wrong with the restored leaves, in a sentence each; empty where all are there, bit for bit."""
        found = dict(restored)
        return [*self._wrong(found), *(f"leaf {'/'.join(path)} was never saved" for path in found)]

    def _wrong(self, found: dict[tuple[str, str], np.ndarray]) -> Iterator[str]:
        for path, wanted in self.arrays():
            array = found.pop(path, None)
            if array is None:
                yield f"leaf {'/'.join(path)} is missing"
            elif not same(array, wanted):
                yield f"leaf {'/'.join(path)} has other values, dtype or shape than were saved"

    def one_array(self) -> np.ndarray:
        """The values of `one`."""
        return next(array for path, array in self.arrays() if path == self.one)


def same(array: np.ndarray, wanted: np.ndarray) -> bool:
    """Equal bit for bit, dtype and shape included."""
    if array.dtype != wanted.dtype or array.shape != wanted.shape:
        return False
    return np.array_equal(array.reshape(-1).view(np.uint8), wanted.reshape(-1).view(np.uint8))


def dense(scale: float) -> State:
    """1 GiB in 50 arrays."""
    return State("dense", 50, (1024, max(1, round(5243 * scale))), 50)


def leaves(scale: float) -> State:
    """100,000 leaves of 256 bytes."""
    return State("leaves", max(100, round(100_000 * scale)), (64,), 100)


STATES = {"dense": dense, "leaves": leaves}

# The steps of a round. Every step runs in a process of its own; save comes first.
SAVE, COLD, HOT, ONE_COLD, ONE_HOT = "save", "restore-cold", "restore-hot", "one-cold", "one-hot"


@dataclass(frozen=True)
class Workload:
    name: str
    state: str  # key of STATES
    steps: tuple[str, ...]
    about: str


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("dense", "dense", (SAVE, COLD, HOT), "1 GiB in 50 float32 arrays, saved and restored"),
        Workload("leaves", "leaves", (SAVE, COLD, HOT), "100,000 float32 leaves of 256 bytes, saved and restored"),
        Workload("partial", "dense", (ONE_COLD, ONE_HOT), "one array of the 50 of dense, restored alone"),
    )
}
