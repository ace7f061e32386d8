# SPDX-License-Identifier: Apache-2.0
"""The open checkpoint: what is in it, single leaves, boxes, verify."""

import jax
import numpy as np
import pytest
from sameness import assert_same

import treering as tr

W = np.arange(300 * 40, dtype=np.float32).reshape(300, 40)


@pytest.fixture
def ckpt(tmp_path):
    tree = {
        "model": {"layers": [{"kernel": W}]},
        "step": 7,
        "name": "run",
        "keys": jax.random.split(jax.random.key(0), 6),
        "i4": np.arange(-4, 4).astype("int4"),
        "a": {"1": np.ones(1), 1: np.zeros(2)},
    }
    report = tr.save(tmp_path / "c", tree, step=12, metadata={"lr": 0.1, "n": 2**70, "t": (1, b"x")}, compat={"v": 1})
    assert report.leaves == 7 and report.files == 1 and report.path == str(tmp_path / "c") and report.seconds > 0
    with tr.open(tmp_path / "c") as opened:
        assert report.bytes == opened.bytes
        yield opened


def test_what_is_in_it(ckpt):
    assert ckpt.step == 12 and ckpt.metadata == {"lr": 0.1, "n": 2**70, "t": (1, b"x")}
    assert ckpt.compat["v"] == 1 and set(ckpt.compat) == {"v", "libraries", "jax"}  # [GC-19]
    assert ckpt.graph is None and ckpt.metrics is None and ckpt.writers == 1 and len(ckpt.attempt) == 32
    leaves = {leaf.key_path: leaf for leaf in ckpt.leaves(digests=True)}
    kernel = leaves["model/layers/[0]/kernel"]
    assert (kernel.path, kernel.kind, kernel.dtype, kernel.shape) == (
        "model/layers/0/kernel",
        "array",
        "float32",
        (300, 40),
    )
    assert kernel.bytes == W.nbytes and len(kernel.digests[0]) == 32
    # [TR-46]
    assert leaves["keys"].shape == (6,) and leaves["step"].kind == "scalar" and leaves["step"].digests is None
    assert "a/1" in leaves and "a/#1" in leaves
    assert [f.writer for f in ckpt.files()] == [0] and "step 12" in repr(ckpt)


def test_one_leaf(ckpt):  # [KP-17, KP-18, KP-20]
    kernel = ckpt["model/layers/0/kernel"]
    np.testing.assert_array_equal(kernel.read(), W)
    assert kernel.shape == (300, 40) and kernel.dtype == "float32" and kernel.key_path == "model/layers/[0]/kernel"
    np.testing.assert_array_equal(ckpt["model/layers/[0]/kernel"].read(), W)
    assert ckpt["step"].read() == 7 and ckpt["name"].read() == "run"
    assert ckpt["a/1"].shape == (1,) and ckpt["a/#1"].shape == (2,)
    assert "model/layers/0/kernel" in ckpt and "nothing" not in ckpt
    with pytest.raises(tr.NotFoundError, match="kernel"):
        ckpt["model/layers/0/kernle"]
    with pytest.raises(tr.UsageError):
        ckpt[3]
    with pytest.raises(tr.UsageError, match="not built"):
        kernel.map()


@pytest.mark.parametrize(
    "index",
    [
        np.s_[128:256, :],
        np.s_[5],
        np.s_[-1],
        np.s_[..., 3],
        np.s_[10:2],
        np.s_[::7, 3:-3:2],
        np.s_[:, :],
        np.s_[...],
        np.s_[299:, 39],
        np.s_[3, 4],
        np.s_[1000:2000],
        np.s_[-5:, ..., np.int64(2)],
    ],
)
def test_boxes(ckpt, index):  # [RS-16]
    box = ckpt["model/layers/0/kernel"][index]
    assert_same(np.ascontiguousarray(W[index]).reshape(W[index].shape), np.asarray(box))


def test_boxes_of_other_leaves(ckpt):
    assert_same(np.arange(-4, 4).astype("int4")[3:7], ckpt["i4"][3:7])
    keys = jax.random.split(jax.random.key(0), 6)
    assert_same(keys[2:5], ckpt["keys"][2:5])
    assert_same(keys[1], ckpt["keys"][1])


@pytest.mark.parametrize(
    "index",
    [
        np.s_[300],
        np.s_[-301],
        np.s_[0, 0, 0],
        np.s_[::-1],
        np.s_[[1, 2]],
        np.s_[None],
        np.s_[..., ...],
        np.s_[1.5],
        np.s_[True],
    ],
)
def test_wrong_indexes(ckpt, index):  # [RS-15]
    with pytest.raises(tr.UsageError, match="model/layers/0/kernel"):
        ckpt["model/layers/0/kernel"][index]


def test_scalars_have_no_boxes(ckpt):
    with pytest.raises(tr.UsageError, match="read()"):
        ckpt["step"][0]


def test_verify_and_close(ckpt):
    calls = []
    assert ckpt.verify(progress=lambda done, total: calls.append((done, total))) == []
    kernel = ckpt["model/layers/0/kernel"]
    ckpt.close()
    ckpt.close()
    for use in (ckpt.leaves, lambda: ckpt["step"], kernel.read, lambda: kernel[0], ckpt.verify, lambda: ckpt.metadata):
        with pytest.raises(tr.UsageError, match="closed"):
            use()
    assert ckpt.step == 12


def test_many_threads_may_read(ckpt):
    from concurrent.futures import ThreadPoolExecutor

    kernel = ckpt["model/layers/0/kernel"]
    with ThreadPoolExecutor(4) as pool:
        for array in pool.map(lambda _: kernel.read(), range(32)):
            np.testing.assert_array_equal(array, W)
