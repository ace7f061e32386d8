# SPDX-License-Identifier: Apache-2.0
"""Bad days: flipped bytes, cut files, full disks, read-only directories, other formats, processes that die."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from sameness import assert_same

import treering as tr

TREE = {"big": np.random.default_rng(0).integers(0, 255, 300_000, dtype=np.uint8), "small": np.arange(5), "n": 7}


def files(path):
    return sorted(p for p in pathlib.Path(path).iterdir() if p.is_file())


def patch(path, offset, value):
    os.chmod(path, 0o644)
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(value)


def test_a_flipped_byte_anywhere_is_found(tmp_path):  # [RS-19, RS-20, RS-22]
    tr.save(tmp_path / "c", TREE)
    rng = np.random.default_rng(1)
    for file in files(tmp_path / "c"):
        content = file.read_bytes()
        for offset in {0, 8, 40, 63, 64, len(content) - 1, *rng.integers(0, len(content), 12)}:
            patch(file, offset, bytes([content[offset] ^ 0x10]))
            with pytest.raises(tr.Error) as caught:
                with tr.open(tmp_path / "c") as ckpt:
                    damage = ckpt.verify()
                    assert damage and damage[0].file == file.name, (file.name, offset)
                    raise damage[0].error
            assert caught.value.cls in ("malformed", "corrupt", "unsupported", "invalid"), (file.name, offset)
            patch(file, offset, content[offset : offset + 1])
    with tr.open(tmp_path / "c") as ckpt:
        assert ckpt.verify() == []
    assert_same(TREE, tr.load(tmp_path / "c"))


def test_load_names_the_damaged_leaf(tmp_path):  # [RS-08, RS-09]
    tr.save(tmp_path / "c", TREE)
    with tr.open(tmp_path / "c") as ckpt:
        ((_, _, name, offset, *_),) = ckpt._core.shards(ckpt._core.find("big"))
    patch(tmp_path / "c" / name, offset + 1234, b"\x00\x01\x02\x03")
    template = {"big": np.zeros_like(TREE["big"]), "small": np.zeros_like(TREE["small"]), "n": 0}
    for target in (None, template):
        with pytest.raises(tr.CorruptError) as caught:
            tr.load(tmp_path / "c", target)
        assert "big" in str(caught.value) and name in str(caught.value)
    assert not template["small"].any()  # [RS-32]
    assert_same(TREE["small"], tr.load(tmp_path / "c", exclude="big")["small"])


def test_cut_and_missing_files(tmp_path):
    for cut in (0, 1, 63, 64, -1, -100, None):
        for index in range(3):
            path = tmp_path / f"c{cut}{index}"
            tr.save(path, TREE)
            victim = files(path)[index]
            os.chmod(victim, 0o644)
            if cut is None:
                victim.unlink()
            else:
                os.truncate(victim, cut if cut >= 0 else victim.stat().st_size + cut)
            with pytest.raises((tr.CorruptError, tr.MalformedError, tr.NotFoundError)):
                tr.load(path)


@pytest.fixture
def small_disk(tmp_path):
    mount = tmp_path / "disk"
    mount.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", mount], capture_output=True).returncode != 0
    ):
        pytest.skip("cannot mount a tmpfs")
    yield mount
    subprocess.run(["umount", mount], check=True)


def test_a_full_disk_commits_nothing(small_disk):
    tr.save(small_disk / "good", {"a": 1})
    with pytest.raises(tr.StorageError, match="(?i)space") as caught:
        tr.save(small_disk / "c", {"x": np.ones(1_000_000)})
    assert caught.value.cls == "environment"
    with pytest.raises(tr.NotFoundError):
        tr.open(small_disk / "c")
    assert tr.load(small_disk / "good") == {"a": 1}
    with tr.CheckpointManager(small_disk / "series") as manager:
        assert manager.save(1, {"a": 1})
        with pytest.raises(tr.StorageError):
            manager.save(2, {"x": np.ones(1_000_000)})
        assert manager.all_steps() == [1] and manager.save(2, {"a": 2}) and manager.latest_step() == 2


def test_a_directory_that_may_not_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises((tr.StorageError, tr.NotFoundError)):
        tr.save(tmp_path / "file" / "c", {"a": 1})
    with pytest.raises(tr.Error):
        tr.save(tmp_path / "file", {"a": 1})
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    # Relative, and imported before: another user may see neither the parents nor the package.
    code = f"""
import os, numpy, treering as tr
os.chdir({str(locked)!r})
os.geteuid() == 0 and os.setuid(65534)
try:
    tr.save("c", {{"a": 1}})
except tr.StorageError as error:
    assert "ermission" in str(error), error
else:
    raise SystemExit("saved")
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_directories_of_other_formats(tmp_path):
    for name, make, part in (
        ("orbax", lambda p: (p / "_CHECKPOINT_METADATA").write_text("{}"), "Orbax"),
        ("empty", lambda p: None, "no "),
        ("series", lambda p: tr.CheckpointManager(p).save(1, {"a": 1}), "series"),
        ("sft", lambda p: (p / "model.safetensors").write_bytes(b"x"), "safetensors"),
    ):
        path = tmp_path / name
        path.mkdir()
        make(path)
        with pytest.raises(tr.NotFoundError, match=part):
            tr.load(path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(tr.Error):
        tr.load(tmp_path / "file")


def test_a_real_orbax_checkpoint_is_named(tmp_path):
    ocp = pytest.importorskip("orbax.checkpoint")
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "c", {"a": np.ones(2)})
    with pytest.raises(tr.NotFoundError, match="Orbax"):
        tr.load(tmp_path / "c")


def test_a_killed_save_leaves_no_checkpoint(tmp_path):
    code = f"""
import os, numpy as np, treering as tr
tr.save({str(tmp_path / "c")!r}, {{"x": np.zeros(4_000_000)}}, progress=lambda done, total: os.kill(os.getpid(), 9))
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    with pytest.raises(tr.NotFoundError):
        tr.open(tmp_path / "c")
    tr.save(tmp_path / "c", {"x": 1})
    assert tr.load(tmp_path / "c") == {"x": 1}


def test_a_box_is_refused_when_another_byte_of_its_block_is_damaged(tmp_path):  # [RS-18]
    tr.save(tmp_path / "c", {"x": np.arange(1000, dtype=np.float32)})
    [data] = (tmp_path / "c").glob("data-*")
    patch(data, 128 + 999 * 4, b"\x01")
    with tr.open(tmp_path / "c") as ckpt, pytest.raises(tr.CorruptError):
        ckpt["x"][0:10]
