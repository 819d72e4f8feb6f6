"""Where a NaN or an infinity comes from: `xgrad.debug`.

While the block is watched, each result, cotangent and tangent is looked at, and what is not finite
is noted beside the op that made it. Only when something not finite *arrives*, as the gradient of a
leaf or the tangent of a result, is an error raised; it names the first op on the way that made it
of something finite. What a mask has discarded does not arrive.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from types import FrameType
from typing import Any, NamedTuple, NoReturn

import numpy as np

from .. import errors
from ..arrays.array import SCALARS, Array
from ..backends import COMPLEX, REAL, backend_of, under
from ..engine import tape
from ..engine.frames import held
from ..engine.record import Record
from ..engine.tape import PARAMETER, RULE, SERIAL, Node, Parts
from ..errors.folding import Full
from .notes import Note, indented, kind_of, parameter_of, through
from .observer import Pull, Reader, note_of

__all__ = ["debug"]


@contextlib.contextmanager
def debug(*, at_once: bool = False) -> Iterator[None]:
    """Raise where a NaN or an infinity comes from, as a context manager or a decorator.

    Inside the block every recorded op keeps the line that called it. When a derivative is taken and
    the value, the gradient or the tangent is not finite, the error names the op that made it so,
    with its shapes, its line, and the ops that led there from the leaf. What a mask discards does
    not count.

    The block watches the thread, and the task, that entered it. It is a profiler
    (`sys.setprofile`): programs run five to fifteen times slower inside, at full speed outside.

    Args:
        at_once: raise in the very op that makes the first non-finite value, tangent or cotangent,
            for a debugger to stop there, even if a mask would discard it later.

    Yields:
        Nothing.

    Raises:
        NonFiniteError: as told above. The block watches up to the first one.

    >>> import numpy as np, xgrad as xg
    >>> try:
    ...     with xg.debug():
    ...         xg.grad(lambda x: xg.sum(xg.sqrt(x)))(np.asarray([0.0, 4.0]))
    ... except xg.errors.NonFiniteError as error:
    ...     print(error)  # doctest: +ELLIPSIS
    sqrt: the derivative is not finite: the cotangent of its argument has 1 infinite of 2 ...
      sqrt -> float64[2]
        File ..., line 3, in <lambda>
    ...
    """
    with Full(), _Debug(at_once):
        yield


_WALKS = (tape.pullback.__code__, tape.pushforward.__code__)
_RECORDS = (Record.pull.__code__, Record.push.__code__)
_LONGEST = 12
"""How many ops of a chain are shown."""


class _Walk(NamedTuple):
    """A walk that is under way.

    Attributes:
        frame: the call of the function that walks.
        bad: ``bad[serial] = (note, text, inherited)``: which op made this node's cotangent (or
            tangent), what is not finite about it, and whether that op was itself handed a
            cotangent (or tangent) that is not finite.
        record: the record that is walked, if it is one of a transform.
    """

    frame: FrameType
    bad: dict[int, tuple[Note, str, bool]]
    record: Record | None


class _Debug(Reader):
    """The reader of one block; see the module."""

    def __init__(self, at_once: bool) -> None:
        self.at_once, self.is_over = at_once, False
        self.leaves: dict[int, str] = {}
        self.walks: list[_Walk] = []

    def called(self, frame: FrameType) -> None:
        if frame.f_code not in _WALKS:
            return
        caller, record = frame.f_back, None
        if caller is not None and caller.f_code in _RECORDS:
            record = held(caller, Record)
        self.walks.append(_Walk(frame, {}, record))

    def returned(self, frame: FrameType, value: Any) -> None:
        if self.is_over:
            return
        if self.walks and self.walks[-1].frame is frame:
            if value is not None:
                self._arrived(value)
            self.walks.pop()
        elif frame.f_code is tape.leaf.__code__ and value is not None:
            text, _ = not_finite(value)
            if text:
                self.leaves[value._node[SERIAL]] = text

    def missed(self, running: set[FrameType]) -> None:
        self.walks = [walk for walk in self.walks if walk.frame in running]

    # On the way --------------------------------------------------------------------------------

    def noted(self, note: Note, which: int, x: Array) -> None:
        text, where = not_finite(x)
        if text:
            note.bad[which] = text, where
            if self.at_once:
                self._raise_value(note)

    def pulled(self, pull: Pull) -> None:
        if not self._is_walking():
            return
        note = pull.note
        parts = pull.g if type(pull.g) is Parts else {0: pull.g}
        if any(i in parts and _meets(parts[i], where) for i, (_, where) in note.bad.items()):
            self._raise_value(note)
        inherited = bool(not_finite(pull.g)[0])
        bad = self.walks[-1].bad
        for parent, part in pull.parts():
            text, _ = not_finite(part)
            for node in through(parent) if text else ():
                serial = node[SERIAL]
                if serial not in bad or not inherited:
                    bad[serial] = note, text, inherited
                if self.at_once:
                    self._raise_derivative(serial)

    def pushed(self, note: Note, ts: Any, t: Any) -> None:
        if not self._is_walking():
            return
        text, _ = not_finite(t)
        if text or note.bad:
            self.walks[-1].bad[note.serial] = note, text, any(not_finite(part)[0] for part in ts)
            if text and self.at_once:
                self._raise_derivative(note.serial)

    def _is_walking(self) -> bool:
        return not self.is_over and bool(self.walks)

    def _arrived(self, found: dict[int, Any]) -> None:
        """Raise if a walk ends in something that is not finite."""
        for serial, x in found.items():
            note, _, _ = self.walks[-1].bad.get(serial, (None, "", False))
            if note is not None and note.serial == serial and note.bad:  # a result, walking up
                self._raise_value(note)
            if not_finite(x)[0]:
                self._raise_derivative(serial)

    # The errors --------------------------------------------------------------------------------

    def _raise_value(self, note: Note) -> NoReturn:
        """Raise for the op that made a value not finite, be it this one or one before it."""
        while earlier := [n for p in note.before if (n := note_of(p)) is not None and n.bad]:
            note = earlier[0]
        for node in note.before:
            if node[SERIAL] in self.leaves:
                text = f"the argument is not finite: {self.leaves[node[SERIAL]]}; first used here"
                self._raise(text, note, node)
        (text, _), *_ = note.bad.values()
        self._raise(f"the result is not finite: {text}", note, None)

    def _raise_derivative(self, serial: int) -> NoReturn:
        """Raise for the op that made a cotangent or tangent not finite, from where it arrived."""
        bad = self.walks[-1].bad
        note, text, towards = None, "", None
        while serial in bad:
            note, text, inherited = bad.pop(serial)
            up = note.serial != serial  # a cotangent, which came to its parent from this op
            towards = next((p for p in note.before if p[SERIAL] == serial), None)
            if not inherited:
                what = "cotangent of its argument" if up else "tangent of its result"
                self._raise(f"the derivative is not finite: the {what} has {text}", note, towards)
            before = [p[SERIAL] for p in note.before if p[SERIAL] in bad]
            serial = note.serial if up else before[0] if before else 0
        if note is None:
            self._raise("the cotangent or tangent that was given is not finite", None, None)
        text = f"what reaches it was given, or is a sum that overflows: it hands on {text}"
        self._raise(f"the derivative is not finite: {text}", note, towards)

    def _raise(self, message: str, note: Note | None, towards: Node | None) -> NoReturn:
        self.is_over, self.notes = True, False
        if note is None:
            raise errors.NonFiniteError(message)
        steps = self._chain(note, towards)
        shown = steps
        if len(steps) > _LONGEST:
            left = f"... {len(steps) - _LONGEST + 1} more ops"
            shown = [*steps[: _LONGEST - 3], left, *steps[-2:]]
        text = f"{note.name}: {message}\n{indented(str(note))}"
        text += f"\nback to the leaf:\n{indented(chr(10).join(shown))}"
        raise errors.NonFiniteError(text, note.name, note.line, *steps)

    def _chain(self, note: Note, towards: Node | None) -> list[str]:
        """Return the ops and lines from a note back to a leaf, through a given parent first.

        Of several parents it follows one whose value is not finite, if there is one.
        """
        steps: list[str] = []
        while True:
            if towards is None:
                known = [(p, n) for p in note.before if (n := note_of(p)) is not None]
                towards = next((p for p, n in known if n.bad), known[0][0] if known else None)
            following = None if towards is None else note_of(towards)
            if following is None:
                return [*steps, self._leaf(note.before if towards is None else [towards])]
            steps.append(str(following))
            note, towards = following, None

    def _leaf(self, nodes: list[Node]) -> str:
        """Return what to call the leaf among some nodes."""
        serials = [node[SERIAL] for node in nodes]
        for _, _, record in reversed(self.walks):
            if record is not None:
                for leaf, name in zip(record.leaves, record.names(), strict=True):
                    if leaf[SERIAL] in serials:
                        return name
        for node in nodes:
            if node[RULE] is PARAMETER and (x := parameter_of(node)) is not None:
                return f"a parameter ({kind_of(x)})"
        return "a leaf"


# What is not finite -------------------------------------------------------------------------------


def raw_of(x: Any) -> Any:
    """Return the raw array of a cotangent or tangent; of a `Batch`, that of all its members."""
    raw = x._raw if isinstance(x, Array) else x
    return under(raw)


def not_finite(x: Any) -> tuple[str, Any]:
    """Return what is not finite about an array, in words, and where; "" if nothing is.

    Arrays without values, as on PyTorch's meta device, count as finite.
    """
    if isinstance(x, (Parts, tuple, list)):
        parts = x.values() if type(x) is Parts else x
        return next((found for p in parts if (found := not_finite(p))[0]), ("", None))
    raw = raw_of(x)
    if raw is None or type(raw) in SCALARS:
        return ("", None) if raw is None or math.isfinite(abs(raw)) else (f"the value {raw}", None)
    if raw.dtype not in REAL and raw.dtype not in COMPLEX:
        return "", None
    backend = backend_of(raw)
    where = backend.xp.logical_not(backend.xp.isfinite(raw))
    if not _holds(backend.xp.any(where)):
        return "", None
    values = np.asarray(backend.to_numpy(raw))
    nans, bad = np.isnan(values), ~np.isfinite(values)
    counts = [(int(nans.sum()), "NaN"), (int((bad & ~nans).sum()), "infinite")]
    text = " and ".join(f"{n} {what}" for n, what in counts if n)
    text += f" of {values.size} elements" if values.ndim else ""
    if values.ndim:
        text += f", the first at {np.argwhere(bad)[0].tolist()}"
    return text, where


def _meets(g: Any, where: Any) -> bool:
    """Whether a cotangent is anything but zero at some of the places."""
    raw = raw_of(g)
    xp = backend_of(raw).xp
    return _holds(xp.any(xp.logical_and(where, raw != 0)))


def _holds(condition: Any) -> bool:
    """Return the truth of a 0-d array, False if it has no value."""
    try:
        return bool(condition)
    except (RuntimeError, NotImplementedError, TypeError):
        return False
