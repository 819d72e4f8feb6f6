"""Two layers learn XOR by gradients written by hand (after texts on networks from scratch)."""

import numpy as np

np.random.seed(42)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([[0], [1], [1], [0]])
W1, b1 = np.random.randn(2, 4), np.zeros((1, 4))
W2, b2 = np.random.randn(4, 1), np.zeros((1, 1))
losses = []
for _ in range(200):
    z1 = np.dot(X, W1) + b1
    a1 = np.tanh(z1)
    a2 = sigmoid(np.matmul(a1, W2) + b2)
    losses.append(np.mean(np.power(a2 - y, 2)))
    dz2 = (a2 - y) * a2 * (1 - a2)
    dW2, db2 = np.dot(a1.T, dz2), np.sum(dz2, axis=0, keepdims=True)
    dz1 = np.dot(dz2, W2.T) * (1 - np.power(a1, 2))
    dW1, db1 = np.dot(X.T, dz1), np.sum(dz1, axis=0, keepdims=True)
    W1 -= 0.5 * dW1
    b1 -= 0.5 * db1
    W2 -= 0.5 * dW2
    b2 -= 0.5 * db2
predictions = (a2 > 0.5).astype(int)
accuracy = np.mean(predictions.flatten() == y.flatten())

RESULT = [np.array(losses), W1, W2, accuracy, np.round(a2, 3)]
