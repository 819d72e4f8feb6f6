"""The array that users hold: raw data of some backend, and its place on the tape."""

from .array import Array as Array
