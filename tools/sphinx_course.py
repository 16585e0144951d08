"""A Sphinx extension for what _config.yml cannot say. It loads the others, one module for each purpose.

The book's formulas need no network when they are read: at the first build MathJax 3 comes from the npm registry into
book/_static/mathjax/. Where npm is missing or fails, the pages load MathJax from Sphinx' default address when they are
read, and the build says so.

"Try it" runs the networks in the reader's browser: at the first build they are exported, and what runs them comes from
the npm registry too, into book/_static/try/. Where that fails, the build says so and goes on, because the book can be
read without; the page says so where "Try it" would be.

Figures are not numbered by Sphinx: their captions carry the same numbers here, in Colab and on GitHub.
"""

from pathlib import Path

import npm
import try_it

TARGET = Path(__file__).resolve().parent.parent / "book" / "_static" / "mathjax"
WANTED = ("package/es5/tex-mml-chtml.js", "package/es5/output/chtml/fonts/woff-v2/")


def setup(app):
    """Point Sphinx at the local MathJax, make "Try it", turn Sphinx' own figure numbers off, and load the modules."""
    # after sphinx_jupyterbook_latex, which turns them on whatever the configuration says
    app.connect("config-inited", lambda app, config: setattr(config, "numfig", False), priority=900)
    trouble = fetch()
    if trouble:
        print(f"{trouble}: the book's formulas will need the network when they are read")
    else:
        app.config.mathjax_path = "mathjax/tex-mml-chtml.js"
    trouble = try_it.prepare()
    if trouble:
        print(f'{trouble}: the book will say so where its readers could "Try it on your own picture"')
    for name in ("links", "pages", "previews", "search", "sphinx_page", "sphinx_site", "student"):
        app.setup_extension(name)
    return {"parallel_read_safe": True}


def fetch():
    """Copy MathJax into TARGET unless it is there; return what went wrong, or None."""
    if (TARGET / "tex-mml-chtml.js").is_file():
        return None
    return npm.unpack("mathjax@3", WANTED, TARGET)
