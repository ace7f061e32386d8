# SPDX-License-Identifier: Apache-2.0
"""The cases: every source of goldens/ and every refused case of it, assembled into a directory each."""
import fnmatch
import functools
import glob
import os
import shutil

from assemble import expect, patch, source
from assemble.__main__ import write
from assemble.pattern import to_bytes
from oracle import xxh3

from .protocol import CODEC_FEATURES

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Case:
    def __init__(self, golden, loaded, refused=None):
        self.golden, self.source, self.refused = golden, loaded, refused
        self.id = f"{golden}/{refused['name']}" if refused else golden
        self.title = "" if refused else loaded["title"]

    @functools.cached_property
    def files(self):
        return patch.assemble(self.source, self.refused)

    @property
    def rules(self):
        if not self.refused:
            return []
        rule = self.refused["rule"]
        return rule if isinstance(rule, list) else [rule]

    @property
    def cls(self):
        return self.refused["class"] if self.refused else None

    def write(self, root):
        """Writes the directory anew, and gives its path."""
        self.path = os.path.join(root, "cases", self.id.replace("/", "."))
        shutil.rmtree(self.path, ignore_errors=True)
        write(self.files, self.path)
        return self.path

    def unchanged(self):
        """Does the directory still hold what was written?"""
        if sorted(os.listdir(self.path)) != sorted(self.files):
            return False
        for name, file in self.files.items():
            path = os.path.join(self.path, name)
            if os.path.islink(path) != bool(file.link):
                return False
            with open(path, "rb") as written:
                if written.read() != bytes(file.data):
                    return False
        return True

    def show(self):
        """The JSON that `load` has to answer."""
        records = sum(len(file.data) for name, file in self.files.items()
                      if name == "MANIFEST" or name.startswith("index-"))
        return expect.show(self.source, self.path, records)

    def hosts(self):
        """Leaf row -> its bytes as `load` hands them out; of an inline leaf those of its blob."""
        manifest, out = self.source["manifest"], expect.hosts(self.source)
        for row, number in enumerate(manifest["leafSpecs"]):
            if value := manifest["specs"][number - 1].get("value"):
                blob = manifest["blobs"][value - 1]
                out[row] = blob.encode() if isinstance(blob, str) else to_bytes(blob)
        return out

    def unclaimed(self, features):
        """What a reader without some codecs meets: (feature that must be answered unsupported, or None;
        is there one in a file that the manifest names).  By the order of RC-06 to RC-10."""
        missing = {bit: name for bit, name in enumerate(CODEC_FEATURES) if name not in features}
        found = {name: next((what for bit, what in missing.items() if _required(file.data) >> bit & 1), None)
                 for name, file in self.files.items()}
        return found.pop("MANIFEST", None), any(found.values())


def _required(data):
    """The required bits of a header, where a reader comes as far as looking at them; otherwise 0."""
    data = bytes(data[:64])
    if len(data) < 64 or data[:8] != b"TREERING" or xxh3.stored64(data[:56]) != data[56:64]:
        return 0
    kind, major = (int.from_bytes(data[at:at + 2], "little") for at in (8, 10))
    return int.from_bytes(data[16:24], "little") if major == 1 and 1 <= kind <= 6 else 0


def load(only=None):
    """All cases, or those that one of the globs selects; the accepted one of a source is the first."""
    out = []
    for path in sorted(glob.glob(os.path.join(HERE, "goldens", "*.toml"))):
        golden, loaded = os.path.basename(path)[:-5], source.load(path)
        out.append(Case(golden, loaded))
        out += [Case(golden, loaded, refused) for refused in loaded.get("refused", [])]
    return [case for case in out if selects(only, case.id)]


def selects(only, name):
    """Without globs everything; a glob fits the whole id, or its part before the slash."""
    return not only or any(fnmatch.fnmatchcase(name, form) for one in only for form in (one, one + "/*"))
