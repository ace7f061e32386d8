# SPDX-License-Identifier: Apache-2.0
"""One planted defect each.  A suite that a saboteur passes does not test what it leaves out.

Each function changes the oracle's modules; its name with dashes is the saboteur's name, its text says what
is wrong.  `without(rule, ..)` makes every check of these rules pass.
"""
import os

import planting                                                        # before the oracle

from oracle import data_file, dtype, errors, grid, header


def without(*rules):
    """All checks of these rules, or the checks at these places."""
    planting.LEFT_OUT.update(rules)


def skips_block_digest():
    """stored bytes of blocks are not compared with their digests"""
    without("BL-18")


def skips_index_digest():
    """an index is read without comparing it with the digest in the manifest"""
    without("RC-05")


def ignores_header_digest():
    """headers are read without their digest"""
    without("RC-07")


def ignores_body_digest():
    """bodies are read without their digest"""
    without("RC-15")


def ignores_required_bits():
    """required features that are not known are passed over"""
    header.KNOWN_REQUIRED = (1 << 64) - 1


def accepts_trailing_bytes():
    """bytes behind the body of a record are passed over"""
    without("RC-13")


def accepts_other_messages():
    """messages that are not in the one form of chapter 07 are read"""
    without("RC-17", *(f"RC-{n}" for n in (31, 34, 35, 36, 37, 39)))


def ignores_duplicate_keys():
    """two children of one node may have one key"""
    without("KP-14")


def skips_gaps():
    """bytes between shards are not read"""
    data_file.check_gap = lambda *_: None


def packs_four_bits_backwards():
    """of two 4-bit elements the first is taken from the upper half of its byte"""
    dtype._TAKE[4].reverse()


def one_box_off():
    """cell n of a uniform grid gets the box of cell n + 1"""
    right = grid.cells

    def cells(row, shape):
        found = right(row, shape)
        return found[1:] + found[:1] if grid.form(row) == "uniform" else found
    grid.cells = cells


def overlooks_overlap():
    """two shards may have one place"""
    without("IX-21")


def stops_too_far():
    """the stop of a box of an explicit grid is one element too far, but at the end of the axis"""
    right = grid.cells

    def cells(row, shape):
        return [[(a, min(b + 1, dim)) for (a, b), dim in zip(box, shape)] if grid.form(row) == "explicit" else box
                for box in right(row, shape)]
    grid.cells = cells


def skips_content_digest():
    """the content digest is not compared"""
    without("BL-22")


def refuses_a_codec():
    """the codec lz4 is claimed, but refused"""
    header.KNOWN_REQUIRED &= ~1


def dies_of_damage():
    """a refusal ends the process"""
    errors.Refused.__init__ = lambda *_, **__: os._exit(3)


DEFECTS = {name.replace("_", "-"): found for name, found in list(globals().items())
           if callable(found) and getattr(found, "__module__", None) == __name__ and name != "without"}
