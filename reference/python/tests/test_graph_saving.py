# SPDX-License-Identifier: Apache-2.0
"""Graph records in checkpoints: what save writes, and what load says of a model that changed."""

import functools
import logging

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from sameness import assert_same
from test_graph import Net, told
from test_graph import make as make_any

import treering as tr
from treering import _core, _graph
from treering._pytree import TreeWriter


make = functools.partial(make_any, raw=False)


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.WARNING, "treering")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "treering"]


def graph_of(path):
    with tr.open(path) as ckpt:
        return ckpt.graph


def abstract(**options):
    return nnx.eval_shape(lambda: make(**options)[0])


def test_a_save_records_the_modules_of_its_tree(tmp_path):
    model, optimizer = make()
    tr.save(tmp_path / "a", model)
    assert graph_of(tmp_path / "a") == tr.graph_record(model)
    tree = {"model": model, "state": [optimizer, 3]}
    tr.save(tmp_path / "b", tree)
    assert graph_of(tmp_path / "b") == tr.graph_record({"model": model, "state": [optimizer]})
    tr.save(tmp_path / "c", tree, graph=False)
    tr.save(tmp_path / "d", nnx.state(model))
    assert graph_of(tmp_path / "c") is None and graph_of(tmp_path / "d") is None
    with tr.open(tmp_path / "b") as ckpt:
        assert told(ckpt, tree) == [] and tr.fingerprint(ckpt) == tr.fingerprint(tree)
    with pytest.raises(tr.UsageError, match="no graph record"), tr.open(tmp_path / "d") as ckpt:
        tr.fingerprint(ckpt)


def test_a_graph_is_given_beside_states(tmp_path):
    model, optimizer = make()
    graphdef, state = nnx.split(model)
    wanted = tr.graph_record({"model": model})
    trees = [{"model": state, "step": 3}, {"model": nnx.to_pure_dict(state)}, {"x": jnp.ones(3), "model": state}]
    for i, tree in enumerate(trees):
        for j, graph in enumerate([model, graphdef, nnx.split(model), {"model": graphdef}, wanted]):
            tr.save(tmp_path / f"{i}{j}", tree, graph=graph)
            assert graph_of(tmp_path / f"{i}{j}") == wanted
    tr.save(tmp_path / "root", state, graph=graphdef)
    assert graph_of(tmp_path / "root") == tr.graph_record(model)
    both = {"model": state, "optimizer": nnx.state(optimizer)}
    tr.save(tmp_path / "both", both, graph={"model": model, "optimizer": nnx.graphdef(optimizer)})
    assert graph_of(tmp_path / "both") == tr.graph_record({"model": model, "optimizer": optimizer})
    tr.save(tmp_path / "pair", nnx.split(model, nnx.Param, ...)[1:], graph=nnx.split(model, nnx.Param, ...))
    assert graph_of(tmp_path / "pair") == tr.graph_record(model)


def test_the_manager_records_graphs(tmp_path, log):
    model, optimizer = make()
    with tr.CheckpointManager(tmp_path / "run") as manager:
        manager.save(1, {"model": model, "optimizer": optimizer}, compat={"x": 1})
        manager.save(2, {"model": nnx.state(model)}, graph=model)
        with manager.open(1) as ckpt:
            assert ckpt.graph == tr.graph_record({"model": model, "optimizer": optimizer}) and ckpt.compat["x"] == 1
        with manager.open(2) as ckpt:
            assert ckpt.graph == tr.graph_record({"model": model})
        with pytest.raises(tr.MismatchError, match="model.head: alias of embed.embedding"):
            manager.restore(1, {"model": abstract(tied=False)}, unexpected="ignore", graph="arrays", missing="error")
        manager.restore(1, {"model": abstract(tied=False)}, unexpected="ignore", graph=None)
        assert log() == []


def test_a_changed_model_is_told_in_the_one_report(tmp_path):
    tr.save(tmp_path / "c", {"model": make()[0], "n": 1})
    with pytest.raises(tr.MismatchError) as caught:
        tr.load(tmp_path / "c", {"model": abstract(width=4, act=nnx.gelu), "n": 1.5})
    text = str(caught.value)
    assert "model/layers/0/kernel: checkpoint float32[8,8], template float32[4,4]" in text
    assert "  the model changed since (" in text and "n: checkpoint int, template float" in text
    assert "model.layers[0]: out_features 8 → 4" in text and "model.layers[1]: relu → gelu" in text
    assert "model.layers[0].kernel: shape" not in text  # told already
    changed = [difference for difference in caught.value.differences if difference.kind == "graph"]
    assert ("model.layers[0]", "8", "4") in {(d.path, d.stored, d.wanted) for d in changed}


