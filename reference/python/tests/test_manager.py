# SPDX-License-Identifier: Apache-2.0
"""A series: saving on schedule, retention, resuming after damage."""

import logging
import os
import pathlib

import jax
import numpy as np
import optax
import pytest
from flax import nnx
from sameness import assert_same

import treering as tr
from treering import _core


def test_the_training_loop(tmp_path):
    def build():
        model = nnx.Linear(4, 3, rngs=nnx.Rngs(0))
        return model, nnx.Optimizer(model, optax.adam(1e-2), wrt=nnx.Param)

    model, optimizer = build()
    rng, kernels = jax.random.key(1), {}
    options = tr.CheckpointManagerOptions(max_to_keep=3, save_interval_steps=2)
    with tr.CheckpointManager(tmp_path / "run", options) as manager:
        assert manager.latest_step() is None and manager.all_steps() == []
        for step in range(1, 12):
            model.kernel[...] += step
            kernels[step] = np.asarray(model.kernel[...])
            payload = {"model": nnx.state(model), "optimizer": nnx.state(optimizer), "rng": rng, "step": step}
            saved = manager.save(
                step, payload, metrics={"loss": np.float32(0.5), "step": step}, metadata={"note": step}
            )
            assert saved == (step == 1 or step % 2 == 0)
        manager.wait_until_finished()
        assert manager.all_steps() == [6, 8, 10] and manager.latest_step() == 10
        assert manager.metrics(10) == {"loss": 0.5, "step": 10} and manager.metadata(8) == {"note": 8}
    fresh, fresh_optimizer = nnx.eval_shape(build)
    template = {"model": nnx.state(fresh), "optimizer": nnx.state(fresh_optimizer), "rng": rng, "step": 0}
    manager = tr.CheckpointManager(tmp_path / "run", options)
    back = manager.restore(manager.latest_step(), template)
    assert back["step"] == 10
    restored = nnx.merge(nnx.graphdef(fresh), back["model"])
    assert_same(kernels[10], np.asarray(restored.kernel[...]))
    assert manager.restore(6)["step"] == 6 and manager.restore()["step"] == 10
    assert [leaf.path for leaf in manager.item_metadata(10)][:1] == ["model/bias"]


def test_retention(tmp_path):
    options = tr.CheckpointManagerOptions(max_to_keep=2, keep_period=5)
    with tr.CheckpointManager(tmp_path, options) as manager:
        for step in range(1, 13):
            manager.save(step, {"s": step})
        assert manager.all_steps() == [5, 10, 11, 12]
    assert sorted(os.listdir(tmp_path)) == [f"step-{s:08d}" for s in (5, 10, 11, 12)]


def test_when_it_saves(tmp_path):
    options = tr.CheckpointManagerOptions(save_interval_steps=10, save_on_steps=(13,))
    with tr.CheckpointManager(tmp_path, options) as manager:
        assert manager.should_save(3)  # no step exists yet
        assert [s for s in range(1, 31) if manager.save(s, {"s": s})] == [1, 10, 13, 20, 30]
        assert (
            not manager.save(20, {"s": 0}) and not manager.save(5, {"s": 0}) and manager.save(33, {"s": 33}, force=True)
        )
        assert manager.save(7, {"s": 7}, force=True)
        with pytest.raises(tr.ConflictError):
            manager.save(20, {"s": 0}, force=True)
        assert manager.restore(20) == {"s": 20}
    options = tr.CheckpointManagerOptions(should_save_fn=lambda step, latest: step == 50)
    with tr.CheckpointManager(tmp_path, options) as manager:
        assert [s for s in (40, 50, 60) if manager.save(s, {})] == [50]


def test_delete_and_close(tmp_path):
    manager = tr.CheckpointManager(str(tmp_path / "deep" / "run"))
    for step in (1, 2, 3):
        manager.save(step, {"s": step})
    manager.delete(2)
    with pytest.raises(tr.UsageError):
        manager.delete(3)
    with pytest.raises(tr.NotFoundError):
        manager.delete(2)
    with pytest.raises(tr.NotFoundError):
        manager.restore(2)
    manager.close()
    manager.close()
    for use in (lambda: manager.save(4, {}), lambda: manager.delete(1)):
        with pytest.raises(tr.UsageError, match="closed"):
            use()
    manager.reload(), manager.check_for_errors(), manager.wait_until_finished()
    assert manager.all_steps() == [1, 3] and manager.restore() == {"s": 3} and not manager.is_saving_in_progress()
    assert manager.directory == str(tmp_path / "deep" / "run")


