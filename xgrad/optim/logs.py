"""Numbers of a training run written to files: a table, or what TensorBoard shows.

A log is called with the number of the step and names of numbers, wherever a loop is:

    >>> import tempfile, pathlib
    >>> from xgrad import optim
    >>> path = pathlib.Path(tempfile.mkdtemp(), "run.csv")
    >>> with optim.CSVLog(path) as log:
    ...     for step in range(3):
    ...         log(step, loss=1 / (1 + step))
    >>> path.read_text().splitlines()
    ['step,loss', '0,1.0', '1,0.5', '2,0.3333333333333333']

It is a `callback` of `LBFGS.minimize`, too, and of an `Optimizer`, which tells it the rate and the
size of the gradients.
"""

from __future__ import annotations

import csv
import os
import socket
import struct
import time
from pathlib import Path
from typing import Any

import xgrad as xg

Names = dict[str, float]


def _numbers(value: Any, named: dict[str, Any]) -> Names:
    """Return what is to be logged as numbers of Python."""
    given = named if value is None else {"value": value, **named}
    found = {}
    for name, x in given.items():
        size = getattr(x, "size", 1)
        if isinstance(x, (str, bytes)) or (isinstance(size, int) and size != 1):
            raise TypeError(
                f"log: {name} is {x!r:.40}; expected a number or an array of one element"
            )
        found[name] = float(x.detach() if isinstance(x, xg.Array) else x)
    return found


class Log:
    """What writes numbers; it is called, and closed at the end or by ``with``."""

    def __call__(self, step: int, value: Any = None, **numbers: Any) -> None:
        """Write numbers of a step.

        Args:
            step: the number of the step.
            value: a number that is called ``value``.
            **numbers: others by name; 0-d arrays are waited for.
        """
        self._write(int(step), _numbers(value, numbers))

    def _write(self, step: int, numbers: Names) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Close the file."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class CSVLog(Log):
    """A table in a file of comma-separated values: a row for each call, a column for each name.

    Every row is in the file when a call returns. A name that was not there before is a new column.

    Args:
        path: the file.
        append: whether to go on with a file that is there; else it is replaced.
    """

    def __init__(self, path: str | os.PathLike[str], *, append: bool = False) -> None:
        self.path, self.columns = Path(path), ["step"]
        if append and self.path.exists():
            with self.path.open(newline="", encoding="utf-8") as file:
                self.columns = next(csv.reader(file), self.columns)
        else:
            self.path.write_text("", encoding="utf-8")
        self._file: Any = self.path.open("a", newline="", encoding="utf-8")

    def _write(self, step: int, numbers: Names) -> None:
        new = [name for name in numbers if name not in self.columns]
        if new or not self.path.stat().st_size:
            self._widen(new)
        row = {"step": step, **numbers}
        csv.writer(self._file, lineterminator="\n").writerow([row.get(n, "") for n in self.columns])
        self._file.flush()

    def _widen(self, new: list[str]) -> None:
        """Write the file anew with more columns."""
        self._file.close()
        with self.path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))[1:]
        self.columns = [*self.columns, *new]
        part = self.path.with_name(f".{self.path.name}.part")
        with part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.columns)
            writer.writerows([*row, *[""] * (len(self.columns) - len(row))] for row in rows)
        part.replace(self.path)
        self._file = self.path.open("a", newline="", encoding="utf-8")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


# TensorBoard's files: records of protocol buffers, each between checksums ------------------------


def _table() -> list[int]:
    """Return the remainders of the Castagnoli polynomial, RFC 3720, appendix B.4."""
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ 0x82F63B78 if n & 1 else n >> 1  # noqa: PLW2901 - it is shifted out
        table.append(n)
    return table


_CRC = _table()


def _checksum(data: bytes) -> bytes:
    """Return the masked CRC-32C that stands beside a record."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _varint(n: int) -> bytes:
    out = bytearray()
    n &= 0xFFFFFFFFFFFFFFFF
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def _field(number: int, kind: int, content: bytes) -> bytes:
    """Return a field of a protocol buffer; of kind 2 with its length before it."""
    head = _varint(number << 3 | kind)
    return head + (_varint(len(content)) if kind == 2 else b"") + content


def _event(step: int, when: float, rest: bytes) -> bytes:
    return _field(1, 1, struct.pack("<d", when)) + _field(2, 0, _varint(step)) + rest


class TensorBoardLog(Log):
    """A file of events in a folder that ``tensorboard --logdir`` shows, a curve for each name.

    Names with a slash, as ``train/loss``, are shown together; pass them as ``log(step, **{...})``.
    Nothing need be installed to write it.

    Args:
        folder: the folder, of this run alone; it is made.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time():.6f}.{socket.gethostname()}.{os.getpid()}"
        self._file: Any = (self.folder / name).open("wb")
        self._record(_event(0, time.time(), _field(3, 2, b"brain.Event:2")))

    def _record(self, data: bytes) -> None:
        length = struct.pack("<Q", len(data))
        self._file.write(length + _checksum(length) + data + _checksum(data))
        self._file.flush()

    def _write(self, step: int, numbers: Names) -> None:
        values = b"".join(
            _field(1, 2, _field(1, 2, name.encode()) + _field(2, 5, struct.pack("<f", x)))
            for name, x in numbers.items()
        )
        self._record(_event(step, time.time(), _field(5, 2, values)))

    def close(self) -> None:
        """Close the file."""
        self._file.close()
