"""The road from end to end: a training run killed in the middle of a save, resumed bit for bit, read by C++.

TREERING_CLI and TREERING_DIGITS name the built programs.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("flax")
pytest.importorskip("sklearn")
DIGITS = pathlib.Path(__file__).with_name("digits")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("digits") / "run"
    done = subprocess.run([sys.executable, DIGITS / "interrupt.py", directory], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "bit-equal: 28 leaves" in done.stdout
    return directory / "interrupted"


def test_a_killed_run_ends_with_the_same_bits_and_keeps_three_steps(run):
    names = sorted(path.name for path in (run / "checkpoints").iterdir())
    assert names == ["step-00000050", "step-00000055", "step-00000060"]


def test_cpp_makes_the_predictions_that_jax_made(run):
    if "TREERING_DIGITS" not in os.environ:
        pytest.skip("TREERING_DIGITS is not set")
    done = subprocess.run([os.environ["TREERING_DIGITS"], run], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "360 of 360 predictions as JAX made them" in done.stdout


def test_verify_says_yes_and_names_the_leaf_of_a_flipped_bit(run, tmp_path):
    if "TREERING_CLI" not in os.environ:
        pytest.skip("TREERING_CLI is not set")
    cli = os.environ["TREERING_CLI"]
    assert subprocess.run([cli, "verify", run / "checkpoints"], stdout=subprocess.DEVNULL).returncode == 0
    copy = tmp_path / "flipped"
    shutil.copytree(run / "checkpoints" / "step-00000060", copy)
    subprocess.run([sys.executable, DIGITS / "flip.py", copy], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run([cli, "verify", "--json", copy], capture_output=True, text=True)
    assert done.returncode == 1
    damage = json.loads(done.stdout)["damage"]
    assert [entry["class"] for entry in damage] == ["corrupt"]
    assert damage[0]["path"] and damage[0]["rule"] == "BL-18"
