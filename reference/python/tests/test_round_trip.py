# SPDX-License-Identifier: Apache-2.0
"""Whatever can be saved comes back as it was, without a template and with one."""

import collections
import math
import struct
import sys

import flax
import jax
import ml_dtypes
import numpy as np
import optax
import pytest
from sameness import assert_same

import treering as tr

Point = collections.namedtuple("Point", ["x", "y"])
ALL_DTYPES = [
    "bool",
    *(f"{s}int{b}" for s in ("", "u") for b in (8, 16, 32, 64)),
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]
ML_DTYPES = [
    "int1",
    "int2",
    "int4",
    "uint1",
    "uint2",
    "uint4",
    "bfloat16",
    "float8_e3m4",
    "float8_e4m3",
    "float8_e4m3b11fnuz",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "float6_e2m3fn",
    "float6_e3m2fn",
    "float4_e2m1fn",
    "complex32",
    "bcomplex32",
]


def test_plain_containers(round_trip):  # [TR-12]
    tree = {
        "z": [np.arange(3), (np.float32(2), None)],
        "a": {},
        "list": [],
        "tuple": (),
        "none": None,
        "nested": {"deep": {"deeper": {"x": np.ones((2, 3))}}},
        "ordered": collections.OrderedDict([("z", 1), ("a", np.zeros(2))]),
        "default": collections.defaultdict(list, {"k": np.ones(1)}),
        "frozen": flax.core.FrozenDict({"b": {"c": np.ones(2)}, "a": 1}),
    }
    back = round_trip(tree)
    assert_same(tree, back)
    assert back["default"].default_factory is list
    assert_same(tree, round_trip(tree, tree))


@pytest.mark.parametrize("tree", [{}, [], (), None, np.arange(4.0), 7, "text", b"", np.int16(-2), {"a": {}}])
def test_roots_of_every_kind(round_trip, tree):
    assert_same(tree, round_trip(tree))


def test_keys_of_every_kind_keep_type_and_order(round_trip):  # [TR-11]
    tree = {
        "int": {i: np.full(2, i) for i in (11, 2, 0, -1, 2**63 - 1)},
        "bool": {True: 1, False: 2},
        "float": {1.5: 1, -0.0: 2, math.inf: 3},
        "odd": {
            k: k
            for k in (
                "",
                "a/b",
                "a.b",
                "..",
                "~",
                ".x",
                "#1",
                "[0]",
                "<0>",
                "!0",
                "=",
                "é",
                "\n\0\"'",
                "x" * 300,
                "value",
            )
        },
        "mixed": {"1": 1, 1: 2, 2.5: 3},
    }
    assert_same(tree, round_trip(tree))
    assert_same(tree, round_trip(tree, tree))


def test_twelve_layers_keep_their_order(round_trip):  # [TR-10]
    tree = {"layers": {i: np.full(3, i) for i in range(12)}, "list": [np.full(2, i) for i in range(12)]}
    assert_same(tree, round_trip(tree))


@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        0,
        -1,
        2**53,
        2**53 + 1,
        -(2**64),
        2**4000,
        0.1,
        -0.0,
        math.inf,
        5e-324,
        1 - 2j,
        complex(-0.0, math.nan),
        struct.unpack("d", bytes.fromhex("010000000000f47f"))[0],
        "",
        "text",
        'é\0"\\\n😀',
        b"",
        b"\x00\xff",
    ],
)
def test_python_scalars(round_trip, value):  # [TR-43]
    back = round_trip({"x": value})["x"]
    assert type(back) is type(value)
    if isinstance(value, (float, complex)):
        assert struct.pack("dd", back.real, back.imag) == struct.pack("dd", value.real, value.imag)
    else:
        assert back == value
    assert type(round_trip({"x": value}, {"x": type(value)()})["x"]) is type(value)


