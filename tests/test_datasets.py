"""Finding, downloading and verifying datasets, against a small local server (a bad one: test_faulty_server.py)."""

import csv
import hashlib
import shutil
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from srcnn import InputError, catalog, datasets, images
from srcnn.files import packaged

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
import manifest

ROOT = manifest.ROOT

FILES = 3


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A manifest whose Set5 has three small files on a local server; server.mood says how it answers."""
    bodies = {}
    for k in range(FILES):
        images.write(tmp_path / "one.png", np.full((12, 12), 40 * k, np.uint8))
        bodies[f"image{k}_GT.png"] = (tmp_path / "one.png").read_bytes()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append(self.path)
            body = bodies[self.path.rsplit("/", 1)[1]]
            if server.mood == "one wrong" and "image1" in self.path:
                body = b"<html>please log in</html>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.mood, server.asked = "good", []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    manifest = tmp_path / "manifest.csv"
    with open(manifest, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "url", "bytes", "sha256"])
        for name, body in bodies.items():
            url = f"http://127.0.0.1:{server.server_port}/{name}"
            writer.writerow([f"Set5/{name}", url, len(body), hashlib.sha256(body).hexdigest()])
    monkeypatch.setattr(datasets, "packaged", lambda _: manifest)
    monkeypatch.setenv("SRCNN_DATA_DIR", str(tmp_path / "data"))
    datasets._manifest.cache_clear()
    yield server
    server.shutdown()
    server.server_close()
    datasets._manifest.cache_clear()


def test_a_dataset_is_downloaded_once_and_then_found(server, tmp_path):
    assert datasets.find("Set5") is None
    assert list(datasets.load("Set5")) == ["image0", "image1", "image2"]
    assert datasets.find("Set5") == tmp_path / "data" / "Set5"
    server.asked.clear()
    datasets.load("Set5")
    assert not server.asked


def test_what_has_arrived_is_kept(server, tmp_path):
    server.mood = "one wrong"
    with pytest.raises(InputError, match="1 of 3 files failed"):
        datasets.load("Set5")
    assert len(list((tmp_path / "data" / "Set5").iterdir())) == 2
    server.mood, server.asked[:] = "good", []
    datasets.load("Set5")
    assert server.asked == ["/image1_GT.png"]


def test_a_damaged_file_in_the_cache_is_replaced(server, tmp_path):
    datasets.load("Set5")
    damaged = tmp_path / "data" / "Set5" / "image2_GT.png"
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:-1] + b"?")
    assert datasets.find("Set5") is None
    datasets.load("Set5")
    assert damaged.read_bytes() == whole


def test_the_mirror_has_the_same_commit_and_path():
    with packaged("data/manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 110 and len({row["sha256"] for row in rows}) > 0.95 * len(rows)
    for row in rows:
        commit, path = row["url"].split("/")[5], row["url"].split("/", 6)[6]
        assert len(commit) == 40 and datasets._mirror(row["url"]).endswith(f"@{commit}/{path}")


def test_a_folder_of_images_is_a_dataset(tmp_path, astronaut):
    for name in ("b10.png", "b9.jpg", "b9.png", "notes.txt"):
        if name.endswith("txt"):
            (tmp_path / name).write_text("not an image")
        else:
            images.write(tmp_path / name, astronaut[:20, :20])
    (tmp_path / "._b9.png").write_bytes(b"what macOS leaves behind")
    assert list(datasets.load(tmp_path)) == ["b9.jpg", "b9.png", "b10.png"]
    (tmp_path / "b9.jpg").unlink()
    assert list(datasets.load(tmp_path)) == ["b9", "b10"]


def test_no_such_dataset_is_said_in_one_line(tmp_path):
    for name, words in (
        ("Set6", "no dataset or folder 'Set6'"),
        ("", "no dataset or folder ''"),
        (tmp_path, "no images in the folder"),
    ):
        with pytest.raises(InputError, match=words):
            datasets.load(name)
    with pytest.raises(InputError, match="no dataset 'sample'"):
        datasets.download("sample")


def test_sample_needs_no_network(monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    assert list(datasets.load("sample")) == list(datasets.SAMPLE)


def test_every_ninth_photograph_is_held_out(dataset):
    t91 = dataset("T91")
    training, held_out = datasets.split(t91)
    assert len(training) == 81 and len(held_out) == 10
    assert not set(training) & set(held_out) and {**training, **held_out}.keys() == t91.keys()
    two = {"a": t91["t1"], "b": t91["t2"]}
    assert [list(part) for part in datasets.split(two)] == [["a"], ["b"]]
    with pytest.raises(InputError, match="too few"):
        datasets.split({"a": t91["t1"]})


def test_a_tilde_in_the_environment_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("SRCNN_DATA_DIR", "~/photographs")
    assert next(iter(datasets.places())) == tmp_path / "photographs"
    monkeypatch.setenv("SRCNN_DATA_DIR", "~nobody-of-that-name/photographs")
    with pytest.raises(InputError, match="names a home folder that cannot be found"):
        list(datasets.places())


def test_without_a_home_folder_the_other_places_are_looked_through(tmp_path, monkeypatch):
    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(datasets, "_cache", nowhere)
    monkeypatch.setenv("SRCNN_DATA_DIR", str(tmp_path))
    assert next(iter(datasets.places())) == tmp_path
    monkeypatch.delenv("SRCNN_DATA_DIR")
    monkeypatch.setattr(datasets, "find", lambda name: None)
    with pytest.raises(InputError, match=r"no home folder .* set SRCNN_DATA_DIR"):
        datasets.download("Set5")


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """What tools/manifest.py reads and writes of the project, in a folder of its own."""
    for name in ("data/manifest.csv", "data/README.md", "book/how_to_run.md", "book/08_evaluating.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    monkeypatch.setattr(manifest, "ROOT", tmp_path)
    return tmp_path


def test_the_tables_of_the_docs_are_those_of_the_catalogue():
    for page, text in manifest.tables().items():
        assert page.read_text() == text, f"run tools/manifest.py: {page.name} is behind srcnn/catalog.py"


def test_a_dataset_is_one_block_of_the_catalogue(clone, monkeypatch, capsys):
    """With it, one command writes all that a dataset needs; every list of datasets is derived."""
    block = catalog.Dataset(use="test", paper="Nobody: *Nothing*", doi="10.1/2")
    monkeypatch.setitem(catalog.DATASETS, "New", block)
    (clone / "photographs").mkdir()
    for k in range(2):
        images.write(clone / "photographs" / f"a photograph {k}.png", np.full((12, 12), 40 * k, np.uint8))
    address = f"https://raw.githubusercontent.com/owner/name/{'0' * 40}/folder/"
    before = manifest.read()
    for _ in range(2):  # again, it changes nothing
        manifest.main(["New", str(clone / "photographs"), address])
        rows = manifest.read()
        assert rows[:-2] == before and [row["path"] for row in rows[-2:]] == [
            "New/a photograph 0.png", "New/a photograph 1.png",
        ]  # fmt: skip
    data = (clone / "photographs" / "a photograph 1.png").read_bytes()
    assert rows[-1]["url"] == f"{address}a%20photograph%201.png" and int(rows[-1]["bytes"]) == len(data)
    assert rows[-1]["sha256"] == hashlib.sha256(data).hexdigest()
    (table,) = [line for line in (clone / "data" / "README.md").read_text().split("\n") if line.startswith("| New |")]
    assert "| 2 | 0 MB | test | Nobody: *Nothing*, [doi:10.1/2](https://doi.org/10.1/2) |" in table
    assert "| New | 2 | 0 MB | no chapter" in (clone / "book" / "how_to_run.md").read_text()


def test_what_is_not_pinned_or_not_in_the_catalogue_is_no_dataset(clone, tmp_path):
    pinned = f"https://raw.githubusercontent.com/owner/name/{'0' * 40}"
    before = (clone / "data" / "manifest.csv").read_bytes()
    for words, told in (
        (("Set6", tmp_path, pinned), "no block 'Set6'"),
        (("Set5", tmp_path, "https://raw.githubusercontent.com/owner/name/main"), "not a folder of a commit"),
        (("Set5", tmp_path, pinned), "no images in the folder"),
    ):
        with pytest.raises(SystemExit, match=told):
            manifest.main([str(word) for word in words])
    assert (clone / "data" / "manifest.csv").read_bytes() == before


def test_no_file_of_a_dataset_can_be_committed():
    paths = [f"data/{name}/photograph.png" for name in (*catalog.DATASETS, "Set6")]
    ignored = subprocess.run(["git", "check-ignore", *paths], cwd=ROOT, capture_output=True, text=True)
    if ignored.returncode == 128:
        pytest.skip("not a git clone")
    assert ignored.stdout.split() == paths


def test_every_dataset_has_files_a_use_and_a_source():
    for name, known in catalog.DATASETS.items():
        assert datasets._manifest()[name] and known.use in ("train", "test") and known.doi.startswith("10."), name
        assert all(Path(file).stem.endswith(known.ending) for file in datasets._manifest()[name])
    assert {*catalog.TRAIN_SETS, *catalog.TEST_SETS} == set(catalog.DATASETS)


def test_the_names_of_images_are_short(dataset):
    assert list(dataset("Set5")) == ["baby", "bird", "butterfly", "head", "woman"]
    names = list(dataset("BSD100"))
    assert (names[0], names[-1], len(names)) == ("img_001", "img_100", 100)
