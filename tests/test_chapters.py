"""The chapters as files: fresh pairs, plain Markdown, every part in its place, figures with captions and alt text."""

import base64
import csv
import io
import re
import sys
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import chapters as tool  # noqa: E402

from srcnn import catalog  # noqa: E402
from srcnn.files import packaged  # noqa: E402

CHAPTERS = tool.chapters()
each_chapter = pytest.mark.parametrize("source", CHAPTERS, ids=lambda path: path.stem)


def markdown(source):
    return [cell.source for cell in jupytext.read(source).cells if cell.cell_type == "markdown"]


def code_cells(source):
    return [cell for cell in nbformat.read(source.with_suffix(".ipynb"), 4).cells if cell.cell_type == "code"]


def without_code(text):
    return re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)


@each_chapter
def test_the_notebook_is_fresh(source):
    assert tool.trouble(source) is None


def test_a_changed_cell_or_sentence_is_noticed(tmp_path, monkeypatch):
    source = CHAPTERS[0]
    copy = tmp_path / source.name
    copy.with_suffix(".ipynb").write_text(source.with_suffix(".ipynb").read_text())
    for old, new, word in (
        ("plotting.use_style()", "plotting.use_style()  # changed", "different cells"),
        ("## What you have seen", "## What you saw", "different cells"),
    ):
        assert old in source.read_text()
        copy.write_text(source.read_text().replace(old, new, 1))
        assert word in tool.trouble(copy)
    # the cells agree, but the code was not run: what jupytext --sync would leave behind
    text = source.read_text().replace("plotting.use_style()", "plotting.use_style()  # changed", 1)
    copy.write_text(text)
    notebook = nbformat.read(copy.with_suffix(".ipynb"), 4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("plotting.use_style()", "plotting.use_style()  # changed", 1)
    nbformat.write(notebook, copy.with_suffix(".ipynb"))
    assert "changed after" in tool.trouble(copy)


def test_a_changed_record_is_noticed(tmp_path, monkeypatch):
    """A chapter is stale when the weights or a record that it read are no longer the ones that it read."""
    executed = {source: nbformat.read(source.with_suffix(".ipynb"), 4) for source in CHAPTERS}
    reads = {name for notebook in executed.values() for name in notebook.metadata["srcnn"]["reads"]}
    assert {"srcnn/weights/srcnn-915-x3.npz", "results/benchmark.json", "data/published.csv"} <= reads
    assert {"results/ablation.jsonl", "results/experiments.jsonl", "results/ladder.jsonl"} <= reads
    source = next(source for source, notebook in executed.items() if "results/seeds.json" in str(notebook.metadata))
    monkeypatch.setattr(tool, "file_hash", lambda name: None if name == "results/seeds.json" else tool_hash(name))
    assert "results/seeds.json changed after" in tool.trouble(source)


tool_hash = tool.file_hash


@each_chapter
def test_only_plain_markdown(source):
    text = "\n\n".join(markdown(source))
    assert not re.search(r"^\s*(```|:::+)\s*\{", text, re.MULTILINE), "a MyST directive shows as raw text in Colab"
    assert not re.search(r"\{[a-z:_-]+\}`", text), "a MyST role shows as raw text in Colab"
    assert not re.search(r"!\[", without_code(text)), "an image file does not show in Colab; use a code cell"
    assert "](#" not in text and ".md)" not in text, "links between chapters do not work in Colab"


@each_chapter
def test_every_part_is_there(source):
    text = "\n\n".join(markdown(source))
    number = int(source.name[:2])
    assert re.match(rf"# {number}\. .*\?$", text.split("\n")[0]), "the title names the question"
    for part in (
        "**You will**",
        "**Before you start:**",
        "**Time:**",
        "**Device:**",
        "> **Predict.**",
        "> **Surprise.**",
    ):
        assert part in text, part
    parts = ["## What you have seen", "## Questions", "## Exercises", "## Further reading"]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert 5 <= text.count("<summary>Answer</summary>") <= 8
    assert text.count("<summary>Solution</summary>") >= 4 and "★★★" in text
    assert text.count("<details>") == text.count("</details>")
    assert "https://doi.org/" in text[places[-1] :]


@each_chapter
def test_equations_are_tagged_and_referred_to(source):
    text = "\n\n".join(markdown(source))
    number = int(source.name[:2])
    tags = re.findall(r"\\tag\{([\d.]+)\}", text)
    assert tags == sorted(tags, key=lambda tag: int(tag.split(".")[1])) and len(set(tags)) == len(tags)
    assert all(tag.split(".")[0] == str(number) for tag in tags)
    for own in re.findall(rf"Eq\. \(({number}\.\d+)\)", text):
        assert own in tags, f"Eq. ({own}) is not in this chapter"
    for formula in re.findall(r"^\$\$\n(.*?)^\$\$$", text, re.MULTILINE | re.DOTALL):
        assert "\\\\" not in formula, (
            "Sphinx puts a formula with two backslashes into an environment without tags: use \\cr"
        )
    assert text.count("$$") == 2 * len(re.findall(r"^\$\$\n.*?^\$\$$", text, re.MULTILINE | re.DOTALL))


@each_chapter
def test_every_figure_has_a_caption_and_alt_text(source):
    number, seen = int(source.name[:2]), 0
    for cell in code_cells(source):
        pictures = [o for o in cell.outputs if "image/png" in o.get("data", {}) or "image/svg+xml" in o.get("data", {})]
        if not pictures:
            continue
        seen += 1
        about = cell.metadata.get("mystnb", {})
        assert len(pictures) == 1, cell.source
        assert len(about.get("image", {}).get("alt", "")) >= 20, f"no alt text: {cell.source}"
        assert about.get("figure", {}).get("caption", "").startswith(f"Figure {number}.{seen}. "), cell.source
        assert cell.source.startswith(f"# Figure {number}.{seen}\n"), "Colab shows no caption, only the code"
    assert seen >= 3


def test_drawings_are_vectors_beside_their_pixels():
    kinds = [
        set(output.get("data", {})) for source in CHAPTERS for cell in code_cells(source) for output in cell.outputs
    ]
    drawings = [kind for kind in kinds if "image/svg+xml" in kind]
    assert len(drawings) > 0.6 * sum("image/png" in kind for kind in kinds)
    assert all("image/png" in kind for kind in drawings), "the pixels are for PDF, and for who cannot draw vectors"


@each_chapter
def test_outputs_are_clean(source):
    for cell in code_cells(source):
        for output in cell.outputs:
            assert output.get("name") != "stderr" and output.output_type != "error", cell.source
            assert "warning" not in str(output.get("text", "")).lower(), cell.source
            if "nbval-ignore-output" not in cell.metadata.get("tags", []):
                assert not re.search(r"\d ?(ms|seconds)\b", str(output.get("text", ""))), (
                    f"a time is compared: {cell.source}"
                )


@each_chapter
def test_cells_are_short_and_paths_are_nobodys(source):
    text = source.read_text()
    assert str(ROOT) not in text and str(Path.home()) + "/" not in text
    lengths = [len(cell.source.splitlines()) for cell in code_cells(source)]
    assert max(lengths) <= 20 and sorted(lengths)[len(lengths) // 2] <= 8
    assert source.with_suffix(".ipynb").stat().st_size < 2_400_000


@each_chapter
def test_no_cell_needs_a_shell_that_finds_our_commands(source):
    """`.venv/bin/jupyter lab` does not put `srcnn` on the path of a shell: `%run -m srcnn` finds it everywhere."""
    for cell in code_cells(source):
        assert not re.search(r"^\s*(!|%%(bash|sh|script)|%(sx|system))", cell.source, re.MULTILINE), cell.source


@each_chapter
def test_the_first_cell_installs_the_package_only_where_it_is_missing(source):
    first = code_cells(source)[0]
    assert first.metadata.tags == ["remove-cell"] and "find_spec" in first.source and not first.outputs
    assert first.source == code_cells(CHAPTERS[0])[0].source
    assert not re.search(r"tensorflow|numpy|-U|--upgrade", first.source)
    address = re.search(r"url: (\S+)", (ROOT / "_config.yml").read_text())[1]
    assert f"git+{address}" in first.source


def test_how_to_run_says_which_chapters_need_which_dataset():
    """Every dataset that a chapter needs has its row, and each row is right."""
    table = (ROOT / "book" / "how_to_run.md").read_text()
    for name in catalog.DATASETS:
        row = re.search(rf"^\| {name} \|.*\|([^|]*)\|$", table, re.MULTILINE)
        needs = [
            int(path.name[:2]) for path in CHAPTERS if re.search(rf"^  needs:.*\b{name}\b", path.read_text(), re.M)
        ]
        assert [int(number) for number in re.findall(r"\d+", row[1] if row else "")] == needs, name


def test_the_sizes_of_the_datasets_are_those_of_the_manifest():
    with packaged("data/manifest.csv").open(newline="") as file:
        files = list(csv.DictReader(file))
    sizes = {
        name: [int(row["bytes"]) for row in files if row["path"].startswith(f"{name}/")] for name in catalog.DATASETS
    }
    known = {name: (len(bytes_), round(sum(bytes_) / 1e6)) for name, bytes_ in sizes.items()}
    table = (ROOT / "book" / "how_to_run.md").read_text()
    rows = re.findall(r"^\| (\w+) \| (\d+) \| (\d+)\b", table, re.MULTILINE)
    assert {name for name, *_ in rows} >= {"T91", "Set5", "Set14"}
    for name, number, megabytes in rows:
        assert (int(number), int(megabytes)) == known[name], name
    number, megabytes = known["T91"]
    chapter = (ROOT / "book" / "01_what_was_lost.md").read_text()
    assert f"the {number} photographs of" in chapter and f"files of {megabytes} megabytes in all" in chapter


@pytest.mark.parametrize("colours, alpha, mode", [(200, 255, "P"), (3_000, 255, "RGB"), (200, 128, "RGBA")])
def test_a_picture_is_kept_in_fewer_bytes_with_the_same_pixels(colours, alpha, mode):
    values = np.random.default_rng(0).integers(0, colours, (64, 64))
    pixels = np.stack([values % 256, values // 256, values % 7, np.full_like(values, alpha)], axis=-1).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", dpi=(96, 96))
    given = base64.b64encode(file.getvalue()).decode()
    kept = tool.small(given)
    image = Image.open(io.BytesIO(base64.b64decode(kept)))
    assert len(kept) < len(given) or mode == "RGBA"
    assert image.mode == mode and (np.asarray(image.convert("RGBA")) == pixels).all()
    assert round(image.info["dpi"][0]) == 96
