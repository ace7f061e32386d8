"""Flips one bit in the middle of the largest data file of a copied checkpoint.

    python flip.py COPY
"""

import pathlib
import sys


def main() -> None:
    copy = pathlib.Path(sys.argv[1])
    victim = max(copy.glob("data-*"), key=lambda path: path.stat().st_size)
    victim.chmod(0o644)
    damaged = bytearray(victim.read_bytes())
    damaged[len(damaged) // 3] ^= 0x10
    victim.write_bytes(damaged)
    print(f"flipped one bit at byte {len(damaged) // 3} of {victim.name}")


if __name__ == "__main__":
    main()
