"""Chapter 06: graph record and compatibility record.  The oracle reads both as values only."""
from . import value
from .errors import need, within


def check_record(blob, name):
    """GC-01 after the checks of the value: returns the value."""
    if name == "graph":
        within(len(blob), "graph_bytes", "GC-02")
    found = value.check(blob)
    need(value.is_dict(found), "GC-01", f"the {name} record is no dict")
    return found
