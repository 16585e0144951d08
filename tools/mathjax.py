"""A Sphinx extension: show the book's mathematics without the network.

At the first build MathJax 3 comes from the npm registry into book/_static/mathjax/. Where npm is missing or fails, the
pages load MathJax from Sphinx' default address when they are read, and the build says so.
"""

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "book" / "_static" / "mathjax"
WANTED = ("package/es5/tex-mml-chtml.js", "package/es5/output/chtml/fonts/woff-v2/")


def setup(app):
    """Point Sphinx at the local copy, if there is one."""
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
