# SPDX-License-Identifier: Apache-2.0
"""The benchmark driver behind tools/bench/run; see tools/bench/README.md."""
