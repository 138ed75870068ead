"""What the generated calls stand on: conversions, rows, and words made into exceptions."""
from __future__ import annotations

from typing import Any

from ._hotline import ffi, lib

__all__ = ['Row', 'ffi', 'lib']


class Error(Exception):
    """What the library refused: code is one of hotline.E*, words say what was asked and what stands against it."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(code, words)
        self.code = code
        self.words = words

    def __str__(self) -> str:
        return self.words


class NotFound(Error, LookupError):
    """ENOENT"""


class BadValue(Error, ValueError):
    """EINVAL, EPARSE"""


class Denied(Error, PermissionError):
    """EDENIED"""


class Failed(Error, OSError):
    """EIO, ESTORE"""


class NotBuilt(Error, NotImplementedError):
    """ENOTSUP"""


class OutOfMemory(Error, MemoryError):
    """ENOMEM"""


CLASSES: dict[int, type[Error]] = {
    lib.HL_ENOENT: NotFound, lib.HL_EINVAL: BadValue, lib.HL_EPARSE: BadValue, lib.HL_EDENIED: Denied, lib.HL_EIO: Failed,
    lib.HL_ESTORE: Failed, lib.HL_ENOTSUP: NotBuilt, lib.HL_ENOMEM: OutOfMemory}


def failure(code: int, words: str) -> Error:
    return CLASSES.get(code, Error)(code, words)


class Row:
    """A public struct as an object. Those one passes in are made with keywords; what is left out is 0 or None."""
    __slots__: tuple[str, ...] = ()
    _texts: frozenset[str] = frozenset()

    def __init__(self, **fields: Any) -> None:
        for name in self.__slots__:
            setattr(self, name, fields.pop(name, None if name in self._texts else 0))
        if fields:
            raise TypeError(f'{type(self).__name__} has no field {", ".join(sorted(fields))}')

    def __repr__(self) -> str:
        said = ((n, getattr(self, n)) for n in self.__slots__)
        return f'{type(self).__name__}({", ".join(f"{n}={v!r}" for n, v in said if v not in (0, None))})'

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(getattr(self, n) == getattr(other, n) for n in self.__slots__)


def _check_only(self: Any, r: int) -> int:
    """The result of a call; below 0 its words, read on the thread that failed."""
    if r < 0:
        if not self._hl:
            raise failure(lib.HL_ESTATE, 'the engine is closed')
        raise failure(r, _str(lib.hl_error(self._hl)) or _str(lib.hl_strerror(r)) or '')
    return r


def _check_free(r: int) -> int:
    """The same for a function without an engine."""
    if r < 0:
        raise failure(r, _str(lib.hl_error(ffi.NULL)) or _str(lib.hl_strerror(r)) or '')
    return r


def _str(p: Any) -> Any:
    return ffi.string(p).decode('utf-8', 'surrogateescape') if p else None


def _bytes(text: str | bytes) -> bytes:
    return text.encode('utf-8', 'surrogateescape') if isinstance(text, str) else bytes(text)


def _text(text: str | None) -> Any:
    if text is None:
        return ffi.NULL
    if '\0' in text:
        raise ValueError('text holds a NUL character')
    return text.encode('utf-8', 'surrogateescape')


def _kept(keep: list[object], text: str | None) -> Any:
    """Text for a struct: the caller keeps it alive until the call is over."""
    if text is None:
        return ffi.NULL
    c = ffi.new('char[]', _text(text))
    keep.append(c)
    return c


def _ms(seconds: float | None) -> int:
    return -1 if seconds is None else min(int(seconds * 1000 + 0.999), 2147483647)
