"""A Sphinx extension for what stands around the pages: their heads, the page for wrong addresses, the way in.

The address of the book is that of the repository's GitHub Pages, and of the repository only _config.yml knows.
"""

import html
import re
from pathlib import Path
from urllib.parse import urlsplit

import repository
import student
from docutils import nodes
from PIL import Image

CARD = "_static/card.jpg"
"""The picture that is shown where somebody shares a link; tools/slider.py makes it."""

DESCRIPTION = (
    "An open course with Python code: from bicubic interpolation, through the mathematics of three layers, "
    "to a super-resolution network that you train yourself."
)

WAY_IN = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<meta http-equiv="refresh" content="0; url={first}">
<link rel="canonical" href="{address}{first}">
<meta name="description" content="{description}">
<p><a href="{first}">{title}</a></p>
</html>
"""

LOST = """<h1>There is no such page</h1>
<p>The address may have a slip, or the page has moved. <a href="{first}">The first page of the book</a> leads to all
others, and so do the contents and the search.</p>"""

UNUSED = (r"<script defer src=\"[^\"]*/fontawesome\.js[^>]*></script>\s*", "_static/scripts/fontawesome.js")
"""1.5 MB that draw the icons a second time: the style sheet's fonts have drawn them already."""

THEBE = r"\s*<script type=\"text/x-thebe-config\">.*?</script>\s*<script>kernelName = [^<]*</script>"
"""Runs cells on a server of Binder; this book has Colab for that."""


def setup(app):
    """Add to the theme's pages what they lack, and drop what they load in vain."""
    app.connect("config-inited", configure)
    app.connect("html-collect-pages", lost)
    app.connect("html-page-context", head, priority=900)  # after the extensions that add scripts
    app.connect("build-finished", finish, priority=400)  # before the table of contents writes a way in without a title
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def configure(app, config):
    """What follows from the address of the repository, and settings that Jupyter Book does not pass on."""
    config.html_baseurl = repository.pages(repository.address())
    if not config.solutions:
        config.html_theme_options["repository_branch"] = student.BRANCH
    if not repository.is_github(repository.address()):
        config.html_theme_options.pop("launch_buttons", None)
        if not re.search("gitlab|bitbucket", repository.address()):  # as at GitHub, a new issue is at /issues/new
            config.html_theme_options["repository_provider"] = "github"
    config.html_context["default_mode"] = "auto"
    # Formulas are read with the page, not tabbed through: a chapter has a hundred.
    config.mathjax3_config = {
        **(config.mathjax3_config or {}),
        "options": {
            **(config.mathjax3_config or {}).get("options", {}),
            "menuOptions": {"settings": {"inTabOrder": False}},
        },
    }


def colab(app, path):
    """The address at which Colab opens a notebook of the repository, or None where it cannot: only from GitHub."""
    options, url = app.config.html_theme_options, repository.address()
    if not repository.is_github(url):
        return None
    base, branch = options["launch_buttons"]["colab_url"].rstrip("/"), options["repository_branch"]
    return f"{base}/github{urlsplit(url).path}/blob/{branch}/{path}"


def head(app, pagename, templatename, context, doctree):
    """Description and picture for who shares the page, its scripts once each, and images that keep their place free."""
    title, first = context.get("title", ""), pagename == app.config.root_doc
    body = context.get("body", "")
    context["script_files"] = list(scripts(context.get("script_files", []), 'class="math' in body))
    context["css_files"] = [one for one in context.get("css_files", []) if "thebe" not in str(filename(one))]
    context["body"] = tidy(app, body)
    described = DESCRIPTION if first or doctree is None else description(doctree)
    tags = {
        "og:type": "website" if first else "article",
        "og:site_name": app.config.html_title,
        "og:title": re.sub("<[^>]+>", "", html.unescape(title)),
        "og:description": described,
        "og:url": context.get("pageurl") or app.config.html_baseurl,
        "og:image": app.config.html_baseurl + CARD,
    }
    lines = [f'<meta name="description" content="{html.escape(described)}">']
    lines += [f'<meta property="{name}" content="{html.escape(value)}">' for name, value in tags.items()]
    lines += ['<meta name="twitter:card" content="summary_large_image">']
    if pagename == "404":  # it is served for addresses of any depth
        lines = [
            f'<base href="{urlsplit(app.config.html_baseurl).path or "/"}">',
            '<meta name="robots" content="noindex">',
        ]
        context["pageurl"] = None
    context["metatags"] = "\n".join([*lines, context.get("metatags", "")])


