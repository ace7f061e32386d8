# SPDX-License-Identifier: Apache-2.0
"""Graph records: what they hold of Flax models, fingerprints, and the words of differences."""

import collections
import enum
import functools
import os
import subprocess
import sys

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import treering as tr

LEVELS = ("arrays", "structure", "program")


class Scale(nnx.Param):
    pass


class Colour(enum.Enum):
    RED = 1


class Moments(collections.namedtuple("Moments", "z a")):
    pass


@jax.tree_util.register_pytree_node_class
class Pair:
    def __init__(self, a, b, note="n"):
        self.a, self.b, self.note = a, b, note

    def tree_flatten(self):
        return (self.a, self.b), self.note

    @classmethod
    def tree_unflatten(cls, aux, children):
        return cls(*children, aux)


@flax.struct.dataclass
class Config:
    weight: jax.Array
    rate: float = flax.struct.field(pytree_node=False, default=0.5)


class Net(nnx.Module):
    def __init__(self, rngs, width=8, act=nnx.relu, tied=True, scale=Scale, raw=True):
        self.embed = nnx.Embed(16, width, rngs=rngs)
        self.layers = nnx.List([nnx.Linear(width, width, rngs=rngs), act])
        self.norm = nnx.BatchNorm(width, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)
        self.scale = scale(jnp.ones(3), note=(1, 0.5))
        self.head = self.embed.embedding if tied else nnx.Param(jnp.ones((16, width)))
        self.colour = Colour.RED
        if raw:  # Flax takes plain arrays in a pytree for static where they are abstract: no template for them
            self.more = nnx.data(
                {"m": Moments(jnp.ones(1), None), "p": (jnp.zeros(2, jnp.int8), Pair(jnp.ones(1), jnp.ones(2)))}
            )
            self.config = nnx.data(Config(jnp.ones(2)))


def make(**options):
    model = Net(nnx.Rngs(0, dropout=jax.random.key(1, impl="rbg")), **options)
    return model, nnx.Optimizer(model, optax.adamw(1e-2), wrt=nnx.Param)


def entries(graph):
    return {path: description for path, description in tr.graph_record(graph)["nodes"]}


def told(left, right):
    return [str(difference) for difference in tr.diff_graph(left, right)]


def test_what_a_record_holds():
    model, optimizer = make()
    found = entries(model)
    assert found[""] == {"kind": "module", "type": "test_graph.Net"}
    assert found[".layers"] == {"kind": "module", "type": "flax.nnx.helpers.List"}
    assert found[".layers/[0]/.out_features"] == {"kind": "static", "value": 8}
    assert found[".layers/[1]"] == {"kind": "static", "value": tr.Named("code", "jax._src.nn.functions.relu")}
    assert found[".scale"] == {
        "bases": ["flax.nnx.variablelib.Param", "flax.nnx.variablelib.Variable"],
        "kind": "variable",
        "metadata": {"note": (1, 0.5)},
        "type": "test_graph.Scale",
    }
    assert found[".embed/.embedding/.value"] == {"dtype": "float32", "kind": "array", "shape": [16, 8]}
    assert found[".head"] == {"kind": "alias", "of": ".embed/.embedding"} and ".head/.value" not in found  # [GC-09]
    assert found[".more/m"]["fields"] == ["z", "a"] and found[".more/m"]["type"] == "test_graph.Moments"
    assert found[".more/m/.a"] == {"kind": "none"} and found[".more/p"] == {"kind": "tuple"}
    assert found[".more/p/[1]"] == {"aux": "n", "kind": "pytree", "type": "test_graph.Pair"}
    assert found[".more/p/[1]/<1>"]["shape"] == [2]
    assert found[".config"]["aux"] == {"rate": 0.5} and found[".config"]["fields"] == ["weight"]
    assert found[".colour"]["value"] == tr.Named("enum", ("test_graph.Colour", "RED"))
    keys = entries(nnx.Rngs(0, other=jax.random.key(1, impl="rbg")))
    assert keys[".other/.key/.value"] == {"dtype": "uint32", "impl": "rbg", "kind": "array", "shape": []}
    tx = entries(optimizer)[".tx"]["value"]
    assert all(item.form == "code" for item in tx) and ".opt_state/[0]/.mu/scale/.value" in entries(optimizer)
    text = str(tr.graph_record((nnx.split(model)))) + str(tr.graph_record(optimizer))
    assert "_pytree__" not in text and " at 0x" not in text and "eager_sharding" not in text  # [GC-10, GC-11, GC-12]
    weak = entries({"m": nnx.Dict(a=nnx.Param(jnp.full((2,), 1.0)))})["m/.a/.value"]
    assert weak == {"dtype": "float32", "kind": "array", "shape": [2], "weak": True}


