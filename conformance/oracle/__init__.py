"""The oracle: a second reader of Treering 1.0, written from the specification alone.

Standard library of Python only, made to be read beside the text: one module for each chapter, in the
order of the chapters, and every check names its rule.  Speed is not a goal.

    errors      00  classes, codes and rule ids
    xxh3        01  digests
    value       01  canonical JSON
    key_path    02  keys and their texts
    tree        03  nodes, types, leaves, specs
    dtype       04  dtypes and the layout of elements
    grid        05  grids, meshes, shardings
    graph       06  graph and compatibility record, fingerprints
    header      07  header and the order of checks
    message     07  the encoding of bodies
    schema      10, 11, 13  the places of all fields
    lz4, block  08  codecs, digests of blocks and of content
    data_file   09  heads and gaps
    index       10  what one writer stored
    manifest    11  the root, and how it agrees with the others
    layout      12  names
    commit      13  Plan and End
    checkpoint  14  open, read, verify
    show        the JSON of the command line
"""
