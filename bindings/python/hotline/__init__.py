"""Run a telephone hotline inside a Python program.

    with hotline.open(store='water.db') as hl:
        hl.load(pathlib.Path('water.json').read_text())
        for event in hl.follow():
            print(event.type, event.text)

An Engine has a method for every function hl_x() of the C library: outputs are results, rows are objects, hl_x_next() is a
generator called xs(). Failures are exceptions. Every call may be made from any thread and lets the others run meanwhile.
"""
from __future__ import annotations

import asyncio
import collections
import datetime
import warnings
from typing import Any, AsyncIterator, Iterator

from . import _calls
from ._calls import *  # noqa: F403  (rows, constants)
from ._calls import Calls, Ev, Event, Options
from ._ground import (BadValue, Denied, Error, Failed, NotBuilt, NotFound, OutOfMemory, Row, _bytes, _check_only, _str, ffi,
                      failure, lib)

__all__ = [n for n in vars(_calls) if n[0] != '_' and n not in ('annotations', 'enum', 'Iterator', 'ffi', 'lib', 'Calls')]
__all__ += ['Engine', 'Error', 'NotFound', 'BadValue', 'Denied', 'Failed', 'NotBuilt', 'OutOfMemory', 'open', 'open_sim',
            'version', 'features', 'strerror', 'kind', 'when']

MANY = 10000  # events an asyncio reader holds before it stops listening


class Engine(Calls):
    """One hotline. Made by hotline.open() or hotline.open_sim(); close it, or use it in a with statement."""

    def __init__(self, pointer: Any) -> None:
        self._hl = pointer

    def close(self) -> None:
        """Waits for calls still inside, stops the engine's threads. A second time does nothing."""
        pointer, self._hl = self._hl, ffi.NULL
        lib.hl_close(pointer)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, '_hl', None):
            warnings.warn('an engine was never closed', ResourceWarning, source=self)
            self.close()

    def fileno(self) -> int:
        """Readable as long as events wait; watch it, no more."""
        return self._check(lib.hl_fd(self._hl))

    def next(self) -> Event | None:
        """The oldest unread event, or None."""
        row = ffi.new('hl_event *')
        row.size = ffi.sizeof('hl_event')
        return Event._of(row) if self._check(lib.hl_next(self._hl, row)) else None

    def __iter__(self) -> Iterator[Event]:
        """The events unread now, without waiting."""
        row = ffi.new('hl_event *')
        row.size = ffi.sizeof('hl_event')
        of, take, hl = Event._of, lib.hl_next, self._hl
        while (r := take(hl, row)) > 0:
            yield of(row)
        self._check(r)

    def follow(self) -> Iterator[Event]:
        """Every event as it comes, to the last one, STOPPED."""
        while True:
            for event in self:
                yield event
                if event.type == Ev.STOPPED:
                    return
            self.poll()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """The same for asyncio. The reader empties the engine; while too many wait here it does not listen."""
        loop, got, ready = asyncio.get_running_loop(), collections.deque[Event](), asyncio.Event()
        fd = self.fileno()

        def pump() -> None:
            got.extend(self)
            ready.set()
            if len(got) > MANY:
                loop.remove_reader(fd)

        try:
            while True:
                while got:
                    event = got.popleft()
                    yield event
                    if event.type == Ev.STOPPED:
                        return
                ready.clear()
                loop.add_reader(fd, pump)
                await ready.wait()
        finally:
            loop.remove_reader(fd)

    async def __aenter__(self) -> Engine:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.close)


def _open(call: Any, options: dict[str, Any]) -> Engine:
    keep: list[object] = []
    out = ffi.new('hl_t **')
    r = call(Options(**options)._c(keep), out)
    if r < 0:
        raise failure(r, _str(lib.hl_error(ffi.NULL)) or _str(lib.hl_strerror(r)))
    return Engine(out[0])


def open(**options: Any) -> Engine:
    """A real engine: threads, clock and network of its own. The options are the fields of Options."""
    return _open(lib.hl_open, options)


def open_sim(start: int, **options: Any) -> Engine:
    """An engine in simulated time, which begins at start and moves with advance() only."""
    return _open(lambda opt, out: lib.hl_open_sim(opt, start, out), options)


def version() -> str:
    n = lib.hl_version()
    return f'{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}'


def features() -> list[str]:
    """What is built in: ["sqlite", "sip", ...]"""
    return str(_str(lib.hl_features())).split()


def strerror(code: int) -> str:
    return str(_str(lib.hl_strerror(code)))


def kind(id: int) -> int:
    """What an id names, KIND_*; 0: nothing. Ids too great for C name nothing."""
    return int(lib.hl_kind(id)) if -2**63 <= id < 2**63 else 0


def when(time: int) -> datetime.datetime:
    """A time of the engine (microseconds since 1970) as an aware datetime in UTC."""
    return datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(microseconds=time)
