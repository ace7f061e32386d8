# SPDX-License-Identifier: Apache-2.0
"""A series of checkpoints, one per step: saving on schedule, retention, resuming."""

from __future__ import annotations

import dataclasses
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import _core, _graph
from ._api import checked_step, load_from, save_options
from ._checkpoint import Checkpoint, LeafInfo, path_bytes
from ._errors import Error, NotFoundError, UsageError, not_built
from ._pytree import TreeWriter

_log = logging.getLogger("treering")


@dataclasses.dataclass(frozen=True)
class CheckpointManagerOptions:
    """Options of a CheckpointManager.

    Attributes:
        max_to_keep: number of newest steps that stay; None keeps all.
        keep_period: multiples of it stay for ever.
        save_interval_steps: a step is saved when it is a multiple of it.
        save_on_steps: further steps that are saved.
        read_only: refuse save and delete.
        create: make the directory where it is missing.
        enable_async_checkpointing: accepted; this version saves in the foreground.

    Where no step exists yet, the first step that save() is called with is saved, whatever the interval.
    The other options raise one clear UsageError: they are not built yet.
    """

    max_to_keep: int | None = None
    keep_period: int | None = None
    keep_time_interval: Any = None
    save_interval_steps: int = 1
    save_on_steps: Sequence[int] = ()
    should_save_fn: Callable[[int, int | None], bool] | None = None
    best_fn: Callable[[Any], float] | None = None
    best_mode: str = "max"
    keep_checkpoints_without_metrics: bool = True
    enable_async_checkpointing: bool = True
    read_only: bool = False
    create: bool = True
    cleanup_tmp_directories: bool = False
    todelete_subdir: str | None = None
    enable_background_delete: bool = False
    timeout_secs: int | None = None
    save_decision_policy: Any = None
    preservation_policy: Any = None
    snapshot: str = "borrow"
    process_index: int | None = None
    process_count: int | None = None
    run_id: str | None = None

    def __post_init__(self) -> None:
        built = {
            "max_to_keep",
            "keep_period",
            "save_interval_steps",
            "save_on_steps",
            "should_save_fn",
            "read_only",
            "create",
            "enable_async_checkpointing",
        }
        for field in dataclasses.fields(self):
            if field.name not in built and getattr(self, field.name) != field.default:
                raise not_built(f"CheckpointManagerOptions({field.name}=...)")
        for name, least in (("max_to_keep", 1), ("keep_period", 1), ("save_interval_steps", 1)):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < least):
                raise UsageError(f"{name}= is an int of {least} or more, not {value!r}", code="bad-argument")


