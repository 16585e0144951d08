""" "Try it" in a headless browser: the page makes the package's pixels, asks nobody else, and says what is wrong."""

import base64
import functools
import hashlib
import http.server
import io
import os
import queue
import shutil
import sys
import tarfile
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcnn import catalog, images, upscale

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import try_it  # noqa: E402
from browser import CHROMIUM, browser  # noqa: E402

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Try it</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="_static/course.css"><link rel="stylesheet" href="_static/try.css">
<script src="_static/course.js"></script><main class="bd-article"><div class="try-it">no JavaScript</div></main>"""

POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self' blob:; img-src 'self' data: blob:; report-uri /reports"
)
"""The browser refuses whatever would leave the site, from the page or the worker, and reports it to the server."""

SAYS = "document.querySelector('.try-says').textContent"
WRONG = "document.querySelector('.try-says').dataset.kind === 'error'"


class Site(http.server.SimpleHTTPRequestHandler):
    """Serves the page; notes what is asked for and what the browser refused."""

    def send_head(self):
        self.server.asked.append(self.path.split("?")[0])
        return super().send_head()

    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def do_POST(self):
        self.server.refused.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The widget's page and assets, alone, on a port of this machine."""
    trouble = try_it.prepare() if CHROMIUM else "no Chromium here: apt-get install chromium"
    if trouble:
        pytest.skip(trouble)
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text(PAGE)
    ignored = shutil.ignore_patterns("mathjax", "slider.html")
    shutil.copytree(ROOT / "book" / "_static", folder / "_static", ignore=ignored)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Site, directory=str(folder))) as server:
        server.handle_error = lambda *_: None  # the browser went away in the middle of a file
        server.asked, server.refused = [], queue.SimpleQueue()
        server.folder, server.address = folder, f"http://127.0.0.1:{server.server_port}/index.html"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def chromium(site):
    with browser() as page:
        yield page


@pytest.fixture
def page(site, chromium):
    """The page, freshly loaded, and what the server then noted forgotten."""
    site.asked.clear()
    chromium.resize(1280)
    chromium.open(site.address)
    chromium.run("document.querySelector('.try-samples button')", until=True)
    return chromium


def choose(page, network, scale):
    for name, value in {"network": network, "scale": scale}.items():
        page.run(f"document.querySelector('[name={name}][value=\"{value}\"]').click()")


def wait(page):
    """Until there is a result; what the page then says."""
    page.run(f"{SAYS}.includes('pixels are now') || {WRONG}", until=True)
    assert not page.run(WRONG), page.run(SAYS)
    return page.run(SAYS)


def enlarged(page):
    """Wait for the result; what is saved of it, as Pillow reads it."""
    wait(page)
    page.run("HTMLAnchorElement.prototype.click = function () { window.link = this; }")
    page.run("document.querySelector('.try-save').click()")
    page.run("window.link", until=True)
    script = """fetch(link.href).then((answer) => answer.blob()).then((blob) => new Promise((done) => {
        const reader = new FileReader();
        reader.onload = () => done(reader.result.split(",")[1]);
        reader.readAsDataURL(blob);
    }))"""
    return Image.open(io.BytesIO(base64.b64decode(page.run(script))))


