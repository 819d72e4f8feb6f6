"""How soon points of the plane run away (after numpy-tutorials, plotting fractals)."""

import numpy as np


def julia(mesh, c=-1, steps=10, radius=2):
    z = mesh.copy()
    length = np.zeros(z.shape)
    for _ in range(steps):
        near = np.abs(z) < radius
        z[near] = np.square(z[near]) + c
        length[near] += 1
    return length


def mandelbrot(mesh, steps=10, radius=2):
    c = mesh.copy()
    z = np.zeros(mesh.shape, dtype=np.complex128)
    length = np.zeros(z.shape)
    for _ in range(steps):
        near = np.abs(z) < radius
        z[near] = np.square(z[near]) + c[near]
        length[near] += 1
    return length


x, y = np.meshgrid(np.linspace(-2, 2, 20), np.linspace(-2, 2, 20))
mesh = x + (1j * y)
starts = np.array([0.4 + 0.4j, 0.41 + 0.4j])
path = np.zeros((4, starts.shape[0]), dtype=complex)
path[0] = starts
for i in range(3):
    path[i + 1] = np.square(path[i]) - 1

RESULT = [julia(mesh), julia(mesh, c=-0.75 + 0.4j), mandelbrot(mesh), path.real, path.imag]
