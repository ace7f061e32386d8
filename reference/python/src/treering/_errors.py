# SPDX-License-Identifier: Apache-2.0
"""Exceptions: one class for each error class of the spec, appendix B."""

from __future__ import annotations

from typing import NamedTuple


class Where(NamedTuple):
    """The place of an error; empty or None where it does not apply."""

    file: str = ""
    offset: int | None = None  # bytes from the start of the file
    key_path: str = ""  # typed text, spec 02


NOWHERE = Where()


class Error(Exception):
    """Base of all errors that treering raises.

    Attributes:
        cls: the class of the error, one word of spec appendix B.
        code: a short word for the kind of failure, such as ``block-digest``.
        rule: id of the rule of the spec that was enforced; empty where there is none.
        where: file, byte offset and key path.
        message: a sentence that says what to do.
    """

    cls = "internal"

    def __init__(self, message: str, *, code: str = "", rule: str = "", where: Where = NOWHERE):
        super().__init__(message)
        self.message = message
        self.code = code
        self.rule = rule
        self.where = where

    def __str__(self) -> str:
        tags = ", ".join(tag for tag in (self.code, self.rule) if tag)
        head = f"{self.cls} ({tags})" if tags else self.cls
        place = self.where.file
        if self.where.offset is not None:
            place += f" at byte {self.where.offset}"
        if self.where.key_path:
            place += f"{', ' if place else ''}leaf {self.where.key_path}"
        return f"{head}: {place}: {self.message}" if place else f"{head}: {self.message}"

    def __reduce__(self):
        state = {"code": self.code, "rule": self.rule, "where": self.where}
        return type(self), (self.message,), state


class MalformedError(Error):
    """Bytes that cannot be parsed."""

    cls = "malformed"


class CorruptError(Error):
    """Bytes that are not those that were written."""

    cls = "corrupt"


class UnsupportedError(Error):
    """A version, feature, codec or type that this reader does not know; the message names it."""

    cls = "unsupported"


class InvalidError(Error):
    """Well formed, but against a rule; also a tree that cannot be saved."""

    cls = "invalid"


class LimitError(Error):
    """Larger than this reader's limits; the message names the limit."""

    cls = "limit"


class NotFoundError(Error):
    """No such checkpoint, step or leaf."""

    cls = "not-found"


class ConflictError(Error):
    """A checkpoint stands there already."""

    cls = "conflict"


class MismatchError(Error):
    """Template and checkpoint differ; ``differences`` lists every difference."""

    cls = "mismatch"

    def __init__(self, message: str, *, differences=(), code: str = "template", rule: str = "", where: Where = NOWHERE):
        super().__init__(message, code=code, rule=rule, where=where)
        self.differences = list(differences)

    def __reduce__(self):
        make, args, state = super().__reduce__()
        return make, args, {**state, "differences": self.differences}


class StorageError(Error):
    """The operating system said no: disk full, no permission, input/output error."""

    cls = "environment"


class OutcomeUnknownError(StorageError):
    """The commit may have happened, or may not be durable: open the path to see."""


class UsageError(Error):
    """The caller's mistake."""

    cls = "usage"


class InternalError(Error):
    """A bug of this library; please report it."""

    cls = "internal"


_BY_CLASS = {
    error.cls: error
    for error in (
        MalformedError,
        CorruptError,
        UnsupportedError,
        InvalidError,
        LimitError,
        NotFoundError,
        ConflictError,
        MismatchError,
        StorageError,
        UsageError,
        InternalError,
    )
}


def from_core(cls: str, code: str, rule: str, file: str, offset: int | None, key_path: str, message: str) -> Error:
    """The exception for an error of the C++ library."""
    make = OutcomeUnknownError if code == "outcome-unknown" else _BY_CLASS.get(cls, InternalError)
    return make(message, code=code, rule=rule, where=Where(file, offset, key_path))


def not_built(option: str, instead: str = "") -> UsageError:
    """The one error for an option of the documented interface that this version does not carry."""
    return UsageError(f"{option} is not built yet{'; ' + instead if instead else ''}", code="bad-argument")
