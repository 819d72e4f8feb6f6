"""Short-time Fourier transforms, by SciPy's newer class."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..common import chapter, fixed
from ..given import like_given
from ..mistakes import told
from .convolution import detrend as detrended
from .spectra import pieces_of

__all__ = ["ShortTimeFFT"]

PADDINGS: dict[str, Any] = {
    "zeros": {},
    "edge": {"mode": "edge"},
    "even": {"mode": "reflect", "reflect_type": "even"},
    "odd": {"mode": "reflect", "reflect_type": "odd"},
}
"""How a signal goes on beyond its ends, by SciPy's names, as `pad` is told."""


@told("signal")
@like_given
class ShortTimeFFT:
    """SciPy's class of this name, whose transforms are differentiable in the signal.

    Everything but `stft`, `istft` and `spectrogram` is that of the object of SciPy, ``self.plain``.
    """

    def __init__(self, win: Any, hop: int, fs: float, **options: Any) -> None:
        win = fixed("ShortTimeFFT", win=win)
        made = chapter("signal").ShortTimeFFT(np.asarray(win), hop, fs, **options)
        self.plain = made

    @classmethod
    def of(cls, plain: Any) -> ShortTimeFFT:
        """Return the twin of an object of SciPy."""
        made = object.__new__(cls)
        made.plain = plain
        return made

    @classmethod
    def from_window(cls, *args: Any, **options: Any) -> ShortTimeFFT:
        """Make one by the name of a window; see SciPy."""
        return cls.of(chapter("signal").ShortTimeFFT.from_window(*args, **options))

    @classmethod
    def from_dual(cls, dual_win: Any, hop: int, fs: float, **options: Any) -> ShortTimeFFT:
        """Make one by its dual window; see SciPy."""
        held = np.asarray(fixed("ShortTimeFFT.from_dual", dual_win=dual_win))
        return cls.of(chapter("signal").ShortTimeFFT.from_dual(held, hop, fs, **options))

    @classmethod
    def from_win_equals_dual(
        cls, desired_win: Any, hop: int, fs: float, **options: Any
    ) -> ShortTimeFFT:
        """Make one whose window is its dual; see SciPy."""
        held = np.asarray(fixed("ShortTimeFFT.from_win_equals_dual", desired_win=desired_win))
        make = chapter("signal").ShortTimeFFT.from_win_equals_dual
        return cls.of(make(held, hop, fs, **options))

    def __getattr__(self, name: str) -> Any:
        if name == "plain" or name.startswith("__"):  # of one that is not made yet, as by `copy`
            raise AttributeError(name)
        return getattr(self.plain, name)

    def _matrix(self) -> Any:
        """Return what a piece is multiplied by."""
        own = self.plain
        impulse = np.eye(own.m_num) * np.conj(own.win)
        return own._fft_func(impulse)

    def stft(
        self, x: Any, p0: Any = None, p1: Any = None, *, k_offset: int = 0,
        padding: str = "zeros", axis: int = -1,
    ) -> Any:  # fmt: skip
        """Return the short-time Fourier transform; see SciPy's."""
        return self.stft_detrend(x, None, p0, p1, k_offset=k_offset, padding=padding, axis=axis)

    def stft_detrend(
        self, x: Any, detr: Any, p0: Any = None, p1: Any = None, *, k_offset: int = 0,
        padding: str = "zeros", axis: int = -1,
    ) -> Any:  # fmt: skip
        """Return the transform of pieces of which a trend is taken; see SciPy's."""
        if padding not in PADDINGS:
            raise ValueError(
                f"ShortTimeFFT: padding is {padding!r}; expected one of {', '.join(PADDINGS)}"
            )
        own = self.plain
        x = xgrad.moveaxis(xgrad.asarray(x), axis, -1)
        n = x.shape[-1]
        first, last = own.p_range(n, p0, p1)
        start = first * own.hop - own.m_num_mid + k_offset
        stop = start + (last - first) * own.hop + own.m_num
        inside = x[..., max(start, 0) : min(stop, n)]
        widths = [(0, 0)] * (x.ndim - 1) + [(max(-start, 0), max(stop - n, 0))]
        wide = xgrad.pad(inside, widths, **PADDINGS[padding])
        pieces = pieces_of(wide[..., : stop - start - own.hop], own.m_num, own.hop)
        if detr is not None:
            pieces = detrended(pieces, type=detr) if isinstance(detr, str) else detr(pieces)
        out = xgrad.matrix_transpose(xgrad.matmul(pieces + 0j, xgrad.asarray(self._matrix())))
        return xgrad.moveaxis(out, -2, axis if axis >= 0 else axis - 1)

    def spectrogram(
        self, x: Any, y: Any = None, detr: Any = None, *, p0: Any = None, p1: Any = None,
        k_offset: int = 0, padding: str = "zeros", axis: int = -1,
    ) -> Any:  # fmt: skip
        """Return the squared modulus, or the product with that of another signal."""
        options: dict[str, Any] = {"k_offset": k_offset, "padding": padding, "axis": axis}
        one = self.stft_detrend(x, detr, p0, p1, **options)
        if y is None or y is x:
            return xgrad.real(one) ** 2 + xgrad.imag(one) ** 2
        return one * xgrad.conj(self.stft_detrend(y, detr, p0, p1, **options))

    def istft(
        self, S: Any, k0: int = 0, k1: Any = None, *, f_axis: int = -2, t_axis: int = -1
    ) -> Any:
        """Return the signal of a transform; see SciPy's."""
        own = self.plain
        S = xgrad.moveaxis(xgrad.asarray(S), (f_axis, t_axis), (-2, -1))
        impulses = np.eye(own.f_pts) + 0j
        back = [own._ifft_func(row) * own.dual_win for row in impulses]
        both = [own._ifft_func(1j * row) * own.dual_win for row in impulses]
        a, b = np.stack(back), np.stack(both)
        pieces = xgrad.matmul(
            xgrad.matrix_transpose(xgrad.real(S)), xgrad.asarray(a)
        ) + xgrad.matmul(xgrad.matrix_transpose(xgrad.imag(S)), xgrad.asarray(b))
        count = S.shape[-1]
        q_max = count + own.p_min
        stop = (q_max - 1) * own.hop - own.m_num_mid + own.m_num
        end = stop if k1 is None else int(k1)
        start = own.p_min * own.hop - own.m_num_mid
        place = (np.arange(count)[:, None] * own.hop + np.arange(own.m_num)).ravel()
        flat = xgrad.moveaxis(xgrad.reshape(pieces, (*pieces.shape[:-2], -1)), -1, 0)
        total = xgrad.segment_sum(flat, xgrad.asarray(place), stop - start)
        return xgrad.moveaxis(total[k0 - start : end - start, ...], 0, -1)
