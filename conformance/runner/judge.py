# SPDX-License-Identifier: Apache-2.0
"""An answer held against what a case expects.  The runner decides, never the adapter."""
import os
import time

from . import released
from .process import Failure

# Rules that reading the data of a leaf has to check; those on gaps, heads and contents are for verify.
OF_READING = {"BL-08", "BL-09", "BL-10", "BL-11", "BL-12", "BL-18", "DT-16", "DT-17", "DT-18", "TR-38"}


class Result:
    def __init__(self, case_id, title):
        self.id, self.title, self.problems, self.answers, self.unsupported = case_id, title, [], [], None
        self.outcome, self.seconds, self.reason, self.details = "passed", 0.0, None, []

    def problem(self, text):
        self.problems.append(text)
        self.outcome = "failed"


def run(case, adapter, root):
    """Asks the adapter about one case."""
    result, began = Result(case.id, case.title), time.monotonic()
    path = case.write(root)
    out = os.path.join(root, "out", os.path.basename(path))
    os.makedirs(out, exist_ok=True)
    reply = {}
    try:
        if adapter.about is None:
            adapter.start()
        reply = _load(case, adapter, path, out, result)
        if "verify" in adapter.about["commands"]:
            _verify(case, adapter, path, result)
    except Failure as e:
        result.problem(f"{e.kind}: {e}")
    _released(case, adapter, reply, out, result)
    if not case.unchanged():
        result.problem("the adapter has changed the directory of the case")
    result.seconds = time.monotonic() - began
    return result


def _ask(case, adapter, result, command, **members):
    """The reply, noted in the result: (verdict, class, reply)."""
    reply = adapter.ask(command, **members)
    err = reply.get("err")
    if command == "verify" and err is None and reply["ok"]["damage"]:
        err = reply["ok"]["damage"][0]
    verdict = "refused" if err else "accepted"
    result.answers.append({"command": command, "verdict": verdict,
                           **({name: err.get(name) for name in ("class", "rule", "code", "message")} if err else {})})
    return err["class"] if err else None, reply


def _wanted(case, adapter, result):
    """The classes that may be answered; (None,) stands for accepted."""
    here, below = case.unclaimed(adapter.about["features"])
    if here:
        result.unsupported = here
        return ("unsupported",)
    return (case.cls, "unsupported") if below and case.cls else (case.cls,)


def _compare(found, wanted, result, command):
    names = [cls or "accepted" for cls in wanted]
    if found not in wanted:
        said = result.answers[-1]
        why = ": ".join(str(said[name])[:300] for name in ("rule", "message") if said.get(name))
        result.problem(f"{command}: {found or 'accepted'}{why and f' ({why})'}; expected {' or '.join(names)}"
                       + (f", since the adapter does not claim {result.unsupported}" if result.unsupported else ""))
    return found in wanted


def _load(case, adapter, path, out, result):
    wanted = _wanted(case, adapter, result)
    elements = "elements" in adapter.about["features"]
    if case.refused and case.refused.get("show") == "ok" and not result.unsupported:
        if not elements or case.refused.get("elements") == "ok" or not OF_READING.issuperset(case.rules):
            wanted += (None,)                    # only verify has to find it
    found, reply = _ask(case, adapter, result, "load", ckpt=path, out=out)
    if _compare(found, wanted, result, "load") and found is None and not case.refused:
        for line in differences(case.show(), reply["ok"]["show"]):
            result.problem("load: show" + line)
    return reply


def _released(case, adapter, reply, out, result):
    """The elements that were handed out; `reply` is the one to load, empty where there is none."""
    accepted = "ok" in reply and "elements" in adapter.about["features"]
    rows = reply["ok"].get("leaves", []) if "ok" in reply else reply.get("err", {}).get("released", [])
    for line in released.problems(case.hosts(), rows, out, accepted):
        result.problem("load: " + line)


def _verify(case, adapter, path, result):
    wanted = _wanted(case, adapter, result)
    found, reply = _ask(case, adapter, result, "verify", ckpt=path)
    if _compare(found, wanted, result, "verify") and found is None and not case.refused:
        expected = {"damage": [], "ok": True, "path": path, "step": case.source["expect"].get("step"),
                    "target": "checkpoint"}
        for line in differences(expected, reply["ok"]):
            result.problem("verify: " + line.lstrip("."))
    elif found is not None and "ok" in reply and reply["ok"]["ok"]:
        result.problem("verify: ok is true, but there is damage")


def advice(case, result):
    """Where the rule is none of those that the source names.  This is no failure (IN-06)."""
    return [f"{answer['command']} names {answer['rule']}, the source {' or '.join(case.rules)}"
            for answer in result.answers if answer.get("rule") and answer["rule"] not in case.rules
            and not result.unsupported]


def differences(wanted, found, where="", limit=8):
    """Places in which two JSON values differ.  A member that is not expected is none: a later version may add it.
    An integer above 2^53 may come as text."""
    out = []
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name, value in wanted.items():
            if name not in found:
                out.append(f"{where}.{name} is missing")
            else:
                out += differences(value, found[name], f"{where}.{name}", limit - len(out))
            if len(out) >= limit:
                break
    elif isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            out.append(f"{where} has {len(found)} entries; expected {len(wanted)}")
        for i, (a, b) in enumerate(zip(wanted, found)):
            out += differences(a, b, f"{where}[{i}]", limit - len(out))
            if len(out) >= limit:
                break
    elif type(wanted) is not type(found) or wanted != found:
        if not (type(wanted) is int and wanted > 1 << 53 and found == str(wanted)):
            out.append(f"{where} is {_short(found)}; expected {_short(wanted)}")
    return out[:max(limit, 0)]


def _short(value):
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."
