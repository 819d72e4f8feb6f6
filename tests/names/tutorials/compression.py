"""An image of low rank (after numpy-tutorials, linear algebra)."""

import numpy as np

x, y = np.mgrid[0:24, 0:30]
image = np.stack([np.sin(x / 5) + y / 30, np.cos(y / 7) * x / 24, (x + y) % 7 / 7.0], axis=-1)
gray = image @ np.array([0.2126, 0.7152, 0.0722])
U, s, Vt = np.linalg.svd(gray)
Sigma = np.zeros((U.shape[1], Vt.shape[0]))
np.fill_diagonal(Sigma, s)
k = 3
approximate = U @ Sigma[:, :k] @ Vt[:k, :]
channels = np.transpose(image, (2, 0, 1))
U, s3, Vt = np.linalg.svd(channels)
Sigma = np.zeros((3, 24, 30))
for j in range(3):
    np.fill_diagonal(Sigma[j, :, :], s3[j, :])
rebuilt = np.transpose(U @ Sigma @ Vt, (1, 2, 0))

RESULT = [np.linalg.norm(gray - approximate), s, approximate, np.allclose(rebuilt, image)]
