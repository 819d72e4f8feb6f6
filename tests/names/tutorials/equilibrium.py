"""Forces and moments on a pole that a cord holds (after numpy-tutorials, static equilibrium)."""

import numpy as np

pole = np.array([0, 0, 0])
anchor = np.array([3, 0, 0])
top = np.array([0, 0, 2])

direction = top - pole
cord = anchor - top
unit = cord / np.linalg.norm(cord)
force = unit * 5
moment = np.cross(force, direction)
balance = np.array([0, 0, 0])
x, y, z = balance - force

weights = np.array([[0.0, 0.0, -9.81], [0.0, 0.0, -4.9]])
arms = np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
total = np.cross(arms, weights).sum(axis=0)
angle = np.arccos(np.dot(unit, direction) / np.linalg.norm(direction))

RESULT = [force, moment, balance - moment, x, y, z, total, np.degrees(angle)]
