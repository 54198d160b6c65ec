"""Frames after all steps of their stack, made part by part when they are needed."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...nexus.chunks import Buffers
from ...task import SILENT, Progress
from .cores import all_cores, on_all_cores, own_buffers
from .learnt import LEARNT
from .memory import KEPT, give_back, in_memory, read, working_type
from .operation import Operation, Place, Shape
from .plan import BAND, Plan
from .saturation import SATURATED
from .types import DarkfieldStack

#: what is done with rows `top` to `bottom` of all frames
Work = Callable[[int, int, NDArray[Any]], None]


class _Read(NamedTuple):
    """Some rows of all frames."""

    frames: NDArray[Any]
    first: int  #: number that the first of them would have, were all rows here


class Treated:
    """A stack with all its steps taken, read by bands of rows or by frames.

    Nothing is read before something is asked for. Not to be kept: frames stay in memory as
    long as it lives.
    """

    def __init__(self, stack: DarkfieldStack) -> None:
        self.stack = stack
        self.shapes: list[Shape] = [(len(stack.order), *stack.source.shape)]
        for operation in stack.operations:
            self.shapes.append(operation.shape(self.shapes[-1]))
        self.shape = self.shapes[-1]
        self.dtype = stack.dtype
        self._known: list[Any] | None = None

    # -- by bands of rows

    def each_band(
        self,
        work: Work,
        progress: Progress = SILENT,
        words: str = "",
        *,
        bands: Sequence[tuple[int, int]] | None = None,
        margin: int = 0,
        kept: int = 0,
        makes: int = 0,
    ) -> None:
        """Do `work` to all rows, or to those in `bands`, a band at a time, on all cores.

        `work` gets its band in memory that is used again afterwards; with `margin` rows more
        on each side, as far as there are any. Of the memory that the stack may take, what the
        caller makes has its part: `kept` bytes in all, and for each band `makes` times its size.
        """
        progress(0.0, words)
        known = self.learn(progress.part(0.0, 0.5 if self._must_learn else 0.0))
        progress = progress.part(0.5 if self._must_learn else 0.0, 1.0)
        rows = self.shape[1]
        plan = Plan.of(self.stack, self.shapes, self._halo + 2 * margin, bands, kept, makes)
        wanted = bands
        if wanted is None:
            wanted = [(top, min(top + plan.rows, rows)) for top in range(0, rows, plan.rows)]
        wide = [(max(top - margin, 0), min(bottom + margin, rows)) for top, bottom in wanted]
        done = 0
        with all_cores() as pool:  # the same threads, whose memory is used again
            for some in self._read_for(wide, plan, progress, pool):

                def one(n: int, some: Sequence[_Read] = some, first: int = done) -> None:
                    work(*wanted[n], self._rows_from(some[n - first], *wide[n], known))

                for _ in on_all_cores(one, range(done, done + len(some)), progress, pool):
                    progress((done := done + 1) / len(wanted), words)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was doubtful in the frames that were read."""
        stack = self.stack
        saturated = SATURATED.count(stack.source.key, stack.order.tolist())
        if not saturated or any(o.leaves_out_bright for o in stack.operations):
            return ()
        return (
            f"{saturated} of {len(stack.order)} frames have saturated pixels, whose peaks are cut "
            "off: leave these out by an upper limit in 'Threshold'.",
        )

    def rows(self, top: int, bottom: int, progress: Progress = SILENT) -> NDArray[Any]:
        """Some rows of all frames, (frames, rows, columns)."""
        known = self.learn(progress)
        bands = [(top, bottom)]
        plan = Plan.of(self.stack, self.shapes, self._halo, bands, 0, 0)
        with all_cores() as pool:
            ((found,),) = self._read_for(bands, plan, progress, pool)
        return np.array(self._rows_from(found, top, bottom, known))

    def curve(self, row: int, column: int, progress: Progress = SILENT) -> NDArray[np.float64]:
        """The intensities of one pixel in all frames."""
        return self.rows(row, row + 1, progress)[:, 0, column].astype(np.float64)

    @property
    def _halo(self) -> int:
        """Rows beyond its own that a band needs."""
        middle = self.shape[1] // 2
        first, last = self._source_rows(middle, middle + 1)
        return max(last - first - 1, 0)

    def _source_rows(self, top: int, bottom: int) -> tuple[int, int]:
        for operation, shape in zip(
            reversed(self.stack.operations), reversed(self.shapes[:-1]), strict=True
        ):
            top, bottom = operation.rows(top, bottom, shape)
        return top, bottom

    def _read_for(
        self,
        bands: Sequence[tuple[int, int]],
        plan: Plan,
        progress: Progress,
        pool: ThreadPoolExecutor,
    ) -> Iterator[list[_Read]]:
        """What some bands are made from, for as many at once as the plan has room for."""
        stack = self.stack
        if plan.whole:
            frames = in_memory(stack.source, stack.order, stack.limit, progress)
            yield [_Read(frames, 0)] * len(bands)
            return
        KEPT.clear()
        give_back()
        needed = [self._source_rows(*band) for band in bands]
        order, buffers = stack.order.tolist(), Buffers()
        _, rows, columns = self.shapes[0]
        most = min(plan.source_rows, rows) * columns * len(order)
        buffers.get("frames", most, working_type(stack.source.dtype))
        while needed:
            runs, at, count = [needed[0]], [0], 1
            size = needed[0][1] - needed[0][0]
            for first, last in needed[1:]:
                top, bottom = runs[-1]
                apart = first > bottom
                more = last - first if apart else max(last - bottom, 0)
                if size + more > plan.source_rows:
                    break
                if apart:
                    runs.append((first, last))
                    at.append(size)
                else:
                    runs[-1] = top, max(last, bottom)
                size += more
                count += 1
            frames = read(stack.source, order, runs, progress, pool, buffers)
            starts = [top for top, _ in runs]
            places = [bisect(starts, first) - 1 for first, _ in needed[:count]]
            yield [_Read(frames, starts[p] - at[p]) for p in places]
            needed = needed[count:]

    def _rows_from(self, read: _Read, top: int, bottom: int, known: list[Any]) -> NDArray[Any]:
        wanted = [(top, bottom)]
        for operation, shape in zip(
            reversed(self.stack.operations), reversed(self.shapes[:-1]), strict=True
        ):
            wanted.append(operation.rows(*wanted[-1], shape))
        wanted.reverse()
        start, stop = wanted[0]
        block = _copied(read.frames[:, start - read.first : stop - read.first])
        return self._take_steps(block, wanted, known, range(self.shapes[0][0]))

    def _take_steps(
        self,
        block: NDArray[Any],
        wanted: list[tuple[int, int]],
        known: list[Any],
        frames: Sequence[int],
    ) -> NDArray[Any]:
        for n, operation in enumerate(self.stack.operations):
            place = Place(
                self.shapes[n],
                wanted[n][0],
                *wanted[n + 1],
                frames,
                known[n],
                own_buffers(f"step {n}"),
            )
            block = operation.apply(block, place)
        return block

    # -- by frames

    @property
    def by_frame(self) -> bool:
        """Whether a frame can be had without treating all of them."""
        return all(o.by_frame for o in self.stack.operations)

    def frames(self, numbers: Sequence[int], progress: Progress = SILENT) -> NDArray[Any]:
        """Some frames, whole."""
        if not self.by_frame:
            found = np.empty((len(numbers), *self.shape[1:]), self.dtype)

            def take(top: int, bottom: int, block: NDArray[Any]) -> None:
                found[:, top:bottom] = block[list(numbers)]

            self.each_band(take, progress, kept=found.nbytes)
            return found
        known = self.learn(progress, whole_frames=True)
        return np.array(self._some_frames(self._source_frames(progress), numbers, known))

    def each_frames(
        self,
        work: Callable[[Sequence[int], NDArray[Any]], None],
        progress: Progress = SILENT,
        words: str = "",
    ) -> None:
        """Do `work` to all frames, some at a time, on all cores. Only where `by_frame`."""
        known = self.learn(progress.part(0.0, 0.3), whole_frames=True)
        source = self._source_frames(progress)
        count, rows, columns = self.shapes[0]
        some = max(BAND // (rows * columns * 4), 1)
        runs = [range(k, min(k + some, count)) for k in range(0, count, some)]

        def one(numbers: range) -> int:
            work(numbers, self._some_frames(source, numbers, known))
            return len(numbers)

        done = 0
        for number in on_all_cores(one, runs, progress):
            done += number
            progress(0.3 + 0.7 * done / count, words)

    def _source_frames(self, progress: Progress) -> Callable[[Sequence[int]], NDArray[Any]]:
        stack = self.stack
        if not Plan.of(stack, self.shapes, 0, [(0, 1)], 0, 0).whole:
            KEPT.clear()
            whole = [(0, stack.source.shape[0])]

            def read_some(numbers: Sequence[int]) -> NDArray[Any]:
                order = stack.order[list(numbers)].tolist()
                with ThreadPoolExecutor(1) as pool:
                    return read(stack.source, order, whole, SILENT, pool, own_buffers("block"))

            return read_some
        kept = in_memory(stack.source, stack.order, stack.limit, progress)

        def some(numbers: Sequence[int]) -> NDArray[Any]:
            if isinstance(numbers, range) and numbers.step == 1:
                return _copied(kept[numbers.start : numbers.stop])
            return kept[list(numbers)]

        return some

    def _some_frames(
        self,
        source: Callable[[Sequence[int]], NDArray[Any]],
        numbers: Sequence[int],
        known: list[Any],
    ) -> NDArray[Any]:
        wanted = [(0, rows) for _, rows, _ in self.shapes]
        return self._take_steps(source(numbers), wanted, known, numbers)

    # -- what steps must know

    @property
    def _must_learn(self) -> bool:
        return any(type(o).learn is not Operation.learn for o in self.stack.operations)

    def learn(self, progress: Progress = SILENT, *, whole_frames: bool = False) -> list[Any]:
        """What each step must know of the whole stack."""
        if self._known is None or (not whole_frames and any(k is _UNKNOWN for k in self._known)):
            known = []
            for n, operation in enumerate(self.stack.operations):
                if whole_frames and operation.learns_from_frame:
                    known.append(_UNKNOWN)
                elif type(operation).learn is Operation.learn:
                    known.append(None)
                else:
                    known.append(self._learn_one(n, operation, progress))
            self._known = known
        return [None if k is _UNKNOWN else k for k in self._known]

    def _learn_one(self, n: int, operation: Operation, progress: Progress) -> Any:
        stack = self.stack
        before = replace(stack, operations=stack.operations[:n], **_as_it_was(self.shapes[n][0]))
        key = stack.source.key, stack.order.tobytes(), stack.operations[: n + 1]
        return LEARNT.get(key, lambda: operation.learn(Treated(before), progress))


_UNKNOWN = object()


def _as_it_was(frames: int) -> dict[str, Any]:
    """Dimensions for a stack of so many frames, where a later step may have changed them."""
    from .dimension import Dimension

    index = np.arange(frames, dtype=np.float64)[None]
    return {
        "dimensions": (Dimension("frame", frames, 0.0, frames - 1.0),),
        "positions": index,
    }


def _copied(block: NDArray[Any]) -> NDArray[Any]:
    """A copy in this thread's own memory: new pages cost more than the copy."""
    kept = own_buffers("block").get("block", block.size, block.dtype)[: block.size]
    copy: NDArray[Any] = kept.reshape(block.shape)
    copy[...] = block
    return copy
