"""Files out of a package of the npm registry, as npm is set up on this machine."""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path


def unpack(package, wanted, target, sha512=None):
    """Copy files and folders of a package into the folder `target`; return what went wrong in a few words, or None.

    package: name and version, "mathjax@3". wanted: paths inside the package's archive, of files or folders ("fonts/").
    sha512: of the archive, in hexadecimal; another archive is refused.
    """
    npm = shutil.which("npm")
    if not npm:
        return "npm is not installed"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        try:
            pack = [npm, "pack", "--silent", package]
            subprocess.run(pack, cwd=folder, capture_output=True, timeout=300, check=True)
            (archive,) = Path(folder).glob("*.tgz")
        except (OSError, ValueError, subprocess.SubprocessError):
            return f"npm could not fetch {package}"
        if sha512 and hashlib.sha512(archive.read_bytes()).hexdigest() != sha512:
            return f"{package} is not the archive that this book was tested with"
        with tarfile.open(archive) as contents:
            folders = tuple(path for path in wanted if path.endswith("/"))
            members = [one for one in contents.getmembers() if one.name in wanted or one.name.startswith(folders)]
            contents.extractall(folder, members=members)
        root = Path(folder) / os.path.commonpath([os.path.dirname(path) for path in wanted])
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            place = target / file.relative_to(root)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, place)  # whole or not at all: two builds may run at once
    return None
