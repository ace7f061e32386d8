# SPDX-License-Identifier: Apache-2.0
"""Durable, verified checkpoints of JAX pytrees.

    import treering as tr

    tr.save("run/best", {"model": nnx.state(model), "step": 300})
    tree = tr.load("run/best")                 # the same containers, numpy arrays
    tree = tr.load("run/best", template)       # the template's containers, placed as it says

JAX and Flax are used where they are imported already, and never imported by this package.
"""

from ._api import SaveReport, load, open, save  # noqa: A004
from ._checkpoint import Checkpoint, Damage, DataFile, Leaf, LeafInfo
from ._compat import code_identity
from ._core import __version__
from ._errors import (
    ConflictError,
    CorruptError,
    Error,
    InternalError,
    InvalidError,
    LimitError,
    MalformedError,
    MismatchError,
    NotFoundError,
    OutcomeUnknownError,
    StorageError,
    UnsupportedError,
    UsageError,
    Where,
)
from ._graph import GraphDifference, diff_graph, fingerprint, graph_record
from ._manager import CheckpointManager, CheckpointManagerOptions
from ._report import Difference
from ._standins import PrngKey, StoredMapping, StoredNode, StoredVariable
from ._values import Named

__all__ = [
    "Checkpoint",
    "CheckpointManager",
    "CheckpointManagerOptions",
    "ConflictError",
    "CorruptError",
    "Damage",
    "DataFile",
    "Difference",
    "Error",
    "GraphDifference",
    "InternalError",
    "InvalidError",
    "Leaf",
    "LeafInfo",
    "LimitError",
    "MalformedError",
    "MismatchError",
    "Named",
    "NotFoundError",
    "OutcomeUnknownError",
    "PrngKey",
    "SaveReport",
    "StorageError",
    "StoredMapping",
    "StoredNode",
    "StoredVariable",
    "UnsupportedError",
    "UsageError",
    "Where",
    "__version__",
    "code_identity",
    "diff_graph",
    "fingerprint",
    "graph_record",
    "load",
    "open",
    "save",
]