def test_a_damaged_newest_step_is_an_error_unless_fallback(tmp_path, caplog):
    with tr.CheckpointManager(tmp_path) as manager:
        for step in (1, 2, 3):
            manager.save(step, {"x": np.arange(1000) + step})
        slot = pathlib.Path(tmp_path / "step-00000003" / "MANIFEST")
        content = bytearray(slot.read_bytes())
        content[100] ^= 1
        os.chmod(slot, 0o644)
        slot.write_bytes(content)
        for use in (manager.latest_step, manager.restore):
            with pytest.raises(tr.CorruptError, match="step-00000003"):
                use()
        with caplog.at_level(logging.WARNING, "treering"):
            assert manager.latest_step(fallback=True) == 2
        assert "step-00000003" in caplog.text
        assert manager.all_steps() == [1, 2]
        assert_same({"x": np.arange(1000) + 2}, manager.restore(2))
        with caplog.at_level(logging.WARNING, "treering"):
            assert not manager.save(3, {"x": 3})  # logged: training that resumed at 2 goes on
        assert "step 3 is not saved" in caplog.text
        with pytest.raises(tr.ConflictError):
            manager.save(3, {"x": 3}, force=True)
        assert manager.save(4, {"x": 4}) and manager.latest_step() == 4


def test_two_managers_see_each_other(tmp_path):  # [LY-25]
    a, b = tr.CheckpointManager(tmp_path), tr.CheckpointManager(tmp_path)
    a.save(1, {"s": 1})
    assert b.latest_step() == 1 and not b.should_save(1)
    b.save(2, {"s": 2})
    assert a.all_steps() == [1, 2]


def test_read_only_and_missing_directories(tmp_path):
    with pytest.raises(tr.NotFoundError):
        tr.CheckpointManager(tmp_path / "none", tr.CheckpointManagerOptions(create=False))
    with pytest.raises(tr.NotFoundError):
        tr.CheckpointManager(tmp_path / "none", tr.CheckpointManagerOptions(read_only=True))
    tr.CheckpointManager(tmp_path / "run").save(1, {"a": 1})
    reader = tr.CheckpointManager(tmp_path / "run", tr.CheckpointManagerOptions(read_only=True))
    assert reader.restore() == {"a": 1}
    with pytest.raises(tr.UsageError, match="read_only"):
        reader.save(2, {})
    with pytest.raises(tr.NotFoundError, match="no checkpoint"):
        tr.CheckpointManager(tmp_path / "fresh").restore()


@pytest.mark.parametrize(
    "options",
    [
        {"best_fn": len},
        {"keep_time_interval": 3},
        {"snapshot": "copy"},
        {"process_count": 2},
        {"timeout_secs": 3},
        {"max_to_keep": 0},
        {"save_interval_steps": 0},
        {"max_to_keep": "3"},
    ],
)
def test_options_that_are_refused(options):
    with pytest.raises(tr.UsageError, match=next(iter(options))):
        tr.CheckpointManagerOptions(**options)


def test_other_names_in_the_directory_are_left_alone(tmp_path):  # [LY-17]
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "step-x").mkdir()
    with tr.CheckpointManager(tmp_path, tr.CheckpointManagerOptions(max_to_keep=1)) as manager:
        for step in (1, 2):
            manager.save(step, {"s": step})
    assert sorted(os.listdir(tmp_path)) == ["notes.txt", "step-00000002", "step-x"]


def test_files_of_others_are_never_deleted(tmp_path, caplog):
    with tr.CheckpointManager(tmp_path) as manager:
        for step in (1, 2):
            manager.save(step, {"s": step})
        (tmp_path / "step-00000001" / "mine.txt").write_text("mine")
        with caplog.at_level(logging.WARNING, "treering"):
            manager.delete(1)
        assert "mine.txt" in caplog.text and manager.all_steps() == [2]
    assert [p.read_text() for p in tmp_path.glob(".trash-*/mine.txt")] == ["mine"]


def test_nothing_is_retired_on_account_of_an_unknown_outcome(tmp_path, monkeypatch):  # [CM-57]
    manager = tr.CheckpointManager(tmp_path, tr.CheckpointManagerOptions(max_to_keep=1))
    manager.save(1, {"s": 1})
    save_step = _core.save_step

    def lost_answer(*arguments):
        save_step(*arguments)
        raise tr.OutcomeUnknownError("the directory could not be synced")

    monkeypatch.setattr(_core, "save_step", lost_answer)
    with pytest.raises(tr.OutcomeUnknownError):
        manager.save(2, {"s": 2})
    assert manager.all_steps() == [1, 2]
    monkeypatch.undo()
    manager.save(3, {"s": 3})
    assert manager.all_steps() == [3]
