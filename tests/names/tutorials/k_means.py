"""Clusters by the nearest centre (after texts on machine learning from scratch)."""

import numpy as np


class KMeans:
    def __init__(self, k=3, most=50, tolerance=1e-6):
        self.k, self.most, self.tolerance = k, most, tolerance

    def fit(self, X):
        self.X = np.array(X)
        n, _ = self.X.shape
        self.centers = self.X[np.random.choice(n, self.k, replace=False)]
        for _ in range(self.most):
            distances = np.sqrt(((self.X[:, np.newaxis] - self.centers) ** 2).sum(axis=2))
            self.labels = np.argmin(distances, axis=1)
            moved = np.array([self.X[self.labels == j].mean(axis=0) for j in range(self.k)])
            if np.linalg.norm(self.centers - moved) < self.tolerance:
                break
            self.centers = moved
        return self

    def predict(self, point):
        return np.argmin([np.linalg.norm(point - c) for c in self.centers])


np.random.seed(7)
X = np.vstack([np.random.randn(20, 2) + c for c in ([0, 0], [6, 0], [0, 6])])
model = KMeans().fit(X)
sizes = np.bincount(model.labels)
names, counts = np.unique(model.labels, return_counts=True)

RESULT = [model.centers, model.labels, sizes, names, counts, model.predict(np.array([5.5, 0.2]))]
