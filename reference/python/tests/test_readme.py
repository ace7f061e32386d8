"""The README's Python example runs as it stands, twice: from nothing, and resuming."""

import pathlib
import re

import pytest

pytest.importorskip("flax")
README = pathlib.Path(__file__).resolve().parents[3] / "README.md"


def test_the_readme_example_saves_and_resumes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL).group(1)
    exec(compile(code, "README.md", "exec"), {})
    steps = sorted(path.name for path in (tmp_path / "runs/readme").iterdir())
    assert steps == ["step-00000010", "step-00000020", "step-00000030"]
    first = (tmp_path / "runs/readme/step-00000030/MANIFEST").read_bytes()
    exec(compile(code, "README.md", "exec"), {})  # resumes at 30: nothing left to do
    assert (tmp_path / "runs/readme/step-00000030/MANIFEST").read_bytes() == first
