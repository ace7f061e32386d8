# SPDX-License-Identifier: Apache-2.0
"""The assembler: from reviewed text to the bytes of a checkpoint.

    layout    places of fields, computed from spec/schema/*.capnp by the rules of Cap'n Proto
    encode    messages in their one form (chapter 07), with a note for every field
    pattern   bytes written as hex, numbers, text, iota
    source    a TOML source -> the files of a directory
    patch     changes of single bytes, with the digests above them repaired or left stale
    expect    the expectation of a source -> the JSON of `treering show --json --digests`
    annotate  hex with offsets, fields and chapters

It shares one module with the oracle, xxh3, which the tables of chapter 01 check.
"""