def test_a_changed_model_that_takes_the_arrays_is_one_warning(tmp_path, log):
    model = make()[0]
    tr.save(tmp_path / "c", {"model": model})
    back = tr.load(tmp_path / "c", {"model": abstract(act=nnx.gelu)})
    assert_same(nnx.state(model), back["model"])
    assert log() == [f"the model changed since {tmp_path / 'c'} was saved: model.layers[1]: relu → gelu"]
    changed = abstract()
    changed.drop.rate = 0.25
    for level, options in (("structure", {"act": nnx.gelu}), ("program", {})):
        tr.load(tmp_path / "c", {"model": abstract(**options)}, graph=level)
    for level, template in (("program", abstract(act=nnx.gelu)), ("structure", changed), ("program", changed)):
        with pytest.raises(tr.MismatchError) as caught:
            tr.load(tmp_path / "c", {"model": template}, graph=level)
        assert caught.value.code == "graph" and "graph=None loads anyway" in str(caught.value)
    assert "model.drop: rate 0.5 → 0.25" in str(caught.value)
    with pytest.raises(tr.UsageError, match="level"):
        tr.load(tmp_path / "c", {"model": changed}, graph="all")


def test_tying_counts_as_arrays(tmp_path, log):
    tr.save(tmp_path / "tied", make()[0])
    with pytest.raises(tr.MismatchError) as caught:
        tr.load(tmp_path / "tied", abstract(tied=False))
    assert [d.text for d in caught.value.differences] == ["head: alias of embed.embedding → Param float32[16,8]"]
    assert tr.load(tmp_path / "tied", abstract(tied=False), graph=None)["head"].get_raw_value().shape == (16, 8)
    assert log() == []


def test_options_that_accept_other_leaves_accept_their_graph(tmp_path, log):
    tr.save(tmp_path / "c", {"model": make()[0]})
    wider = make(width=4)[0]
    back = tr.load(tmp_path / "c", {"model": wider}, select="model/scale")
    np.testing.assert_array_equal(back["model"]["scale"].get_raw_value(), np.ones(3))
    assert len(log()) == 1 and "model.norm: num_features 8 → 4" in log()[0]
    with pytest.raises(tr.MismatchError):
        tr.load(tmp_path / "c", {"model": wider}, select="model/scale", graph="structure")
    # Modules that only one side has are the business of the template.
    tr.save(tmp_path / "d", {"model": make()[0], "optimizer": make()[1]})
    tr.load(tmp_path / "d", {"model": abstract()}, unexpected="ignore")
    assert len(log()) == 1


def test_a_shared_model_is_compared_where_the_template_has_it(tmp_path, log):
    model = make()[0]
    both = nnx.ModelAndOptimizer(model, optax.sgd(0.1))
    tr.save(tmp_path / "c", {"model": model, "train": both})
    tr.load(tmp_path / "c", {"train": nnx.ModelAndOptimizer(make()[0], optax.sgd(0.1))}, unexpected="ignore")
    assert log() == []


def test_a_record_that_cannot_be_interpreted_stops_no_load(tmp_path, log):  # [GC-04]
    model = nnx.Linear(2, 3, rngs=nnx.Rngs(0))
    _core.save(bytes(tmp_path / "c"), TreeWriter().write(model), {"codec": "raw", "graph": '{"a":1}'}, None)
    assert graph_of(tmp_path / "c") == {"a": 1}
    assert_same(nnx.state(model), tr.load(tmp_path / "c", model))
    assert len(log()) == 1 and "GC-05" in log()[0]
    with pytest.raises(tr.InvalidError) as caught, tr.open(tmp_path / "c") as ckpt:
        tr.diff_graph(ckpt, model)
    assert caught.value.rule == "GC-05"


def test_a_record_that_cannot_be_made_stops_no_save(tmp_path, log, monkeypatch):  # [GC-06, GC-07]
    model = nnx.Linear(2, 3, rngs=nnx.Rngs(0))
    monkeypatch.setattr(_graph, "MAX_BYTES", 500)
    tr.save(tmp_path / "a", model)
    with pytest.raises(tr.LimitError) as caught:
        tr.save(tmp_path / "b", model, graph=model)
    assert caught.value.rule == "GC-07" and not (tmp_path / "b").exists()
    monkeypatch.setattr(_graph, "record", lambda source: 1 / 0)
    tr.save(tmp_path / "c", model)
    assert graph_of(tmp_path / "a") is None and graph_of(tmp_path / "c") is None
    assert len(log()) == 2 and all("without its graph record" in line for line in log())


def test_types_of_a_script_are_warned_of_once(tmp_path, log):  # [GC-13]
    cls = type("OnlyHere", (nnx.Module,), {"__module__": "__main__"})
    model = cls()
    model.w = nnx.Param(jnp.ones(1))
    for name in "ab":
        tr.save(tmp_path / name, model)
    assert len(log()) == 1 and "__main__.OnlyHere" in log()[0]
    assert graph_of(tmp_path / "a")["nodes"][0][1]["type"] == "__main__.OnlyHere"


def test_eval_mode_is_part_of_the_structure():
    train, evaluate = Net(nnx.Rngs(0)), Net(nnx.Rngs(0))
    evaluate.eval()
    assert tr.fingerprint(train, "arrays") == tr.fingerprint(evaluate, "arrays")
    assert "drop: deterministic False → True" in told(train, evaluate)