def picture(kind, height, width, top=40, left=160):
    """A part of a photograph: "grey", "rgb" or "rgba"; the last with soft, half and wholly transparent parts."""
    from skimage import data

    rgb = data.astronaut()[top : top + height, left : left + width]
    if kind == "grey":
        return images.luma(rgb)
    if kind == "rgb":
        return rgb
    down, across = np.mgrid[:height, :width]
    alpha = np.clip(255 * across / (width / 2), 0, 255)
    alpha[(down - height / 2) ** 2 + (across - width / 2) ** 2 < (height / 5) ** 2] = 0
    alpha[: height // 4, : width // 4] = 3
    return np.dstack([rgb, alpha.astype(np.uint8)])


def write(path, image, **options):
    Image.fromarray(image).save(path, **options)
    return path


def same_pixels(page, path, network, scale):
    """What the page makes of a file is what the package makes of it, to one level of 255; what it saves, and says."""
    choose(page, network, scale)
    page.choose("#try-file", path)
    said, saved = wait(page), enlarged(page)
    image = images.read(path)
    result, wanted = np.array(saved), upscale.upscale(image, scale, network)
    assert result.shape == wanted.shape and result.dtype == np.uint8
    difference = np.abs(result.astype(int) - wanted)
    print(f"{network} x{scale} {image.shape}: at most {difference.max()}, in {(difference > 0).mean():.2e} of all")
    assert difference.max() <= 1
    return saved, said


KINDS = ("grey", "rgb", "rgba")
CASES = [(network, scale) for network in try_it.NETWORKS for scale in catalog.SCALES]


@pytest.mark.parametrize("network, scale", CASES)
def test_the_page_makes_the_package_s_pixels(page, tmp_path, network, scale):
    kind = KINDS[(scale + len(network)) % 3]
    same_pixels(page, write(tmp_path / "odd.png", picture(kind, 47, 61)), network, scale)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("network, scale", CASES)
def test_tiles_leave_no_seam(page, tmp_path, network, scale, kind):
    same_pixels(page, write(tmp_path / "large.png", picture(kind, 283, 305)), network, scale)


def test_a_dropped_picture_is_enlarged(page):
    png = io.BytesIO()
    Image.fromarray(picture("rgb", 20, 30)).save(png, "PNG")
    drop(
        page,
        f"""const bytes = Uint8Array.from(atob("{base64.b64encode(png.getvalue()).decode()}"), (c) => c.charCodeAt(0));
        dropped.items.add(new File([bytes], "dropped.png"));""",
    )
    assert enlarged(page).size == (90, 60)
    assert page.run("link.download") == "dropped-fsrcnn-x3.png"


def drop(page, script):
    """Drop what a script puts into `dropped`."""
    page.run(f"""{{ const dropped = new DataTransfer(); {script}
        document.querySelector(".try-it").dispatchEvent(new DragEvent("drop", {{ dataTransfer: dropped }})); }}""")


def test_a_drop_without_a_file_gets_a_sentence(page):
    drop(page, "dropped.setData('text/plain', 'a cat');")
    assert page.run(SAYS) == "There was no picture in that: choose or drop a picture file."


def test_nothing_is_loaded_before_there_is_a_picture_and_then_from_this_site_alone(site, page):
    page.run("[...document.images].every((image) => image.complete)", until=True)
    loaded = [name for name in site.asked if name.endswith((".wasm", ".mjs", ".onnx", "worker.js"))]
    assert loaded == [] and "/_static/try/chelsea.png" in site.asked
    page.run("document.querySelector('.try-samples button').click()")
    assert enlarged(page).size == (450, 300)
    assert {"/_static/try/fsrcnn-x3.onnx", "/_static/try/ort-wasm-simd-threaded.wasm"} <= set(site.asked)
    # What leaves the site is refused and reported, from the page as from a worker: only these two were.
    (site.folder / "stray.js").write_text("fetch('http://192.0.2.1/worker').catch(() => {})")
    page.run("fetch('http://192.0.2.1/page').catch(() => {}); new Worker('stray.js')")
    reports = [site.refused.get(timeout=60) for _ in range(2)]
    assert site.refused.empty() and sorted(key for key in ("/page", "/worker") for one in reports if key in one) == [
        "/page",
        "/worker",
    ]


def test_the_slider_shows_the_package_s_bicubic_and_the_network(page, tmp_path):
    image = picture("rgb", 301, 420, top=0, left=0)
    choose(page, "fsrcnn", 3)
    page.choose("#try-file", write(tmp_path / "wide.png", image))
    wait(page)
    page.run("document.querySelector('[name=zoom][value=\"4\"]').click()")
    page.run("document.querySelector('.try-down').value = 511; document.querySelector('.try-down').oninput()")
    page.run("document.querySelector('canvas').height === 120", until=True)
    left, top = (page.run(f"document.querySelector('.try-{name}').value") for name in ("across", "down"))
    assert top == "511"
    for canvas, method in ((0, "fsrcnn"), (1, "bicubic")):
        shown = page.run(f"""(() => {{ const canvas = document.querySelectorAll(".try-frame canvas")[{canvas}];
            const {{ width, height }} = canvas;
            return [width, height, [...canvas.getContext("2d").getImageData(0, 0, width, height).data]]; }})()""")
        width, height, shown = shown[0], shown[1], np.reshape(shown[2], (shown[1], shown[0], 4))
        wanted = upscale.upscale(image, 3, method)[511 : 511 + height, int(left) : int(left) + width]
        assert np.abs(shown[..., :3] - wanted.astype(int)).max() <= 1


def swapped(tmp_path):
    """A colour profile that exchanges red and blue, so that a browser which uses it is found out."""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"____").replace(b"bXYZ", b"rXYZ").replace(b"____", b"bXYZ")


