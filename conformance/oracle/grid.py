"""Chapter 05: grids, and the advice of meshes and shardings.

A grid is a row of the manifest (parts, cuts, cutEnds, boxes, runWriters, runCounts).
A box is a list of (start, stop), one for each axis; rank 0 has the box [].
"""
import itertools
from math import prod

from .errors import need, within


def form(grid):
    if grid.parts:
        return "uniform"
    if grid.cuts:
        return "explicit"
    return "irregular" if grid.boxes else "whole"


def count(grid):
    """The number of cells; it does not depend on the shape, once check_row has passed."""
    return sum(grid.runCounts)


def axis_cuts(grid, rank):
    """For each axis its inner cut points."""
    ends = grid.cutEnds
    return [grid.cuts[ends[i - 1] if i else 0:ends[i]] for i in range(rank)]


def check_row(grid, writers):
    """GR-01 to GR-07, GR-21: what can be said without a shape."""
    forms = [bool(grid.parts), bool(grid.cuts or grid.cutEnds), bool(grid.boxes)]
    need(sum(forms) <= 1, "GR-01", "a grid of two forms")
    need(bool(grid.cuts) == bool(grid.cutEnds), "GR-01", "one of cuts and cutEnds without the other")
    if grid.parts:
        need(min(grid.parts) > 0 and prod(grid.parts) >= 2, "GR-02", "parts with a 0, or of one cell")
    if grid.cutEnds:
        ends = (0, *grid.cutEnds)
        need(all(a <= b for a, b in zip(ends, ends[1:])) and ends[-1] == len(grid.cuts), "GR-03",
             "cutEnds decrease, or do not end with the cuts")
    need(grid.runWriters and len(grid.runWriters) == len(grid.runCounts), "GR-04", "runs are null or ragged")
    need(min(grid.runCounts) > 0, "GR-05", "a run of no cells")
    need(all(a != b for a, b in zip(grid.runWriters, grid.runWriters[1:])), "GR-05", "two runs of one writer")
    need(max(grid.runWriters) < writers, "GR-06", "a run of a writer that there is not")
    total = count(grid)
    if grid.parts:
        cells = prod(grid.parts)
    elif grid.cuts:
        ends = (0, *grid.cutEnds)
        cells = prod(1 + b - a for a, b in zip(ends, ends[1:]))
    elif grid.boxes:                             # the rank is not known here: check_leaf says the rest
        need(len(grid.boxes) % (2 * total) == 0, "GR-07", "boxes and runs disagree")
        cells = total
    else:
        cells = 1
    need(cells == total, "GR-07", f"{cells} cells, but runs of {total}")
    if grid.boxes:
        within(total, "boxes", "GR-21")


def check_leaf(grid, shape):
    """GR-08 to GR-14: the grid of a leaf of any kind but process-blob.  No axis has length 0."""
    rank = len(shape)
    if grid.parts:
        need(len(grid.parts) == rank, "GR-08", f"{len(grid.parts)} parts for rank {rank}")
        for part, dim in zip(grid.parts, shape):
            need(dim % part == 0, "GR-09", f"{part} parts do not divide {dim}")
    elif grid.cuts:
        need(len(grid.cutEnds) == rank, "GR-08", f"{len(grid.cutEnds)} cutEnds for rank {rank}")
        for cuts, dim in zip(axis_cuts(grid, rank), shape):
            edges = (0, *cuts, dim)
            need(all(a < b for a, b in zip(edges, edges[1:])), "GR-10", "cut points do not increase within the axis")
    elif grid.boxes:
        _check_boxes(grid, shape)


