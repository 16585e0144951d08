"""Make the course your own: the address, the author and the title in every file that has them; credit is kept.

    make adopt REPO=owner/name AUTHOR="Ada Teacher" TITLE="Super-resolution, spring term"

REPO is owner/name at GitHub, or the https address of a repository on any other host. AUTHOR and TITLE may be left out;
then they stay as they are. It needs Python and git alone, takes a second, and may be run again with other words.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import repository

CREDIT = re.compile("Adapted from|# the original")
"""Lines that name the original: they are written once and never changed."""

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
BY_HAND = """Colab opens notebooks from GitHub alone. From another host each chapter offers its notebook as a file,
to be opened in Colab with File, Upload notebook. Say so in book/index.md and book/how_to_run.md, which name Colab."""


def full_address(repo):
    """The https address of REPO, or None if it is not one: owner/name, https://host/path or git@host:path."""
    url = repo.strip().rstrip("/")
    url = url[:-4] if url.endswith(".git") else url
    if re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", url):
        url = f"https://github.com/{url}"
    url = re.sub(r"^(?:ssh://)?git@([\w.-]+)[:/]", r"https://\1/", url)
    return url if re.fullmatch(r"https://[\w-]+(\.[\w-]+)+(:\d+)?(/[\w~-][\w.~-]*){2,}", url) else None


def quoted(text):
    """Text as YAML, TOML and JSON all read it."""
    return json.dumps(text, ensure_ascii=False)


def moved(text, old, new):
    """The text with the new address, and that of the pages, in place of the old, in all lines but the credit."""
    pairs = [(old, new)]
    if repository.pages(old):
        pairs.insert(0, (repository.pages(old).rstrip("/"), (repository.pages(new) or new).rstrip("/")))
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if CREDIT.search(line):
            continue
        for before, after in pairs:
            line = re.sub(re.escape(before) + r"(?![\w-])(?!\.\w)", lambda _, after=after: after, line)
        if line == f"cd {old.rsplit('/', 1)[1]}":
            line = f"cd {new.rsplit('/', 1)[1]}"
        lines[number] = line
    return "\n".join(lines)


def named(name, text, new):
    """The text of a file with the new author and title, if it is one of those that say them."""
    title, author = (quoted(new[key]) for key in ("title", "author"))
    rules = {
        "_config.yml": [(repository.KEYS["title"], title), (repository.KEYS["author"], author)],
        "CITATION.cff": [(r"^(title: ).+$", title), (r"^(  - name: ).+$", author)],
        "pyproject.toml": [(r'^(authors = \[\{ name = )"(?:[^"\\]|\\.)*"', author)],
        "course.toml": [(r"^(title = ).+$", title), (r"^(author = ).+$", author)],
        "README.md": [
            (r"^(# ).+$", new["title"]),
            (r"(Read it at <)[^>]+", repository.pages(new["url"]) or new["url"]),
        ],
        "book/index.md": [(r"^(# ).+$", new["title"])],
    }
    for pattern, put in rules.get(name, []):
        if found := re.search(pattern, text, re.MULTILINE):
            text = text[: found.end(1)] + put + text[found.end() :]
    return text


def credited(name, text, old):
    """The text with the line that names the original, where there is none yet."""
    title = re.sub(r"([\[\]])", r"\\\1", old["title"])
    line = f"Adapted from [{title}]({old['url']}) by {old['author']}, used under [CC BY 4.0]({LICENCE}) and MIT.\n"
    if CREDIT.search(text):
        return text
    if name == "CITATION.cff":
        return text + (
            f"references:  # the original\n  - type: generic\n    title: {quoted(old['title'])}  # the original\n"
            f"    authors: [{{name: {quoted(old['author'])}}}]  # the original\n"
            f"    repository-code: {old['url']}  # the original\n"
        )
    heading = {"README.md": "## Licence\n", "book/index.md": "## What you may do with it\n"}.get(name)
    return text.replace(heading, f"{heading}\n{line}", 1) if heading else text


def code_hash(text):
    """The hash of a notebook's code cells, as tools/chapters.py records it, and the one that is recorded."""
    notebook = json.loads(text)
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return hashlib.sha256("\0".join(code).encode()).hexdigest(), notebook["metadata"].get("srcnn", {}).get(
        "code_sha256"
    )


def rehashed(before, after):
    """A notebook whose install cell has changed, with the hash of its code recorded anew, if it was right before."""
    true, recorded = code_hash(before)
    return after.replace(recorded, code_hash(after)[0]) if true == recorded else after


def refuse(reason):
    """End with one sentence, and the exit code of bad input."""
    print(reason, file=sys.stderr)
    sys.exit(2)


def changes(root, old, new):
    """{path: its new text} for all tracked files that change, _config.yml last: until then a second run can go on."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True)
    if listed.returncode:
        refuse(f"{root} is not a git repository: clone or fork the course, do not download it as a zip")
    found = {}
    for name in sorted(filter(None, listed.stdout.split("\0")), key=lambda name: name == "_config.yml"):
        try:
            text = (root / name).read_bytes().decode()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        after = text if name == "LICENSE" else moved(text, old["url"], new["url"])
        after = credited(name, named(name, after, new), old)
        if after != text:
            found[root / name] = rehashed(text, after) if name.endswith(".ipynb") else after
    return found


def main(repo, author="", title="", root=repository.ROOT):
    """Change the files and say which."""
    url = full_address(repo)
    if not url:
        refuse(f"REPO={repo!r} is not a repository: give owner/name at GitHub, or an address such as "
                 "https://gitlab.com/owner/name")  # fmt: skip
    for key, text in (("AUTHOR", author), ("TITLE", title)):
        if re.search(r"[\x00-\x1f\x7f<>]", text):
            refuse(f"{key}={text!r} holds a line break, a control character, < or >: give it as plain words")
    old = repository.said(root)
    new = {"url": url, "title": title.strip() or old["title"], "author": author.strip() or old["author"]}
    todo = changes(root, old, new)
    for path, text in todo.items():
        Path(f"{path}.new").write_bytes(text.encode())
        os.replace(f"{path}.new", path)
        print(path.relative_to(root))
    print(f"{new['title']}, by {new['author']}, at {url}: {len(todo)} files changed. Look at `git diff`, then commit.")
    if not repository.is_github(url):
        print(BY_HAND)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", default="")
    parser.add_argument("--author", default="")
    parser.add_argument("--title", default="")
    main(**vars(parser.parse_args()))