@pytest.mark.parametrize("size", [4095, 4096, 4097, 300_000])
def test_long_text_and_bytes(round_trip, size):  # [TR-44]
    tree = {"s": "é" * (size // 2) + "x" * (size % 2), "b": bytes(i % 251 for i in range(size))}
    assert_same(tree, round_trip(tree))
    assert_same(tree, round_trip(tree, {"s": "", "b": b""}))


@pytest.mark.parametrize("name", ALL_DTYPES + ML_DTYPES)
def test_every_dtype_keeps_every_bit(round_trip, name):  # [DT-13, RS-14]
    dtype = np.dtype(getattr(ml_dtypes, name, name))
    rng = np.random.default_rng(0)
    if name == "bool":
        array = rng.integers(0, 2, (5, 7)).astype(bool)
    else:
        array = rng.integers(0, 256, (5, 7 * dtype.itemsize), dtype=np.uint8).view(dtype).reshape(5, 7)
    tree = {"a": array, "zero": np.zeros((0, 3), dtype), "rank0": np.asarray(array[0, 0]), "scalar": array[1, 2]}
    back = round_trip(tree)
    assert_same(tree, back)
    assert back["a"].ctypes.data % 64 == 0 and back["a"].flags.writeable
    assert_same(tree, round_trip(tree, tree))


def test_memory_of_any_layout(round_trip):  # [DT-14, DT-15]
    base = np.arange(24, dtype=np.float32).reshape(4, 6)
    tree = {
        "t": base.T,
        "f": np.asfortranarray(base),
        "strided": base[::2, ::-1],
        "broadcast": np.broadcast_to(base[0], (3, 6)),
        "big": base.astype(">f4"),
        "big_int": np.arange(3, dtype=">i8"),
        "big_scalar": np.array(5, ">u2"),
    }
    back = round_trip(tree)
    for key, array in tree.items():
        np.testing.assert_array_equal(array, back[key])
        assert back[key].dtype == array.dtype.newbyteorder("=") and back[key].flags.c_contiguous, key


def test_namedtuples_without_their_class(round_trip):  # [TR-20, TR-21]
    tree = {"p": Point(np.ones(2), (1, 2)), "e": optax.EmptyState()}
    back = round_trip(tree)
    assert type(back["e"]) is optax.EmptyState
    assert back["p"]._fields == ("x", "y") and back["p"].y == (1, 2) and "test_round_trip.Point" in repr(back["p"])
    again = round_trip(back)["p"]
    assert type(again) is type(back["p"])
    assert type(round_trip(tree, types=[Point])["p"]) is Point
    assert type(round_trip(tree, tree)["p"]) is Point
    assert jax.tree_util.tree_leaves(back["p"])[1] == 1


def test_a_namedtuple_with_other_fields_is_not_used(round_trip):  # [TR-19]
    Other = collections.namedtuple("Point", ["x", "z"])
    Other.__module__, Other.__qualname__ = Point.__module__, Point.__qualname__
    assert type(round_trip({"p": Point(1, 2)}, types=[Other])["p"]) is not Other


def test_aliases_are_stored_once(tmp_path):  # [TR-29]
    a = np.arange(100_000.0)
    tr.save(tmp_path / "c", {"a": a, "b": [a, a.copy()]})
    back = tr.load(tmp_path / "c")
    assert back["a"] is back["b"][0] and back["b"][1] is not back["a"]
    with tr.open(tmp_path / "c") as ckpt:
        assert ckpt.bytes < 2.2 * a.nbytes and len(ckpt.leaves()) == 3
    template = {"a": np.empty_like(a), "b": [np.empty_like(a), np.empty_like(a)]}
    own = tr.load(tmp_path / "c", template)
    own["a"][0] = -1
    assert own["b"][0][0] == 0
    shared = np.empty_like(a)
    own = tr.load(tmp_path / "c", {"a": shared, "b": [shared, shared]})
    assert own["a"] is own["b"][0] and own["b"][1] is not own["a"]


@pytest.mark.parametrize("codec", ["raw", "lz4", "bitshuffle-lz4"])
def test_codecs(tmp_path, codec):
    tree = {"zeros": np.zeros((700, 600), np.float32), "noise": np.random.default_rng(0).normal(size=(300, 500))}
    report = tr.save(tmp_path / "c", tree, codec=codec)
    assert report.data_bytes == sum(x.nbytes for x in tree.values()) and report.leaves == 2
    assert (report.bytes < 1.4e6) == (codec != "raw")
    assert_same(tree, tr.load(tmp_path / "c"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: optax.adamw(1e-3),
        lambda: optax.sgd(0.1),
        lambda: optax.chain(optax.clip(1.0), optax.adam(1e-3)),
        lambda: optax.masked(optax.adam(1e-3), {"w": True, "b": False}),
        lambda: optax.inject_hyperparams(optax.adam)(1e-3),
        lambda: optax.adafactor(1e-2),
        lambda: optax.lion(1e-3),
    ],
)
def test_optax_states(round_trip, make):
    params = {"w": jax.numpy.ones((4, 3)), "b": jax.numpy.zeros(3)}
    state = make().init(params)
    tree = {"params": params, "opt": state}
    assert_same(tree, round_trip(tree), types=False)
    template = jax.eval_shape(lambda: {"params": params, "opt": make().init(params)})
    back = round_trip(tree, template)
    assert jax.tree_util.tree_structure(back) == jax.tree_util.tree_structure(tree)
    assert_same(jax.tree_util.tree_leaves(tree), jax.tree_util.tree_leaves(back))


@flax.struct.dataclass
class TrainState:
    params: dict
    step: int
    name: str = flax.struct.field(pytree_node=False, default="run")


@jax.tree_util.register_pytree_with_keys_class
class Box:
    def __init__(self, first, second, aux):
        self.first, self.second, self.aux = first, second, aux

    def tree_flatten_with_keys(self):
        return ((jax.tree_util.GetAttrKey("first"), self.first), ("second", self.second)), self.aux

    @classmethod
    def tree_unflatten(cls, aux, children):
        return cls(*children, aux)


def test_dataclasses_and_custom_nodes(tmp_path):
    tree = {"state": TrainState({"w": np.ones(3)}, 7, "run-7"), "box": Box(np.zeros(2), np.ones(1), ("aux", 3))}
    tr.save(tmp_path / "c", tree)
    back = tr.load(tmp_path / "c", tree)
    assert_same(tree["state"], back["state"])
    assert back["box"].aux == ("aux", 3) and back["box"].second == 1
    plain = tr.load(tmp_path / "c")
    assert isinstance(plain["state"], tr.StoredNode) and plain["state"].step == 7
    assert plain["state"].metadata == {"name": "run-7"} and plain["box"].second == 1 and "Box" in repr(plain["box"])
    assert_same(tree["state"], tr.load(tmp_path / "c", types=[TrainState])["state"])
    tr.save(tmp_path / "again", plain)
    assert_same(tree["state"], tr.load(tmp_path / "again", tree)["state"])
    with tr.open(tmp_path / "c") as one, tr.open(tmp_path / "again") as two:
        assert one._core.types() == two._core.types() and one._core.places() == two._core.places()


def test_stored_classes_are_never_imported(tmp_path):  # [TR-18, RS-34]
    Evil = collections.namedtuple("Popen", ["args"])
    Evil.__module__ = "subprocess"
    import subprocess

    assert subprocess.Popen is not Evil
    tr.save(tmp_path / "c", {"x": Evil("touch /tmp/never")})
    back = tr.load(tmp_path / "c")
    assert type(back["x"]).__module__ == "treering.stored" and "subprocess.Popen" in repr(back["x"])


def test_progress_is_told_and_may_fail(tmp_path, monkeypatch):
    calls = []
    tree = {"a": np.zeros(3_000_000)}
    tr.save(tmp_path / "c", tree, progress=lambda done, total: calls.append((done, total)))
    assert calls and all(done <= total for done, total in calls) and calls == sorted(calls)

    def broken(done, total):
        raise KeyError("mine")

    assert_same(tree, tr.load(tmp_path / "c", progress=lambda *_: None))
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", lambda info: seen.append(info.exc_type))
    tr.save(tmp_path / "d", tree, progress=broken)
    assert seen == [KeyError]
    assert_same(tree, tr.load(tmp_path / "d"))