def _check_boxes(grid, shape):
    rank = len(shape)
    need(rank > 0 and len(grid.boxes) % (2 * rank) == 0 and len(grid.boxes) // (2 * rank) >= 2, "GR-11",
         "boxes are not 2 * rank * c numbers with c of at least 2")
    boxes = cells(grid, shape)
    need(len(boxes) == count(grid), "GR-07", f"{len(boxes)} boxes, but runs of {count(grid)}")
    for box in boxes:
        need(all(a < b <= dim for (a, b), dim in zip(box, shape)), "GR-12", f"box {box} is empty or outside")
    starts = [[a for a, _ in box] for box in boxes]
    need(all(a < b for a, b in zip(starts, starts[1:])), "GR-13", "boxes do not ascend by their starts")
    need(sum(volume(box) for box in boxes) == prod(shape), "GR-14", "boxes do not have the volume of the array")
    active = []
    for box in boxes:
        active = [b for b in active if b[0][1] > box[0][0]]
        need(not any(all(a < d and c < b for (a, b), (c, d) in zip(box, other)) for other in active), "GR-14",
             f"box {box} shares elements with another")
        active.append(box)


def check_process_blob(grid, shape, writers):
    """GR-15, GR-16, GR-18."""
    need(not grid.parts and not grid.boxes, "GR-15", "a process-blob grid with parts or boxes")
    if grid.cuts:
        need(len(grid.cutEnds) == 1, "GR-08", f"{len(grid.cutEnds)} cutEnds for rank 1")
    need(count(grid) == writers and list(grid.runWriters) == list(range(writers)), "GR-16",
         "a process-blob grid without one cell for each writer")
    edges = (0, *grid.cuts, shape[0])
    need(all(a <= b for a, b in zip(edges, edges[1:])), "GR-18", "process-blob cut points decrease or exceed")


def cuts_last_axis(grid, shape):
    """TR-47: does it cut the axis that belongs to the key?"""
    if grid.parts:
        return grid.parts[-1] > 1
    if grid.cuts:
        return bool(axis_cuts(grid, len(shape))[-1])
    return any(box[-1] != (0, shape[-1]) for box in cells(grid, shape)) if grid.boxes else False


def cells(grid, shape):
    """The boxes, in cell order."""
    rank = len(shape)
    if grid.boxes:
        flat = zip(*[iter(grid.boxes)] * (2 * rank))
        return [list(zip(box[0::2], box[1::2])) for box in flat]
    axes = []
    for i, dim in enumerate(shape):
        if grid.parts:
            edges = range(0, dim + 1, dim // grid.parts[i])
        elif grid.cuts:
            edges = (0, *axis_cuts(grid, rank)[i], dim)
        else:
            edges = (0, dim)
        axes.append(list(zip(edges, edges[1:])))
    return [list(box) for box in itertools.product(*axes)]


def owners(grid):
    """The writer of each cell, in cell order."""
    return [w for w, n in zip(grid.runWriters, grid.runCounts) for _ in range(n)]


def volume(box):
    return prod(b - a for a, b in box)


# --- advice --------------------------------------------------------------------------------------------------

AXIS_TYPES = {1: "auto", 2: "explicit", 3: "manual"}


def check_mesh(mesh, text):
    n = len(mesh.axisNames)
    need(n and n == len(mesh.axisSizes) == len(mesh.axisTypes), "SH-01", "lists of a mesh are null or ragged")
    names = [text(number) for number in mesh.axisNames]
    need(len(set(names)) == n, "SH-02", "two axes of a mesh have one name")
    need(0 not in mesh.axisSizes and prod(mesh.axisSizes) < 1 << 63, "SH-02", "sizes of a mesh")
    need(all(t in AXIS_TYPES for t in mesh.axisTypes), "SH-03", "an axis type that is not in the registry")


def check_sharding(sharding, meshes, text):
    need(sharding.mesh != 0, "SH-04", "a sharding without mesh")
    need(sharding.mesh <= len(meshes), "BY-08", f"mesh number {sharding.mesh}")
    text(sharding.memoryKind)
    need(sum(sharding.axisCounts) == len(sharding.axes), "SH-05", "axisCounts do not add up to the axes")
    size = len(meshes[sharding.mesh - 1].axisNames)
    need(all(a < size for a in sharding.axes) and len(set(sharding.axes)) == len(sharding.axes), "SH-06",
         "a sharding names a mesh axis that there is not, or one twice")


def check_total(total):
    within(total, "cells", "GR-19")
