"""A demonstration as a piece of HTML: its template, style, script and data in one text, the same on every machine."""

import base64
import json
import re
import zlib
from pathlib import Path

FOLDER = Path(__file__).parent


class Demonstration:
    """Something to play with. A notebook shows it; print() says what it is."""

    def __init__(self, html, told):
        self.html, self.told = html, told

    def _repr_html_(self):
        return self.html

    def __repr__(self):
        return f"Demonstration: {self.told}"


def build(name, told, data, /, **fields):
    """The demonstration of that name.

    name: of its template, name.html, and of its script, name.js.
    told: what it is, in one line. data: what the script computes with; round it, since it is compared byte by byte.
    fields: the texts that stand for {{field}} in the template; {{still}} is the picture name.svg, if there is one.
    Without a script (GitHub, print) what has the class `still` is seen instead.
    """
    still = FOLDER / f"{name}.svg"
    if still.is_file():
        fields["still"] = "data:image/svg+xml;base64," + base64.b64encode(still.read_bytes()).decode()
    return Demonstration(
        _fill(
            _read("frame.html"),
            name=name,
            css=_read("shared.css"),
            shared=_read("shared.js"),
            body=_fill(_read(f"{name}.html"), **fields),
            script=_read(f"{name}.js"),
            data=json.dumps(data, separators=(",", ":")),
        ),
        told,
    )


def _read(name):
    return (FOLDER / name).read_text(encoding="utf-8").strip()


def _fill(template, /, **fields):
    return re.sub(r"\{\{(\w+)\}\}", lambda found: str(fields[found[1]]), template)


def png(image):
    """A grey image, uint8 (H, W), as the address of a PNG file: "data:image/png;base64,...".

    It is not compressed, because compressors differ from machine to machine. Each row is a block of its own, so that
    the script finds its bytes by counting (shared.js, pixels).
    """
    height, width = image.shape
    rows, size = [], (width + 1).to_bytes(2, "little") + (65534 - width).to_bytes(2, "little")
    for number, row in enumerate(image):
        rows.append(bytes([number == height - 1]) + size + b"\0" + row.tobytes())
    check = zlib.adler32(b"".join(b"\0" + row.tobytes() for row in image))
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    body = b"\x78\x01" + b"".join(rows) + check.to_bytes(4, "big")
    parts = [_chunk(b"IHDR", header), _chunk(b"IDAT", body), _chunk(b"IEND", b"")]
    return "data:image/png;base64," + encoded(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def _chunk(kind, body):
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def encoded(data):
    """Bytes as text (base64)."""
    return base64.b64encode(data).decode()