@pytest.mark.parametrize("kind", ["rgb", "grey"])
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_files_are_read_as_the_package_reads_them(page, tmp_path, kind, ending):
    """Turned as their EXIF data says, pixels not converted, and a profile that fits is kept."""
    exif, profile = Image.Exif(), swapped(tmp_path)
    exif[0x0112] = 6
    path = tmp_path / f"turned.{ending}"
    write(path, picture(kind, 21, 34), exif=exif, icc_profile=profile, **({"quality": 90} if ending == "jpg" else {}))
    saved, _ = same_pixels(page, path, "fsrcnn", 2)
    assert saved.info.get("icc_profile") == (profile if kind == "rgb" else None)


def animation(path, **options):
    frames = [Image.fromarray(picture("rgb", 24, 32, left=left)) for left in (0, 100)]
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    return path


@pytest.mark.parametrize("ending, options", [("gif", {}), ("png", {}), ("webp", {"lossless": True})])
def test_of_an_animation_the_first_frame_is_taken_and_said(page, tmp_path, ending, options):
    _, said = same_pixels(page, animation(tmp_path / f"moving.{ending}", **options), "fsrcnn", 2)
    assert said.endswith("The picture is animated: this is its first frame.")


def png_header(width, height):
    """The first bytes of a PNG file of that size."""
    return (
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"
        + width.to_bytes(4, "big")
        + height.to_bytes(4, "big")
        + b"\x08\x02"
        + b"\0" * 40
    )


