"""One of many equal rounds as the body of a loop, and what stands in the place of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .buffers import shows
from .loop import Loop
from .passes import needed
from .program import Equation, Program, Var, inputs_of
from .reads import DEEPEST, Source, UnequalError, frozen_key, parts, same_as

__all__ = ["Body"]


class Body:
    """The loop of a stretch: its body, what it is given, and what stands in its place."""

    def __init__(self, stretch: Any) -> None:
        self.stretch, self.backend = stretch, stretch.program.backend
        self.carried: dict[tuple[tuple[int, int], int], Var] = {}  # by place and blocks back
        self.first: dict[tuple[tuple[int, int], int], Var] = {}  # before the first round
        self.sequences: dict[tuple[Var, int, int], Var] = {}
        self.constants: dict[Var, Var] = {}
        self.lines: list[Equation] = []
        self.again: dict[Any, Var] = {}
        for q, e in enumerate(stretch.template):
            self._line(e, stretch.sources[q])
        self._complete()

    def _line(self, e: Equation, sources: list[Source]) -> None:
        known: dict[Var, Any] = {}
        for v, source in zip(e.inputs(), sources, strict=True):
            x = v if source.kind == "block" and not source.back else self._value(source, v)
            if known.setdefault(v, x) is not x:
                raise UnequalError
        if sources and sources[0].kind == "row":
            row, rest = self._value(sources[0], e.args[0]), parts(e.args[1])[1:]
            key = rest if ... in rest else (*rest, ...)
            self.lines.append(self._view("backend.getitem", row, key, e.outs[0]))
            return
        self.lines.append(e.replaced(known) if any(x is not v for v, x in known.items()) else e)

    def _view(self, path: str, source: Var, key: Any, out: Var) -> Equation:
        return Equation(path, self.backend.getitem, (source, key), {}, [out], shares=(source,))

    def _value(self, source: Source, like: Var) -> Var:
        """Return the variable of the body for what it reads of another block, or from outside."""
        if source.kind == "constant":
            return self.constants.setdefault(source.value, same_as(source.value))
        if source.kind == "view":
            return self._shown_outside(*source.value)
        if source.kind != "block":
            array, first = source.value
            if array.order is not None:
                raise UnequalError
            like = Var(array.shape[1:], array.dtype)
            return self.sequences.setdefault((array, first, source.step), like)
        e = self.stretch.template[source.place[0]]
        if shows(e) is not None or any(e.shares):
            return self._shown(e, source)
        return self._carry(source.place, source.back, e.outs[source.place[1]], source.value)

    def _shown_outside(self, e: Equation, inner: Source) -> Var:
        """Take a view of a row anew."""
        x = self._value(inner, e.inputs()[0])
        key = x, e.path, frozen_key(e)
        if key not in self.again:
            new = e.replaced({e.inputs()[0]: x})
            new.outs = [same_as(e.outs[0])]
            self.again[key] = new.outs[0]
            self.lines.append(new)
        return self.again[key]

    def _shown(self, e: Equation, source: Source) -> Var:
        """Take a view of an earlier block anew."""
        key = source.place, source.back
        if key not in self.again:
            (inner, *more) = self.stretch.sources[source.place[0]]
            if more or inner.kind in ("sequence", "row", "view") or len(e.outs) > 1:
                raise UnequalError
            old = e.inputs()[0]
            if inner.kind == "constant":
                x = self._value(inner, old)
            else:
                back = source.back + inner.back
                if back > DEEPEST:
                    raise UnequalError
                x = self._value(Source("block", back, inner.place, None), old)
            out = self.again[key] = same_as(e.outs[0])
            new = e.replaced({old: x})
            new.outs = [out]
            self.lines.append(new)
        return self.again[key]

    def _carry(self, place: tuple[int, int], back: int, like: Var, before: Any) -> Var:
        if like.order is not None:
            raise UnequalError
        for j in range(1, back + 1):
            self.carried.setdefault((place, j), same_as(like))
        for k, v in enumerate(before or ()):  # read in block k, made in block k - back
            if self.first.setdefault((place, back - k), v) is not v:
                raise UnequalError(1, self.stretch.rounds)
        return self.carried[place, back]

    def _complete(self) -> None:
        """Find what the carries are before the first round."""
        for place, back in self.carried:
            if (place, back) in self.first:
                v = self.first[place, back]
                if v.order is not None:
                    raise UnequalError
                continue
            # only views of it are read: what the view shows before the first round is the value
            found = self._shown_first(place, back)
            if found is None:
                raise UnequalError
            self.first[place, back] = found

    def _shown_first(self, place: tuple[int, int], back: int) -> Var | None:
        """Return what a view that is read in the first rounds shows, if it is such a view."""
        s = self.stretch
        for sources in s.sources:
            for source in sources:
                if source.kind != "block" or not source.back:
                    continue
                e = s.template[source.place[0]]
                if shows(e) is None:
                    continue
                inner = s.sources[source.place[0]][0]
                total = source.back + inner.back
                if inner.kind != "block" or inner.place != place or not back <= total:
                    continue
                k = total - back
                if k >= len(source.value or ()):
                    continue
                before = s.before.get(source.value[k])
                if before is None:
                    continue
                same = before.path == e.path and frozen_key(before) == frozen_key(e)
                (x, *more) = before.inputs()
                like = e.inputs()[0]
                fits = x.shape == like.shape and x.dtype == like.dtype and x.order is None
                if same and fits and not more and shows(before) is x:
                    return x
        return None

    # What stands in the place of the blocks --------------------------------------------------

    def instead(self) -> list[Equation]:
        """Return the equations that give what is read of the blocks afterwards."""
        s = self.stretch
        n, p, start = s.count, s.period, s.start
        kept: dict[int, Equation] = {}  # views, to be taken anew
        stacks: dict[tuple[int, int], list[tuple[int, Var]]] = {}
        finals: dict[tuple[tuple[int, int], int], Var] = {}
        read: dict[tuple[int, int], list[tuple[int, Var]]] = {}
        todo = list(dict.fromkeys(self._read_afterwards()))
        seen = set(todo)
        while todo:
            v = todo.pop()
            k, q, j = s.block(v)
            e = s.equations[start + p * k + q]
            if shows(e) is not None or any(e.shares):
                if start + p * k + q not in kept:
                    kept[start + p * k + q] = e
                    more = [u for u in e.inputs() if u in s.where and u not in seen]
                    seen.update(more)
                    todo += more
            else:
                read.setdefault((q, j), []).append((k, v))
        for place, found in read.items():
            if all((place, n - k) in self.carried for k, _ in found):
                finals.update({(place, n - k): v for k, v in found})
            elif found[0][1].order is not None:
                raise UnequalError
            else:
                stacks[place] = sorted(found, key=lambda row: row[0])
        return self._equations(finals, stacks, kept)

    def _read_afterwards(self) -> Iterator[Var]:
        s = self.stretch
        for e in s.equations[s.start + s.period * s.count :]:
            for v in e.inputs():
                if v in s.where:
                    yield v
        yield from (v for v in inputs_of(s.program.outputs) if v in s.where)

    def _equations(
        self,
        finals: dict[tuple[tuple[int, int], int], Var],
        stacks: dict[tuple[int, int], list[tuple[int, Var]]],
        kept: dict[int, Equation],
    ) -> list[Equation]:
        s, n = self.stretch, self.stretch.count
        carried = list(self.carried)
        new = [
            s.template[place[0]].outs[place[1]] if back == 1 else self.carried[place, back - 1]
            for place, back in carried
        ]
        results = [s.template[q].outs[j] for q, j in stacks]
        inputs = [*self.carried.values(), *self.sequences.values(), *self.constants.values()]
        program = Program(
            "loop",
            self.backend,
            inputs,
            len(inputs) - len(carried) - len(self.sequences),
            needed(self.lines, [*new, *results]),
            [*new, *results],
        )
        loop = Loop(program, len(carried), len(self.sequences), n, False)
        before, given = self._rows_given()
        ends = [finals.get(c, same_as(self.carried[c])) for c in carried]
        whole = [Var((n, *v.shape), v.dtype) for v in results]
        args = (*[self.first[c] for c in carried], *given, *self.constants)
        e = Equation(
            "loop.scan", loop, args, {}, [*ends, *whole], line=s.template[-1].line, several=True
        )
        found = [*before, e]
        for stack, rows in zip(whole, stacks.values(), strict=True):
            for k, v in rows:
                s.rows[v] = stack, k
                found.append(self._view("backend.getitem", stack, (k, ...), v))
        return found + [kept[i] for i in sorted(kept)]

    def _rows_given(self) -> tuple[list[Equation], list[Var]]:
        """Return the equations that put rows in order, and the sequences."""
        n, lines, given = self.stretch.count, [], []
        for array, first, step in self.sequences:
            if first == 0 and step == 1 and array.shape[0] == n:
                given.append(array)
                continue
            end = first + step * n
            key = (slice(first, None if end < 0 else end, step),)
            out = Var((n, *array.shape[1:]), array.dtype)
            lines.append(self._view("backend.getitem", array, key, out))
            given.append(out)
        return lines, given
