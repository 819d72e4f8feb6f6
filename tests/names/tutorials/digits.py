"""A network with one hidden layer, its gradient by hand (after numpy-tutorials, MNIST)."""

import numpy as np

rng = np.random.RandomState(1)
images = rng.rand(40, 16)
labels = (images.sum(axis=1) > 8).astype(int)


def one_hot(labels, size=2):
    return (labels[..., None] == np.arange(size)[None]).astype(np.float64)


def relu(x):
    return (x >= 0) * x


images, labels = np.asarray(images), np.asarray(labels)
targets = one_hot(labels)
weights_1 = np.asarray(0.2 * rng.rand(16, 8) - 0.1)
weights_2 = np.asarray(0.2 * rng.rand(8, 2) - 0.1)
losses = []
for _ in range(5):
    loss, right = 0.0, 0
    for i in range(len(images)):
        layer_0 = images[i]
        layer_1 = relu(np.dot(layer_0, weights_1))
        layer_2 = np.dot(layer_1, weights_2)
        loss += np.sum((targets[i] - layer_2) ** 2)
        right += int(np.argmax(targets[i]) == np.argmax(layer_2))
        delta_2 = targets[i] - layer_2
        delta_1 = np.dot(weights_2, delta_2) * (layer_1 >= 0)
        weights_1 += 0.05 * np.outer(layer_0, delta_1)
        weights_2 += 0.05 * np.outer(layer_1, delta_2)
    losses.append(loss)

RESULT = [np.array(losses), right, weights_1, weights_2]
