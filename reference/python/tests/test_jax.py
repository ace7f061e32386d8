# SPDX-License-Identifier: Apache-2.0
"""Arrays and keys of JAX: kinds, placement, memory, donation."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P
from sameness import assert_same

import treering as tr


def test_arrays_with_every_kind_of_template(round_trip):
    tree = {
        "w": jnp.arange(12.0).reshape(3, 4),
        "b": jnp.ones(3, jnp.bfloat16),
        "i": jnp.array([1, -2], "int4"),
        "f8": jnp.ones(5, jnp.float8_e4m3fn),
        "c": jnp.ones(2, jnp.complex64),
        "zero": jnp.zeros((0, 3)),
        "rank0": jnp.int32(7),
        "bool": jnp.array([True, False]),
    }
    tree = jax.tree.map(lambda x: x, tree)  # sorts its keys, as the templates below do
    abstract = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), tree)
    numpy = jax.tree.map(np.asarray, tree)
    assert_same(tree, round_trip(tree, tree))
    assert_same(tree, round_trip(tree, abstract))
    assert_same(numpy, round_trip(tree, numpy))
    assert_same(numpy, round_trip(tree))
    assert_same(tree, round_trip(numpy, abstract))


def test_nan_payloads(round_trip):  # [RS-14]
    raw = np.array([0x7FC00001, 0xFFC12345, 0x7F800001, 0x80000000, 1], np.uint32)
    tree = {"x": jax.device_put(raw.view(np.float32))}
    np.testing.assert_array_equal(np.asarray(round_trip(tree, tree)["x"]).view(np.uint32), raw)
    np.testing.assert_array_equal(round_trip(tree)["x"].view(np.uint32), raw)


@pytest.mark.parametrize("impl", ["threefry2x32", "rbg", "unsafe_rbg"])
def test_typed_keys(round_trip, impl):  # [RS-12]
    key = jax.random.key(7, impl=impl)
    tree = {"one": key, "many": jax.random.split(key, 3), "grid": jax.random.split(key, (2, 3))}
    tree = jax.tree.map(lambda x: x, tree)
    assert_same(tree, round_trip(tree))
    assert_same(tree, round_trip(tree, tree))
    abstract = jax.eval_shape(lambda: tree)
    back = round_trip(tree, abstract)
    assert_same(tree, back)
    assert jax.random.bits(back["one"]) == jax.random.bits(key)


def test_raw_keys_stay_arrays(round_trip):
    tree = {"k": jax.random.PRNGKey(3)}
    assert_same(tree, round_trip(tree, tree))


def test_weak_type_is_kept(round_trip):
    tree = {"weak": jnp.full((3,), 1.0), "scalar": jnp.asarray(2.0), "strong": jnp.ones(3)}
    assert tree["weak"].weak_type and not tree["strong"].weak_type
    back = round_trip(tree, tree)
    assert_same(tree, back)
    assert (jnp.ones(3, jnp.bfloat16) * back["weak"]).dtype == jnp.bfloat16
    traces = []
    step = jax.jit(lambda x: traces.append(1) or x + 1)
    step(tree["weak"])
    step(back["weak"])
    assert len(traces) == 1


def test_placement_follows_the_template(round_trip):
    mesh = jax.make_mesh((2, 2), ("a", "b"))
    sharded = NamedSharding(mesh, P("a", "b"))
    x = jax.device_put(jnp.arange(32.0).reshape(8, 4), sharded)
    tree = {"x": x, "y": jnp.ones(3), "z": jax.device_put(jnp.ones(2), jax.devices()[1])}
    back = round_trip(tree, tree)
    assert back["x"].sharding == sharded and not back["y"].committed
    assert back["z"].committed and back["z"].devices() == {jax.devices()[1]}
    assert_same(tree, back)
    rows = NamedSharding(mesh, P(("a", "b")))
    template = {
        "x": jax.ShapeDtypeStruct((8, 4), jnp.float32, sharding=rows),
        "y": jax.ShapeDtypeStruct((3,), jnp.float32),
        "z": np.empty(2, np.float32),
    }
    back = round_trip(tree, template)
    assert back["x"].sharding == rows and not back["y"].committed and isinstance(back["z"], np.ndarray)
    keys = jax.device_put(jax.random.split(jax.random.key(0), 8), NamedSharding(mesh, P("a")))
    assert round_trip({"k": keys}, {"k": keys})["k"].sharding == keys.sharding


def test_abstract_meshes_take_the_mesh_in_use(tmp_path):
    mesh = jax.make_mesh((4,), ("a",))
    x = jnp.arange(8.0)
    tr.save(tmp_path / "c", {"x": x})
    template = {"x": jax.ShapeDtypeStruct((8,), jnp.float32, sharding=NamedSharding(mesh.abstract_mesh, P("a")))}
    with pytest.raises(tr.MismatchError, match="jax.set_mesh"):
        tr.load(tmp_path / "c", template)
    with jax.set_mesh(mesh):
        back = tr.load(tmp_path / "c", template)["x"]
    assert len(back.sharding.device_set) == 4 and back.sharding.spec == P("a")
    np.testing.assert_array_equal(back, x)


def test_a_sharding_that_does_not_divide_is_reported(tmp_path):
    mesh = jax.make_mesh((4,), ("a",))
    tr.save(tmp_path / "c", {"x": jnp.ones(6)})
    template = {"x": jax.ShapeDtypeStruct((6,), jnp.float32, sharding=NamedSharding(mesh, P("a")))}
    with pytest.raises(tr.MismatchError) as caught:
        tr.load(tmp_path / "c", template)
    assert [d.kind for d in caught.value.differences] == ["sharding"]


def test_each_leaf_can_be_donated(round_trip):
    x = jnp.arange(1000.0)
    tree = {"a": x, "b": x}
    abstract = jax.eval_shape(lambda: {"a": jnp.ones(1000), "b": jnp.ones(1000)})
    back = round_trip(tree, abstract)
    pointers = {key: array.unsafe_buffer_pointer() for key, array in back.items()}
    assert pointers["a"] != pointers["b"]
    step = jax.jit(lambda t: jax.tree.map(lambda v: v + 1, t), donate_argnums=0)
    np.testing.assert_array_equal(step(back)["b"], np.arange(1000.0) + 1)


def test_wide_values_are_refused_where_jax_would_narrow_them(tmp_path):  # [RS-30, DT-04]
    tr.save(tmp_path / "c", {"x": np.array([2**40 + 5]), "y": np.ones(2)})
    template = {"x": jax.ShapeDtypeStruct((1,), np.int64), "y": jax.ShapeDtypeStruct((2,), np.float64)}
    with pytest.raises(tr.MismatchError) as caught:
        tr.load(tmp_path / "c", template)
    assert [(d.kind, d.path) for d in caught.value.differences] == [("x64", "x"), ("x64", "y")]
    assert "numpy template" in str(caught.value)
    with jax.enable_x64(True):
        back = tr.load(tmp_path / "c", template)
        assert int(back["x"][0]) == 2**40 + 5 and back["y"].dtype == np.float64


def test_the_package_is_light_and_works_without_jax(tmp_path):
    tr.save(tmp_path / "c", {"w": jnp.ones(3, jnp.bfloat16), "k": jax.random.key(1), "n": np.arange(3)})
    code = f"""
import sys, time
import numpy
start = time.perf_counter()
import treering as tr
assert time.perf_counter() - start < 1, "slow import"   # 0.1 s on a machine at rest
heavy = {{"jax", "flax", "ml_dtypes", "safetensors", "optax"}}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
with tr.open({str(tmp_path / "c")!r}) as ckpt:
    assert [leaf.dtype for leaf in ckpt.leaves()] == ["bfloat16", "uint32", "int64"]
tree = tr.load({str(tmp_path / "c")!r})
assert not (heavy - {{"ml_dtypes"}}) & set(sys.modules)
assert tree["w"].dtype.name == "bfloat16" and tree["k"].impl == "threefry2x32" and tree["k"].shape == ()
tr.save({str(tmp_path / "d")!r}, tree)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    back = tr.load(tmp_path / "d")
    assert jax.random.bits(back["k"]) == jax.random.bits(jax.random.key(1))
