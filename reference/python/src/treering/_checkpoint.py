# SPDX-License-Identifier: Apache-2.0
"""An open checkpoint: what is in it, and reading single leaves of it."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from . import _core, _dtypes, _values
from ._errors import Error, NotFoundError, UnsupportedError, UsageError, not_built
from ._keys import LEAF_KIND_NAMES, LeafKind
from ._standins import prng_key
from ._stored import LeafSpec, Progress, StoredTree, describe, host_bytes, host_value


class LeafInfo(NamedTuple):
    """One leaf of a checkpoint.

    Attributes:
        path: friendly path, such as ``model/layers/0/kernel``.
        key_path: typed text of the path, which is unique.
        kind: array, prng-key, scalar, string, bytes or process-blob.
        dtype: name of the dtype; empty for Python scalars, text and bytes.
        shape: of PRNG keys the shape without the key's own axis.
        sharding: the recorded sharding, as advice; None where none is recorded.
        bytes: size of the leaf in host memory.
        digests: content digest of each shard, where they were asked for; None for one that is not known.
    """

    path: str
    key_path: str
    kind: str
    dtype: str
    shape: tuple[int, ...]
    sharding: Any
    bytes: int
    digests: tuple[str | None, ...] | None = None


class Damage(NamedTuple):
    """One damaged place that verify() found: an error, the leaf (friendly path) and the bytes of the file."""

    error: Error
    leaf: str
    file: str
    offset: int
    bytes: int


class DataFile(NamedTuple):
    """One data file: name, writer, size in bytes, bytes of a block."""

    name: str
    writer: int
    bytes: int
    block_bytes: int


class Leaf:
    """One leaf of an open checkpoint. Nothing is read before ``read`` or an index."""

    def __init__(self, checkpoint: Checkpoint, row: int, path: str, key_path: str):
        self._checkpoint = checkpoint
        self._row = row
        self._spec: LeafSpec = checkpoint._tree.leaves[row]
        self.path = path  #: friendly path
        self.key_path = key_path  #: typed text of the path

    @property
    def kind(self) -> str:
        return LEAF_KIND_NAMES[self._spec.kind]

    @property
    def dtype(self) -> str:
        """Name of the dtype; empty for Python scalars, text and bytes."""
        return _dtypes.BY_NUMBER[self._spec.dtype].name if self._spec.dtype else ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of PRNG keys the shape without the key's own axis."""
        return self._spec.shown_shape

    def read(self) -> Any:
        """The whole leaf, verified: a new array in 64-byte aligned memory, typed keys, a scalar, str or bytes."""
        array = self._checkpoint._tree.read([self._row]).get(self._row)
        return host_value(self._spec, array, self.path)

    def map(self) -> np.ndarray:
        """A read-only view of the file. Not built yet."""
        raise not_built("Leaf.map()", "use read()")

    def __getitem__(self, index: Any) -> Any:
        """One box of an array or key array: integers, slices with a step of 1 or more, and ``...``.

        Reads the blocks that the box needs, verified. The result is a new array, or typed keys.
        """
        if self._spec.kind not in (LeafKind.ARRAY, LeafKind.PRNG_KEY):
            raise UsageError(
                f"the leaf '{self.path}' is a {describe(self._spec)}, which has no axes; use read()",
                code="bad-box",
                rule="RS-15",
            )
        start, stop, picks = _box(index, self.shape, self.path)
        if self._spec.kind == LeafKind.PRNG_KEY:
            start, stop = [*start, 0], [*stop, self._spec.shape[-1]]
        shape = tuple(b - a for a, b in zip(start, stop))
        array, memory = _dtypes.empty(_dtypes.numpy_dtype(self._spec.dtype), shape)
        if memory.size:
            self._checkpoint._open().read_box(self._row, start, stop, memory)
        if any(pick != slice(None) for pick in picks):
            array = np.array(array[(*picks, ...)], copy=True)
        return prng_key(self._spec.impl, array, self.path) if self._spec.kind == LeafKind.PRNG_KEY else array

    def __repr__(self) -> str:
        return f"<leaf {self.path}: {describe(self._spec)}>"


