"""What a network can do to a download: never a bad file, one clear line that names the fault, and no hang."""

import collections
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import faulty
import pytest
from faulty import BODY, FAULTS, GOOD, SHA256, SLOW, Server
from processes import nobody

from srcnn import InputError, datasets, fetching

PATIENCE = 300
"""Seconds after which a test gives up on a process that hangs; nothing is measured with it."""

NOWHERE = threading.Event()
"""Never set."""


@pytest.fixture(autouse=True)
def no_names(monkeypatch):
    """No name is looked up outside this machine, and no proxy of it is used."""
    real = socket.getaddrinfo

    def lookup(host, *rest, **options):
        if host not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def fetch(address, stop=NOWHERE, scheme="http"):
    return fetching.fetch(f"{scheme}://{address}/file", len(BODY), stop)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """data(first, mirror, files) makes the manifest of a dataset of so many files at two servers."""

    def make(first, mirror=None, files=1):
        rows = {
            f"{k}.png": {"url": f"http://{first.address}/{k}", "bytes": str(len(BODY)), "sha256": SHA256}
            for k in range(files)
        }
        monkeypatch.setattr(datasets, "_manifest", lambda: {"Set5": rows})
        other = mirror.address if mirror else first.address
        monkeypatch.setattr(datasets, "_mirror", lambda url: url.replace(first.address, other))
        return tmp_path / "data" / "Set5"

    monkeypatch.setenv("SRCNN_DATA_DIR", str(tmp_path / "data"))
    return make


def get():
    return datasets.download("Set5", progress=False)


def check_clean(folder, files=0):
    """So many right files lie in the folder, and nothing else."""
    found = list(folder.rglob("*"))
    assert len(found) == files and all(path.read_bytes() == BODY for path in found), found


@pytest.mark.parametrize("fault", [*FAULTS, *SLOW])
def test_a_fault_is_named_in_one_line_and_the_second_source_is_used(data, fault, monkeypatch):
    script, words = (FAULTS | SLOW)[fault]
    folder = None
    with Server(script) as bad, Server() as good:
        seconds = 0.2 if fault in SLOW else 60

        def fetched(url, *rest):
            monkeypatch.setattr(fetching, "DEADLINE", seconds if bad.address in url else 60)
            return fetching.fetch(url, *rest)

        monkeypatch.setattr(datasets, "fetch", fetched)
        folder = data(bad)
        with pytest.raises(InputError, match=words) as error:
            get()
        told = str(error.value)
        assert "\n" not in told and len(told) < 900 and "1 of 1 files failed" in told and "SRCNN_DATA_DIR" in told
        check_clean(folder)
        data(bad, good)
        assert get() == folder and good.asked == ["/0"]
        check_clean(folder, 1)


def test_a_server_that_is_silent_three_times_is_not_asked_again(data):
    with Server([]) as bad:
        folder = data(bad, files=60)
        with pytest.raises(InputError, match="60 of 60 files failed"):
            get()
        assert len(bad.asked) < 60
        check_clean(folder)


