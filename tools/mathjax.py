"""Copy MathJax 3 into book/_static/mathjax/, so that pages show their mathematics without the network.

MathJax comes from the npm registry, once. Where npm is missing or fails, the pages use Sphinx' default address.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "book" / "_static" / "mathjax"
WANTED = ("es5/tex-mml-chtml.js", "es5/output/chtml/fonts/woff-v2/")


def main():
    """Fetch MathJax unless it is there; return 0 either way, because the book can be built without."""
    if (TARGET / "tex-mml-chtml.js").is_file():
        return 0
    if not shutil.which("npm"):
        print("npm is not installed: the book's mathematics will need the network when it is read")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(["npm", "pack", "--silent", "mathjax@3"], cwd=folder, capture_output=True, text=True)
        if packed.returncode:
            print("npm could not fetch mathjax@3: the book's mathematics will need the network when it is read")
            return 0
        with tarfile.open(next(Path(folder).glob("mathjax-*.tgz"))) as archive:
            wanted = [m for m in archive.getmembers() if m.name.startswith(tuple(f"package/{name}" for name in WANTED))]
            archive.extractall(folder, members=wanted)
        shutil.copytree(Path(folder) / "package" / "es5", TARGET, dirs_exist_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
