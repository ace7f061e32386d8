#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every rule of the spec stands once, has its three homes, and is worded as it was when they were last read.

The homes: the sentence; a source line (`[XX-NN]`, or the rule of an error); a conformance case or a test. Where a home is
missing, a reason stands in conformance/no_case.toml or spec/rules_without_home.toml.

    check_rules.py --matrix             counts rules by their homes
    check_rules.py --lock BL-05 BL-06   confirms the sentences of these rules in spec/rules.lock
    check_rules.py --lock               confirms all, and prints those that it did not know
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections import defaultdict
from pathlib import Path

import checker
import rule_sentences
from checker import Plant
from rule_sentences import Sentence

ID = re.compile(r"\b([A-Z]{2}-\d{2,})\b")
# `// [RC-04]`, `[RC-04, RC-05]`, `[RC-04] [RC-05]`, and "RC-04" as the rule of an error.
TAG = re.compile(r"\[([A-Z]{2}-\d{2,}(?:[^\]\n]*[A-Z0-9])?)\]")
STRING = re.compile(r"""["']([A-Z]{2}-\d{2,})["']""")
MADE_UP = re.compile(r"\.rule = $")  # a test that makes an error of its own checks no rule by it
KEYWORD = re.compile(r"\b(MUST|SHOULD|MAY|SHALL|REQUIRED|RECOMMENDED|OPTIONAL)\b")
SOURCES = (".h", ".cc", ".cpp", ".c", ".py", ".json", ".toml", ".csv")
CITING = ("reference", "tools/cli", "fuzz", "conformance")
SOURCE_HOME = ("reference/include/", "reference/src/", "reference/python/src/", "tools/cli/")
TEST_HOME = ("reference/tests/", "reference/python/tests/", "tools/cli/tests/", "fuzz/")
CASE_HOME = "conformance/goldens/"
NO_HOME = "spec/rules_without_home.toml"
NO_CASE = "conformance/no_case.toml"
HOMES = {"source": "source line", "test": "case or test"}
SHORTEST_REASON = 20  # characters: less is no sentence


class Citations:
    """Who cites which rule: id -> places."""

    def __init__(self, root: Path):
        self.all: list[tuple[str, str]] = []
        self.source: dict[str, list[str]] = defaultdict(list)
        self.test: dict[str, list[str]] = defaultdict(list)
        self.case: dict[str, list[str]] = defaultdict(list)
        for file in checker.files(root, [f for f in CITING if (root / f).exists()], SOURCES):
            path = checker.name(root, file)
            try:
                text = file.read_text()
            except UnicodeDecodeError:
                continue  # an input of a fuzz target
            for id_, at in self._of(path, text):
                place = f"{path}:{checker.line_of(text, at)}"
                if path not in (NO_CASE,):
                    self.all.append((id_, place))
                home = self._home(path)
                if home is not None:
                    home[id_].append(place)

    @staticmethod
    def _of(path: str, text: str) -> list[tuple[str, int]]:
        if path.startswith(CASE_HOME):
            # In `rule =` of a refused case, and in the comment of an accepted one.
            return [(m[1], m.start()) for m in ID.finditer(text)]
        is_test = path.startswith(TEST_HOME)
        found = [(id_, m.start()) for m in TAG.finditer(text) for id_ in ID.findall(m[1])]
        found += [
            (m[1], m.start()) for m in STRING.finditer(text) if not (is_test and MADE_UP.search(text, m.start() - 8, m.start()))
        ]
        return found

    def _home(self, path: str) -> dict[str, list[str]] | None:
        if path.startswith(CASE_HOME):
            return self.case
        if path.startswith(TEST_HOME):
            return self.test
        return self.source if path.startswith(SOURCE_HOME) else None

    def places(self, id_: str) -> str:
        parts = [("cases", self.case), ("sources", self.source), ("tests", self.test)]
        return "; ".join(f"{name} {', '.join(dict.fromkeys(home[id_]))}" for name, home in parts if home.get(id_)) or "nowhere"


class Reasons:
    """What stands in the place of a home: id -> reason, and what is wrong with the two files."""

    def __init__(self, root: Path):
        self.problems: list[str] = []
        tables = self._read(root, NO_HOME)
        self.problems += [f"{NO_HOME}: [{name}] is no table; use [source] and [test]" for name in tables if name not in HOMES]
        self.source = self._table(NO_HOME, tables.get("source", {}))
        self.test = self._table(NO_HOME, tables.get("test", {}))
        self.no_case = self._table(NO_CASE, self._read(root, NO_CASE))

    def _read(self, root: Path, path: str) -> dict:
        if not (root / path).exists():
            return {}
        try:
            return tomllib.loads((root / path).read_text())
        except tomllib.TOMLDecodeError as error:
            self.problems.append(f"{path}: is no TOML: {error}")
            return {}

    def _table(self, path: str, table: object) -> dict[str, str]:
        if not isinstance(table, dict):
            self.problems.append(f"{path}: gives no reason for each id")
            return {}
        for id_, reason in table.items():
            if not isinstance(reason, str) or len(reason) < SHORTEST_REASON or not reason.endswith("."):
                self.problems.append(f"{path}: {id_}: the reason is no full sentence: {reason!r}")
        return table