def test_an_answer_that_noise_has_changed_is_the_file_or_a_failure(monkeypatch):
    """Cut, flipped, doubled and spliced answers; whatever the libraries say to them is one short sentence."""
    monkeypatch.setattr(fetching, "DEADLINE", PATIENCE)
    monkeypatch.setattr(fetching, "TIMEOUT", (PATIENCE, 1))
    draw, counts = random.Random(7), collections.Counter()
    heads = [
        GOOD,
        faulty.to("http://127.0.0.1:1/other"),
        faulty.reply(headers="Content-Encoding: gzip\r\nContent-Type: text/html; charset=x\r\n"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n" + BODY + b"\r\n0\r\n\r\n",
    ]
    answers = []

    with Server(lambda path: [answers[int(path.rpartition("/")[2])]] if path[1:].isdigit() else []) as server:
        for number in range(300):
            answer = bytearray(draw.choice(heads))
            for _ in range(draw.randint(1, 6)):
                place = draw.randrange(min(len(answer), 160))
                kind = draw.randrange(4)
                if kind == 0:
                    answer[place] ^= 1 << draw.randrange(8)
                elif kind == 1:
                    answer[place : place + draw.randint(1, 12)] = b""
                elif kind == 2:
                    answer[place:place] = draw.choice([b"\r\n", b"\0", b"\xff" * 9, b": ", b"9" * 30, b"HTTP/1.1 "])
                else:
                    answer[place:place] = answer[: draw.randrange(80)]
            answers.append(bytes(answer))
            try:
                counts["bytes"] += len(fetching.fetch(f"http://{server.address}/{number}", 4096, NOWHERE)) == 4096
            except fetching.Failure as failure:
                counts["failures"] += 1
                assert 8 <= len(str(failure)) < 300 and "\n" not in str(failure), failure
    assert sum(counts.values()) == 300 and min(counts.values()) > 10
    print(f"{sum(counts.values())} damaged answers: {counts['bytes']} of 4,096 bytes, {counts['failures']} sentences")


PROXIES = [
    ([faulty.reply(b"", "407 Proxy Authentication Required")], "wants a name and a password .*HTTPS_PROXY="),
    ([faulty.reply(b"", "403 Forbidden")], r"the proxy http://127\S+ refuses \(HTTP 403 Forbidden\)"),
    ([faulty.reply(b"", "502 Bad Gateway")], r"refuses \(HTTP 502"),
    ([], "by way of the proxy http://127.* broke off"),
    ([b"220 ready\r\n"], "the proxy|broke off|TLS"),
    (None, "the proxy http://127.* connection refused"),
    ([3600], "not complete after|no answer within"),
]


@pytest.mark.parametrize(("script", "words"), PROXIES, ids=[words for _, words in PROXIES])
def test_a_proxy_that_does_not_let_us_through_is_named(monkeypatch, script, words):
    monkeypatch.setattr(fetching, "DEADLINE", 0.5 if script == [3600] else 60)
    with Server(script or []) as proxy:
        if script is None:
            proxy.shutdown()
            proxy.server_close()
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@{proxy.address}")
        with pytest.raises(fetching.Failure, match=words) as failure:
            fetch("files.invalid", scheme="https")
        assert "secret" not in str(failure.value)


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("socks5://127.0.0.1:1", r"SOCKS proxy.*pip install 'requests\[socks\]'"),
        ("http://proxy.invalid:80", "the proxy http://proxy.invalid:80 .*cannot be resolved"),
        ("http://127.0.0.1:99999", "HTTPS_PROXY="),
        ("http://127.0.0.1:port", "HTTPS_PROXY="),
        ("http://:80", "HTTPS_PROXY="),
        ("http://", "HTTPS_PROXY="),
        ("not an address", "HTTPS_PROXY"),
        ("ftp://127.0.0.1:1", "HTTPS_PROXY"),
        ("://", "HTTPS_PROXY="),
        ("[::", "HTTPS_PROXY="),
    ],
)
def test_a_proxy_address_that_is_none_is_named(monkeypatch, proxy, words):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(fetching.Failure, match=words):
        fetch("files.invalid", scheme="https")


