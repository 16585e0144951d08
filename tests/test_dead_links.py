"""The link check tells the dead from those that only do not answer, and reads every address of the course whole."""

import http.server
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import dead_links  # noqa: E402


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/hangs-up":
            return
        status = int(self.path.strip("/")[:3])
        self.send_response(status)
        if status in (301, 302):
            self.send_header("Location", self.path.strip("/")[3:])
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("page, kind", [
    ("/200", "alive"), ("/302/200", "alive"), ("/301/200", "moved"), ("/301/404", "dead"), ("/404", "dead"),
    ("/410", "dead"), ("/403", "unsure"), ("/429", "unsure"), ("/503", "unsure"), ("/hangs-up", "unsure"),
])  # fmt: skip
def test_only_what_is_certainly_gone_is_dead(site, page, kind):
    assert dead_links.verdict(site + page)[0] == kind


def test_a_host_without_an_address_is_dead_and_one_that_refuses_is_unsure(site, monkeypatch):
    assert dead_links.verdict("http://127.0.0.1:9/")[0] == "unsure"
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert dead_links.verdict("http://nobody.invalid/") == ("dead", "no such host")


def test_addresses_are_read_whole_and_not_from_code():
    text = """See [a](https://a.org/x_(y)) (https://b.org/z). <https://c.org/d;e>: **https://f.org**
`https://code.org` [g](https://g.org/%281979%29018%3C1016:A%3E2.0.CO;2).
```bash
curl https://fence.org
```
"""
    wanted = ["a.org/x_(y)", "b.org/z", "c.org/d;e", "f.org", "g.org/%281979%29018%3C1016:A%3E2.0.CO;2"]
    assert dead_links.named_in(text) == [f"https://{address}" for address in wanted]
    assert dead_links.fields_of('link,title\n"https://a.org/(1)<2>,3;4",b c\n') == ["https://a.org/(1)<2>,3;4"]


def test_every_file_of_the_data_and_every_cited_paper_is_asked_for():
    command = [sys.executable, ROOT / "tools" / "dead_links.py", "--list"]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    listed = {line.split()[0] for line in run.stdout.splitlines()}
    tables = [(ROOT / "data" / f"{name}.csv").read_text(encoding="utf-8") for name in ("manifest", "references")]
    wanted = {address for table in tables for address in dead_links.fields_of(table)}
    assert wanted <= listed and len(wanted) > 250
    print(f"{len(listed)} addresses")
