# SPDX-License-Identifier: Apache-2.0
"""Templates that do not fit: one report with every difference; and the options that accept them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from sameness import assert_same

import treering as tr


def struct(shape, dtype=jnp.float32):
    return jax.ShapeDtypeStruct(shape, dtype)


def test_ten_differences_in_one_report(tmp_path):  # [RS-25, RS-26, RS-27, RS-28]
    saved = {
        "enc": {"mid": {"kernel": jnp.ones((3, 4)), "bias": jnp.ones(4)}, "wide": jnp.ones((2, 3))},
        "dtype": jnp.ones(3),
        "step": 7,
        "text": "x",
        "key": jax.random.key(0, impl="rbg"),
        "extra": jnp.ones((5, 5)),
        "var": nnx.Param(jnp.ones(2)),
        "none": jnp.ones(1),
        "wide64": np.ones(2),
    }
    tr.save(tmp_path / "c", saved)
    template = {
        "enc": {"middle": {"kernel": struct((3, 4)), "bias": struct((4,))}, "wide": struct((9, 9))},
        "dtype": struct((3,), jnp.bfloat16),
        "step": 7.0,
        "text": b"x",
        "key": jax.random.key(0),
        "new": np.ones(2),
        "var": nnx.BatchStat(jnp.ones(2)),
        "none": None,
        "wide64": struct((2,), jnp.float64),
    }
    with pytest.raises(tr.MismatchError) as caught:
        tr.load(tmp_path / "c", template)
    text = str(caught.value)
    found = {(d.kind, d.path) for d in caught.value.differences}
    assert found == {
        ("missing", "enc/middle/kernel"),
        ("missing", "enc/middle/bias"),
        ("missing", "new"),
        ("unexpected", "enc/mid/kernel"),
        ("unexpected", "enc/mid/bias"),
        ("unexpected", "extra"),
        ("unexpected", "none"),
        ("shape", "enc/wide"),
        ("dtype", "dtype"),
        ("kind", "step"),
        ("kind", "text"),
        ("kind", "key"),
        ("variable type", "var"),
        ("x64", "wide64"),
    }
    assert len(caught.value.differences) == len(found) and "14 differences" in text
    for part in [
        'rename={"enc/mid": "enc/middle"}',
        'missing="keep"',
        'unexpected="ignore"',
        "cast=True",
        "checkpoint float32[2,3], template float32[9,9]",
        "checkpoint int, template float",
        "checkpoint str, template bytes",
        "key<rbg>[]",
        "key<threefry2x32>[]",
        "jax_enable_x64",
        "extra",
        "new",
    ]:
        assert part in text, (part, text)


def test_missing_and_unexpected_options(tmp_path):
    tr.save(tmp_path / "c", {"a": jnp.ones(2), "old": jnp.ones(3)})
    template = {"a": jnp.zeros(2), "new": jnp.full(4, 5.0)}
    with pytest.raises(tr.MismatchError, match="2 differences"):
        tr.load(tmp_path / "c", template)
    back = tr.load(tmp_path / "c", template, missing="keep", unexpected="ignore")
    assert back["new"] is template["new"] and back["a"][0] == 1
    abstract = {"a": struct((2,)), "new": struct((4,))}
    with pytest.raises(tr.MismatchError, match="1 difference"):
        tr.load(tmp_path / "c", abstract, missing="keep", unexpected="ignore")
    assert tr.load(tmp_path / "c", abstract, missing="ignore", unexpected="keep")["new"] is abstract["new"]
    with pytest.raises(tr.UsageError, match="missing="):
        tr.load(tmp_path / "c", template, missing="fill")


def test_ellipsis_skips_a_leaf_or_a_subtree(tmp_path):
    tr.save(tmp_path / "c", {"a": {"x": np.ones(2), "y": np.ones(3)}, "b": np.ones(1)})
    back = tr.load(tmp_path / "c", {"a": ..., "b": np.zeros(1)})
    assert back["a"] is ... and back["b"][0] == 1
    with pytest.raises(tr.MismatchError, match="a/y"):
        tr.load(tmp_path / "c", {"a": {"x": ...}, "b": np.zeros(1)})


def test_rename(tmp_path):  # [RS-31]
    saved = {"enc": {i: {"w": np.full(2, i)} for i in range(12)}, "head": np.ones(3)}
    tr.save(tmp_path / "c", saved)
    template = {"encoder": [{"kernel": np.zeros(2, np.int64)} for _ in range(12)], "head": np.zeros(3)}
    for rename in (
        {"enc/*/w": "encoder/*/kernel"},
        [("enc/*/w", "encoder/*/kernel")],
        lambda path: path.replace("enc/", "encoder/").replace("/w", "/kernel"),
    ):
        back = tr.load(tmp_path / "c", template, rename=rename)
        assert [layer["kernel"][0] for layer in back["encoder"]] == list(range(12))
    back = tr.load(tmp_path / "c", {"body": saved["enc"], "head": np.zeros(3)}, rename={"enc": "body"})
    assert_same(saved["enc"], back["body"])
    with pytest.raises(tr.UsageError, match="two leaves"):
        tr.load(tmp_path / "c", template, rename=lambda path: "head")


def test_cast(tmp_path):  # [RS-30]
    saved = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "i": np.arange(3)}
    tr.save(tmp_path / "c", saved)
    template = {"w": struct((2, 3), jnp.bfloat16), "i": np.zeros(3, np.int8)}
    back = tr.load(tmp_path / "c", template, cast=True)
    assert back["w"].dtype == jnp.bfloat16 and back["i"].dtype == np.int8
    np.testing.assert_array_equal(np.asarray(back["w"], np.float32), saved["w"])


def test_select_and_exclude(tmp_path):
    saved = {"model": {"layers": [{"kernel": np.full(2, i), "bias": np.ones(1)} for i in range(3)]}, "step": 3}
    tr.save(tmp_path / "c", saved)
    back = tr.load(tmp_path / "c", select="model/layers/*/kernel")
    assert back["step"] is ... and back["model"]["layers"][1]["bias"] is ...
    assert back["model"]["layers"][2]["kernel"][0] == 2
    assert tr.load(tmp_path / "c", select="model")["model"]["layers"][0]["bias"][0] == 1
    assert tr.load(tmp_path / "c", select=["**/bias", "step"])["model"]["layers"][0]["kernel"] is ...
    assert tr.load(tmp_path / "c", exclude=lambda path: path == "step")["step"] is ...
    template = {"model": {"layers": [{"kernel": np.zeros(2, int), "bias": None} for _ in range(3)]}, "step": -1}
    filled = tr.load(tmp_path / "c", template, select="**/kernel")
    assert filled["step"] == -1 and filled["model"]["layers"][2]["kernel"][0] == 2
    with pytest.raises(tr.UsageError, match="select="):
        tr.load(tmp_path / "c", select=3)


def test_number_and_text_keys_never_meet(tmp_path):  # [KP-13, RS-29]
    tr.save(tmp_path / "c", {"l": {"1": np.ones(2)}})
    for template in ({"l": {1: np.ones(2)}}, {"l": [..., np.ones(2)]}):
        with pytest.raises(tr.MismatchError):
            tr.load(tmp_path / "c", template)
    tr.save(tmp_path / "d", {"l": {0: np.ones(2)}})
    assert tr.load(tmp_path / "d", {"l": [np.zeros(2)]})["l"][0][0] == 1
    assert tr.load(tmp_path / "d", {"l": (np.zeros(2),)})["l"][0][0] == 1


def test_a_key_spelled_value_is_not_dropped(round_trip):
    tree = {"a": {"value": np.ones(2)}, "v": nnx.Param(jnp.ones(1))}
    assert_same(tree, round_trip(tree, tree))
    with pytest.raises(tr.MismatchError):
        round_trip(tree, {"a": np.ones(2), "v": ...})


def test_scalars_fit_only_their_kind(tmp_path):
    saved = {"i": 3, "b": True, "f": 1.5, "n": np.int32(4), "a": np.array(5, np.int16)}
    tr.save(tmp_path / "c", saved)
    own = {"i": 0, "b": False, "f": 0.0, "n": np.int32(0), "a": np.zeros((), np.int16)}
    assert_same(saved, tr.load(tmp_path / "c", own))
    swapped = {**own, "n": np.array(0, np.int32), "a": np.int16(0)}
    with pytest.raises(tr.MismatchError) as caught:
        tr.load(tmp_path / "c", swapped)
    assert [(d.kind, d.path, d.remedy) for d in caught.value.differences] == [
        ("kind", "n", "cast=True converts"),
        ("kind", "a", "cast=True converts"),
    ]
    back = tr.load(tmp_path / "c", swapped, cast=True)
    assert type(back["n"]) is np.ndarray and back["n"] == 4 and type(back["a"]) is np.int16 and back["a"] == 5
    assert tr.load(tmp_path / "c", {"n": struct((), jnp.int32)}, unexpected="ignore", cast=True)["n"] == 4
    for template in (
        {"i": True},
        {"i": 0.0},
        {"b": 0},
        {"i": np.zeros((), int)},
        {"i": struct((), jnp.int32)},
        {"a": 5},
        {"f": print},
    ):
        with pytest.raises(tr.MismatchError):
            tr.load(tmp_path / "c", template, unexpected="ignore")


def test_compat_is_compared_before_anything_is_read(tmp_path):  # [GC-17, GC-18]
    compat = {"model": "net", "version": 3, "hyper": {"lr": 0.1, "layers": 12}}
    tr.save(tmp_path / "c", {"a": np.ones(1)}, compat=compat)
    assert tr.load(tmp_path / "c", compat=compat)["a"][0] == 1
    with pytest.raises(tr.MismatchError) as caught:
        tr.load(tmp_path / "c", {"a": 5}, compat={"model": "net", "version": 3.0, "hyper": {"lr": 0.2, "wd": 1}})
    assert [d.path for d in caught.value.differences] == [
        "hyper/lr",
        "hyper/wd",
        "version",
    ]


def test_a_report_on_many_leaves_is_quick(tmp_path):
    tr.save(tmp_path / "c", {f"a{i}": {"w": np.ones(2)} for i in range(3000)})
    with pytest.raises(tr.MismatchError) as caught:
        tr.load(tmp_path / "c", {f"b{i}": {"w": np.ones(2)} for i in range(3000)})
    assert len(caught.value.differences) == 6000


def test_a_template_with_one_path_twice(tmp_path):  # [RS-33]
    @jax.tree_util.register_pytree_with_keys_class
    class Twice:
        def tree_flatten_with_keys(self):
            return ((jax.tree_util.GetAttrKey("a"), 1), ("a", 2)), None

        @classmethod
        def tree_unflatten(cls, aux, children):
            return cls()

    tr.save(tmp_path / "c", {"t": {"a": 1}})
    with pytest.raises(tr.UsageError) as caught:
        tr.load(tmp_path / "c", {"t": Twice()})
    assert caught.value.rule == "RS-33"


def test_memory_is_bounded_before_it_is_reserved(tmp_path):  # [RS-38]
    tr.save(tmp_path / "c", {"a": np.zeros(1000), "b": np.zeros(10)})
    with pytest.raises(tr.LimitError, match="memory") as caught:
        tr.load(tmp_path / "c", limits={"memory": 8000})
    assert caught.value.rule == "RS-38"
    assert tr.load(tmp_path / "c", select="b", limits={"memory": 80})["b"].size == 10
