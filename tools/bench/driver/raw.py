# SPDX-License-Identifier: Apache-2.0
"""The limit that the disk and the memory set: the same bytes in one file, written and read with nothing else."""

from __future__ import annotations

import errno
import mmap
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from driver.peer import Leaves, Peer
from driver.workloads import State

# Requests of 16 MiB, four at once, past the page cache: within noise of the best of 30 ways that were tried.
_REQUEST = 16 << 20
_IN_FLIGHT = 4
_ALIGNMENT = 4096  # of addresses, offsets and lengths past the page cache
_COPY = 1 << 20  # bytes of one read out of the page cache: they stay in the processor's cache


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _warm_buffer(size: int) -> mmap.mmap:
    """Aligned memory in huge pages, touched."""
    buffer = mmap.mmap(-1, _padded(size), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    buffer.madvise(mmap.MADV_HUGEPAGE)
    np.frombuffer(buffer, np.uint8)[...] = 1
    return buffer


def _fresh_buffer(size: int) -> memoryview:
    """Aligned memory as numpy allocates it, not touched."""
    room = np.empty(_padded(size) + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    return memoryview(room)[start : start + _padded(size)]


def _open(path: Path, flags: int) -> int:
    """Past the page cache where the file system can do that."""
    try:
        return os.open(path, flags | os.O_DIRECT, 0o644)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return os.open(path, flags, 0o644)


class Raw(Peer):
    name = "raw"
    about = "the limit: one file, written past the page cache and fsynced; read into memory that is there already"
    packages = ("numpy",)
    fills_fresh_memory = False

    def __init__(self, state: State, directory: Path):
        super().__init__(state, directory)
        self.pool = ThreadPoolExecutor(_IN_FLIGHT)
        # A small state is cut too, so that all threads have something to do.
        self.request = min(_REQUEST, max(1 << 20, _padded(state.bytes // _IN_FLIGHT)))

    def prepare_save(self) -> None:
        self.buffer: Any = _warm_buffer(self.state.bytes)
        values = np.frombuffer(self.buffer, np.uint8)
        at = 0
        for _, array in self.state.arrays():
            values[at : at + array.nbytes] = array.reshape(-1).view(np.uint8)
            at += array.nbytes

    def save(self) -> None:
        file = _open(self.target, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            self._each(self.request, 0, memoryview(self.buffer), lambda view, at: os.pwrite(file, view, at))
            os.fsync(file)
        finally:
            os.close(file)
        directory = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def prepare_restore(self) -> None:
        self.buffer = _warm_buffer(self.state.bytes)

    def restore(self) -> Any:
        return self._read(0, _padded(self.state.bytes))

    def restore_one(self) -> Any:
        place = self.state.leaf_bytes * self.state.number_of_one
        begin = place // _ALIGNMENT * _ALIGNMENT
        view = self._read(begin, _padded(place + self.state.leaf_bytes) - begin)
        return self._array(view, place - begin)

    def leaves_of(self, restored: Any) -> Leaves:
        for number in range(self.state.leaves):
            yield self.state.path(number), self._array(restored, number * self.state.leaf_bytes)

    def _array(self, view: memoryview, at: int) -> np.ndarray:
        return np.frombuffer(view, np.float32, self.state.leaf_bytes // 4, at).reshape(self.state.shape)

    def _room(self, size: int) -> memoryview:
        return memoryview(self.buffer)[:size]

    def _read(self, start: int, size: int) -> memoryview:
        """[start, start + size) of the file: past the page cache, or out of it where the files are there."""
        view = self._room(size)
        file = os.open(self.target, os.O_RDONLY) if self.hot else _open(self.target, os.O_RDONLY)
        try:
            request = _COPY if self.hot else self.request
            self._each(request, start, view, lambda part, at: os.preadv(file, [part], at))
        finally:
            os.close(file)
        return view

    def _each(self, request: int, start: int, view: memoryview, move: Callable[[memoryview, int], int]) -> None:
        """Moves the view to or from its place in the file, which begins at `start`, several requests at once."""

        def one(at: int) -> None:
            end = min(at + request, len(view))
            while at < end:
                moved = move(view[at:end], start + at)
                if moved <= 0:
                    raise OSError(errno.EIO, "the file ended too early")
                at += moved

        list(self.pool.map(one, range(0, len(view), request)))


class RawFresh(Raw):
    name = "raw-fresh"
    about = "control: saves as raw does, so that their ratio shows the noise; reads into memory that is allocated anew"
    fills_fresh_memory = True

    def prepare_restore(self) -> None:
        pass

    def _room(self, size: int) -> memoryview:
        return _fresh_buffer(size)
