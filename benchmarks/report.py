"""Tables of what was measured, readable both in a terminal and as Markdown."""

from typing import Any

Results = dict[str, Any]


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return rows as an aligned table; all columns but the first are set to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]

    def line(cells: list[str]) -> str:
        first, *rest = (
            cell.rjust(w) if i else cell.ljust(w)
            for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join([first, *rest])} |"

    rule = [("-" * w if i == 0 else "-" * (w - 1) + ":") for i, w in enumerate(widths)]
    return "\n".join([line(head), f"| {' | '.join(rule)} |", *(line(row) for row in rows)])


def number(x: float | None) -> str:
    """Return a number with three digits, or a dash for none."""
    if x is None:
        return "-"
    return f"{x:.0f}" if abs(x) >= 99.5 else f"{x:.1f}" if abs(x) >= 9.95 else f"{x:.2f}"


def ratio(entry: dict[str, Any] | None) -> str:
    """Return a ratio with half the distance of its quartiles, in percent."""
    if entry is None:
        return "-"
    low, high = entry["quartiles"]
    return f"{number(entry['ratio'])} ±{50 * (high - low) / entry['ratio']:.0f}%"


def ratios(results: Results) -> str:
    """Return the table of ratios to the hand-written code."""
    by_hand, *names = results["libraries"]
    head = ["forward + backward", "by hand", *names, "target"]
    rows = []
    for workload, found in results["workloads"].items():
        target = results["targets"].get(workload)
        goal = "" if target is None else number(target)
        if target is not None and "xgrad" in found:
            goal += " met" if found["xgrad"]["ratio"] <= target else " missed"
        time = f"{number(found[by_hand]['seconds'] * 1e3)} ms"
        rows.append([workload, time, *(ratio(found.get(n)) for n in names), goal])
    if not any(row[-1] for row in rows):  # as on a GPU
        head, rows = head[:-1], [row[:-1] for row in rows]
    return table(head, rows)


def firsts(results: Results) -> str:
    """Return the table of first calls, and of the bytes that compiled functions hold."""
    names = [n for n in results["libraries"] if _notes(results, n, "first")]
    holding = [n for n in names if _notes(results, n, "held")]
    head = ["first call, ms", *names, *(f"{n} holds, MB" for n in holding)]
    rows = [
        [
            workload,
            *(number(_scaled(found.get(n), "first", 1e3)) for n in names),
            *(number(_scaled(found.get(n), "held", 1e-6)) for n in holding),
        ]
        for workload, found in results["workloads"].items()
    ]
    return table(head, rows) if names else ""


def _notes(results: Results, name: str, what: str) -> bool:
    return any(what in found.get(name, {}) for found in results["workloads"].values())


def _scaled(entry: dict[str, Any] | None, what: str, factor: float) -> float | None:
    return None if entry is None or what not in entry else entry[what] * factor


def costs(results: Results) -> str:
    """Return the table of nanoseconds per operation."""
    rows = [
        [f"{elements} elements, {name}", number(found["forward"]), number(found["backward"])]
        for elements, by_library in results["per operation"].items()
        for name, found in by_library.items()
    ]
    return table(["ns per operation", "forward", "backward"], rows)


def links(results: Results) -> str:
    """Return the table of what the gradient of an op of each kind costs, beside that of `sin`."""
    found = results["per link"]
    names = list(next(iter(found.values())))
    rows = [
        [library, *(f"{number(t[name])} ({number(t[name] / t[names[0]])})" for name in names)]
        for library, t in found.items()
    ]
    return table(["us per op of a gradient (times sin)", *names], rows)


def growths(results: Results) -> str:
    """Return the table of how time grows."""
    rows = [
        [
            f"{growth}, {name}",
            *(f"{number(t * 1e6 / n)}" for n, t in zip(e["sizes"], e["seconds"], strict=True)),
            *[""] * (4 - len(e["sizes"])),
            number(e["exponent"]),
        ]
        for growth, by_library in results["growth"].items()
        for name, e in by_library.items()
    ]
    sizes = ["10^3", "10^4", "10^5", "10^6"]
    return table(["microseconds per element at", *sizes, "exponent"], rows)


def memory(results: Results) -> str:
    """Return the table of peak memory."""
    rows = []
    for workload, by_library in results["memory"].items():
        base = by_library[results["libraries"][0]]
        for name, found in by_library.items():
            if found is not None:
                relative = number(found / base) if base else "-"
                rows.append([f"{workload}, {name}", number(found / 1e6), relative])
    return table(["peak memory above the inputs", "MB", "ratio"], rows)


def footprint(results: Results) -> str:
    """Return the table of import times and sizes."""
    rows = [
        [
            name,
            "" if found["seconds"] is None else number(found["seconds"] * 1e3),
            number(found["bytes"] / 1e6),
        ]
        for name, found in results["footprint"].items()
    ]
    return table(["before computing anything", "import, ms on top of numpy", "MB"], rows)


def by_hand(results: Results) -> str:
    """Return what the libraries are compared with."""
    return f"hand-written {'CuPy' if 'cupy' in results['libraries'] else 'NumPy'}"


def everything(results: Results) -> str:
    """Return all tables that have something to show."""
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    threads = "1 thread" if results["threads"] == 1 else f"{results['threads']} threads"
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['system']}"
    how = f"{threads}, {results['clock']} clock, {results['date']}"
    parts = [
        f"{where}; {how}\n{versions}",
        f"Ratios of time to {by_hand(results)}: medians, ± half the distance of the quartiles.",
    ]
    for key, show in (
        ("workloads", ratios),
        ("workloads", firsts),
        ("per operation", costs),
        ("per link", links),
        ("growth", growths),
        ("memory", memory),
        ("footprint", footprint),
    ):
        if results.get(key) and (text := show(results)):
            parts.append(text)
    return "\n\n".join(parts)
