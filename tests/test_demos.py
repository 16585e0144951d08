"""The demonstrations: the same bytes each time, small, whole without a script, and their numbers are the package's."""

import base64
import hashlib
import io
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from srcnn import InputError, demos, metrics, resample
from srcnn.demos import drawings, page, photographs

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
import stills
from browser import CHROMIUM, browser

NAMES = demos.__all__
each_demonstration = pytest.mark.parametrize("name", NAMES)
VOID = {"img", "input", "br", "meta", "link"}


@pytest.fixture(scope="module")
def made():
    return {name: getattr(demos, name)() for name in NAMES}


class Reader(HTMLParser):
    """Notes every element with its attributes; each that is opened must be closed, in turn."""

    def __init__(self, html):
        super().__init__()
        self.open, self.elements = [], []
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), list(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"


def data_of(demonstration):
    """What the script computes with."""
    return json.loads(re.search(r"start\(root, (.*), toolsOf\(root\)\);", demonstration.html)[1])


def pictures_of(demonstration):
    """The PNG pictures of a demonstration, as Pillow reads them: class -> uint8 arrays."""
    found = {}
    for tag, attributes, _ in Reader(demonstration.html).elements:
        if tag == "img" and attributes["src"].startswith("data:image/png"):
            file = io.BytesIO(base64.b64decode(attributes["src"].split(",")[1]))
            found.setdefault(attributes["class"], []).append(np.asarray(Image.open(file)))
    return found


@each_demonstration
def test_a_demonstration_is_the_same_bytes_each_time(made, name):
    assert getattr(demos, name)()._repr_html_() == made[name]._repr_html_()
    assert repr(made[name]).startswith("Demonstration: ") and len(repr(made[name])) < 120


@each_demonstration
def test_a_page_gets_heavier_by_less_than_150_kilobytes(made, name):
    assert len(made[name].html.encode()) < 150_000


@each_demonstration
def test_it_is_whole_html_that_asks_nobody(made, name):
    html = made[name].html
    elements = Reader(html).elements
    assert "{{" not in html and not any("id" in attributes for _, attributes, _ in elements)
    assert not re.search(r"\b(fetch|import|XMLHttpRequest|WebSocket)\b *\(|url\(|@import", html)
    assert set(re.findall(r"https?://[^\s\"']+", html)) <= {"http://www.w3.org/2000/svg"}
    for _, attributes, _ in elements:
        assert attributes.get("src", "data:").startswith("data:") and "href" not in attributes


@each_demonstration
def test_pictures_and_controls_have_words(made, name):
    for tag, attributes, within in Reader(made[name].html).elements:
        if tag == "img":
            assert attributes["alt"]
        if tag in ("canvas", "svg"):
            assert attributes["role"] == "img" and attributes["aria-label"]
        if tag == "input":
            assert "label" in within
        if tag == "fieldset":
            assert attributes["aria-label"]


@each_demonstration
def test_without_a_script_there_is_a_picture_and_no_control(made, name):
    live = [attributes for _, attributes, _ in Reader(made[name].html).elements if attributes.get("class") == "live"]
    assert len(live) == 1 and "hidden" in live[0]
    assert pictures_of(made[name]) or "data:image/svg+xml;base64," in made[name].html


@pytest.mark.parametrize("name", stills.DRAWN)
def test_a_still_picture_is_whole_svg(name):
    drawn = ElementTree.parse(page.FOLDER / f"{name}.svg").getroot()
    assert drawn.tag.endswith("svg") and not any("class" in element.attrib for element in drawn.iter())


def test_a_picture_comes_back_from_its_png_as_it_was(rng):
    image = rng.integers(0, 256, (31, 300), np.uint8)
    file = io.BytesIO(base64.b64decode(page.png(image).split(",")[1]))
    np.testing.assert_array_equal(np.asarray(Image.open(file)), image)


@pytest.mark.parametrize("name, wanted", [("null_space", "1e901244dfb10839"), ("rank", "d9848dd9b105ea5f")])
def test_the_pictures_are_the_same_on_every_machine(made, name, wanted):
    """Else nbval would find a difference in the chapters."""
    pictures = [image.tobytes() for images in pictures_of(made[name]).values() for image in images]
    assert hashlib.sha256(b"".join(pictures)).hexdigest()[:16] == wanted


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_weights_of_the_shrinking_are_the_package_s(rng, scale):
    weights, first = photographs.shrinking_weights(scale)
    image = rng.random((12 * scale, 12 * scale))
    rows = np.array([scale * 6 + first + np.arange(len(weights))])
    by_hand = weights @ image[np.ix_(rows[0], rows[0])] @ weights
    assert by_hand == pytest.approx(resample.downscale(image, scale)[6, 6], abs=1e-6)
    assert sum(weights) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("scale", [2, 3])
def test_what_is_added_to_the_photograph_is_not_seen_by_shrinking(scale):
    made = demos.null_space(scale=scale)
    pictures, rest = pictures_of(made), data_of(made)["rest"]
    before = resample.downscale(pictures["photograph"][0], scale)
    np.testing.assert_array_equal(pictures["small"][0], np.rint(before))
    for name in ("detail", "dots"):
        fine = np.frombuffer(base64.b64decode(rest[name]), np.int8).reshape(120, 120) / 256
        twin = pictures[name][0] + fine
        assert np.abs(twin - pictures["photograph"][0]).max() > 50
        assert twin.min() > -0.51 and twin.max() < 255.51
        assert np.abs(resample.downscale(twin, scale) - before).max() < 0.005


@pytest.mark.parametrize("kernel", ["bilinear", "bicubic"])
def test_the_kernel_s_weights_are_those_of_the_resampler(kernel):
    enlarged = np.array([resample.enlarge(np.tile(row, (8, 1)), 8, kernel)[32] for row in np.eye(8)]).T
    for j, x in enumerate((np.arange(64) + 0.5) / 8 - 0.5):
        if 2 <= x < 5:
            n = int(np.floor(x)) + np.arange(-1, 3)
            ours = drawings.kernel_weights(x, {"bilinear": "linear", "bicubic": "cubic"}[kernel])
            np.testing.assert_allclose(ours, enlarged[j, n], atol=1e-6)


def test_eight_pictures_have_nearly_one_psnr_and_very_different_ssim(made):
    data, pictures = data_of(made["rank"]), pictures_of(made["rank"])
    (original,) = pictures["original"]
    assert len(pictures["spoilt"]) == len(set(data["names"])) == 8
    for picture, psnr, ssim in zip(pictures["spoilt"], data["psnr"], data["ssim"], strict=True):
        assert metrics.psnr(original, picture) == pytest.approx(psnr, abs=0.006)
        assert metrics.ssim(original, picture) == pytest.approx(ssim, abs=0.0006)
        assert abs(psnr - 24) < 0.15
    assert max(data["ssim"]) - min(data["ssim"]) > 0.3


def test_the_learning_rate_s_limit_is_where_the_iteration_diverges(made):
    data = data_of(made["two_weights"])
    H, start = np.array(data["hessian"]), np.array([1.5, -2.2])
    np.testing.assert_allclose(H, [[2 / 3, 1 / 2], [1 / 2, 2 / 3]], atol=1e-6)
    for part, grows in ((0.99, False), (1.01, True)):
        error = np.linalg.matrix_power(np.eye(2) - part * data["limit"] * H, 2000) @ start
        assert (np.linalg.norm(error) > np.linalg.norm(start)) == grows
    assert 'min="0.01" max="2.06" step="0.01" value="1.46"' in made["two_weights"].html


def test_the_slider_reaches_past_the_limit_of_other_valleys():
    pairs = np.random.default_rng(0).random((300, 2))
    for factor in (1e-5, 0.01, 1, 300):
        made = demos.two_weights(factor * pairs.T @ pairs, [0, 1], [1, 1])
        limit, most = data_of(made)["limit"], float(re.search(r'name="rate".*? max="([\d.]+)"', made.html)[1])
        assert 1.15 * limit < most < 1.3 * limit


@pytest.mark.parametrize("kernel, stride", [(9, 3), (9, 2), (5, 2), (4, 2), (2, 3), (3, 1)])
def test_hits_are_a_deconvolution_of_ones(kernel, stride):
    from srcnn.layers import keras

    ones = np.ones((1, 7, 7, 1), np.float32), np.ones((kernel, kernel, 1, 1), np.float32)
    real = keras.ops.conv_transpose(*ones, strides=stride, padding="valid", data_format="channels_last")
    real = keras.ops.convert_to_numpy(real)[0, :, :, 0]
    ours = np.outer(*2 * [drawings.hits(7, kernel, stride)])
    np.testing.assert_array_equal(ours, real[: len(ours), : len(ours)])  # pixels behind the last copy get none
    assert not real[len(ours) :].any()


@pytest.mark.parametrize(
    "call",
    [
        lambda: demos.null_space("nobody"),
        lambda: demos.null_space(scale=7),
        lambda: demos.kernel(a=0.5),
        lambda: demos.sliding_filter(np.ones((2, 5))),
        lambda: demos.sliding_filter(np.full((5, 5), 0.5)),
        lambda: demos.sliding_filter([[1, 2, 3], [4, 5]]),
        lambda: demos.null_space(scale=0),
        lambda: demos.null_space(scale=-3),
        lambda: demos.rank(decibels=5),
        lambda: demos.rank(decibels=60),
        lambda: demos.rank(decibels=np.nan),
        lambda: demos.rank("retina"),
        lambda: demos.two_weights(np.zeros((2, 2))),
        lambda: demos.two_weights(np.ones((2, 3))),
        lambda: demos.two_weights(np.eye(3)),
        lambda: demos.two_weights(5),
        lambda: demos.two_weights([[1, 2], [3]]),
        lambda: demos.two_weights([[1, 5], [0, 1]]),
        lambda: demos.two_weights(np.eye(2) * 1e9),
        lambda: demos.two_weights(np.eye(2) * 1e-12),
        lambda: demos.two_weights(np.diag([1, np.inf])),
        lambda: demos.two_weights(start=(1,)),
        lambda: demos.two_weights(best=(1, np.nan)),
        lambda: demos.checkerboard(stride=0),
    ],
)
def test_what_cannot_be_shown_is_refused_in_a_sentence(call):
    with pytest.raises(InputError):
        call()


# In a browser

HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; {script}">
<script>window.trouble = [];
for (const kind of ["error", "unhandledrejection", "securitypolicyviolation"])
  addEventListener(kind, (event) => trouble.push(kind + (event.message || event.blockedURI || event.reason)), true);
</script><body style="margin: 16px">"""
SET = """(name, value) => {{ const input = [...document.querySelectorAll(`[name="${{name}}"]`)];
  const one = input.find((input) => input.type === "radio" && input.value === String(value)) ?? input[0];
  if (one.type === "radio") one.click(); else one.value = value;
  one.dispatchEvent(new Event("input", {{ bubbles: true }})); }}"""
VALUES = "document.querySelector('.srcnn-demo').values"


@pytest.fixture(scope="module")
def chromium():
    if not CHROMIUM:
        pytest.skip("no Chromium here: apt-get install chromium")
    with browser() as opened:
        yield opened


@pytest.fixture
def show(chromium, made, tmp_path):
    """show(name) opens a demonstration alone in a page; what went wrong there fails the test."""

    def opened(name, width=1280, dark=False, script="script-src 'unsafe-inline'", html=None):
        file = tmp_path / f"{name}.html"
        file.write_text(HEAD.format(name=name, script=script) + (html or made[name].html), encoding="utf-8")
        chromium.resize(width, 900, dark)
        chromium.open(file.as_uri())
        return chromium

    yield opened
    assert chromium.run("window.trouble ?? []") == []
    asked = chromium.run("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [address for address in asked if not address.startswith("data:")] == []


def give(chromium, **values):
    """Set controls as a reader would, and return what the demonstration then computed."""
    for name, value in values.items():
        chromium.run(f"({SET.format()})({json.dumps(name)}, {json.dumps(value)})")
    return chromium.run(VALUES)


@pytest.mark.slow
@each_demonstration
@pytest.mark.parametrize("dark", [False, True])
def test_a_telephone_never_scrolls_sideways(show, name, dark):
    chromium = show(name, 390, dark)
    inner = """[...document.querySelectorAll(".srcnn-demo :is(p, form, figure, svg, canvas, label, button, span)")]
        .filter((one) => !one.closest(".heard, svg svg") && one.getBoundingClientRect().right > 375.5)
        .map((one) => one.outerHTML)"""
    assert chromium.run("document.documentElement.scrollWidth") <= 390
    assert chromium.run(inner) == []


@pytest.mark.slow
@each_demonstration
def test_the_keyboard_reaches_and_works_every_control(show, name):
    chromium = show(name)
    here = """(() => { const one = document.activeElement, shown = getComputedStyle(one.closest("label") ?? one);
        return [one.localName, one.type ?? "", one.name || one.className, shown.outlineStyle !== "none"]; })()"""
    wanted = chromium.run("""[...new Set([...document.querySelectorAll(
        ".srcnn-demo :is(input, button, summary):not(:disabled)")].filter((one) => one.checkVisibility())
        .map((one) => one.name || one.className))]""")
    seen = set()
    for _ in range(20):
        chromium.press("Tab")
        tag, kind, called, outlined = chromium.run(here)
        if tag == "body":
            break
        assert outlined or tag == "summary", f"{called} has the keyboard, and nobody sees it"
        seen.add(called)
        if kind in ("range", "radio"):
            before = chromium.run(f"JSON.stringify({VALUES}) + document.activeElement.value")
            chromium.press("ArrowLeft" if called in ("kernel", "a") else "ArrowRight")
            assert chromium.run(f"JSON.stringify({VALUES}) + document.activeElement.value") != before, called
            if kind == "radio":  # back: what a choice switches off must be reached as well
                chromium.press("ArrowRight" if called == "kernel" else "ArrowLeft")
    assert set(wanted) <= seen


@pytest.mark.slow
@each_demonstration
def test_without_script_the_still_picture_is_there(show, name):
    chromium = show(name, 390, script="script-src 'none'")
    seen = """[...document.querySelectorAll(".srcnn-demo img")].filter((one) => one.checkVisibility()
        && one.complete && one.naturalWidth > 30 && one.getBoundingClientRect().right <= 390).length"""
    assert chromium.run(seen) >= 1
    assert not chromium.run("document.querySelector('.live').checkVisibility()")
    assert chromium.run("document.documentElement.scrollWidth") <= 390
    chromium.run("window.trouble = []")  # the script that was forbidden, as it should be


@pytest.mark.slow
@each_demonstration
def test_two_on_one_page_do_not_disturb_each_other(show, made, name):
    chromium = show(name, html=made[name].html * 2)
    assert chromium.run("document.querySelectorAll('.srcnn-demo[data-ready]').length") == 2
    if chromium.run("document.querySelectorAll('[type=radio]').length"):
        assert chromium.run("document.querySelectorAll(':checked').length") == 2


HOSTS = {
    "JupyterLab, Colab": "one.replaceWith(fresh)",
    "classic notebook": "document.head.append(fresh), fresh.remove()",
}
"""How a notebook runs the scripts of an output: anew, in their places before the output is shown, or elsewhere."""


@pytest.mark.slow
@each_demonstration
@pytest.mark.parametrize("host", HOSTS)
def test_it_works_where_a_notebook_puts_it(show, made, name, host):
    chromium = show(name, html="<main></main>")
    chromium.run(f"""(() => {{
        const place = document.createElement("div");
        place.innerHTML = {json.dumps(made[name].html)};
        const scripts = [...place.querySelectorAll("script")];
        const run = () => scripts.forEach((one) => {{
            const fresh = Object.assign(document.createElement("script"), {{ text: one.text }});
            {HOSTS[host]};
        }});
        if ({json.dumps(host)} === "classic notebook") {{ document.body.append(place); run(); }}
        else {{ run(); document.body.append(place); }}
    }})()""")
    assert chromium.run(f"Object.keys({VALUES}).length") > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", stills.DRAWN)
def test_a_still_picture_shows_what_the_demonstration_draws(chromium, tmp_path, name):
    """Else run tools/stills.py. Browsers set text a little differently, so words and curves are compared."""
    fresh = ElementTree.fromstring(stills.still(chromium, name, tmp_path))
    stored = ElementTree.parse(page.FOLDER / f"{name}.svg").getroot()
    for part in (lambda one: (one.text or "").strip(), lambda one: one.get("d"), lambda one: one.get("fill")):
        assert [part(one) for one in fresh.iter()] == [part(one) for one in stored.iter()]
    chromium.run("window.trouble = []")


@pytest.mark.slow
@pytest.mark.parametrize("twin", ["detail", "dots"])
def test_the_small_image_in_the_page_is_the_package_s(show, made, twin):
    pictures = pictures_of(made["null_space"])
    values = give(show("null_space"), twin=twin, amount=1)
    wanted = resample.downscale(pictures["photograph"][0], 3)
    np.testing.assert_allclose(np.reshape(values["small"], (40, 40)), wanted, atol=0.005)
    assert values["changes"][0] > 50 and values["changes"][1] < 0.005


@pytest.mark.slow
@pytest.mark.parametrize(
    "kernel, a", [("nearest", -0.5), ("linear", -0.5), ("cubic", -0.5), ("cubic", -1), ("cubic", 0)]
)
def test_the_kernel_in_the_page_is_the_package_s(show, kernel, a):
    chromium, t = show("kernel"), np.linspace(0, 1, 1001)
    give(chromium, a=a)
    inner = np.array([drawings.kernel_weights(x, kernel, a) for x in t[:-1]])
    for x in (0, 0.35, 0.5, 1.3, 2.75, 3):
        values = give(chromium, kernel=kernel, x=x)
        np.testing.assert_allclose(values["weights"], drawings.kernel_weights(x, kernel, a), atol=1e-9)
        assert values["sum"] == pytest.approx(1)
    assert values["bend"] == pytest.approx(abs(inner @ np.arange(-1, 3) - t[:-1]).max(), abs=0.002)
    assert values["halo"] == pytest.approx(max(0, (inner[:, 1:].sum(1) - 1).max()), abs=0.002)


@pytest.mark.slow
def test_the_rank_correlation_in_the_page_is_scipy_s(show, made, rng):
    from scipy.stats import spearmanr

    data = data_of(made["rank"])
    for _ in range(3):
        chromium, order = show("rank"), rng.permutation(8)
        for k in order[:7]:  # the eighth is the one that is left
            chromium.run(f"document.querySelectorAll('.gallery button')[{k}].click()")
        values = chromium.run(VALUES)
        assert values["order"] == ["ABCDEFGH"[k] for k in order]
        wanted = spearmanr(-np.argsort(order), data["ssim"]).statistic
        assert values["agreement"] == pytest.approx(wanted)
        chromium.run("document.querySelector('.show').click()")
        assert "dB" in chromium.run("document.querySelector('.gallery').textContent")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(drawings.FILTERS)))
def test_the_filter_s_output_in_the_page_is_a_correlation(show, made, number):
    from scipy.signal import correlate2d

    _, weights, parts, _ = drawings.FILTERS[number]
    wanted = correlate2d(data_of(made["sliding_filter"])["picture"], np.array(weights) / parts, "valid")
    values = give(show("sliding_filter"), filter=number, place=23)
    assert values["filled"] == 24
    np.testing.assert_allclose(values["sums"], wanted, atol=1e-12)


@pytest.mark.slow
def test_the_filter_follows_a_finger(show):
    chromium = show("sliding_filter")
    box = chromium.run("(() => { const { x, y, width } = document.querySelector('.picture').getBoundingClientRect();"
                       " return [x, y, width / 8]; })()")  # fmt: skip
    for kind, column, row in (("mousePressed", 1.5, 1.5), ("mouseMoved", 6.5, 4.5), ("mouseReleased", 6.5, 4.5)):
        place = {"x": box[0] + column * box[2], "y": box[1] + row * box[2]}
        chromium.send("Input.dispatchMouseEvent", type=kind, button="left", buttons=1, clickCount=1, **place)
    assert chromium.run("document.querySelector('[name=place]').value") == "23"


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.1, 1.46, 1.7, 1.73, 2])
def test_the_steps_in_the_page_are_gradient_descent(show, made, rate):
    data = data_of(made["two_weights"])
    error, H = np.array([0.5, -1.2]) - data["best"], np.array(data["hessian"])
    values = give(show("two_weights"), rate=rate)
    for step, drawn in enumerate(values["errors"]):
        np.testing.assert_allclose(drawn, error, rtol=1e-9, atol=1e-12)
        assert values["losses"][step] == pytest.approx(error @ H @ error / 2, rel=1e-9, abs=1e-15)
        error = error - rate * H @ error
    assert (abs(values["across"]) > 1) == (rate > data["limit"])


@pytest.mark.slow
@pytest.mark.parametrize("kernel, stride", [(9, 3), (9, 2), (5, 2), (4, 2), (2, 3), (1, 1), (9, 4)])
def test_the_hits_in_the_page_are_the_package_s(show, kernel, stride):
    values = give(show("checkerboard"), kernel=kernel, stride=stride)
    assert values["hits"] == drawings.hits(values["small"], kernel, stride).tolist()
    uniform = len(set(values["inside"])) == 1
    assert uniform == (kernel % stride == 0)
