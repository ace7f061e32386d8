# SPDX-License-Identifier: Apache-2.0
"""The runner: asks an adapter about every case, and judges its answers.

    protocol   the messages of protocol.md, and the members that a reply must have
    process    the adapter's process: started, asked, stopped, started anew
    cases      the sources of goldens/, assembled into a directory each
    judge      an answer held against what a case expects
    released   the elements that were handed out, held against those of the source
    explain    the sentence of a rule, the bytes around a change
    reports    JSON, JUnit, HTML
    __main__   the command line
"""
