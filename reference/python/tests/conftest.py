# SPDX-License-Identifier: Apache-2.0
import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=4")

import pytest  # noqa: E402

import treering as tr  # noqa: E402


@pytest.fixture
def round_trip(tmp_path):
    """Saves a tree and loads it, into a template where one is given."""
    count = iter(range(1000))

    def run(tree, template=None, **options):
        path = tmp_path / f"checkpoint{next(count)}"
        tr.save(path, tree)
        return tr.load(path, template, **options)

    return run