def check_ids(root: Path, sentences: list[Sentence], citations: Citations, reasons: Reasons) -> list[str]:
    problems = []
    first: dict[str, str] = {}
    for sentence in sentences:
        if sentence.id in first:
            problems.append(f"{sentence.place}: {sentence.id} stands already at {first[sentence.id]}")
        first.setdefault(sentence.id, sentence.place)
    letters = {id_[:3] for id_ in first}
    for file in checker.files(root, ("spec",), (".md",)):
        text = file.read_text()
        for match in ID.finditer(text):
            if match[1] not in first and match[1][:3] in letters and file.name != "G-changes.md":
                problems.append(f"{checker.name(root, file)}:{checker.line_of(text, match.start())}: {match[1]} is no rule")
    problems += [f"{place}: {id_} is no rule of the spec" for id_, place in citations.all if id_ not in first]
    for path, table in ((NO_HOME, reasons.source | reasons.test), (NO_CASE, reasons.no_case)):
        problems += [f"{path}: {id_} is no rule of the spec" for id_ in table if id_ not in first]
    return problems


def check_keywords(root: Path) -> list[str]:
    """What binds stands in a rule. The chapter that explains the words, and words between backquotes, may name them."""
    problems = []
    for file in checker.files(root, ("spec",), (".md",)):
        text = file.read_text()
        name = checker.name(root, file)
        rules = [(s.start(), rule_sentences.extent(text, s.start())) for s in rule_sentences.DEFINITION.finditer(text)]
        quoted = [m.span() for m in re.finditer(r"`[^`\n]*`", text)]
        for match in KEYWORD.finditer(text):
            inside = any(start <= match.start() < end for start, end in rules + quoted)
            paragraph = text[text.rfind("\n\n", 0, match.start()) + 1 : text.find("\n\n", match.start())]
            if not inside and "BCP 14" not in paragraph:
                problems.append(f"{name}:{checker.line_of(text, match.start())}: {match[1]} stands outside of a rule; give it an id")
    return problems


def check_homes(sentences: list[Sentence], citations: Citations, reasons: Reasons) -> list[str]:
    problems = []
    for sentence in sentences:
        id_ = sentence.id
        has = {"source": id_ in citations.source, "test": id_ in citations.case or id_ in citations.test}
        for home, what in HOMES.items():
            reason = id_ in getattr(reasons, home)
            if has[home] and reason:
                problems.append(f"{NO_HOME}: [{home}] {id_} is stale, it has a {what}: {citations.places(id_)}")
            elif not has[home] and not reason and not sentence.is_withdrawn:
                problems.append(f"{sentence.place}: {id_} has no {what}: tag one with [{id_}], or give a reason in {NO_HOME}")
        # That a rule has no case excuses no missing test, and the other way round.
        if id_ not in citations.case and id_ not in reasons.no_case and not sentence.is_withdrawn:
            problems.append(f"{sentence.place}: {id_} has no case: write one, or give a reason in {NO_CASE}")
        if id_ in reasons.no_case and id_ in citations.case:
            problems.append(f"{NO_CASE}: {id_} is stale, it has a case: {', '.join(citations.case[id_])}")
    return problems


def check_lock(root: Path, sentences: list[Sentence], citations: Citations) -> list[str]:
    try:
        why = rule_sentences.changed(root)
    except ValueError as error:
        return [str(error)]
    places = {sentence.id: sentence.place for sentence in sentences}
    problems = []
    for id_, state in sorted(why.items()):
        if state == "gone":
            problems.append(
                f"{rule_sentences.LOCK}: {id_} is no longer in the spec; an id is never removed: a rule that goes keeps its id "
                f"and the word `withdrawn` (it was cited by {citations.places(id_)})"
            )
            continue
        said = "is new" if state == "new" else "has another sentence than the lock"
        problems.append(
            f"{places[id_]}: {id_} {said}; it is cited by {citations.places(id_)}: read these again, then run "
            f"`tools/dev/check_rules.py --lock {id_}`"
        )
    return problems


def check(root: Path) -> list[str]:
    sentences, citations, reasons = rule_sentences.all_of(root), Citations(root), Reasons(root)
    problems = check_ids(root, sentences, citations, reasons) + reasons.problems + check_keywords(root)
    problems += check_homes(sentences, citations, reasons) + check_lock(root, sentences, citations)
    return list(dict.fromkeys(problems))


def lock(arguments: argparse.Namespace, root: Path) -> None:
    if arguments.lock is None:
        return
    try:
        done = rule_sentences.confirm(root, arguments.lock or None)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    print("\n".join(done) if done else "nothing to confirm")


