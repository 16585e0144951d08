"""The cells of a CSV file as they stand in it: some can be changed, and every other byte stays what it was.

Python's csv module forgets how a cell was quoted, how a line ended and what the file's first bytes were; a learning
platform, or the spreadsheet between, may depend on all of them.
"""

import codecs
import re

from srcnn import InputError

BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
QUOTED = re.compile(r'"(?:[^"]|"")*"')
LINE_END = re.compile(r"\r\n|\n|\r")


class Sheet:
    """A CSV file in memory. `rows` are lists of values; `put` changes a cell, `bytes` is the file as it is then."""

    def __init__(self, data, name="the file"):
        """data: the bytes of the file. Comma, semicolon or tab, whichever the header has most, parts the cells."""
        self.bom = next((bom for bom in BOMS if data.startswith(bom)), b"")
        self.encoding = BOMS.get(self.bom, "utf-8")
        try:
            text = data[len(self.bom) :].decode(self.encoding)
        except UnicodeDecodeError:
            if self.bom:
                raise InputError(f"{name} is not {self.encoding}, as it says: download it again") from None
            self.encoding = "cp1252"  # what a spreadsheet on Windows writes as plain CSV
            text = data.decode(self.encoding, errors="replace")
            if text.encode(self.encoding, errors="replace") != data:
                raise InputError(f"{name} is neither UTF-8 nor UTF-16 nor Windows text: download it again") from None
        header = QUOTED.sub("", LINE_END.split(text, maxsplit=1)[0])
        self.delimiter = max(",;\t", key=header.count)
        self._parts = list(self._split(text))
        self.rows = [[value(raw) for raw in cells] for cells, _ in self._parts]

    def _split(self, text):
        """Yield ([cells as they stand], line end) for each line."""
        place, cells = 0, []
        plain = re.compile(rf"[^{re.escape(self.delimiter)}\r\n]*")
        while place < len(text) or cells:
            quoted = QUOTED.match(text, place)
            end = plain.match(text, quoted.end() if quoted else place).end()
            cells.append(text[place:end])
            if text[end : end + 1] == self.delimiter:
                place = end + 1
                continue
            ending = LINE_END.match(text, end)
            place = ending.end() if ending else end
            yield cells, ending[0] if ending else ""
            cells = []

    def put(self, row, column, text):
        """Change a cell, quoted if it was or has to be. A cell that says the same already keeps its bytes; one that the
        line has not got, since empty cells at its end were dropped, is put there."""
        missing = [""] * (column + 1 - len(self.rows[row])) if text else []
        self._parts[row][0].extend(missing)
        self.rows[row].extend(missing)
        if column < len(self.rows[row]) and self.rows[row][column] != text:
            raw, special = self._parts[row][0][column], f'"\r\n{self.delimiter}'
            quote = raw.startswith('"') or any(letter in text for letter in special)
            self._parts[row][0][column] = '"{}"'.format(text.replace('"', '""')) if quote else text
            self.rows[row][column] = text

    def bytes(self):
        """The file, byte for byte what it was except for the cells that were changed."""
        text = "".join(self.delimiter.join(cells) + ending for cells, ending in self._parts)
        return self.bom + text.encode(self.encoding, errors="xmlcharrefreplace")


def value(raw):
    """What a cell says: without its quotes."""
    match = QUOTED.match(raw)
    return match[0][1:-1].replace('""', '"') + raw[match.end() :] if match else raw