class Checkpoint:
    """An open checkpoint. Only the manifest has been read; use as a context manager, or call close()."""

    def __init__(self, core: _core.Checkpoint, memory_limit: int | None = None):
        self._core: _core.Checkpoint | None = core
        self._memory_limit = memory_limit
        self.path: str = core.path
        #: The step, or None for a checkpoint that was saved without one.
        self.step: int | None = core.step
        #: Time of the save as its writer saw it, nanoseconds UTC. Information only.
        self.saved_at: int = core.saved_at
        self.producer: str = core.producer
        self.attempt: str = core.attempt
        self.run_id: str = core.run_id
        self.writers: int = core.writers
        #: Size of all files in bytes.
        self.bytes: int = core.bytes

    def __enter__(self) -> Checkpoint:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the directory. Values that were read stay valid."""
        self._core = None
        self.__dict__.pop("_tree", None)
        self.__dict__.pop("_names", None)

    def _open(self) -> _core.Checkpoint:
        if self._core is None:
            raise UsageError(f"the checkpoint {self.path} has been closed; open it again", code="closed")
        return self._core

    @functools.cached_property
    def _tree(self) -> StoredTree:
        return StoredTree(self._open(), self._memory_limit)

    @functools.cached_property
    def _names(self) -> dict[int, list[tuple[str, str]]]:
        """Typed and friendly paths of each leaf row; several where it has aliases."""
        names: dict[int, list[tuple[str, str]]] = {}
        for _, row, key_path, shown in self._open().places():
            names.setdefault(row, []).append((key_path, shown))
        return names

    def _value(self, name: str) -> Any:
        text = getattr(self._open(), name)
        return _values.decode(text) if text else None

    @property
    def metadata(self) -> Any:
        """What was given to save(), or None."""
        return self._value("metadata")

    @property
    def metrics(self) -> Any:
        return self._value("metrics")

    @property
    def graph(self) -> Any:
        """The graph record, or None."""
        return self._value("graph")

    @property
    def compat(self) -> Any:
        """The compatibility record, or None."""
        return self._value("compat")

    def leaves(self, *, digests: bool = False) -> list[LeafInfo]:
        """All leaves in preorder. With ``digests`` the indexes are read for the content digests of the shards."""
        core, found = self._open(), []
        for _, row, key_path, path in core.places():
            spec = self._tree.leaves[row]
            content = tuple(shard[-1] for shard in core.shards(row)) if digests and spec.value is None else None
            found.append(
                LeafInfo(
                    path,
                    key_path,
                    LEAF_KIND_NAMES[spec.kind],
                    _dtypes.BY_NUMBER[spec.dtype].name if spec.dtype else "",
                    spec.shown_shape,
                    None,
                    host_bytes(spec),
                    content,
                )
            )
        return found

    def files(self) -> list[DataFile]:
        return [DataFile(*row) for row in self._open().files()]

    def __getitem__(self, path: str) -> Leaf:
        """The leaf of this path: typed text first, then friendly. Raises NotFoundError, UsageError."""
        if not isinstance(path, str):
            raise UsageError(f"a checkpoint is indexed by the path of a leaf, not by {path!r}", code="bad-path")
        row = self._open().find(path)
        key_path, shown = next(names for names in self._names[row] if path in names)
        return Leaf(self, row, shown, key_path)

    def __contains__(self, path: str) -> bool:
        try:
            self._open().find(path)
        except NotFoundError:
            return False
        return True

    def verify(self, progress: Progress | None = None) -> list[Damage]:
        """Reads every byte. Returns the damage found; empty where all is as written.

        Args:
            progress: called now and then with (bytes done, bytes in all).
        """
        return [
            Damage(error, leaf, error.where.file, offset, size)
            for error, leaf, offset, size in self._open().verify(progress)
        ]

    def diff(self, other: Any) -> Any:
        """Not built yet."""
        raise not_built("Checkpoint.diff()")

    def __repr__(self) -> str:
        step = "" if self.step is None else f" step {self.step}"
        return f"<checkpoint{step} {self.path}>"


def _box(index: Any, shape: tuple[int, ...], path: str) -> tuple[list[int], list[int], list[Any]]:
    """The bounding box of a numpy index, and what to pick from each axis of it."""
    items = list(index) if isinstance(index, tuple) else [index]
    if sum(item is Ellipsis for item in items) > 1 or len(items) - (Ellipsis in items) > len(shape):
        raise UsageError(
            f"the index {index!r} has too many axes for '{path}' of shape {list(shape)}", code="bad-box", rule="RS-15"
        )
    gap = items.index(Ellipsis) if Ellipsis in items else len(items)
    rest = items[gap + 1 :]
    items = items[:gap] + [slice(None)] * (len(shape) - gap - len(rest)) + rest
    start: list[int] = []
    stop: list[int] = []
    picks: list[Any] = []
    for item, length in zip(items, shape):
        if isinstance(item, slice):
            first, last, step = item.indices(length)
            if step < 1:
                raise UsageError(
                    f"the index {index!r} of '{path}' has a negative step; read, then reverse",
                    code="bad-box",
                    rule="RS-15",
                )
            last = max(first, last)
            picks.append(slice(None) if step == 1 else slice(None, None, step))
        elif hasattr(item, "__index__") and not isinstance(item, bool):
            first = item.__index__() + (length if item.__index__() < 0 else 0)
            last = first + 1
            if not 0 <= first < length:
                raise UsageError(
                    f"the index {index!r} is outside of '{path}' of shape {list(shape)}", code="bad-box", rule="RS-15"
                )
            picks.append(0)
        else:
            raise UsageError(
                f"'{path}' takes integers, slices and ..., not {item!r}; read, then index", code="bad-box", rule="RS-15"
            )
        start.append(first)
        stop.append(last)
    return start, stop, picks


def path_bytes(path: Any) -> bytes:
    """A path as the system calls take it. Raises UsageError for what is no path of a local file system."""
    try:
        encoded = os.fsencode(path)
    except (TypeError, UnicodeEncodeError):
        raise UsageError(f"a path is a str or os.PathLike, not {path!r}", code="bad-path") from None
    if not encoded or b"\0" in encoded:
        raise UsageError(f"{path!r} is no path", code="bad-path")
    scheme = encoded.split(b"://")[0]
    if b"://" in encoded and scheme.isalnum():
        raise UnsupportedError(
            f"{path} is on {scheme.decode()}; this version saves to local file systems only", code="not-implemented"
        )
    return encoded


def open_checkpoint(path: Any, limits: Mapping[str, int] | None = None) -> Checkpoint:
    encoded = path_bytes(path)
    try:
        bounds = dict(limits or {})
        memory = bounds.pop("memory", None)
        return Checkpoint(_core.open(encoded, bounds), memory)
    except NotFoundError as error:
        hint = _other_format(os.fsdecode(encoded))
        if not hint:
            raise
        raise NotFoundError(f"{error.message}; {hint}", code=error.code, rule=error.rule, where=error.where) from None


def _other_format(path: str) -> str:
    """What stands at a path that holds no checkpoint, where it is something else that people save to."""
    if os.path.isfile(path):
        return "this is a file, and a checkpoint is a directory"
    try:
        names = set(os.listdir(path))
    except OSError:
        return ""
    if any(name.startswith("step-") for name in names):
        return "this is a series: use CheckpointManager, or the path of one step in it"
    if names & {"_CHECKPOINT_METADATA", "_METADATA", "manifest.ocdbt", "checkpoint"}:
        return "this looks like a checkpoint of Orbax or Flax: load it there, and save it with treering"
    if any(name.endswith(".safetensors") for name in names):
        return "these are safetensors files"
    return ""
