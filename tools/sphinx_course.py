"""A Sphinx extension for the two things that _config.yml cannot say.

The book's formulas need no network when they are read: at the first build MathJax 3 comes from the npm registry into
book/_static/mathjax/. Where npm is missing or fails, the pages load MathJax from Sphinx' default address when they are
read, and the build says so.

Figures are not numbered by Sphinx: their captions carry the same numbers here, in Colab and on GitHub.
"""

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "book" / "_static" / "mathjax"
WANTED = ("package/es5/tex-mml-chtml.js", "package/es5/output/chtml/fonts/woff-v2/")


def setup(app):
    """Point Sphinx at the local MathJax, if there is one, and turn its own figure numbers off."""
    # after sphinx_jupyterbook_latex, which turns them on whatever the configuration says
    app.connect("config-inited", lambda app, config: setattr(config, "numfig", False), priority=900)
    trouble = fetch()
    if trouble:
        print(f"{trouble}: the book's formulas will need the network when they are read")
    else:
        app.config.mathjax_path = "mathjax/tex-mml-chtml.js"
    return {"parallel_read_safe": True}


def fetch():
    """Copy MathJax into TARGET unless it is there; return what went wrong, or None."""
    if (TARGET / "tex-mml-chtml.js").is_file():
        return None
    if not shutil.which("npm"):
        return "npm is not installed"
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(["npm", "pack", "--silent", "mathjax@3"], cwd=folder, capture_output=True, timeout=120)
        archives = list(Path(folder).glob("mathjax-*.tgz"))
        if packed.returncode or not archives:
            return "npm could not fetch mathjax@3"
        with tarfile.open(archives[0]) as archive:
            members = [member for member in archive.getmembers() if member.name.startswith(WANTED)]
            archive.extractall(folder, members=members)
        shutil.copytree(Path(folder) / "package" / "es5", TARGET, dirs_exist_ok=True)
    return None
