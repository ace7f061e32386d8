# SPDX-License-Identifier: Apache-2.0
"""Compatibility records: what a save adds, and the identity of code."""

import hashlib
import importlib.metadata
import subprocess
import sys

import flax
import jax
import numpy as np
import pytest

import treering as tr


def compat_of(path):
    with tr.open(path) as ckpt:
        return ckpt.compat


def test_what_is_at_hand_is_recorded(tmp_path):  # [GC-20]
    assert flax.__version__
    tr.save(tmp_path / "c", {"a": np.ones(1)})
    found = compat_of(tmp_path / "c")
    assert set(found) == {"libraries", "jax"}
    for name in ("jax", "flax", "numpy"):
        assert found["libraries"][name] == importlib.metadata.version(name)
    assert found["libraries"]["treering"] == tr.__version__
    assert found["jax"] == {
        "enable_x64": jax.config.jax_enable_x64,
        "default_prng_impl": jax.config.jax_default_prng_impl,
        "threefry_partitionable": jax.config.jax_threefry_partitionable,
    }
    tr.save(tmp_path / "d", {"a": np.ones(1)}, compat=False)
    assert compat_of(tmp_path / "d") is None
    with jax.enable_x64(not jax.config.jax_enable_x64):
        tr.save(tmp_path / "e", {"a": np.ones(1)})
    with pytest.raises(tr.MismatchError) as caught:
        tr.load(tmp_path / "e", compat={"jax": found["jax"]})
    assert [d.path for d in caught.value.differences] == ["jax/enable_x64"]


def test_the_users_values_are_kept(tmp_path):  # [GC-19]
    given = {"jax": "mine", "libraries": {}, "model": {"name": "mlp"}, "lr": 0.1}
    tr.save(tmp_path / "c", {"a": np.ones(1)}, compat=given)
    assert compat_of(tmp_path / "c") == given and given["lr"] == 0.1
    tr.load(tmp_path / "c", compat=given)


def test_the_example_of_the_spec(tmp_path):  # [GC-17, GC-18]
    tr.save(tmp_path / "c", {"a": np.ones(1)}, compat={"model": {"name": "cnn", "version": "2"}})
    with pytest.raises(tr.MismatchError) as caught:
        tr.load(tmp_path / "c", {"a": 5}, compat={"model": {"name": "mlp"}, "x": 1})
    assert [d[:4] for d in caught.value.differences] == [
        ("compat", "model/name", '"cnn"', '"mlp"'),
        ("compat", "x", "nothing", "1"),
    ]
    assert 'model/name: checkpoint "cnn", expected "mlp"' in str(caught.value)
    tr.save(tmp_path / "d", {"a": np.ones(1)}, compat=False)
    tr.load(tmp_path / "d", compat={})
    with pytest.raises(tr.MismatchError) as caught:
        tr.load(tmp_path / "d", compat={"x": 1, "y": 2})
    assert len(caught.value.differences) == 1
    with pytest.raises(tr.UsageError):
        tr.load(tmp_path / "d", compat=False)


def test_a_process_without_jax_records_no_jax(tmp_path):
    code = f"""
import numpy as np, sys, treering as tr
tr.save({str(tmp_path / "c")!r}, {{"a": np.ones(1)}})
assert "jax" not in sys.modules and "flax" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    found = compat_of(tmp_path / "c")
    assert set(found["libraries"]) == {"numpy", "treering"} and "jax" not in found


def test_the_identity_of_code(tmp_path):
    source = tmp_path / "src"
    (source / "below").mkdir(parents=True)
    (source / ".venv").mkdir()
    (source / "a.py").write_text("x = 1\n")
    (source / "below" / "b.py").write_text("y = 2\n")
    (source / ".venv" / "c.py").write_text("never\n")
    (source / "data.txt").write_text("never\n")
    one = tr.code_identity(source)
    assert one == {"hash": hashlib.sha256(b"4 6\na.pyx = 1\n10 6\nbelow/b.pyy = 2\n").hexdigest()}
    (source / "data.txt").write_text("other\n")
    assert tr.code_identity(source) == one
    (source / "a.py").write_text("x = 3\n")
    assert tr.code_identity(source) != one
    assert tr.code_identity(source / "a.py") != tr.code_identity(source)

    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        run = subprocess.run(["git", "-C", source, *who, *arguments], check=True, capture_output=True, text=True)
        return run.stdout

    git("init", "-q")
    git("add", "a.py")
    git("commit", "-q", "-m", "first")
    commit = git("rev-parse", "HEAD").strip()
    assert tr.code_identity(source)["commit"] == commit
    (source / "a.py").write_text("x = 4\n")
    assert tr.code_identity(str(source))["commit"] == commit + "-dirty"
    with pytest.raises(tr.UsageError, match="no Python file"):
        tr.code_identity(tmp_path / "nowhere")
