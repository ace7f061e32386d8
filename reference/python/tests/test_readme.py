"""The README's Python example runs as it stands, twice: from nothing, and resuming."""

import pathlib
import re
import shutil

import pytest

import treering as tr

pytest.importorskip("flax")


def digests(path):
    """What each leaf holds."""
    with tr.open(path) as checkpoint:
        return [(leaf.path, leaf.digests) for leaf in checkpoint.leaves(digests=True)]


README = pathlib.Path(__file__).resolve().parents[3] / "README.md"


def test_the_readme_example_saves_and_resumes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL).group(1)
    exec(compile(code, "README.md", "exec"), {})
    steps = sorted(path.name for path in (tmp_path / "runs/readme").iterdir())
    assert steps == ["step-00000010", "step-00000020", "step-00000030"]
    last = tmp_path / "runs/readme/step-00000030"
    first = digests(last)
    shutil.rmtree(last)
    exec(compile(code, "README.md", "exec"), {})  # resumes at 20
    assert digests(last) == first
