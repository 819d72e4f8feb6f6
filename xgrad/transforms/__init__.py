"""Functions of functions that give derivatives."""
