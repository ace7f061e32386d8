#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tables of spec/registry and those of the C++ sources say the same."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import checker
from checker import Plant

INCLUDE = "reference/include/treering"
FORMAT = "reference/src/format"
# Rows of kinds.csv by table: the file and the enum.
KINDS = {
    "record": (f"{FORMAT}/record.h", "RecordKind"),
    "node": (f"{INCLUDE}/tree.h", "NodeKind"),
    "key": (f"{INCLUDE}/key_path.h", "KeyKind"),
    "leaf": (f"{INCLUDE}/tree.h", "LeafKind"),
    "axis": (f"{INCLUDE}/tree.h", "AxisType"),
}
# Hyphenated words that are no error codes: names of the format itself.
KEBAB = re.compile(r'"([a-z]+(?:-[a-z0-9]+)+)"')
CLASS_AND_CODE = re.compile(r'ErrorClass::k(\w+),\s*(?:\.code\s*=\s*)?"([a-z][a-z0-9-]*[a-z0-9])"')


def rows(root: Path, table: str) -> list[dict[str, str]]:
    with open(root / "spec/registry" / f"{table}.csv", newline="") as file:
        return list(csv.DictReader(file))


def plain(word: str) -> str:
    """kFloat8E4m3fn and float8_e4m3fn are one name."""
    return re.sub(r"[-_]", "", word).lower()


def enum(root: Path, path: str, type_name: str) -> dict[str, int]:
    code = checker.blank((root / path).read_text())
    body = re.search(rf"enum class {type_name}\s*:[^{{]*\{{([^}}]*)\}}", code)
    if body is None:
        return {}
    return {plain(name): int(number, 0) for name, number in re.findall(r"\bk(\w+)\s*=\s*(\w+)", body[1])}


def compare(what: str, registry: dict[str, object], source: dict[str, object]) -> list[str]:
    problems = []
    for name in sorted(registry.keys() | source.keys()):
        if name not in source:
            problems.append(f"{what}: {name} is in the registry and not in the source")
        elif name not in registry:
            problems.append(f"{what}: {name} is in the source and not in the registry")
        elif registry[name] != source[name]:
            problems.append(f"{what}: {name} is {registry[name]} in the registry and {source[name]} in the source")
    return problems


def check_unique(root: Path) -> list[str]:
    """Numbers and names stand once."""
    problems = []
    for table, keys in (("dtypes", [("number",), ("name",)]), ("codecs", [("number",), ("name",)]), ("limits", [("name",)]),
                        ("features", [("word", "bit"), ("name",)]), ("kinds", [("table", "number"), ("table", "name")]),
                        ("errors", [("class", "code")])):
        if not (root / "spec/registry" / f"{table}.csv").exists():
            continue
        for key in keys:
            seen = set()
            for row in rows(root, table):
                value = tuple(row[column] for column in key)
                if value in seen:
                    problems.append(f"{table}.csv: {' '.join(value)} stands twice")
                seen.add(value)
    return problems


def check_kinds(root: Path) -> list[str]:
    problems = []
    for table, (path, type_name) in KINDS.items():
        registry = {plain(row["name"]): int(row["number"]) for row in rows(root, "kinds") if row["table"] == table}
        problems += compare(f"kinds.csv {table} / {type_name}", registry, enum(root, path, type_name))
    return problems


def check_dtypes(root: Path) -> list[str]:
    registry = rows(root, "dtypes")
    numbers = enum(root, f"{INCLUDE}/dtype.h", "Dtype")
    numbers.pop("none", None)
    problems = compare("dtypes.csv / Dtype", {plain(row["name"]): int(row["number"]) for row in registry}, numbers)
    header = (root / f"{INCLUDE}/dtype.h").read_text()
    count = re.search(r"kDtypeCount = (\d+)", header)
    if count is None or int(count[1]) != len(registry):
        problems.append(f"dtypes.csv has {len(registry)} rows, kDtypeCount says {count and count[1]}")
    source = root / "reference/src/model/dtype.cc"
    if source.exists():
        table = re.findall(r'\{\s*Dtype::k(\w+),\s*"(\w+)",\s*(\d+),\s*(\d+),\s*(\d+)\s*\}', source.read_text())
        widths = {name: (int(bits), int(stored)) for _, name, bits, stored, _ in table}
        problems += compare("dtypes.csv / dtype.cc", {r["name"]: (int(r["bits"]), int(r["stored_bits"])) for r in registry}, widths)
        problems += [f"dtype.cc: k{constant} is named {name}" for constant, name, *_ in table if plain(constant) != plain(name)]
    return problems


def check_codecs(root: Path) -> list[str]:
    problems = compare("codecs.csv / Codec", {plain(row["name"]): int(row["number"]) for row in rows(root, "codecs")},
                       enum(root, f"{INCLUDE}/codec.h", "Codec"))
    features = {row["name"]: row["bit"] for row in rows(root, "features") if row["word"] == "required"}
    for row in rows(root, "codecs"):
        if row["required_bit"] and features.get(row["name"]) != row["required_bit"]:
            problems.append(f"codecs.csv: {row['name']} has bit {row['required_bit']}, features.csv {features.get(row['name'])}")
    return problems


