"""Phase retrieval: find the error of a telescope's mirror from two pictures of a star.

    python examples/phase_retrieval.py  # on a GPU: --backend cupy

A camera sees intensities only. Light with the phase error f across the aperture A makes the picture

    I = |FFT(A exp(i f))|^2,

in which the phase is lost; a second picture, out of focus by a known phase d, makes up for it
(Gonsalves 1982). The phase is written in smooth polynomials, f = sum c_k Z_k, and the coefficients
c minimise the difference of sqrt(I) in both pictures: a real function of complex arrays, whose
gradient goes through FFT and modulus.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from page import host, number, options, save, table

import xgrad as xg
from xgrad import optim

N = 64


def polynomials(order: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the aperture, and polynomials that are orthonormal on it, without the constant."""
    v, u = np.mgrid[-2 : 2 : N * 1j, -2 : 2 : N * 1j]
    inside = u**2 + v**2 <= 1
    powers = [u**i * v ** (k - i) for k in range(order + 1) for i in range(k + 1)]
    Q, _ = np.linalg.qr(np.stack([p[inside] for p in powers], axis=1))
    Z = np.zeros((Q.shape[1], N, N))
    Z[:, inside] = Q.T * np.sqrt(inside.sum())
    return inside.astype(float), Z[1:]


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Retrieve a random phase; return the misfit and the error that is left, in radians."""
    chosen = options(__doc__, argv)
    rng = np.random.default_rng(3)
    aperture, Z = polynomials(order=5)
    true = rng.normal(size=len(Z)) * 0.25
    true[:2] = 0  # tip and tilt only move the picture
    A, modes = xg.asarray(aperture), xg.asarray(Z)
    defocus = xg.asarray(1.2 * Z[[2, 4]].sum(0))

    def pictures(c: xg.Array) -> list[xg.Array]:
        phase = xg.tensordot(c, modes, axes=1)
        waves = [A * xg.exp(1j * (phase + d)) for d in (0.0 * defocus, defocus)]
        return [xg.abs(xg.fft.fftn(wave)) for wave in waves]

    photons = [host(p) ** 2 for p in pictures(xg.asarray(true))]
    scale = 1e6 / photons[0].sum()
    seen = [xg.asarray(np.sqrt(rng.poisson(scale * p) / scale)) for p in photons]

    def misfit(c: xg.Array) -> xg.Array:
        return sum(xg.mean((p - q) ** 2) for p, q in zip(pictures(c), seen, strict=True))

    values: list[float] = []
    start = xg.zeros(len(Z), dtype=xg.float64)
    found = optim.LBFGS(max_iter=25 if chosen.quick else 200, tolerance_change=1e-10).minimize(
        misfit, start, callback=lambda i, value: values.append(value)
    )
    c = host(found.params)
    c[:2] = 0

    def rms(difference: np.ndarray) -> float:
        return float(np.sqrt(np.sum(difference[2:] ** 2)))

    table(
        ["", "misfit", "rms error of the phase (rad)"],
        [["start", number(misfit(start)), rms(true)], ["end", found.value, rms(c - true)]],
    )
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    mask = np.where(aperture > 0, 1, np.nan)
    phases = [np.tensordot(x, Z, 1) * mask for x in (true, c, 100 * (c - true))]
    span = np.nanmax(np.abs(phases[0]))
    cut = slice(N // 4, -N // 4)
    above, below = figure.subplots(2, 3)
    titles = ("true phase (rad)", "retrieved", "100 times the difference")
    for axes, phase, title in zip(above, phases, titles, strict=True):
        drawn = axes.imshow(phase[cut, cut], cmap="RdBu", vmin=-span, vmax=span)
        axes.set(title=title, xticks=[], yticks=[])
    figure.colorbar(drawn, ax=above)
    for axes, picture, title in zip(below, seen, ("in focus", "out of focus"), strict=False):
        light = np.fft.fftshift(host(picture))
        axes.imshow(light[cut, cut], cmap="magma")
        axes.set(title=f"picture {title}", xticks=[], yticks=[])
    below[2].semilogy(values)
    below[2].set(xlabel="iteration", title="misfit")
    save(figure, chosen, "phase_retrieval.png")
    return {"before": rms(true), "after": rms(c - true), "misfit": found.value}


if __name__ == "__main__":
    main()