class CheckpointManager:
    """Saves, lists, restores and retires the checkpoints of one directory.

    Storage is read at every call, so that several managers, or an evaluation job, see each other's steps. Saving
    happens in the foreground: when save() returns True, the step is durable. After close() every reading method
    still works.
    """

    def __init__(self, directory: str | os.PathLike, options: CheckpointManagerOptions | None = None):
        """Raises StorageError where the directory cannot be made, NotFoundError where it must not be."""
        self._options = options or CheckpointManagerOptions()
        create = self._options.create and not self._options.read_only
        self._series = _core.open_series(path_bytes(directory), create)
        self._lock = threading.RLock()  # a series is not for use by several threads at once
        self._closed = False
        self._has_steps = False  # whether this manager has ever seen a step; none ever goes unseen again
        if not self._options.read_only:
            self._tidy()

    def __enter__(self) -> CheckpointManager:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    @property
    def directory(self) -> str:
        return self._series.path

    @property
    def options(self) -> CheckpointManagerOptions:
        return self._options

    def save(
        self,
        step: int,
        tree: Any,
        *,
        metrics: Mapping[str, Any] | None = None,
        metadata: Any = None,
        graph: Any = None,
        compat: Mapping[str, Any] | bool | None = None,
        force: bool = False,
    ) -> bool:
        """Saves the tree as ``step`` where should_save(step) says so, or always with ``force``.

        Returns whether it saved. Older steps are then retired as the options say.
        Raises ConflictError where the step is committed already, and what tr.save raises.
        """
        self._writable("save")
        step = checked_step(step)
        options = save_options(metadata=metadata, metrics=metrics, compat=compat)
        with self._lock:
            if not force and not self.should_save(step):
                return False
            prepared = TreeWriter().write(tree)
            options["graph"] = _graph.json_to_save(graph, tree)
            _core.save_step(self._series, step, prepared, options, None)  # [CM-57]
            self._has_steps = True
            self._retire(step)
        return True

    def should_save(self, step: int) -> bool:
        """Whether save() would save this step.

        Never one that is not newer than the newest undamaged step, nor one at which a damaged checkpoint stands,
        which is logged.
        """
        step = checked_step(step)
        options = self._options
        is_due = step % options.save_interval_steps == 0 or step in options.save_on_steps
        if self._has_steps and not is_due and options.should_save_fn is None:
            return False  # as for most steps of a run: without a look at the storage
        with self._lock:
            newest, _ = self._series.latest(True)
        self._has_steps = self._has_steps or newest is not None
        if newest is not None and step <= newest:
            return False
        if options.should_save_fn is not None:
            return bool(options.should_save_fn(step, newest)) and not self._is_damaged(step)
        if newest is not None and not is_due:
            return False
        return not self._is_damaged(step)

    def _is_damaged(self, step: int) -> bool:
        """Whether a damaged checkpoint stands at a step that is newer than the newest undamaged one."""
        with self._lock:
            try:
                path = self._series.path_of(step)
            except NotFoundError:
                return False
        _log.warning("step %d is not saved: a damaged checkpoint stands at %s", step, path)
        return True

    def restore(self, step: int | None = None, template: Any = None, **options: Any) -> Any:
        """Loads a step, the newest one by default; takes the options of tr.load.

        Raises NotFoundError where there is no such step, and what tr.load raises.
        """
        if options.pop("limits", None) is not None:
            raise not_built("restore(limits=...)", "tr.load(path_of_the_step, template, limits=...)")
        with self.open(step) as checkpoint:
            return load_from(checkpoint, template, **options)

    def open(self, step: int | None = None) -> Checkpoint:
        """Opens a step, the newest one by default."""
        if step is None:
            step = self.latest_step()
            if step is None:
                raise NotFoundError(f"{self.directory} holds no checkpoint; save one first", code="no-step")
        with self._lock:
            return Checkpoint(self._series.open_step(checked_step(step)))

    def latest_step(self, *, fallback: bool = False) -> int | None:
        """The newest committed step, or None where there is none.

        Args:
            fallback: skip damaged steps, each with a warning in the log "treering".
        Raises:
            CorruptError and others: the newest step is damaged, and why.
        """
        with self._lock:
            step, skipped = self._series.latest(fallback)
        if fallback:
            for entry in skipped:
                _log.warning("skipped the damaged checkpoint %s: %s", entry[2], entry[4])
        return step

    def best_step(self) -> int | None:
        """Not built yet."""
        raise not_built("best_step()", "compare metrics(step) of all_steps()")

    def all_steps(self) -> list[int]:
        """The undamaged committed steps, ascending."""
        with self._lock:
            return self._series.steps()

    def metrics(self, step: int) -> Any:
        """The metrics that were saved with a step, or None."""
        with self.open(step) as checkpoint:
            return checkpoint.metrics

    def metadata(self, step: int) -> Any:
        """The metadata that was saved with a step, or None."""
        with self.open(step) as checkpoint:
            return checkpoint.metadata

    def item_metadata(self, step: int) -> list[LeafInfo]:
        """The leaves of a step; reads its manifest only."""
        with self.open(step) as checkpoint:
            return checkpoint.leaves()

    def delete(self, step: int) -> None:
        """Takes a step out of the series. Raises UsageError for the newest committed one, NotFoundError."""
        self._writable("delete")
        with self._lock:
            _report_left(self._series.retire(checked_step(step)))

    def reached_preemption(self, step: int) -> bool:
        """False: this version hears of no preemption."""
        return False

    def is_saving_in_progress(self) -> bool:
        """False: saves happen in the foreground."""
        return False

    def check_for_errors(self) -> None:
        """Raises nothing: an error of a save is raised by that save."""

    def wait_until_finished(self) -> None:
        """Returns at once: saves happen in the foreground."""

    def reload(self) -> None:
        """Does nothing: storage is read at every call."""

    def close(self) -> None:
        """Ends saving; reading still works."""
        self._closed = True

    def _writable(self, what: str) -> None:
        if self._closed:
            raise UsageError(f"{what}: this manager has been closed; make a new one", code="closed")
        if self._options.read_only:
            raise UsageError(f"{what}: this manager was made with read_only=True", code="bad-argument")

    def _retire(self, saved: int) -> None:
        """Applies the retention after step `saved`, which stays even where older than others."""
        if self._options.max_to_keep is None:
            return
        # The save is durable whatever happens here; the next one tries again.
        try:
            steps = self._series.steps()
        except Error as error:
            _log.warning("retired no step of %s: %s", self.directory, error)
            return
        for step in _core.steps_to_retire(steps, self._options.max_to_keep, self._options.keep_period):
            if step == saved:
                continue
            try:
                _report_left(self._series.retire(step))
            except Error as error:
                _log.warning("could not retire step %d of %s: %s", step, self.directory, error)

    def _tidy(self) -> None:
        """Deletes the trash that an interrupted retirement has left."""
        try:
            _report_left(self._series.clean_trash())
        except Error as error:
            _log.warning("could not empty the trash of %s: %s", self.directory, error)

    def __repr__(self) -> str:
        return f"<CheckpointManager {self.directory}>"


def _report_left(paths: list[str]) -> None:
    """Files of others are never deleted; somebody has to be told."""
    for path in paths:
        _log.warning("%s is not a file of a checkpoint and stays; move it away and remove its directory", path)
