# SPDX-License-Identifier: Apache-2.0
"""Loads the oracle so that each of its checks can be left out, one at a time or all of a rule.

A check is `need(condition, rule, ..)`, `within(count, limit, rule)` or `raise Refused(rule, ..)`.  Of a condition
`a and b` each part is a check of its own.  A check is named by its place: module:line, and .n for the n-th part.
Import this before anything of the oracle.
"""
import ast
import importlib.abc
import importlib.machinery
import sys

LEFT_OUT = set()                                 # rules, and places of checks, that never refuse
CHECKS = {}                                      # place of a check -> its rule; None where it depends on the caller


def _left_out(rule, place):
    return rule in LEFT_OUT or place in LEFT_OUT


class _Plant(ast.NodeTransformer):
    def __init__(self, module):
        self.module = module

    def left_out(self, rule, node, part=None):
        """The call that asks whether this check is left out."""
        place = f"{self.module}:{node.lineno}" + ("" if part is None else f".{part}")
        CHECKS[place] = rule.value if isinstance(rule, ast.Constant) else None
        call = ast.Call(ast.Name("_left_out", ast.Load()), [rule, ast.Constant(place)], [])
        return ast.copy_location(call, node)

    def visit_FunctionDef(self, node):
        if node.name not in ("need", "within", "form"):          # these hand on what their callers check
            self.generic_visit(node)
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name == "need" and len(node.args) > 2:
            node.args[0] = self.condition(node.args[0], node.args[1], node)
        elif name == "form" and self.module == "value":
            node.args[0] = self.condition(node.args[0], ast.Constant("VA-14"), node)
        elif name == "within":
            rule = node.args[2] if len(node.args) > 2 else ast.Constant("LM-02")
            node.args[0] = ast.IfExp(self.left_out(rule, node), ast.Constant(0), node.args[0])
        return node

    def condition(self, condition, rule, node):
        if not (isinstance(condition, ast.BoolOp) and isinstance(condition.op, ast.And)):
            return ast.BoolOp(ast.Or(), [self.left_out(rule, node), condition])
        condition.values = [ast.BoolOp(ast.Or(), [self.left_out(rule, node, i), part])
                            for i, part in enumerate(condition.values)]
        return condition

    def visit_Raise(self, node):
        if not (isinstance(node.exc, ast.Call) and getattr(node.exc.func, "id", "") == "Refused"):
            return node
        asked = ast.UnaryOp(ast.Not(), self.left_out(node.exc.args[0], node))
        return ast.If(asked, [node], [])


class _Loader(importlib.machinery.SourceFileLoader):
    def path_stats(self, path):
        raise OSError("bytecode on disk has no plants")

    def source_to_code(self, data, path, *, _optimize=-1):
        tree = _Plant(self.name.rpartition(".")[2]).visit(ast.parse(data, path))
        return compile(ast.fix_missing_locations(tree), path, "exec", optimize=_optimize)

    def exec_module(self, module):
        module._left_out = _left_out
        super().exec_module(module)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if not name.startswith("oracle."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec:
            spec.loader = _Loader(name, spec.origin)
        return spec


if any(name.startswith("oracle.") for name in sys.modules):
    raise ImportError("the oracle is loaded already, without plants")
sys.meta_path.insert(0, _Finder())
