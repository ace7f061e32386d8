# SPDX-License-Identifier: Apache-2.0
"""python3 -m assemble SOURCE.toml [CASE]             annotated hex of every file
   python3 -m assemble SOURCE.toml [CASE] -o OUTDIR   writes the directory"""
import os
import sys

from . import annotate, patch, source


def write(files, out):
    os.makedirs(out, exist_ok=True)
    for name, file in files.items():
        path = os.path.join(out, name)
        if os.path.lexists(path):                # never through a link of another case
            os.unlink(path)
        if file.link:
            os.symlink(file.link, path)
            continue
        with open(path, "wb") as f:
            f.write(file.data)


def main(arguments):
    out = None
    if "-o" in arguments:
        at = arguments.index("-o")
        out, arguments = arguments[at + 1], arguments[:at] + arguments[at + 2:]
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    loaded = source.load(arguments[0])
    case = None
    if len(arguments) == 2:
        case = next((c for c in loaded.get("refused", []) if c["name"] == arguments[1]), None)
        if case is None:
            print(f"no case {arguments[1]}; there are {[c['name'] for c in loaded.get('refused', [])]}", file=sys.stderr)
            return 2
    files = patch.assemble(loaded, case)
    if out:
        write(files, out)
        return 0
    for name, file in sorted(files.items()):
        print(f"{name}: {len(file.data)} bytes{' behind a symbolic link' if file.link else ''}")
        for line in annotate.lines(file):
            print("    " + line)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
