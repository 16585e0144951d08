"""Ask for every address that the course names, and say which are dead. The weekly workflow does it.

    python tools/dead_links.py          every address in the .md and .csv files of this clone; exit code 1 for dead ones
    python tools/dead_links.py --list   only list them, with the files that name them

Dead is what certainly is: "not found", "gone", a host that has no address. A site that refuses programs or does not
answer today is "unsure": look yourself. Of a DOI the registry is asked, not the publisher, who may refuse programs.
"""

import argparse
import csv
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = re.compile(r"https?://[^\s<>\"'`|\\,\]{}]+")
CODE = re.compile(r"^( *```).*?^\1|`[^`\n]+`", re.MULTILINE | re.DOTALL)
AGENT = {"User-Agent": "Mozilla/5.0 (link check of an open course)"}


def addresses(root=ROOT):
    """{address: [the files that name it]}, of all text and tables that are under version control; not of code."""
    listed = subprocess.run(["git", "ls-files", "-z", "*.md", "*.csv"], cwd=root, capture_output=True, check=True)
    found = {}
    for name in filter(None, listed.stdout.decode().split("\0")):
        text = (Path(root) / name).read_text(encoding="utf-8")
        for address in fields_of(text) if name.endswith(".csv") else named_in(text):
            found.setdefault(address, []).append(name)
    return found


def fields_of(table):
    """The addresses of a table, once each: whole fields, or words of a field."""
    words = (word for row in csv.reader(table.splitlines()) for field in row for word in field.split())
    return list(dict.fromkeys(word for word in words if re.match("https?://", word)))


def named_in(text):
    """The addresses of a text, in order and once each. A bracket that the address did not open is not part of it."""
    found = []
    for address in ADDRESS.findall(CODE.sub(" ", text)):
        while address[-1] in ".:;!?*_" or (address[-1] == ")" and address.count("(") < address.count(")")):
            address = address[:-1]
        found.append(address)
    return list(dict.fromkeys(found))


def verdict(address):
    """("alive", "moved", "unsure" or "dead", a few words)."""
    registry = address.startswith("https://doi.org/")
    try:
        with requests.get(address, timeout=30, stream=True, headers=AGENT, allow_redirects=not registry) as answer:
            status, moved = answer.status_code, [one for one in answer.history if one.status_code in (301, 308)]
    except requests.RequestException as error:
        nobody = "NameResolution" in repr(error) or "getaddrinfo" in repr(error)
        return ("dead", "no such host") if nobody else ("unsure", type(error).__name__)
    if status in (404, 410):
        return "dead", str(status)
    if status >= 400:
        return "unsure", str(status)
    return ("moved", f"to {answer.url}") if moved else ("alive", str(status))


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="ask nobody")
    options = parser.parse_args()
    found = addresses()
    if options.list:
        for address, files in found.items():
            print(address, *files)
        return 0
    with ThreadPoolExecutor(8) as pool:
        verdicts = dict(zip(found, pool.map(verdict, found), strict=True))
    print("| address | what | named in |\n|:---|:---|:---|")
    for kind in ("dead", "unsure", "moved"):
        for address, (judged, words) in verdicts.items():
            if judged == kind:
                print(f"| {address} | {kind}: {words} | {', '.join(found[address][:3])} |")
    counts = {kind: sum(judged == kind for judged, _ in verdicts.values()) for kind in ("alive", "moved", "unsure")}
    dead = len(verdicts) - sum(counts.values())
    print(f"\n{len(found)} addresses: {', '.join(f'{n} {kind}' for kind, n in counts.items())}, {dead} dead")
    return bool(dead)


if __name__ == "__main__":
    sys.exit(main())
