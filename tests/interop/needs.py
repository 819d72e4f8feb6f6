"""What each battery needs, and how much of it must be right."""

NEEDS = {
    "numpy": "numpy",
    "scipy": "scipy",
    "sklearn": "sklearn",
    "others": "numpy array_api_extra einops opt_einsum xarray pandas",
}
LEAST = {
    ("numpy", "numpy"): 555,
    ("scipy", "numpy"): 465,
    ("sklearn", "numpy"): 140,
    ("others", "numpy"): 105,
    ("numpy", "torch"): 520,
    ("scipy", "torch"): 330,
    ("sklearn", "torch"): 135,
    ("others", "torch"): 100,
}
"""How many programs are ok, with some room for other versions of the libraries."""


CHECKED = {"numpy": (2, 4), "scipy": (1, 17), "sklearn": (1, 9)}
"""The versions on which, and from which on, all of required.txt has to be ok."""

DISTRIBUTIONS = {"sklearn": "scikit-learn"}
"""The distribution of a package, if it is called otherwise."""
