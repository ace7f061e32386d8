# SPDX-License-Identifier: Apache-2.0
"""Flax NNX: states, modules, optimizers; restored through eval_shape templates into merge and update."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from sameness import assert_same

import treering as tr


class Scale(nnx.Param):
    pass


class Net(nnx.Module):
    def __init__(self, rngs, layers=12):
        self.embed = nnx.Embed(16, 8, rngs=rngs)
        self.layers = nnx.List([nnx.Linear(8, 8, rngs=rngs) for _ in range(layers)])
        self.norm = nnx.BatchNorm(8, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)
        self.scale = Scale(jnp.ones(3), tag="user", when=(1, 0.5))
        self.head = self.embed.embedding

    def __call__(self, x):
        x = self.embed(x)
        for layer in self.layers:
            x = nnx.relu(layer(x)) + x
        return self.drop(self.norm(x)) @ self.head[...].T


TX = optax.adamw(1e-2)  # one object: graph definitions with another one are not equal, and nnx.jit compiles again


def make(seed=0):
    model = Net(nnx.Rngs(seed, dropout=1), layers=2)
    return model, nnx.Optimizer(model, TX, wrt=nnx.Param)


@nnx.jit
def train(model, optimizer, x):
    def loss(model):
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(model(x), x))

    value, grads = nnx.value_and_grad(loss)(model)
    optimizer.update(model, grads)
    return value


X = np.arange(32) % 16


def test_training_resumes_to_the_bit(tmp_path):
    model, optimizer = make()
    for _ in range(3):
        train(model, optimizer, X)
    tr.save(tmp_path / "c", {"model": nnx.state(model), "optimizer": nnx.state(optimizer), "step": 3})
    expected = [float(train(model, optimizer, X)) for _ in range(3)]

    fresh, fresh_optimizer = nnx.eval_shape(make)
    template = {"model": nnx.state(fresh), "optimizer": nnx.state(fresh_optimizer), "step": 0}
    back = tr.load(tmp_path / "c", template)
    assert back["step"] == 3 and type(back["model"]) is nnx.State
    merged = nnx.merge(nnx.graphdef(fresh), back["model"])
    merged_optimizer = nnx.merge(nnx.graphdef(fresh_optimizer), back["optimizer"])
    assert [float(train(merged, merged_optimizer, X)) for _ in range(3)] == expected
    assert merged.head is merged.embed.embedding

    other, other_optimizer = make(seed=9)
    back = tr.load(tmp_path / "c", {"model": nnx.state(other), "optimizer": nnx.state(other_optimizer), "step": 0})
    nnx.update(other, back["model"])
    nnx.update(other_optimizer, back["optimizer"])
    assert [float(train(other, other_optimizer, X)) for _ in range(3)] == expected


def test_a_state_without_a_template(round_trip):
    model, optimizer = make()
    tree = {"model": nnx.state(model), "optimizer": nnx.state(optimizer)}
    back = round_trip(tree, types=[Scale])
    assert_same(tree, back, types=False)
    merged = nnx.merge(nnx.graphdef(model), back["model"])
    model.eval(), merged.eval()
    np.testing.assert_array_equal(model(X), merged(X))


def test_variables_of_unknown_types_are_stand_ins(round_trip):
    state = nnx.state(Net(nnx.Rngs(0)))
    scale = round_trip(state)["scale"]
    assert isinstance(scale, tr.StoredVariable) and scale.type_name.endswith("test_nnx.Scale")
    assert scale.bases == ("flax.nnx.variablelib.Param", "flax.nnx.variablelib.Variable")
    assert scale.metadata == {"tag": "user", "when": (1, 0.5)}  # [GC-11]
    again = round_trip({"s": scale}, types=[Scale])["s"]
    assert_same(state["scale"], again, types=False)


def test_a_module_saves_its_state_with_aliases(tmp_path):
    model, _ = make()
    tr.save(tmp_path / "c", model)
    with tr.open(tmp_path / "c") as ckpt:
        paths = [leaf.path for leaf in ckpt.leaves()]
        assert "head" in paths and "embed/embedding" in paths
        assert ckpt._tree.leaves and len(ckpt._tree.leaves) == len(paths) - 1
    back = tr.load(tmp_path / "c", nnx.eval_shape(lambda: make()[0]))
    assert_same(nnx.state(model), back)
    # The same weight is found by its other path, as when another attribute was renamed.
    by_other = tr.load(tmp_path / "c", {"head": jax.ShapeDtypeStruct((16, 8), jnp.float32)}, unexpected="ignore")
    np.testing.assert_array_equal(by_other["head"], model.head[...])


def test_cycles_and_shared_modules(tmp_path):
    class Node(nnx.Module):
        def __init__(self, rngs):
            self.linear = nnx.Linear(2, 2, rngs=rngs)
            self.again = self.linear
            self.me = self

    model = Node(nnx.Rngs(0))
    tr.save(tmp_path / "c", {"m": model})
    with tr.open(tmp_path / "c") as ckpt:
        assert sorted(leaf.path for leaf in ckpt.leaves()) == [
            "m/again/bias",
            "m/again/kernel",
            "m/linear/bias",
            "m/linear/kernel",
        ]
    assert_same({"m": nnx.state(model)}, tr.load(tmp_path / "c", {"m": nnx.eval_shape(lambda: Node(nnx.Rngs(0)))}))


def test_a_module_and_its_state_have_the_same_paths(tmp_path):
    model = nnx.Linear(2, 3, rngs=nnx.Rngs(0))
    tr.save(tmp_path / "pure", nnx.to_pure_dict(nnx.state(model)))
    assert_same(nnx.state(model), tr.load(tmp_path / "pure", nnx.state(model)))
    tr.save(tmp_path / "state", nnx.state(model))
    pure = nnx.to_pure_dict(nnx.state(model))
    assert_same(pure, tr.load(tmp_path / "state", pure))


def test_another_variable_type_is_reported(tmp_path):
    class Stat(nnx.BatchStat):
        pass

    tr.save(tmp_path / "c", nnx.State({"a": nnx.Param(jnp.ones(2)), "b": nnx.BatchStat(jnp.ones(2))}))
    template = nnx.State({"a": nnx.BatchStat(jnp.ones(2)), "b": Stat(jnp.ones(2))})
    with pytest.raises(tr.MismatchError) as caught:
        tr.load(tmp_path / "c", template)
    assert [(d.kind, d.path) for d in caught.value.differences] == [("variable type", "a"), ("variable type", "b")]
    assert "variablelib.Param" in str(caught.value) and "variablelib.BatchStat" in str(caught.value)


def test_variables_that_hold_other_things(round_trip):
    state = nnx.State(
        {
            "tree": nnx.Variable({"a": jnp.ones(2), "b": (jnp.zeros(1), 3)}),
            "none": nnx.Variable(None),
            "numpy": nnx.Variable(np.arange(3)),
            "int": nnx.Variable(5),
            "raw": jnp.ones(2),
        }
    )
    assert_same(state, round_trip(state, state))
    assert_same(state, round_trip(state), types=False)


def test_metadata_of_variables(round_trip):
    param = nnx.Param(
        jnp.ones((2, 2)), out_sharding=("a", None), eager_sharding=False, note={"k": [1, 2.5]}, act=nnx.relu
    )
    back = round_trip({"p": param})["p"]
    metadata = back.get_metadata()
    assert metadata["out_sharding"] == ("a", None) and metadata["note"] == {"k": [1, 2.5]}
    assert metadata["act"].form in ("code", "opaque")
    assert round_trip({"p": param}, {"p": param})["p"].get_metadata()["act"] is nnx.relu


def test_select_by_variable_type(tmp_path):
    state = nnx.state(Net(nnx.Rngs(0)))
    tr.save(tmp_path / "c", state)
    back = tr.load(tmp_path / "c", select=nnx.Param)
    assert back["norm"]["mean"].get_raw_value() is ... and back["drop"]["rngs"]["count"].get_raw_value() is ...
    assert back["norm"]["scale"].get_raw_value().shape == (8,)
    other = nnx.state(Net(nnx.Rngs(5)))
    filled = tr.load(tmp_path / "c", other, exclude=[nnx.RngState, "layers/*/bias"])
    assert_same(other["drop"]["rngs"]["key"], filled["drop"]["rngs"]["key"])
    assert_same(state["layers"][3]["kernel"], filled["layers"][3]["kernel"])
    assert filled["layers"][3]["bias"].get_raw_value() is other["layers"][3]["bias"].get_raw_value()


@pytest.mark.parametrize("flag", ["hijax", "ref"])
def test_references_are_refused(tmp_path, flag):
    with pytest.raises(tr.UsageError, match="'m/p'"):
        tr.save(tmp_path / "c", {"m": {"p": nnx.Param(jnp.ones(2), **{flag: True})}})
    assert not (tmp_path / "c").exists()


def test_states_load_without_flax(tmp_path):
    tr.save(tmp_path / "c", {"m": nnx.state(nnx.Linear(2, 3, rngs=nnx.Rngs(0))), "o": optax.EmptyState()})
    code = f"""
import sys, treering as tr
tree = tr.load({str(tmp_path / "c")!r})
assert "flax" not in sys.modules and "jax" not in sys.modules
assert isinstance(tree["m"], tr.StoredMapping) and tree["m"].type_name == "flax.nnx.statelib.State"
assert tree["m"]["kernel"].value.shape == (2, 3) and "EmptyState" in repr(tree["o"]), tree
tr.save({str(tmp_path / "d")!r}, tree)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert_same(tr.load(tmp_path / "c"), tr.load(tmp_path / "d"))
    with tr.open(tmp_path / "c") as one, tr.open(tmp_path / "d") as two:
        assert one._core.types() == two._core.types() and one._core.nodes() == two._core.nodes()
