"""python3 -m oracle show CKPT | verify CKPT | load CKPT OUTDIR"""
import os
import sys

from . import checkpoint, show, tree, xxh3


def load(path, out):
    """The host bytes of each leaf row in OUT/leaf-<row>.bin, and OUT/leaves.json with their digests."""
    os.makedirs(out, exist_ok=True)
    rows = []
    with checkpoint.Checkpoint(path).check_files() as found:
        m = found.manifest
        for leaf in m.leaves:
            data = found.read_leaf(leaf.row)
            with open(os.path.join(out, f"leaf-{leaf.row}.bin"), "wb") as file:
                file.write(data)
            rows.append({"leaf": leaf.row, "typed": m.first_node[leaf.row].typed,
                         "kind": tree.LEAF_NAMES[leaf.kind], "dtype": leaf.dtype.name if leaf.dtype else None,
                         "shape": None if leaf.inline else leaf.shape, "bytes": len(data),
                         "digest": xxh3.printed(xxh3.stored128(data))})
    text = show.dump(rows)
    with open(os.path.join(out, "leaves.json"), "w", encoding="utf-8") as file:
        file.write(text)
    return rows


def main(arguments):
    if len(arguments) == 2 and arguments[0] in ("show", "verify"):
        found, code = show.run(getattr(show, arguments[0]), arguments[1])
    elif len(arguments) == 3 and arguments[0] == "load":
        found, code = show.run(lambda path: load(path, arguments[2]), arguments[1])
    else:
        print(__doc__, file=sys.stderr)
        return 2
    sys.stdout.buffer.write(show.dump(found).encode("utf-8", "surrogatepass"))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
