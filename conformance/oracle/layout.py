"""Chapter 12: the names of files."""
import re

SLOT = "MANIFEST"
_ID = "[0-9a-f]{32}"
_NUMBER = "(?:0|[1-9][0-9]*)"
NAME = re.compile(
    f"MANIFEST|data-{_ID}-{_NUMBER}-{_NUMBER}|index-{_ID}-{_NUMBER}|plan-{_ID}"
    f"|candidate-{_ID}(?:-plan|-index-{_NUMBER})?|lease-{_ID}|pin-[a-z0-9]{{1,64}}")


def data_name(attempt, writer, k):
    return f"data-{attempt.hex()}-{writer}-{k}"


def index_name(attempt, writer):
    return f"index-{attempt.hex()}-{writer}"