def png(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


BAD = {
    "empty.png": (b"", "“empty.png” is empty: choose another picture."),
    "text.jpg": (b"no picture", "“text.jpg” is not a picture that this browser can read: choose a whole PNG,"),
    "half.png": (png_header(3, 3), "“half.png” is not a picture that this browser can read: choose a whole PNG,"),
    "phone.heic": (
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 99,
        "This browser cannot read HEIC: save “phone.heic”",
    ),
    "one.png": (
        png(np.zeros((1, 1, 3), np.uint8)),
        "This picture is a single pixel: there is nothing in it to enlarge.",
    ),
    "huge.png": (
        png_header(20000, 15000),
        "300 megapixels would become 2700 at ×3, and this page stops at 100, because",
    ),
    "wide.png": (png(np.zeros((200, 60000), np.uint8)), "12 megapixels would become 108 at ×3, and this page stops at"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_picture_gets_one_sentence(page, tmp_path, name):
    contents, sentence = BAD[name]
    (tmp_path / name).write_bytes(contents)
    page.choose("#try-file", tmp_path / name)
    page.run(f"{WRONG} || {SAYS}.includes('pixels are now')", until=True)
    assert page.run(SAYS).startswith(sentence) and page.run(SAYS).endswith(".")
    assert page.run("document.querySelector('.try-result').hidden")


def test_without_webassembly_there_is_a_sentence(site):
    with browser("--js-flags=--jitless") as page:
        page.open(site.address)
        page.run("document.querySelector('.try-samples button')", until=True)
        page.run("document.querySelector('.try-samples button').click()")
        page.run(f"{WRONG} || {SAYS}.includes('pixels are now')", until=True)
        assert page.run(SAYS).startswith("This browser has no WebAssembly, which runs the network:")


def test_a_run_can_be_stopped_and_another_begun(page, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3), np.uint8)
    page.choose("#try-file", write(tmp_path / "large.png", noise))
    page.run("document.querySelector('progress').value > 0", until=True)
    page.run("document.querySelector('.try-work button').focus()")
    page.press("Enter")
    assert page.run(SAYS) == "Stopped. To go on, choose a picture, a scale or a network."
    assert page.run("document.activeElement.id") == "try-file" and page.run(
        "document.querySelector('.try-result').hidden"
    )
    page.choose("#try-file", write(tmp_path / "small.png", noise[:20, :30]))
    assert enlarged(page).size == (90, 60)


@pytest.mark.slow
def test_the_page_lives_while_12_megapixels_are_enlarged(page, tmp_path):
    rows, columns = np.mgrid[:3000, :4000]
    waves = np.dstack([(rows * rows // 900 + columns * k) % 256 for k in (1, 2, 3)]).astype(np.uint8)
    choose(page, "fsrcnn", 2)
    page.run(
        """(() => {
            const bar = document.querySelector(".try-work progress");
            [window.ticks, window.tiles] = [0, []];  // at each tile: how often the page was free since the last
            const tick = () => { window.ticks++; setTimeout(tick); };
            tick();
            const note = () => { window.tiles.push(window.ticks); window.ticks = 0; };
            new MutationObserver(note).observe(bar, { attributes: true, attributeFilter: ["value"] });
        })()"""
    )
    page.choose("#try-file", write(tmp_path / "12-megapixels.jpg", waves, quality=90))
    page.run("window.tiles.length > 5", until=True)
    page.press("Tab")
    assert focus(page), "and the keyboard is answered in the middle of the work"
    assert "4000 × 3000 pixels are now 8000 × 6000" in wait(page)
    tiles = page.run("window.tiles")
    print(f"{len(tiles)} tiles; between two of them the page was free {min(tiles)} times or more")
    assert len(tiles) > 150 and min(tiles) > 0


def focus(page):
    """Where the keyboard is, in a word, and whether that can be seen."""
    return page.run("""(() => {
        const here = document.activeElement;
        const seen = [here, here.parentNode].some((one) => getComputedStyle(one).outlineStyle !== "none");
        const name = here.id || here.name || here.className || here.firstChild?.alt || here.textContent;
        return name + (seen ? "" : " unseen");
    })()""")


def test_the_keyboard_reaches_and_works_everything(page):
    seen = []
    while not seen or seen[-1] != "network":
        page.press("Tab")
        seen.append(focus(page))
    samples = [f"{shown}, {{}}" for shown in try_it.SAMPLES.values()]
    assert seen[0] == "try-file" and seen[-2:] == ["scale", "network"]
    assert [name.rsplit(", ", 1)[0] + ", {}" for name in seen[1:-2]] == samples
    page.press("ArrowLeft")
    assert page.run("document.forms[0].network.value") == "srcnn-915"
    page.run("document.querySelector('.try-samples button').focus()")
    page.press("Enter")
    assert enlarged(page).size == (450, 300)
    page.run("document.querySelector('[name=network]').focus()")
    seen = []
    while not seen or seen[-1] != "try-save":
        page.press("Tab")
        seen.append(focus(page))
    assert seen[1:] == ["try-down", "zoom", "try-save"], "across is not needed: the picture is as wide as the frame"
    page.run("document.querySelector('.try-frame input').focus()")
    page.press("ArrowRight")
    assert page.run("document.querySelector('.try-frame').style.getPropertyValue('--x')") == "51%"
    assert page.run("document.querySelector('.try-frame input').getAttribute('aria-valuetext')").endswith("51 %")


@pytest.mark.parametrize("dark", [False, True])
def test_a_telephone_never_scrolls_sideways(page, tmp_path, dark):
    page.resize(390, dark=dark)
    page.choose("#try-file", write(tmp_path / ("a-long-name" * 9 + ".png"), picture("rgb", 190, 300)))
    wait(page)
    for zoom in (1, 2, 4):
        page.run(f"document.querySelector('[name=zoom][value=\"{zoom}\"]').click()")
        width, shown = page.run("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert width <= shown <= 390


GRAPHICS = (
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
    "--use-vulkan=swiftshader",
)
"""A graphics card that the processor imitates."""


@pytest.mark.slow
@pytest.mark.parametrize("broken", [False, True])
def test_a_graphics_card_is_used_and_if_it_fails_the_processor(site, tmp_path, broken):
    worker, runtime = site.folder / "_static" / "try-worker.js", site.folder / "_static" / "try" / try_it.WEBGPU[-1]
    kept = worker.read_text(), runtime.read_bytes()
    worker.write_text(kept[0].replace("isFallbackAdapter", "isAnything"))  # the imitation is not taken otherwise
    if broken:
        runtime.write_bytes(b"broken")
    try:
        with browser(*GRAPHICS) as page:
            page.open(site.address)
            page.run("document.querySelector('.try-samples button')", until=True)
            if not page.run("navigator.gpu?.requestAdapter().then(Boolean)"):
                pytest.skip("this Chromium imitates no graphics card")
            _, said = same_pixels(page, write(tmp_path / "small.png", picture("rgb", 31, 37)), "srcnn-915", 3)
            assert said.endswith("the processor (WebAssembly)." if broken else "the graphics card (WebGPU).")
    finally:
        worker.write_text(kept[0])
        runtime.write_bytes(kept[1])


def test_a_package_of_npm_is_unpacked_only_if_it_is_the_one_that_was_tested(tmp_path, monkeypatch):
    source, target = tmp_path / "package", tmp_path / "target"
    for name in ("dist/wanted.js", "dist/wanted.js.map", "dist/fonts/one.woff2", "README.md"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    with tarfile.open(tmp_path / "packed", "w:gz") as archive:
        archive.add(source, "package")
    (tmp_path / "npm").write_text(f"#!/bin/sh\ncp {tmp_path}/packed {source.name}-1.0.0.tgz\n")
    (tmp_path / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    wanted = ("package/dist/wanted.js", "package/dist/fonts/")
    digest = hashlib.sha512((tmp_path / "packed").read_bytes()).hexdigest()
    trouble = try_it.npm.unpack("package@1.0.0", wanted, target, sha512="0" * 128)
    assert trouble == "package@1.0.0 is not the archive that this book was tested with" and not list(target.iterdir())
    assert try_it.npm.unpack("package@1.0.0", wanted, target, digest) is None
    found = sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
    assert found == ["fonts/one.woff2", "wanted.js"]


def test_a_book_built_without_npm_says_so_where_the_form_would_be(site, page, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert try_it.prepare(tmp_path) == "npm is not installed"
    built = site.folder / "_static" / "try" / "built.js"
    kept = built.read_text()
    try:
        built.write_text((tmp_path / "built.js").read_text())
        page.open(site.address + "?again")
        page.run("document.querySelector('.try-it').textContent !== 'no JavaScript'", until=True)
        assert page.run("document.querySelector('.try-it').textContent").endswith("without that: npm is not installed.")
    finally:
        built.write_text(kept)
