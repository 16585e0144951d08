"""A headless Chromium, driven through its own protocol (DevTools) over a pipe: it needs no other package.

`make pdf` prints the book with it, the tests open the pages in it. Chrome and Edge are Chromiums as well.
"""

import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
"""What the program may be called where the system looks for commands."""

PLACES = {  # elsewhere, by the system's name; the first part is a folder or the environment variable that names it
    "darwin": [
        (root, f"Applications/{name}.app/Contents/MacOS/{name}")
        for root in ("/", "HOME")
        for name in ("Google Chrome", "Chromium", "Microsoft Edge")
    ],
    "win32": [
        (root, f"{name}.exe")
        for root in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        for name in (
            "Google/Chrome/Application/chrome",
            "Chromium/Application/chrome",
            "Microsoft/Edge/Application/msedge",
        )
    ],
}

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
"""--disable-gpu and SwiftShader: WebGL as on a graphics card, computed on the processor."""


def find(system=sys.platform):
    """The path of Chromium, Chrome or Edge on this machine, or None."""
    elsewhere = (Path(os.environ.get(root, root)) / place for root, place in PLACES.get(system, ()))
    return next(filter(None, map(shutil.which, (*NAMES, *map(str, elsewhere)))), None)


CHROMIUM = find()


class Failed(Exception):
    """What the browser or a script in the page said went wrong."""


class Browser:
    """One page. Its methods wait for the answer."""

    def __init__(self, to_browser, from_browser):
        self.to_browser, self.from_browser, self.received = to_browser, from_browser, b""
        self.numbers, self.session, self.events = itertools.count(1), None, []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.send("Page.enable")

    def send(self, method, **params):
        """A command of the protocol; its result. What the browser reports meanwhile is kept in `events`."""
        message = {"id": next(self.numbers), "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        try:
            self.to_browser.write(json.dumps(message).encode() + b"\0")
            self.to_browser.flush()
        except OSError:
            raise Failed("Chromium has ended") from None
        while True:
            answer = self._read()
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise Failed(answer["error"]["message"])
                return answer["result"]
            self.events.append(answer)

    def _read(self):
        while b"\0" not in self.received:
            more = self.from_browser.read1(1 << 20)
            if not more:
                raise Failed("Chromium has ended")
            self.received += more
        message, _, self.received = self.received.partition(b"\0")
        return json.loads(message)

    def open(self, url):
        """Load a page; returns when it is whole."""
        self.send("Page.navigate", url=url)
        self.run(f"location.href === {json.dumps(url)} && document.readyState === 'complete'", until=True)

    def run(self, script, until=False):
        """The value of an expression, of a promise when it is kept; `until`: only when it is true."""
        if until:
            script = f"(async () => {{ while (!({script})) await new Promise((go) => setTimeout(go, 20)); }})()"
        while True:
            try:
                answer = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
            except Failed as failure:  # a new page has come meanwhile
                if until and "context" in str(failure):
                    continue
                raise
            if "exceptionDetails" in answer:
                raise Failed(answer["exceptionDetails"]["exception"].get("description", "unknown"))
            return answer["result"].get("value")

    def choose(self, selector, path):
        """Give a file to an <input type=file>, as the dialogue does."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", nodeId=node, files=[str(path)])

    def press(self, key, code=None):
        """A key, by its name: "Tab", "ArrowLeft", "Enter", " "."""
        codes = {"Tab": 9, "Enter": 13, " ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
        codes["Escape"] = 27
        event = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": codes[key]}
        text = {"Enter": "\r", " ": " "}.get(key)
        self.send("Input.dispatchKeyEvent", type="keyDown", **event, **({"text": text} if text else {}))
        self.send("Input.dispatchKeyEvent", type="keyUp", **event)

    def resize(self, width, height=800, dark=False):
        """The size of the window in pixels, and the reader's colour scheme."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path, **options):
        """What is seen, as a PNG file."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png", **options)["data"]))

    def pdf(self, **options):
        """The page as it is printed, as the bytes of a PDF."""
        stream = self.send("Page.printToPDF", transferMode="ReturnAsStream", **options)["stream"]
        parts = []
        while True:  # whole, it would be longer than the protocol's longest message
            part = self.send("IO.read", handle=stream, size=1 << 20)
            parts.append(base64.b64decode(part["data"]) if part["base64Encoded"] else part["data"].encode("latin-1"))
            if part["eof"]:
                return b"".join(parts)


@contextlib.contextmanager
def browser(*more_flags, program=CHROMIUM):
    """Start Chromium with an empty profile, and end it."""
    read, to_browser = os.pipe()
    from_browser, write = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [program, *FLAGS, *more_flags, "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        process = _start(command, read, write)
        os.close(read)
        os.close(write)
        out = os.fdopen(to_browser, "wb")
        try:
            with os.fdopen(from_browser, "rb") as into:
                yield Browser(out, into)
        finally:
            with contextlib.suppress(OSError):  # what is left for a browser that has ended
                out.close()
            process.terminate()
            process.wait()


def _start(command, read, write):
    """Start the program with the two ends of pipes from which it reads commands and to which it writes."""
    quiet = {"stderr": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    if sys.platform == "win32":
        import msvcrt

        handles = [msvcrt.get_osfhandle(end) for end in (read, write)]
        for handle in handles:
            os.set_handle_inheritable(handle, True)
        pipes = f"--remote-debugging-io-pipes={handles[0]},{handles[1]}"
        return subprocess.Popen([*command, pipes], close_fds=False, **quiet)
    # Chromium reads from file descriptor 3 and writes to 4.
    shell = ["bash", "-c", f'exec "$@" 3<&{read} 4>&{write}', "chromium", *command]
    return subprocess.Popen(shell, pass_fds=(read, write), **quiet)