@pytest.mark.parametrize(
    "model",
    [
        lambda: make()[0],
        lambda: make()[1],
        lambda: nnx.ModelAndOptimizer(make()[0], optax.sgd(0.1, momentum=0.9)),
        lambda: nnx.Rngs(0, dropout=1),
        lambda: nnx.Sequential(nnx.Linear(2, 3, rngs=nnx.Rngs(0)), nnx.relu, lambda x: x),
        lambda: nnx.MultiHeadAttention(2, 4, decode=False, rngs=nnx.Rngs(0)),
        lambda: nnx.LoRA(3, 2, 3, rngs=nnx.Rngs(0)),
        lambda: nnx.vmap(lambda r: nnx.Linear(2, 3, rngs=r), in_axes=0, out_axes=0)(nnx.Rngs(0).split(4)),
        lambda: nnx.MultiMetric(loss=nnx.metrics.Average()),
        lambda: nnx.Dict(empty=nnx.List([]), none=None),
    ],
    ids=["net", "optimizer", "both", "rngs", "sequential", "attention", "lora", "vmap", "metric", "empty"],
)
def test_every_way_to_give_a_model_is_one_record(model):
    """A module, its abstract twin, a GraphDef with its state or with pure arrays: one record, and fingerprints."""
    concrete = model()
    graphdef, state = nnx.split(concrete)
    record = tr.graph_record(concrete)
    assert tr.graph_record(graphdef, state) == record == tr.graph_record((graphdef, state))
    assert tr.graph_record(graphdef, nnx.to_pure_dict(state)) == record
    assert told(concrete, nnx.eval_shape(model)) == []
    for level in LEVELS:
        assert tr.fingerprint(nnx.eval_shape(model), level) == tr.fingerprint(record, level)
    split = nnx.split(concrete, nnx.Param, ...)
    assert tr.graph_record(split) == record == tr.graph_record(split[0], list(split[1:]))


def test_every_array_has_the_match_path_of_its_leaf(tmp_path):
    model, optimizer = make()
    tr.save(tmp_path / "c", {"model": model, "optimizer": optimizer, "step": 3, "others": [jnp.ones(1)]})
    with tr.open(tmp_path / "c") as ckpt:
        leaves = {leaf.path for leaf in ckpt.leaves()} - {"step", "others/0"}
        nodes = ckpt.graph["nodes"]
        assert nodes == tr.graph_record({"model": model, "optimizer": optimizer})["nodes"]
    arrays = {path for path, description in nodes if description["kind"] in ("array", "alias")}
    friendly = {
        "/".join(key.strip(".#[]<>") for key in path.removesuffix("/.value").split("/")) for path in arrays
    }
    assert friendly == leaves


class Hostile:
    def __getattr__(self, name):
        raise RuntimeError("never ask")