def test_a_certificate_that_is_not_known_is_named_and_the_advice_helps(tmp_path, monkeypatch):
    """As where a company looks into TLS: its proxy answers with a certificate of its own."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=interceptor -addext"
    subprocess.run(
        [*command.split(), "subjectAltName=DNS:files.invalid", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def intercept(request):
        request.recv(2**16)  # CONNECT
        request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return context.wrap_socket(request, server_side=True)

    with Server(wrap=intercept) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        with pytest.raises(fetching.Failure, match=r"certificate .* trusts \(self.signed .*REQUESTS_CA_BUNDLE"):
            fetch("files.invalid", scheme="https")
        with pytest.raises(fetching.Failure, match="certificate"):
            fetch("other.invalid", scheme="https")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
        with pytest.raises(fetching.Failure, match=r"none\.pem names no file of certificates that is there"):
            fetch("files.invalid", scheme="https")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert fetch("files.invalid", scheme="https") == BODY


def test_what_a_library_raises_is_a_sentence_whatever_it_is(monkeypatch):
    class Mute(Exception):
        def __str__(self):
            raise ValueError

    import requests

    for raised in (Mute(), SystemExit(3), MemoryError(), KeyError("x" * 10**6), RecursionError("a\nb"), OSError()):

        def get(*_, raised=raised, **__):
            raise raised

        monkeypatch.setattr(requests, "get", get)
        with pytest.raises(fetching.Failure, match="no connection") as failure:
            fetch("127.0.0.1:1")
        assert len(str(failure.value)) < 200 and "\n" not in str(failure.value)


def test_files_and_folders_honour_the_umask(data):
    with Server() as server:
        for mask, mode in ((0o022, 0o644), (0o027, 0o640), (0o002, 0o664)):
            folder = data(server)
            before = os.umask(mask)
            try:
                get()
            finally:
                os.umask(before)
            if os.name != "nt":
                assert (folder / "0.png").stat().st_mode & 0o777 == mode
                assert folder.stat().st_mode & 0o777 == 0o777 & ~mask
            shutil.rmtree(folder.parent)


@pytest.mark.parametrize("locked", ["file", "folder"])
def test_a_file_of_another_user_cannot_be_read_and_that_is_said(data, monkeypatch, locked):
    with tempfile.TemporaryDirectory() as shared, Server() as server:
        os.chmod(shared, 0o755)
        monkeypatch.setenv("SRCNN_DATA_DIR", shared)
        data(server)
        get()
        server.asked.clear()
        path = Path(shared, "Set5", "0.png") if locked == "file" else Path(shared, "Set5")
        path.chmod(0)
        try:
            with nobody(), pytest.raises(InputError, match=r"0\.png cannot be read: permission denied; let its owner"):
                get()
        finally:
            path.chmod(0o755)
        assert not server.asked


SCRIPT = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it starts in the background
from srcnn import datasets, fetching
from srcnn.__main__ import main
address, files, size, sha256, before = sys.argv[1:]
rows = {f"{k}.png": {"url": f"http://{address}/{k}", "bytes": size, "sha256": sha256} for k in range(int(files))}
datasets._manifest = lambda: {"Set5": rows}
exec(before)
print("starts", flush=True)
sys.exit(main(["download", "Set5"]))
"""
"""`srcnn download` in a process of its own."""


def start(server, folder, files, before=""):
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    command = [sys.executable, "-c", SCRIPT, server.address, str(files), str(len(BODY)), SHA256, before]
    process = subprocess.Popen(
        command,
        env=environment | {"SRCNN_DATA_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "starts\n"
    return process


def finish(process):
    out, problem = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in problem, problem
    return process.returncode, out, problem


@pytest.mark.slow
def test_a_killed_download_goes_on_and_leaves_no_temporary_file(tmp_path):
    """Killed at random moments, and three times while a file is being moved into place."""
    draw, folder = random.Random(5), tmp_path / "Set5"
    hang = "os.replace = lambda *_: time.sleep(3600)"
    with Server([*([GOOD[k : k + 500], 0.05] for k in range(0, len(GOOD), 500))]) as server:
        for before in [hang] * 3 + [""] * 5:
            process = start(server, tmp_path, 40, before)
            if before:
                while not list(folder.glob(".srcnn-part-*")) and process.poll() is None:
                    time.sleep(0.02)
            else:
                time.sleep(draw.uniform(0, 1))
            process.kill()
            process.communicate()
            assert all(path.read_bytes() == BODY for path in folder.glob("*.png"))
            assert len([path for path in folder.glob("*") if path.suffix != ".png" or path.name[0] == "."]) <= 1
        there = len(list(folder.glob("[!.]*")))
        server.asked.clear()
        assert finish(start(server, tmp_path, 40))[0] == 0
        assert len(server.asked) == 40 - there
    check_clean(folder, 40)


def test_several_processes_at_once_end_with_the_same_files(tmp_path):
    with Server() as server:
        for process in [start(server, tmp_path, 30) for _ in range(3)]:
            assert finish(process)[0] == 0
    check_clean(tmp_path / "Set5", 30)


@pytest.mark.skipif(os.name == "nt", reason="needs a system with file size limits")
def test_a_full_disk_is_one_line_and_what_has_arrived_is_kept(tmp_path):
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))"
    with Server() as server:
        code, _, problem = finish(start(server, tmp_path, 30, full))
        assert code == 2 and re.search(r"cannot write \S+\.png: File too large$", problem.strip()), problem
        check_clean(tmp_path / "Set5")
        assert finish(start(server, tmp_path, 30))[0] == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
@pytest.mark.parametrize("fault", SLOW)
def test_one_ctrl_c_ends_a_download_that_waits(tmp_path, fault):
    with Server(SLOW[fault][0]) as server:
        process = start(server, tmp_path, 20)
        while not server.asked and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        code, _, problem = finish(process)
        assert code == 130 and "interrupted" in problem
    check_clean(tmp_path / "Set5")
