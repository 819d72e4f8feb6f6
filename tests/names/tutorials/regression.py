"""Linear regression three ways, and principal components (after courses of machine learning)."""

import numpy as np

np.random.seed(3)
x = 2 * np.random.rand(50, 1)
y = 4 + 3 * x + 0.1 * np.random.randn(50, 1)
X = np.c_[np.ones((50, 1)), x]
exact = np.linalg.inv(X.T.dot(X)).dot(X.T).dot(y)
least, residuals, rank, s = np.linalg.lstsq(X, y, rcond=None)

theta = np.zeros((2, 1))
for step in range(300):
    gradient = 2 / 50 * X.T.dot(X.dot(theta) - y)
    theta = theta - 0.1 * gradient

order = np.arange(50)
np.random.shuffle(order)
train, test = order[:40], order[40:]
slope = np.sum((x[train] - x[train].mean()) * (y[train] - y[train].mean())) / np.sum(
    np.power(x[train] - x[train].mean(), 2)
)
score = 1 - np.sum((y - X @ theta) ** 2) / np.sum((y - y.mean()) ** 2)

data = np.hstack((x, y, x * y))
centred = data - np.mean(data, axis=0)
values, vectors = np.linalg.eigh(np.cov(centred, rowvar=False))
largest = np.argsort(values)[::-1]
projected = centred.dot(np.absolute(vectors[:, largest[:2]]))

RESULT = [exact, least, rank, theta, score, values[largest], np.abs(projected)]