def odd_values():
    loop = []
    loop.append(loop)
    double = [1]
    for _ in range(60):
        double = [double, double]
    surrogate = "\ud800"
    return {
        "object": object(),
        "hostile": Hostile(),
        "function": lambda x: x,
        "partial": functools.partial(nnx.gelu, approximate=False),
        "method": [].append,
        "set": frozenset({"b", "a"}),
        "loop": loop,
        "double": double,
        "surrogate": surrogate,
        "keys": {surrogate: 1, (1, None): [2**80], 3.5: b"x", "$dict": 1j},
        "twins": {object(): 1, object(): 2},
        "type": Net,
        "dtype": jnp.bfloat16,
        "spec": jax.sharding.PartitionSpec(None, ("x", "y")),
        "mesh": jax.sharding.Mesh(np.array(jax.devices()[:1]), ("x",)),
        "numpy": np.float32(0.5),
        "nan": float("nan"),
        "ellipsis": ...,
        "named": Moments(1, "x"),
        "module": np,
    }


@pytest.mark.parametrize("name", sorted(odd_values()))
def test_nothing_that_flax_accepts_is_refused(name, tmp_path):
    value = odd_values()[name]
    model = nnx.Dict(w=nnx.Param(jnp.ones(2), extra=value))
    if name not in ("keys", "twins"):  # whose keys JAX cannot sort: Flax refuses them as attributes
        model.odd = nnx.static(value)
    found = entries(model)
    assert told(model, model) == [] and len(tr.fingerprint(model, "program")) == 32
    assert " at 0x" not in str(found)
    expected = {
        "object": tr.Named("opaque", "builtins.object"),
        "hostile": tr.Named("opaque", "test_graph.Hostile"),
        "function": tr.Named("code", "test_graph.odd_values.<locals>.<lambda>"),
        "partial": {
            "func": tr.Named("code", "jax._src.nn.functions.gelu"),
            "args": [],
            "keywords": {"approximate": False},
        },
        "set": tr.Named("opaque", "builtins.frozenset"),
        "loop": [tr.Named("opaque", "builtins.list")],
        "surrogate": tr.Named("opaque", "builtins.str"),
        "twins": tr.Named("opaque", "builtins.dict"),
        "type": tr.Named("type", "test_graph.Net"),
        "mesh": tr.Named("opaque", "jax._src.mesh.Mesh"),
        "numpy": 0.5,
        "named": (1, "x"),
    }
    if name in expected:
        assert found[".w"]["metadata"]["extra"] == expected[name]
        assert ".odd" not in found or found[".odd"]["value"] == expected[name]


def test_variables_of_every_kind(tmp_path):
    values = {
        "tree": {"a": jnp.ones(2), "b": (jnp.zeros(1), 3)},
        "none": None,
        "numpy": np.arange(3),
        "int": 5,
        "text": "x",
        "object": object(),
        "inner": [nnx.Param(jnp.ones(1))],
    }
    model = nnx.Dict({name: nnx.Variable(value) for name, value in values.items()})
    model.ref = nnx.Param(jnp.ones((2, 2)), ref=True)
    model.hijax = nnx.Param(jnp.ones(3), hijax=True)
    found = entries(model)
    assert found[".tree/.value/b/[0]"]["shape"] == [1]
    # Numbers are data: the tree holds them, and a record that did would differ from step to step.
    assert found[".tree/.value/b/[1]"] == {"kind": "static", "value": tr.Named("opaque", "builtins.int")}
    assert found[".none/.value"] == {"kind": "none"} and found[".numpy/.value"]["dtype"] == "int64"
    assert found[".int/.value"]["value"] == tr.Named("opaque", "builtins.int")
    assert found[".ref/.value"]["shape"] == [2, 2] and found[".hijax"]["type"] == "flax.nnx.variablelib.Param"
    shared = nnx.Param(jnp.ones(1))
    both = entries({"a": nnx.Dict(v=shared), "b": nnx.List([shared, shared])})
    assert both["b/[0]"] == both["b/[1]"] == {"kind": "alias", "of": "a/.v"}