def check_features(root: Path) -> list[str]:
    header = (root / f"{FORMAT}/record.h").read_text()
    found = re.findall(r"kFeature(\w+) = (?:std::uint64_t\{1\}|1u|1ull) << (\d+)", header)
    # A reserved bit is refused like any unknown one, so that the source has no name for it.
    registry = {plain(row["name"]): int(row["bit"]) for row in rows(root, "features")
                if row["word"] == "required" and not row["meaning"].startswith("reserved")}
    return compare("features.csv / record.h", registry, {plain(name): int(bit) for name, bit in found})


def number_of(expression: str) -> int | None:
    """`std::uint64_t{4} << 20`, `256`, `1u << 20`."""
    match = re.fullmatch(r"(?:std::uint64_t\{(\d+)\}|(\d+)u?)(?: << (\d+))?", expression.strip())
    return match and int(match[1] or match[2]) << int(match[3] or 0)


def check_limits(root: Path) -> list[str]:
    code = checker.blank((root / f"{INCLUDE}/limits.h").read_text())
    found = dict(re.findall(r"std::uint64_t (\w+) = ([^;]+);", code))
    return compare("limits.csv / Limits", {row["name"]: int(row["default"]) for row in rows(root, "limits")},
                   {name: number_of(expression) for name, expression in found.items()})


def check_errors(root: Path) -> list[str]:
    if not (root / "spec/registry/errors.csv").exists():
        return []
    table = {(row["class"], row["code"]) for row in rows(root, "errors")}
    classes = {match for match in re.findall(r'return "([a-z-]+)";', (root / "reference/src/base/error.cc").read_text())}
    problems = [f"errors.csv: {name} is no class" for name in sorted({cls for cls, _ in table} - classes)]
    known = {code for _, code in table} | classes | {row["name"] for t in ("kinds", "codecs", "features") for row in rows(root, t)}
    for file in checker.files(root, ("reference/src", "tools/cli"), (".h", ".cc")):
        code = checker.blank(file.read_text(), strings=False)
        for match in CLASS_AND_CODE.finditer(code):
            pair = (re.sub(r"(?<!^)(?=[A-Z])", "-", match[1]).lower(), match[2])
            if pair not in table:
                problems.append(f"{checker.name(root, file)}:{checker.line_of(code, match.start())}: {' '.join(pair)} is not in errors.csv")
        for match in KEBAB.finditer(code) if "reference/src" in file.as_posix() else ():
            if match[1] not in known:
                problems.append(f"{checker.name(root, file)}:{checker.line_of(code, match.start())}: code {match[1]} is not in errors.csv")
    return list(dict.fromkeys(problems))


def check(root: Path) -> list[str]:
    problems = check_unique(root)
    for part in (check_kinds, check_dtypes, check_codecs, check_features, check_limits, check_errors):
        problems += part(root)
    return problems


PLANTS = [
    Plant("a new dtype in the registry", "spec/registry/dtypes.csv", "35,float3,3,4\n", "float3"),
    Plant("another width", "spec/registry/dtypes.csv", "2,int1,1,8", "int1", "2,int1,1,1"),
    Plant("another dtype number", f"{INCLUDE}/dtype.h", "kInt1 = 3, kInt2 = 2", "int1 is 2", "kInt1 = 2, kInt2 = 3"),
    Plant("another dtype name", "reference/src/model/dtype.cc", '"int02"', "int02", '"int2"'),
    Plant("another node kind", "spec/registry/kinds.csv", "node,4,row", "row", "node,4,list"),
    Plant("another key kind", f"{INCLUDE}/key_path.h", "kSequence = 8", "sequence is 6", "kSequence = 6"),
    Plant("another record kind", "spec/registry/kinds.csv", "record,7,extra\n", "extra"),
    Plant("a number twice", "spec/registry/kinds.csv", "leaf,1,second\n", "stands twice"),
    Plant("another codec", "spec/registry/codecs.csv", "3,zstd,2\n", "zstd"),
    Plant("another feature bit", "spec/registry/features.csv", "required,2,bitshuffle-lz4", "bitshufflelz4", "required,1,bitshuffle-lz4"),
    Plant("another limit", "spec/registry/limits.csv", "rank,33", "rank is 33", "rank,32"),
    Plant("a limit that is not registered", f"{INCLUDE}/limits.h", "std::uint64_t planted = 5;\n", "planted"),
    Plant("an unknown class", "spec/registry/errors.csv", "broken,planted,x\n", "broken is no class"),
    Plant("an unregistered code", "reference/src/base/planted.cc", 'auto a = fail(ErrorClass::kCorrupt, "planted-code");\n', "planted-code"),
    Plant("a code of another class", "reference/src/base/planted.cc", 'auto a = Error{.cls = ErrorClass::kNotFound, .code = "gap"};\n',
          "not-found gap"),
]

if __name__ == "__main__":
    checker.run(__doc__, check, PLANTS, ("spec", "reference/include", "reference/src", "tools/cli"))