def report(arguments: argparse.Namespace, root: Path) -> None:
    if not arguments.matrix:
        return
    sentences, citations, reasons = rule_sentences.all_of(root), Citations(root), Reasons(root)
    columns = {
        "source": citations.source,
        "test": citations.test,
        "case": citations.case,
        "no source": reasons.source,
        "no test": reasons.test,
        "no case": reasons.no_case,
    }
    by_letters: dict[str, set[str]] = defaultdict(set)
    for sentence in sentences:
        by_letters[sentence.id[:2]].add(sentence.id)
    print(f"{'rules':<8}{'count':>6}" + "".join(f"{name:>11}" for name in columns))
    for letters, ids in [*sorted(by_letters.items()), ("all", set().union(*by_letters.values()))]:
        print(f"{letters:<8}{len(ids):>6}" + "".join(f"{len(ids & column.keys()):>11}" for column in columns.values()))
    print()


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--matrix", action="store_true", help="print how many rules have which home, or a reason")
    parser.add_argument("--lock", nargs="*", metavar="ID", help="confirm the sentences of these rules, or of all")


NEW_RULE = "\n**BL-98** A writer MUST do it again.\n"
SENTENCE = "**BL-13** A reader MUST NOT let the output grow"
PLANTS = [
    Plant("a rule twice", "spec/08-block.md", "\n**BL-01** A writer MUST do it again.\n", "BL-01 stands already"),
    Plant("a rule of another chapter again", "spec/09-data-file.md", "\n**BL-02** A writer MUST do it again.\n", "BL-02 stands already"),
    Plant("the spec cites no rule", "spec/08-block.md", "\nSee BL-9998.\n", "BL-9998 is no rule"),
    Plant("a tag of no rule", "reference/src/base/planted.cc", "int a;  // [BL-9999]\n", "BL-9999"),
    Plant("the second of two tags", "reference/src/base/planted.cc", "int a;  // [BL-01, BL-9997]\n", "BL-9997"),
    Plant("an error of no rule", "reference/src/base/planted.cc", 'auto a = "ZZ-01";\n', "ZZ-01"),
    Plant("a test of no rule", "reference/tests/planted.cc", 'auto a = "ZZ-02";\n', "ZZ-02"),
    Plant("a case of no rule", "conformance/planted.py", 'RULE = "ZZ-03"\n', "ZZ-03"),
    Plant("a golden of no rule", "conformance/goldens/planted.toml", 'rule = "ZZ-04"\n', "ZZ-04"),
    Plant("a reason for no rule", NO_HOME, '\nZZ-05 = "There is no such rule at all."\n', "ZZ-05 is no rule"),
    Plant("a duty without an id", "spec/08-block.md", "\nA writer MUST do it again.\n", "MUST stands outside of a rule"),
    Plant("a permission without an id", "spec/08-block.md", "\nIt goes on, and a writer\nMAY do it.\n", "MAY stands outside of a rule"),
    Plant("a rule without a source line", "spec/08-block.md", NEW_RULE, "BL-98 has no source line"),
    Plant("a rule without a test", "spec/08-block.md", NEW_RULE, "BL-98 has no case or test"),
    Plant("a rule without a case", "spec/08-block.md", NEW_RULE, "BL-98 has no case:"),
    Plant("a rule that is not locked", "spec/08-block.md", NEW_RULE, "BL-98 is new"),
    Plant("the only source line goes", "reference/src/format/codec.cc", "", "BL-14 has no source line", "  // [BL-14]"),
    Plant("the only test goes", "reference/tests/format/codec_test.cc", "", "BL-14 has no case or test", "  // [BL-14]"),
    Plant("a test that makes an error", "reference/tests/planted.cc", 'error.rule = "ZZ-06";\nauto a = "ZZ-07";\n', "ZZ-07"),
    Plant("a reason beside a source line", NO_HOME, '[source]\nBL-14 = "It is not written."\n', "[source] BL-14 is stale", "[source]\n"),
    Plant("a reason beside a test", NO_HOME, '[test]\nBL-14 = "It is not tested anywhere."\n', "[test] BL-14 is stale", "[test]\n"),
    Plant("a reason beside a case", NO_CASE, '\nBL-08 = "There is no case of this one."\n', "BL-08 is stale, it has a case"),
    Plant("a reason that is none", NO_HOME, '[test]\nBL-15 = "later"\n', "no full sentence", "[test]\n"),
    Plant("a file that is no TOML", NO_HOME, "\n[source\n", "is no TOML"),
    Plant("a table of another home", NO_HOME, '\n[error]\nBL-15 = "It has no error of its own."\n', "[error] is no table"),
    Plant("another word in a sentence", "spec/08-block.md", SENTENCE.replace("grow", "go"), "BL-13 has another sentence", SENTENCE),
    Plant("who cites the sentence", "spec/08-block.md", SENTENCE.replace("grow", "go"), "codec_test.cc", SENTENCE),
    Plant("another step in a list", "spec/14-restore.md", "2. Open `SLOT`", "RS-02 has another sentence", "2. Open `MANIFEST`"),
    Plant("an id goes", "spec/08-block.md", "A reader MUST NOT let", "BL-13 is no longer in the spec", "**BL-13** A reader MUST NOT let"),
    Plant("a lock of no digest", rule_sentences.LOCK, "BL-01\n", "has no new rule and digest"),
]

if __name__ == "__main__":
    checker.run(__doc__, check, PLANTS, ("spec", "reference", "conformance", "tools/cli", "fuzz"), options, report, lock)
