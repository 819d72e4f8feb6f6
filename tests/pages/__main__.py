"""What a built site must hold: no dead link, every public name, and nothing from elsewhere.

    python -m tests.pages docs/_build/html

Sphinx checks the references that it makes; this looks at the HTML itself, at the links and pictures
that were written by hand too. The exit status is 1 if anything is missing.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import xgrad


class Page(HTMLParser):
    """The anchors of a page, what it links to, and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.errors = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag says."""
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in ("img", "script") and "src" in values:
            self.loaded.append(values["src"])
        if tag == "link" and values.get("rel") in ("stylesheet", "icon"):
            self.loaded.append(values["href"])
        if "stderr" in values.get("class", "").split():
            self.errors += 1


def faults(site: Path) -> list[str]:
    """Return what is wrong with a site."""
    pages = {path.resolve(): Page(path) for path in site.rglob("*.html")}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        if page.errors:
            found.append(f"{name}: a cell has written to stderr")
        for link in page.links + page.loaded:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https"):
                if link in page.loaded:
                    found.append(f"{name}: loads {link} from elsewhere")
                continue
            if parts.scheme:  # data: and mailto:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                found.append(f"{name}: {link} is not there")
            elif parts.fragment and unquote(parts.fragment) not in (
                pages[target].anchors if target in pages else {unquote(parts.fragment)}
            ):
                found.append(f"{name}: {link} has no such anchor")
    anchors = set().union(*(page.anchors for page in pages.values()))
    for public in xgrad.__all__:
        value = getattr(xgrad, public)
        if f"xgrad.{public}" not in anchors and getattr(value, "__spec__", None) is None:
            found.append(f"xgrad.{public} is on no page")
    return found


def main(site: str) -> int:
    """Print the faults of a site; return the exit status."""
    found = faults(Path(site))
    for line in found:
        print(line)
    print(f"{len(found)} faults on {len(list(Path(site).rglob('*.html')))} pages")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
