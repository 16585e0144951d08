"""A headless Chromium for tests, driven through its own protocol (DevTools) over a pipe: it needs no other package."""

import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
"""--disable-gpu and SwiftShader: WebGL as on a graphics card, computed on the processor."""


class Failed(Exception):
    """What the browser or a script in the page said went wrong."""


class Browser:
    """One page. Its methods wait for the answer."""

    def __init__(self, to_browser, from_browser):
        self.to_browser, self.from_browser, self.numbers, self.session = (
            to_browser,
            from_browser,
            itertools.count(1),
            None,
        )
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.send("Page.enable")

    def send(self, method, **params):
        """A command of the protocol; its result. Events are not listened to."""
        message = {"id": next(self.numbers), "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.to_browser.write(json.dumps(message).encode() + b"\0")
        self.to_browser.flush()
        while True:
            answer = self._read()
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise Failed(answer["error"]["message"])
                return answer["result"]

    def _read(self):
        received = bytearray()
        while not received.endswith(b"\0"):
            byte = self.from_browser.read(1)
            if not byte:
                raise Failed("Chromium has ended")
            received += byte
        return json.loads(received[:-1])

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
        codes = {
            "Tab": 9,
            "Enter": 13,
            "Escape": 27,
            " ": 32,
            "ArrowLeft": 37,
            "ArrowUp": 38,
            "ArrowRight": 39,
            "ArrowDown": 40,
        }
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


@contextlib.contextmanager
def browser(*more_flags):
    """Start Chromium with an empty profile, and end it."""
    read, to_browser = os.pipe()
    from_browser, write = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [CHROMIUM, *FLAGS, *more_flags, "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        # Chromium reads from file descriptor 3 and writes to 4.
        shell = ["bash", "-c", f'exec "$@" 3<&{read} 4>&{write}', "chromium", *command]
        process = subprocess.Popen(shell, pass_fds=(read, write), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        os.close(read)
        os.close(write)
        try:
            with os.fdopen(to_browser, "wb") as out, os.fdopen(from_browser, "rb") as into:
                yield Browser(out, into)
        finally:
            process.terminate()
            process.wait()
