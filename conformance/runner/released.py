# SPDX-License-Identifier: Apache-2.0
"""The files in `out`, held against the elements of the accepted source.

Whatever stands in `out` has been released, whether the adapter has named it, refused the checkpoint, or died.
"""
import os


def problems(wanted, rows, out, accepted):
    """Texts; none where nothing but true elements was released.

    `wanted`: leaf row -> its bytes.  `rows`: what the reply names.  `accepted`: the answer was ok, so that each leaf
    has to be there.
    """
    found, files = _files(out)
    named = set()
    told = "" if accepted else "released unverified bytes: "
    for row in rows:
        leaf, name = row["leaf"], os.path.normpath(row["file"])
        if name not in files:
            found.append(f"elements of leaf {leaf}: there is no file {row['file']!r} in out")
        elif leaf not in wanted:
            found.append(f"elements of leaf {leaf}: the checkpoint has no such leaf row")
        elif text := _difference(files[name], wanted[leaf]):
            found.append(f"{told}elements of leaf {leaf} differ {text}")
        named.add(name)
    for name in sorted(files.keys() - named):
        if os.path.getsize(files[name]) and all(_difference(files[name], data) for data in wanted.values()):
            found.append(f"released unverified bytes: the file {name!r} in out holds the elements of no leaf")
    if accepted:
        found += [f"no elements of leaf {leaf}" for leaf in sorted(wanted.keys() - {row["leaf"] for row in rows})]
    return found


def _files(out):
    """What is no file, as texts; and the files below `out`, name -> path."""
    found, files = [], {}
    for at, directories, names in os.walk(out):
        for name in directories + names:
            path = os.path.join(at, name)
            if os.path.islink(path) or name in names and not os.path.isfile(path):
                found.append(f"{os.path.relpath(path, out)!r} in out is no file")
            elif name in names:
                files[os.path.relpath(path, out)] = path
    return found, files


def _difference(path, data):
    """Where the file is not `data`, as text; empty where it is."""
    try:
        with open(path, "rb") as file:
            found = file.read(len(data) + 1)
    except OSError as e:
        return f"or cannot be read: {e.strerror}"
    if found == data:
        return ""
    at = next((i for i, (a, b) in enumerate(zip(found, data)) if a != b), min(len(found), len(data)))
    return (f"from byte {at} on: {found[at:at + 8].hex(' ') or '-'} of {os.path.getsize(path)} bytes; "
            f"expected {data[at:at + 8].hex(' ') or '-'} of {len(data)}")
