"""Where the course lives. _config.yml alone knows the repository's address; what follows from it is worked out here.

Only the standard library is used, because `make adopt` runs before anything is installed.
"""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
KEYS = {"title": r"^(title: ).+$", "author": r"^(author: ).+$", "url": r"^(  url: )\S+$"}
"""What `make adopt` changes in _config.yml, and how it stands there: plain, or quoted as in JSON."""


def said(root=ROOT):
    """The title, the author and the repository's address, as _config.yml says them."""
    text = (root / "_config.yml").read_text(encoding="utf-8")
    found = {key: re.search(pattern, text, re.MULTILINE)[0].split(": ", 1)[1] for key, pattern in KEYS.items()}
    return {key: json.loads(value) if value.startswith('"') else value for key, value in found.items()}


def address():
    """The repository's address, such as https://github.com/owner/name."""
    return said()["url"]


def is_github(url):
    """Whether the repository is on GitHub, the only host from which Colab opens a notebook."""
    return urlsplit(url).netloc == "github.com"


def pages(url):
    """The address at which the host publishes the repository's pages, or "" where its name does not tell."""
    parts = urlsplit(url)
    owner, _, name = parts.path.strip("/").partition("/")
    host = {"github.com": "github.io", "gitlab.com": "gitlab.io"}.get(parts.netloc)
    if not host:
        return ""
    site = f"{owner.lower()}.{host}"
    return f"https://{site}/" if name.lower() == site else f"https://{site}/{name}/"