def description(doctree):
    """The first paragraph of a page, as many whole sentences of it as are shown in a list of results."""
    paragraph = next((one.astext() for one in doctree.findall(nodes.paragraph)), DESCRIPTION)
    sentences = re.split(r"(?<=[.?!])\s+", " ".join(paragraph.split()))
    shown = sentences.pop(0)
    while sentences and len(shown) + len(sentences[0]) < 200:
        shown += " " + sentences.pop(0)
    return shown


def filename(asset):
    """The file of a script or style sheet as Sphinx lists it, or None for one that stands in the page."""
    return getattr(asset, "filename", asset)


def scripts(listed, formulas):
    """Each script once: extensions add some twice. Thebe is never started, and MathJax only needed for formulas."""
    seen = set()
    for one in listed:
        key = str(filename(one) or "") + str(getattr(one, "attributes", {}).get("body", ""))
        unused = "thebe" in key.lower() or ("mathjax" in key.lower() and not formulas)
        if key not in seen and not unused:
            yield one
        seen.add(key)


def tidy(app, body):
    """The page with the sizes of its images, so that nothing moves when they arrive, and without empty headings."""
    names = {name: uri for uri, name in app.builder.images.items()}

    def sized(tag):
        name = re.search(r'src="[^"]*_images/([^"]+)"', tag[0])
        size = name and name[1] in names and pixels(Path(app.srcdir) / names[name[1]])
        return tag[0].replace("<img", '<img width="{}" height="{}"'.format(*size), 1) if size else tag[0]

    body = re.sub(r"<img\b[^>]*>", sized, body)
    body = re.sub(THEBE, "", body, flags=re.DOTALL)
    body = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")  # what it says is its name
    return re.sub(r"<th\b([^>]*)>(?:<p>\s*</p>)?</th>", r"<td\1></td>", body)


def pixels(path):
    """Width and height at which a browser shows an image file, or None."""
    if path.suffix == ".svg":
        size = re.findall(r'\b(?:width|height)="([\d.]+)pt"', path.read_text()[:2000])
        return [round(float(points) * 4 / 3) for points in size] if len(size) == 2 else None
    with Image.open(path) as image:
        return image.size


def lost(app):
    """The page that GitHub shows for an address that does not exist."""
    first = app.builder.get_target_uri(app.config.root_doc)
    yield "404", {"title": "There is no such page", "body": LOST.format(first=first)}, "page.html"


def finish(app, exception):
    """Write the way in, and take the unused icons out of pages and site."""
    if exception or app.builder.name != "html":
        return
    out, first = Path(app.outdir), app.builder.get_target_uri(app.config.root_doc)
    said = {"title": app.config.html_title, "description": DESCRIPTION}
    said = {key: html.escape(text) for key, text in said.items()}
    (out / "index.html").write_text(WAY_IN.format(first=first, address=app.config.html_baseurl, **said))
    (out / UNUSED[1]).unlink(missing_ok=True)
    # The first page's title is the book's, and without a script the pages are light.
    for page in [*out.glob("*.html"), *out.glob("book/*.html")]:
        text = page.read_text()
        changed = re.sub(r"<title>(.+) &#8212; \1</title>", r"<title>\1</title>", text)
        changed = re.sub(UNUSED[0], "", changed).replace(' data-theme="auto"', "", 1)
        if changed != text:
            page.write_text(changed)
