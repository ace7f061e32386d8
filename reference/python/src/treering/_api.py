# SPDX-License-Identifier: Apache-2.0
"""save, load and open: one checkpoint."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from . import _compat, _core, _graph, _values
from ._checkpoint import Checkpoint, open_checkpoint, path_bytes
from ._errors import UsageError, not_built
from ._pytree import TreeWriter
from ._report import mismatch
from ._select import Selection
from ._standins import Classes
from ._stored import load_tree
from ._template import Options, restore

Progress = Callable[[int, int], None]


class SaveReport(NamedTuple):
    """What a save wrote.

    Attributes:
        path: directory of the checkpoint.
        bytes: size of all files.
        data_bytes: size of the leaves, before coding.
        leaves: number of leaves; several places of one array count once.
        files: number of data files.
        seconds: duration.
    """

    path: str
    bytes: int
    data_bytes: int
    leaves: int
    files: int
    seconds: float


def save(
    path: str | os.PathLike,
    tree: Any,
    *,
    metadata: Any = None,
    graph: Any = None,
    compat: Mapping[str, Any] | bool | None = None,
    codec: str = "raw",
    cast: Any = None,
    overwrite: bool = False,
    step: int | None = None,
    progress: Progress | None = None,
) -> SaveReport:
    """Saves a pytree as the checkpoint directory ``path``, durable and atomic when it returns.

    Args:
        path: the directory, made where it is missing.
        tree: arrays, PRNG keys, numbers, str, bytes and None in any pytree; an NNX module stands for its state.
            The memory of arrays is borrowed, not copied: other threads must not write to it meanwhile.
        metadata: JSON-like value of the caller; ints, floats, bytes and tuples come back exactly.
        graph: the program that the tree belongs to: an nnx module, an nnx.GraphDef whose state is in the tree, what
            nnx.split returned, or a dict of these in the shape of the tree. By default the modules in ``tree`` are
            recorded; False records none. Code is recorded by its name alone.
        compat: dict of what the state expects: model version, code_identity(), hyperparameters; see load(). Versions
            of the imported libraries and the settings of JAX are added where it has no keys ``libraries`` and
            ``jax``. False writes no record.
        codec: "raw", "lz4" or "bitshuffle-lz4".
        cast: not built yet.
        overwrite: not built yet.
        step: number of the training step, 0 or more.
        progress: called now and then with (bytes done, bytes in all). An exception of it is shown and does not
            disturb the save; KeyboardInterrupt is raised when the save has ended.
    Raises:
        ConflictError: a checkpoint stands at ``path``.
        InvalidError: a leaf or key that cannot be stored; names it and the remedy. Nothing is written.
        LimitError: larger than a default reader accepts.
        StorageError: the system refused. Nothing is committed, and what stood there is untouched.
        OutcomeUnknownError: the commit may have happened; open the path to see.
        UsageError: a wrong argument, or an option that is not built yet.
    """
    directory = path_bytes(path)
    options = save_options(metadata=metadata, compat=compat, codec=codec, cast=cast, step=step)
    if overwrite:
        raise not_built("overwrite=True", "save to another path, or remove the old checkpoint first")
    prepared = TreeWriter().write(tree)
    options["graph"] = _graph.json_to_save(graph, tree)
    return SaveReport(*_core.save(directory, prepared, options, progress))


def save_options(
    *,
    metadata: Any = None,
    metrics: Any = None,
    compat: Any = None,
    codec: Any = "raw",
    cast: Any = None,
    step: Any = None,
) -> dict[str, Any]:
    """Options of the extension module; every value as canonical JSON."""
    if cast is not None:
        raise not_built("cast= of save()", "cast the arrays before")
    if not isinstance(codec, str):
        raise not_built("a codec for each glob", "give one name")
    values = {"metadata": metadata, "metrics": metrics, "compat": _compat.record(compat)}  # [GC-19]
    options: dict[str, Any] = {name: _values.encode(value, name) for name, value in values.items() if value is not None}
    options["codec"] = codec
    if step is not None:
        options["step"] = checked_step(step)
    return options


def checked_step(step: Any) -> int:
    """A step as an int. Raises UsageError for what is none."""
    try:
        number = step.__index__()
    except (AttributeError, TypeError):
        number = -1
    if isinstance(step, bool) or not 0 <= number < 2**63:
        raise UsageError(f"a step is an int from 0 to 2**63 - 1, not {step!r}", code="bad-step")
    return number


def open(path: str | os.PathLike, *, limits: Mapping[str, int] | None = None) -> Checkpoint:  # noqa: A001
    """Opens a checkpoint: reads its manifest and checks that its files are there with their sizes.

    Args:
        limits: bounds of this reader by name, see spec appendix A; raise one for a larger checkpoint. "memory" is
            the number of bytes that one load or read may ask for; none by default.
    Raises:
        NotFoundError: no directory, or no committed checkpoint in it.
        MalformedError, CorruptError, UnsupportedError, InvalidError, LimitError: it cannot be read, and why.
    """
    return open_checkpoint(path, limits)


def load(
    path: str | os.PathLike,
    template: Any = None,
    *,
    select: Any = None,
    exclude: Any = None,
    rename: Any = None,
    cast: bool = False,
    missing: str = "error",
    unexpected: str = "error",
    types: Any = (),
    compat: Mapping[str, Any] | None = None,
    graph: str | None = "arrays",
    limits: Mapping[str, int] | None = None,
    mmap: bool = False,
    progress: Progress | None = None,
) -> Any:
    """Loads a checkpoint. Every byte is compared with its digest before it is handed out.

    Without a template the saved containers come back with numpy arrays, Python and numpy scalars, and typed PRNG
    keys where JAX is imported. Nothing is imported and no recorded class is run: a class is used only where it is
    imported already and trusted, else a stand-in says its name. With a template its containers come back, filled:
    for a jax.Array or jax.ShapeDtypeStruct an array of JAX with the given sharding, for a numpy array a numpy array.
    A Variable keeps the template's metadata. Each leaf has memory of its own.

    Args:
        template: pytree of arrays, jax.ShapeDtypeStruct, scalars, str, bytes, or ``...`` to skip a leaf; an
            nnx.State or a module, abstract or not, for which its state comes back.
        select, exclude: globs over friendly paths (``*`` within a key, ``**`` over keys; a match takes what is
            below), types of NNX Variables, functions of the path, or a list of them. What is not selected keeps the
            template's value, or is ``...`` without a template.
        rename: mapping from paths or globs in the checkpoint to those in the template, or a function of the path.
        cast: convert dtypes that differ.
        missing: for template leaves that are not in the checkpoint: "error", "keep" the template's own value, or
            "ignore", which leaves abstract leaves too.
        unexpected: for leaves of the checkpoint that are not in the template: "error", or "keep" or "ignore", which
            leave them out.
        types: classes that may be built without a template.
        compat: dict of expectations; each is compared with the compatibility record before any array is read.
        graph: how much of the recorded graph the modules in the template must have: "arrays" (the same arrays, tied
            alike), "structure" (also types, metadata and static data such as widths and rates), "program" (also the
            names of code); None compares nothing. What else changed is one warning in the log "treering". Options
            that accept other leaves (select, rename, missing, unexpected, cast) accept their part of the graph.
        limits: bounds of this reader by name.
        mmap: not built yet.
        progress: called now and then with (bytes done, bytes in all).
    Raises:
        MismatchError: template or ``compat`` and checkpoint differ; one error lists all differences.
        CorruptError: a byte is not as written; names the file and leaf.
        and what open() raises.
    """
    with open_checkpoint(path, limits) as checkpoint:
        return load_from(
            checkpoint,
            template,
            select=select,
            exclude=exclude,
            rename=rename,
            cast=cast,
            missing=missing,
            unexpected=unexpected,
            types=types,
            compat=compat,
            graph=graph,
            mmap=mmap,
            progress=progress,
        )


def load_from(
    checkpoint: Checkpoint,
    template: Any = None,
    *,
    select: Any = None,
    exclude: Any = None,
    rename: Any = None,
    cast: bool = False,
    missing: str = "error",
    unexpected: str = "error",
    types: Any = (),
    compat: Mapping[str, Any] | None = None,
    graph: str | None = "arrays",
    mmap: bool = False,
    progress: Progress | None = None,
) -> Any:
    """load() of a checkpoint that is open."""
    if mmap:
        raise not_built("mmap=True")
    if not isinstance(cast, bool):
        raise not_built("a cast for each glob", "give cast=True, or the dtypes in the template")
    for name, choice in (("missing", missing), ("unexpected", unexpected)):
        if choice not in ("error", "keep", "ignore"):
            raise UsageError(f'{name}= is "error", "keep" or "ignore", not {choice!r}', code="bad-argument")
    selection = Selection(select, exclude)
    classes = Classes(types)
    if compat is not None:
        if not isinstance(compat, Mapping):
            raise UsageError(f"compat= is a dict, not a {type(compat).__name__}", code="bad-argument")
        differences = _compat.compare(checkpoint._open().compat, compat)
        if differences:  # [GC-17, GC-18]
            raise mismatch(checkpoint.path, differences)
    if template is None:
        if rename is not None or cast:
            raise UsageError("rename= and cast= need a template", code="bad-argument")
        return load_tree(checkpoint._tree, selection.holds_place, classes, progress)
    accepted = {"dtype"} if cast else set()
    accepted |= ({"added"} if missing != "error" else set()) | ({"removed"} if unexpected != "error" else set())
    moves_leaves = not selection.everything or rename is not None
    changes = _graph.changes_since(checkpoint, template, graph, None if moves_leaves else accepted)
    options = Options(selection, rename, cast, missing, unexpected, changes)
    return restore(checkpoint._tree, template, options, progress)
