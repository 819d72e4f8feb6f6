"""Signals, windows and spectra; sines by name (after texts on NumPy for signals)."""

import numpy as np

rate = 128
t = np.arange(0, 1, 1 / rate)
wave = np.sin(2 * np.pi * 5 * t) + 0.5 * np.sin(2 * np.pi * 20 * t)
spectrum = np.fft.rfft(wave * np.hanning(len(wave)))
frequencies = np.fft.rfftfreq(len(wave), 1 / rate)
loudest = frequencies[np.argsort(np.abs(spectrum))[-2:]]
smooth = np.convolve(wave, np.ones(5) / 5, mode="same")
padded = np.pad(wave, (2, 2), mode="constant")
phases = np.unwrap(np.arctan2(np.sin(9 * t), np.cos(9 * t)))
steps = np.where(wave > 0, 1.0, -1.0)
crossings = np.where(np.diff(np.sign(wave)))[0]
grid = np.fft.fftshift(np.fft.fft2(np.outer(wave[:8], wave[:8])))
angles = [np.arcsin(0.5), np.arctan(1.0), np.arccosh(2.0), np.radians(180.0)]
table = np.r_[0:3, np.array([5, 6]), 9]
identity = np.identity(3) + np.tri(3) + np.eye(3, k=1, dtype=int)

RESULT = [
    np.sort(loudest), smooth, padded, phases, steps, crossings, np.abs(grid), np.array(angles),
    table, identity, np.clip(wave, -0.5, 0.5), np.trapezoid(wave, t), np.logspace(0, 2, 3),
]  # fmt: skip