def test_cycles_and_shared_modules():
    class Node(nnx.Module):
        def __init__(self, rngs):
            self.linear = nnx.Linear(2, 2, rngs=rngs)
            self.again = self.linear
            self.me = self

    model = Node(nnx.Rngs(0))
    found = entries({"x": model, "y": model})
    assert found["x/.linear"] == {"kind": "alias", "of": "x/.again"}
    assert found["x/.me"] == {"kind": "alias", "of": "x"} and found["y"] == {"kind": "alias", "of": "x"}
    # A module that is taken out of a tree keeps what it shares.
    assert told({"x": model, "y": model}["x"], model) == []


SCRIPT = """
import os
os.environ["JAX_PLATFORMS"] = "cpu"
import test_graph, treering as tr
model, optimizer = test_graph.make()
print(*(tr.fingerprint({"m": model, "o": optimizer}, level) for level in test_graph.LEVELS))
"""


def test_fingerprints_are_the_same_in_every_process():
    here = os.path.dirname(__file__)
    model, optimizer = make()
    prints = [" ".join(tr.fingerprint({"m": model, "o": optimizer}, level) for level in LEVELS)]
    for seed in ("1", "31337"):
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": here},
            capture_output=True,
            text=True,
            check=True,
        )
        prints.append(run.stdout.strip())
    assert len(prints[0].split()) == 3 and len(set(prints)) == 1


@pytest.mark.parametrize(
    ("options", "lines", "levels"),
    [
        ({}, [], ""),
        ({"act": nnx.gelu}, ["layers[1]: relu → gelu"], "program"),
        ({"scale": nnx.Param}, ["scale: type Scale → Param", "scale: bases "], "structure program"),
        ({"tied": False}, ["head: alias of embed.embedding → Param float32[16,8]"], "arrays structure program"),
        ({"width": 4}, ["layers[0]: out_features 8 → 4", "norm.mean: shape [8] → [4]"], "arrays structure program"),
    ],
    ids=["same", "activation", "variable", "untied", "width"],
)
def test_a_difference_reads_like_a_review(options, lines, levels):
    old, new = make()[0], make(**options)[0]
    found = told(old, new)
    assert all(any(line.startswith(wanted) for line in found) for wanted in lines) and bool(found) == bool(lines)
    differs = [level for level in LEVELS if tr.fingerprint(old, level) != tr.fingerprint(new, level)]
    assert " ".join(differs) == levels


def test_modules_are_found_in_a_larger_record():
    model, optimizer = make()
    wider = make(width=4)[0]
    tree = {"model": model, "optimizer": optimizer}
    assert told(tree, model) == [] and told(model, tree) == []
    assert "layers[0]: out_features 8 → 4" in told(tree, wider)
    assert told({"a": model, "b": [wider]}, {"a": wider, "b": [wider]})[0].startswith("a.embed")
    with pytest.raises(tr.UsageError, match="2 modules of test_graph.Net, at a, b"):
        tr.diff_graph({"a": model, "b": wider}, model)


@pytest.mark.parametrize("graph", [3, object(), {"a": 1}, nnx.Param(jnp.ones(1)), [], "x"])
def test_what_is_no_graph(graph, tmp_path):
    with pytest.raises(tr.UsageError, match="graph"):
        tr.graph_record(graph)
    with pytest.raises(tr.UsageError, match="graph"):
        tr.save(tmp_path / "c", {"a": 1}, graph=graph)
    assert not (tmp_path / "c").exists()


def test_a_graphdef_needs_its_state(tmp_path):
    graphdef, state = nnx.split(nnx.Linear(2, 3, rngs=nnx.Rngs(0)))
    with pytest.raises(tr.UsageError, match="'bias'"):
        tr.graph_record(graphdef)
    with pytest.raises(tr.UsageError, match="'bias'"):
        tr.save(tmp_path / "c", {"other": 1}, graph=graphdef)
    with pytest.raises(tr.UsageError, match="state="):
        tr.graph_record(nnx.Rngs(0), state)
    with pytest.raises(tr.UsageError, match="level"):
        tr.fingerprint(nnx.Rngs(0), "all")
    with pytest.raises(tr.InvalidError) as caught:
        tr.fingerprint({"nodes": [], "version": 1})
    assert caught.value.rule == "GC-05"
