"""A loopback server that answers wrongly on demand: the faults of networks, by name, for test_faulty_server.py."""

import contextlib
import hashlib
import itertools
import socket
import socketserver
import struct
import threading

BODY = bytes(range(256)) * 16
"""The file that the server should hand out."""

SHA256 = hashlib.sha256(BODY).hexdigest()


def reply(body=BODY, status="200 OK", length=None, headers=""):
    """A whole answer; `length` is what it claims."""
    claimed = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {claimed}\r\n{headers}\r\n".encode() + body


GOOD = reply()


def to(place):
    return reply(b"", "302 Found", headers=f"Location: {place}\r\n")


def endless(piece, first=b"HTTP/1.1 200 OK\r\n"):
    """Pieces without end, as fast as the network takes them."""
    return itertools.chain([first], itertools.repeat(piece))


def drip(answer, pace=0.2):
    """One byte at a time, each well before anybody gives up waiting for it."""
    return [answer[:1], *([pace, answer[k : k + 1]] for k in range(1, len(answer)))]


RESET = object()

FAULTS = {
    "404": ([reply(b"", "404 Not Found")], "HTTP 404 Not Found"),
    "500": ([reply(b"oh", "500 Internal Server Error")], "HTTP 500 Internal Server Error"),
    "503 as a page": ([reply(b"<html>later", "503 Service Unavailable")], "HTTP 503 Service Unavailable"),
    "429": ([reply(b"", "429 Too Many Requests", headers="Retry-After: 9\r\n")], "HTTP 429 Too Many Requests"),
    "799": ([reply(b"", "799 What")], "HTTP 799"),
    "204": ([b"HTTP/1.1 204 No Content\r\n\r\n"], "HTTP 204 No Content"),
    "no word": ([], "broke off without an answer"),
    "reset": ([RESET], "broke off without an answer"),
    "reset in the body": ([GOOD[:2000], 0.1, RESET], "broke off after"),
    "half a body": ([GOOD[:2000]], "broke off after 1,9.. of 4,096 bytes"),
    "half a body, said to be whole": ([reply(BODY[:2000])], "another file came, of 2,000 bytes and not 4,096"),
    "another body": ([reply(BODY[::-1])], "SHA-256 differs"),
    "a page to log in": ([reply(b"<html>", headers="Content-Type: text/html\r\n")], "a web page came"),
    "a byte too long": ([reply(BODY + b"?")], "more came than the 4,096 bytes"),
    "without end": (endless(bytes(2**14), b"HTTP/1.1 200 OK\r\n\r\n"), "more came than the 4,096 bytes"),
    "a length that is a lie": ([reply(BODY[::-1], length=10**15)], "SHA-256 differs"),
    "a negative length": ([reply(BODY[:9], length=-5)], "broke off after 9 of"),
    "a length that is a word": ([reply(BODY[:9], length="long")], "broke off after|can be read"),
    "a redirect loop": ([to("/again")], "in a circle"),
    "a redirect to no name": ([to("http://nowhere.invalid/x")], "sent on to nowhere.invalid: .* cannot be resolved"),
    "a redirect to a closed door": ([to("http://127.0.0.1:1/x")], "sent on to 127.0.0.1:1: connection refused"),
    "a redirect to no address": ([to("http://[::bad/x")], "an address that is none"),
    "a redirect to an empty host": ([to("http:///x")], "an address that is none|in a circle"),
    "a redirect to a label of 80": ([to(f"http://{'a' * 80}.invalid/")], "an address that is none|cannot be resolved"),
    "a redirect to a port of 99999": ([to("http://127.0.0.1:99999/")], "an address that is none"),
    "a redirect to ftp": ([to("ftp://127.0.0.1/x")], "an address that is none"),
    "a redirect to a file": ([to("file:///etc/hostname")], "an address that is none"),
    "a redirect to nothing": ([to("")], "HTTP 302 Found"),
    "no HTTP": ([b"220 ready\r\n"], "can be read"),
    "noise": ([bytes(range(128, 256)) * 9], "can be read"),
    "a header of a megabyte": ([b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2**20 + b"\r\n\r\n"], "can be read"),
    "headers without end": (endless(b"X: 1\r\n"), "can be read"),
    "chunks that are none": ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"], "broke off after 0 of"),
    "gzip that is none": ([reply(BODY[::-1], headers="Content-Encoding: gzip\r\n")], "SHA-256 differs"),
}
"""What the server sends (bytes; seconds to wait; RESET), and a pattern of the words that must be said."""

SLOW = {
    "never a word": ([3600], "no answer within|not complete after"),
    "silent in the body": ([GOOD[:2000], 3600], "no answer within|not complete after"),
    "dripping headers": (drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 999), "not complete after"),
    "dripping body": ([GOOD[:200], *drip(GOOD[200:])], "not complete after"),
    "100 Continue, dripping": (itertools.repeat([b"HTTP/1.1 100 Continue\r\n\r\n", 0.05]), "not complete after"),
    "100 Continue, flooding": (endless(b"HTTP/1.1 100 Continue\r\n\r\n", b""), "not complete after"),
}
"""Those that a deadline ends; the pattern is for a DEADLINE below TIMEOUT as well as above it."""


class Server(socketserver.ThreadingTCPServer):
    """Sends `script` to whoever asks, and notes the paths that are asked for; to be used in a `with`."""

    daemon_threads = allow_reuse_address = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, script=(GOOD,), wrap=None):
        """wrap: a function connection -> connection, such as one that makes it TLS."""
        super().__init__(("127.0.0.1", 0), None)
        self.script, self.wrap, self.asked, self.quit = script, wrap, [], threading.Event()
        self.address = f"127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def finish_request(self, request, client_address):
        with contextlib.suppress(OSError):  # the other side has gone
            request.settimeout(60)
            request = self.wrap(request) if self.wrap else request
            if path := self._path(request):
                self.asked.append(path)
                self._send(request, self.script(path) if callable(self.script) else self.script)
            request.close()

    def handle_error(self, request, client_address):
        pass

    def _path(self, request):
        head = b""
        while b"\r\n\r\n" not in head:
            more = request.recv(2**16)
            if not more:
                return None
            head += more
        return head.split(b" ")[1].decode()

    def _send(self, request, script):
        for piece in script:
            if self.quit.is_set():
                return
            if isinstance(piece, list):
                self._send(request, piece)
            elif piece is RESET:
                request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            elif isinstance(piece, bytes):
                request.sendall(piece)
            else:
                self.quit.wait(piece)

    def __exit__(self, *_):
        self.quit.set()
        self.shutdown()
        self.server_close()
