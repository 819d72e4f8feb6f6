"""Running means, an index from break points, a test of two months (after numpy-tutorials)."""

import numpy as np

rng = np.random.RandomState(0)
hours = 24 * 20
raw = 60 + 25 * np.sin(np.arange(hours) / 24)[:, None] + rng.normal(0, 5, (hours, 3))
breaks = np.array([0.0, 31, 61, 91, 121, 251])
index = np.array([0.0, 51, 101, 201, 301, 401])


def moving_mean(a, n):
    total = np.cumsum(a, dtype=float, axis=0)
    total[n:] = total[n:] - total[:-n]
    return total[n - 1 :] / n


day = moving_mean(raw, 24)
eight = moving_mean(raw, 8)[-(day.shape[0]) :]
both = np.concatenate((day[:, :2], eight[:, 2:]), axis=1)
levels = np.interp(both, breaks, index)
worst = np.max(levels, axis=1)
before, after = worst[np.where(worst > 120)], worst[worst <= 120]
difference = before[:30] - after[:30]
t = np.divide(np.mean(difference), np.sqrt(difference.var(ddof=1) / len(difference)))

RESULT = [np.all(np.isfinite(raw)), both, worst, t, np.percentile(worst, 90)]
