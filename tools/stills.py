"""Draw the still pictures of the demonstrations, srcnn/demos/*.svg, as the demonstrations draw themselves in Chromium.

They are seen where no script runs: on GitHub, on paper. Run it when a drawing has changed; tests/test_demos.py notices.
"""

import json
import tempfile
from pathlib import Path

import browser

from srcnn import demos

ROOT = Path(__file__).resolve().parent.parent
DRAWN = ("checkerboard", "kernel", "sliding_filter", "two_weights")
PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>{}</title><body style="width: 690px">{}'
STYLES = {
    "fill": "rgb(0, 0, 0)",
    "stroke": "none",
    "stroke-width": "1px",
    "stroke-dasharray": "none",
    "stroke-linejoin": "miter",
    "opacity": "1",
    "font-size": "",
    "font-weight": "400",
    "text-anchor": "start",
    "dominant-baseline": "auto",
}
"""What is written into the picture, where it differs from this."""

COMPOSE = """(styles => {
  const live = document.querySelector(".live"), box = live.getBoundingClientRect();
  const round = (value) => String(Math.round(10 * value) / 10);
  const bare = (element, source) => {
    element.removeAttribute("class");
    element.removeAttribute("style");
    const seen = getComputedStyle(source);
    for (const [name, usual] of Object.entries(styles)) {
      if (name.startsWith("font") && !source.closest("text")) continue;
      if (seen[name] !== usual) element.setAttribute(name, seen[name].replace(/px/g, ""));
    }
    [...element.children].forEach((child, k) => bare(child, source.children[k]));
  };
  const parts = [...live.querySelectorAll("svg[role=img]")].map((svg) => {
    const copy = svg.cloneNode(true), place = svg.getBoundingClientRect();
    [...copy.children].forEach((child, k) => bare(child, svg.children[k]));
    for (const name of ["class", "role", "aria-label"]) copy.removeAttribute(name);
    const where = { x: place.x - box.x, y: place.y - box.y, width: place.width, height: place.height };
    for (const [name, value] of Object.entries(where)) copy.setAttribute(name, round(value));
    return copy.outerHTML;
  });
  const captions = [...live.querySelectorAll("figcaption")].map((caption) => {
    const place = caption.getBoundingClientRect();
    const at = `x="${round(place.x - box.x)}" y="${round(place.y - box.y + 17)}"`;
    return `<text ${at} font-size="14" fill="#59636e">${caption.textContent.trim()}</text>`;
  });
  const figures = [...live.querySelectorAll("figure")].map((figure) => figure.getBoundingClientRect());
  const top = Math.floor(Math.min(...figures.map((place) => place.y)) - box.y) - 12;
  const height = Math.ceil(Math.max(...figures.map((place) => place.bottom)) - box.y) + 12 - top;
  const width = Math.ceil(box.width) + 24;
  const begin = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 ${top} ${width} ${height}" ` +
    `width="${width}" height="${height}" font-family="sans-serif">`;
  const card = `<rect x="-12" y="${top}" width="100%" height="100%" fill="#fff"/>`;
  return [begin, card, ...parts, ...captions, "</svg>"].join("\\n") + "\\n";
})"""


def still(page, name, folder):
    """The still picture of a demonstration, as SVG text; `page` is a browser.Browser."""
    file = Path(folder) / f"{name}.html"
    file.write_text(PAGE.format(name, getattr(demos, name)()._repr_html_()), encoding="utf-8")
    page.resize(720, 1200)
    page.open(file.as_uri())
    return page.run(f"{COMPOSE}({json.dumps(STYLES)})")


def main():
    """Write all of them."""
    with tempfile.TemporaryDirectory() as folder, browser.browser() as page:
        for name in DRAWN:
            (ROOT / "srcnn" / "demos" / f"{name}.svg").write_text(still(page, name, folder), encoding="utf-8")


if __name__ == "__main__":
    main()
