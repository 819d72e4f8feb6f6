"""A line through the logarithms of counts, kept in files (after numpy-tutorials, Moore's law)."""

import tempfile
from pathlib import Path

import numpy as np

year = np.arange(1971, 1991)
noise = np.sin(np.arange(20.0)) / 10
count = np.exp(0.35 * (year - 1971) + 7.7 + noise)

slope, start = np.polyfit(year - 1971, np.log(count), 1)
predicted = np.exp(start) * np.exp(slope * (year - 1971))
of_1980 = count[year == 1980]
between = np.linspace(1979.5, 1980.5)
table = np.block([year[:, np.newaxis], count[:, np.newaxis], predicted[:, np.newaxis]])

with tempfile.TemporaryDirectory() as folder:
    csv, archive = Path(folder, "moore.csv"), Path(folder, "moore.npz")
    np.savetxt(csv, X=table, delimiter=",", header="year, count, predicted")
    np.savez(archive, notes="a line", year=year, predicted=predicted, line=(slope, start))
    again = np.loadtxt(csv, delimiter=",")
    loaded = np.load(archive)
    kept = loaded["predicted"]

RESULT = [slope, start, of_1980.mean(), between, again[:, 2], kept, np.sum(year == 1980)]
