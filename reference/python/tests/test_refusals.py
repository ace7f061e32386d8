# SPDX-License-Identifier: Apache-2.0
"""Wrong input: each one clear error that names the place and the remedy, and nothing written."""

import collections
import datetime
import enum
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import treering as tr


class Color(enum.IntEnum):
    RED = 1


class Plain:
    pass


class Subclass(np.ndarray):
    pass


class MyDict(dict):
    pass


LEAVES = {
    "object": np.array([1, "a", None], object),
    "str": np.array(["a", "b"]),
    "bytes": np.array([b"a"]),
    "datetime": np.array(["2020-01-01"], "M8[D]"),
    "timedelta": np.array([1], "m8[s]"),
    "structured": np.zeros(2, [("a", "i4"), ("b", "f4")]),
    "longdouble": np.ones(2, np.longdouble),
    "masked": np.ma.masked_array([1, 2], [True, False]),
    "matrix": np.ones(2).view(Subclass),
    "void": np.zeros(2, "V4"),
    "np_str": np.str_("x"),
    "enum": Color.RED,
    "plain": Plain(),
    "set": {1, 2},
    "deque": collections.deque([1]),
    "counter": collections.Counter("aab"),
    "subclass": MyDict(a=1),
    "function": print,
    "type": int,
    "bytearray": bytearray(b"x"),
    "range": range(3),
    "date": datetime.date(2020, 1, 1),
    "ellipsis": ...,
    "surrogate": "\ud800",
    "huge_int": 10**5000,  # [TR-45]
}


@pytest.mark.parametrize("name", LEAVES)
def test_leaves_that_cannot_be_stored(tmp_path, name):  # [IN-09]
    with pytest.raises((tr.InvalidError, tr.LimitError)) as caught:
        tr.save(tmp_path / "c", {"deep": [{"er": LEAVES[name]}]})
    assert "deep/0/er" in str(caught.value) or "deep/[0]/er" in str(caught.value)
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("key", [(1, 2), None, b"x", np.int64(3), 2**63, Color.RED, "\ud800", frozenset()])
def test_keys_that_cannot_be_stored(tmp_path, key):  # [KP-07, KP-08, BY-13]
    with pytest.raises(tr.InvalidError, match="'deep'") as caught:
        tr.save(tmp_path / "c", {"deep": {key: 1}})
    assert caught.value.code == "bad-key" and not (tmp_path / "c").exists()


def test_values_of_jax_that_are_no_values(tmp_path):  # [SH-13]
    deleted = jnp.ones(3)
    deleted.delete()
    mesh = jax.make_mesh((4,), ("a",), axis_types=(AxisType.Explicit,))
    with jax.set_mesh(mesh):
        x = jax.device_put(jnp.ones((4, 4)), NamedSharding(mesh, P(None, "a")))
        y = jax.device_put(jnp.ones((4, 4)), NamedSharding(mesh, P("a", None)))
        unreduced = jax.jit(lambda x, y: jnp.dot(x, y, out_sharding=P(None, None, unreduced={"a"})))(x, y)
    for leaf, part in (
        (jax.ShapeDtypeStruct((2,), "float32"), "ShapeDtypeStruct"),
        (deleted, "deleted"),
        (unreduced, "unreduced"),
        (jax.new_ref(jnp.ones(2)), "Ref"),
    ):
        with pytest.raises(tr.Error, match=part) as caught:
            tr.save(tmp_path / "c", {"at": [leaf]})
        assert "at/0" in str(caught.value)
    with pytest.raises(tr.UsageError, match="jit"):
        jax.jit(lambda x: tr.save(tmp_path / "c", {"x": x}) and x)(jnp.ones(2))
    assert not (tmp_path / "c").exists()


def test_trees_that_contain_themselves(tmp_path):
    loop = []
    loop.append(loop)
    deep = 1
    for _ in range(257):
        deep = [deep]
    for tree in (loop, deep):
        with pytest.raises(tr.LimitError, match="256"):
            tr.save(tmp_path / "c", tree)
    tr.save(tmp_path / "one", 1)
    with pytest.raises(tr.UsageError, match="256"):
        tr.load(tmp_path / "one", loop)
    fits = 1
    for _ in range(256):
        fits = [fits]
    tr.save(tmp_path / "fits", fits)
    assert tr.load(tmp_path / "fits") == fits


def test_two_leaves_of_one_match_path(tmp_path):  # [KP-15]
    @jax.tree_util.register_pytree_with_keys_class
    class Twice:
        def tree_flatten_with_keys(self):
            return (("a", 1), (jax.tree_util.GetAttrKey("a"), 2)), None

        @classmethod
        def tree_unflatten(cls, aux, children):
            return cls()

    with pytest.raises(tr.InvalidError):
        tr.save(tmp_path / "c", {"t": Twice()})


@pytest.mark.parametrize(
    "metadata", [{"f": print}, {"x": np.ones(2)}, [object()], {"s": {1}}, "\ud800", {(): "\udfff"}]
)
def test_metadata_that_is_no_value(tmp_path, metadata):
    with pytest.raises(tr.InvalidError, match="metadata"):
        tr.save(tmp_path / "c", {"a": 1}, metadata=metadata)


@pytest.mark.parametrize(
    "options",
    [
        {"codec": "zip"},
        {"step": -1},
        {"step": 1.5},
        {"step": True},
        {"step": 2**63},
        {"compat": [1]},
        {"overwrite": True},
        {"graph": object()},
        {"cast": "bfloat16"},
        {"codec": {"*": "lz4"}},
    ],
)
def test_wrong_options_of_save(tmp_path, options):
    with pytest.raises(tr.UsageError):
        tr.save(tmp_path / "c", {"a": 1}, **options)
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    "options",
    [
        {"mmap": True},
        {"cast": {"*": "f4"}},
        {"types": "x"},
        {"limits": {"zz": 1}},
        {"rename": {"a": "b"}},
        {"unexpected": "error "},
    ],
)
def test_wrong_options_of_load(tmp_path, options):
    tr.save(tmp_path / "c", {"a": 1})
    with pytest.raises(tr.UsageError):
        tr.load(tmp_path / "c", **options)


@pytest.mark.parametrize("path", [None, 3, "", "a\0b", ["x"]])
def test_paths_that_are_none(path):
    for call in (
        lambda: tr.save(path, {}),
        lambda: tr.load(path),
        lambda: tr.open(path),
        lambda: tr.CheckpointManager(path),
    ):
        with pytest.raises(tr.UsageError, match="path"):
            call()


def test_object_stores_are_named(tmp_path):
    with pytest.raises(tr.UnsupportedError, match="gs"):
        tr.save("gs://bucket/run", {})


def test_errors_have_fields_and_survive_pickling(tmp_path):
    with pytest.raises(tr.Error) as caught:
        tr.load(tmp_path / "nothing")
    error = caught.value
    assert type(error) is tr.NotFoundError and error.cls == "not-found" and error.code and error.message
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) and again.where == error.where and again.rule == error.rule


def test_saving_twice_is_a_conflict(tmp_path):
    tr.save(tmp_path / "c", {"a": 1})
    with pytest.raises(tr.ConflictError):
        tr.save(tmp_path / "c", {"a": 2})
    assert tr.load(tmp_path / "c") == {"a": 1}


def test_limits_of_the_reader(tmp_path):  # [LM-04]
    tr.save(tmp_path / "c", {"a": np.ones(3), "b": 2})
    with pytest.raises(tr.LimitError, match="leaves"):
        tr.open(tmp_path / "c", limits={"leaves": 1})
