# SPDX-License-Identifier: Apache-2.0
"""Canonical JSON of values, against the table of spec 01 and against the library's checker."""

import enum
import math
import struct

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec as P

import treering as tr
from treering import _core, _values

SPEC = [
    ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
    (0.001, '{"$float":"3f50624dd2f1a9fc"}'),
    (-0.0, '{"$float":"8000000000000000"}'),
    (2**53, "9007199254740992"),
    (2**53 + 1, '{"$int":"9007199254740993"}'),
    ((1, "x"), '{"$tuple":[1,"x"]}'),
    ({1: "a", "$k": "b"}, '{"$dict":[["$k","b"],[1,"a"]]}'),
    (b"\x00\xff", '{"$bytes":"00ff"}'),
    (1 - 2j, '{"$complex":["3ff0000000000000","c000000000000000"]}'),
    ('tab\t"é"', '"tab\\u0009\\"é\\""'),
    (P(None, ("x", "y")), '{"$spec":[null,{"$tuple":["x","y"]}]}'),
    (np.dtype("float32"), '{"$dtype":"float32"}'),
    (jnp.bfloat16, '{"$dtype":"bfloat16"}'),
    ({}, "{}"),
    ([], "[]"),
    ((), '{"$tuple":[]}'),
    ("", '""'),
    (-(2**64), '{"$int":"-18446744073709551616"}'),
    ({"é": 1, "z": 2, "😀": 3, "": 4}, '{"":4,"z":2,"é":1,"😀":3}'),
    ({True: 1, (2, "b"): {"x": {3: 4}}}, '{"$dict":[[true,1],[{"$tuple":[2,"b"]},{"x":{"$dict":[[3,4]]}}]]}'),
]


@pytest.mark.parametrize("value, text", SPEC, ids=[text[:20] for _, text in SPEC])
def test_the_table_of_the_spec(value, text):  # [VA-11, VA-19]
    assert _values.encode(value, "x") == text
    _core.check_value(text.encode())
    back = _values.decode(text)
    assert back == value and _values.encode(back, "x") == text


def test_numpy_and_jax_scalars_become_python(tmp_path):
    value = {
        "f": np.float32(0.5),
        "i": np.int8(-3),
        "b": np.True_,
        "bf": jnp.bfloat16(1.5),
        "j": jnp.asarray(2.5),
        "c": np.complex64(1j),
    }
    assert _values.decode(_values.encode(value, "x")) == {"f": 0.5, "i": -3, "b": True, "bf": 1.5, "j": 2.5, "c": 1j}


def test_floats_keep_their_bits():  # [VA-20]
    for bits in ("7ff0000000000001", "fff8000000000abc", "0000000000000001", "7ff0000000000000"):
        value = struct.unpack(">d", bytes.fromhex(bits))[0]
        assert struct.pack(">d", _values.decode(_values.encode(value, "x"))).hex() == bits
    assert math.isnan(_values.decode(_values.encode(math.nan, "x")))


@pytest.mark.parametrize("digits", [18, 4299, 4301, 20_000])
def test_integers_of_any_length(digits):
    value = -(7 * 10**digits + 12345)
    text = _values.encode(value, "x")
    assert text == '{"$int":"-7' + "12345".rjust(digits, "0") + '"}'
    assert _values.decode(text) == value


class Color(enum.Enum):
    RED = 1


def test_things_that_are_only_named():  # [VA-18, GC-08]
    value = {"type": dict, "code": jax.nn.gelu, "enum": Color.RED, "opaque": object()}
    text = _values.encode(value, "x", lenient=True)
    _core.check_value(text.encode())
    back = _values.decode(text)
    assert back["type"] == tr.Named("type", "builtins.dict") and back["opaque"].form == "opaque"
    assert back["enum"].content[1] == "RED" and _values.encode(back, "x") == text
    with pytest.raises(tr.InvalidError, match=r"x\['type'\]"):
        _values.encode({"type": dict}, "x")


def test_depth():  # [VA-08]
    for levels, fits in ((64, True), (65, False)):
        value = 1
        for _ in range(levels):
            value = [value]
        if fits:
            _core.check_value(_values.encode(value, "x").encode())
        else:
            with pytest.raises(tr.LimitError, match="64"):
                _values.encode(value, "x")
    for wrap in (lambda v: (v,), lambda v: {1: v}, lambda v: {"k": v}):
        value, text = 1, ""
        for _ in range(70):
            value = wrap(value)
            try:
                text = _values.encode(value, "x")
            except tr.LimitError:
                break
        else:
            raise AssertionError("no limit")
        _core.check_value(text.encode())
    loop = {}
    loop["me"] = loop
    with pytest.raises(tr.LimitError, match="contains itself"):
        _values.encode(loop, "x")
