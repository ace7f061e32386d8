# SPDX-License-Identifier: Apache-2.0
"""The loop that the adapters here share: a command a line, a reply a line."""
import json
import sys


def serve(about, commands):
    """`commands` has a function for load and one for verify; each gives (member, value): "ok" or "err"."""
    out, sys.stdout = sys.stdout, sys.stderr     # stdout carries the protocol only
    for line in sys.stdin:
        message = json.loads(line)
        name = message["cmd"]
        if name == "hello":
            member, value = "ok", {"protocol": 1, "commands": sorted(commands), **about}
        elif name == "bye":
            member, value = "ok", {}
        elif name in commands:
            member, value = commands[name](message)
        else:
            member, value = "err", {"class": "unsupported", "message": f"there is no command {name}"}
        out.write(json.dumps({"seq": message["seq"], member: value}) + "\n")
        out.flush()
        if name == "bye":
            return
