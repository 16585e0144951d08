"""One file from one address: its bytes, whole and in time, or one sentence that names the kind of failure.

requests does the work; here is what it leaves open. It knows no deadline, so a server that drips, or says
"100 Continue" for ever, would hold it: it runs in a thread of its own that is left behind when the time is up.
And its exceptions, those of urllib3 and those of the system become a sentence (told), whatever they are.
"""

import contextlib
import http
import os
import queue
import ssl
import threading
import time
from urllib.parse import urlsplit

TIMEOUT = (5, 10)
"""Seconds to connect, and seconds without a byte."""

DEADLINE = 120
"""Seconds for one file from one address."""


class Failure(Exception):
    """What went wrong, in words. silent: whether the server could not be spoken to at all."""

    def __init__(self, words, silent=False):
        super().__init__(words)
        self.silent = silent


def fetch(url, size, stop):
    """The `size` bytes of a file. stop: an Event; when it is set, this ends at once.

    Nothing is written anywhere, so that what fails leaves nothing behind. Raises: Failure.
    """
    import requests  # here, for a notebook that downloads nothing

    gone = threading.Event()

    def run():
        try:
            answers.put(_body(requests, url, size, gone))
        except Failure as failure:
            answers.put(failure)
        except BaseException as error:  # whatever a library raises at what a server sent
            answers.put(Failure(*told(error, url)))

    answers, end = queue.SimpleQueue(), time.monotonic() + DEADLINE
    threading.Thread(target=run, daemon=True).start()
    try:
        while not stop.is_set():
            with contextlib.suppress(queue.Empty):
                answer = answers.get(timeout=0.1)
                if isinstance(answer, Failure):
                    raise answer
                return answer
            if time.monotonic() > end:
                raise Failure(f"not complete after {DEADLINE} seconds", silent=True)
        raise Failure("stopped")
    finally:
        gone.set()


def _body(requests, url, size, gone):
    """What the address answers, of at most `size` bytes. Raises: Failure, and whatever the libraries raise."""
    plain = {"Accept-Encoding": "identity"}  # the bytes of the file: nothing that grows when it is unpacked
    found = bytearray()
    with requests.get(url, stream=True, timeout=TIMEOUT, headers=plain) as answer:
        if answer.status_code != 200:
            raise Failure(_status(answer.status_code), silent=answer.status_code == 407)
        with contextlib.suppress(requests.RequestException, *_broken_off()):  # the count says it below
            while len(found) <= size and not gone.is_set():
                chunk = answer.raw.read(2**10, decode_content=False)
                found += chunk
                if not chunk:
                    break
        page = "html" in answer.headers.get("Content-Type", "")
        whole = answer.headers.get("Content-Length") == str(len(found))
    if len(found) == size:
        return bytes(found)
    if page:
        raise Failure("a web page came and not the file; does this network want you to log in first?")
    if len(found) > size:
        raise Failure(f"more came than the {size:,} bytes of the file")
    if whole:
        raise Failure(f"another file came, of {len(found):,} bytes and not {size:,}")
    raise Failure(f"the connection broke off after {len(found):,} of {size:,} bytes", silent=not found)


def _broken_off():
    import urllib3

    return urllib3.exceptions.ProtocolError, ConnectionError


def _status(code):
    if code == 407:
        return f"HTTP 407: the proxy wants a name and a password; {_PROXY}"
    with contextlib.suppress(ValueError):
        return f"HTTP {code} {http.HTTPStatus(code).phrase}"
    return f"HTTP {code}"


_PROXY = "write HTTPS_PROXY=http://name:password@host:port"


def told(error, url):
    """(the sentence, whether the server could not be spoken to) for what requests, or anything below it, raised."""
    chain = list(_causes(error))
    text = " ".join(_short(cause, 1000) for cause in chain)
    kinds = {kind.__name__ for cause in chain for kind in type(cause).__mro__}
    reached = getattr(getattr(error, "request", None), "url", None) or url
    there = "" if _host(reached) == _host(url) else f"sent on to {_host(reached)}: "
    proxy = _proxy_of(reached)
    if "SOCKS" in text:
        return f"{proxy} is a SOCKS proxy, which needs one more package: pip install 'requests[socks]'", True
    if "ProxyError" in kinds:
        if "failed: 407" in text:
            return f"the proxy {proxy} wants a name and a password (HTTP 407); {_PROXY}", True
        return f"the proxy {proxy} {_why_not(chain, kinds, text)}; is HTTPS_PROXY right?", True
    if proxy and (not _is_address(proxy) or kinds & {"InvalidProxyURL", "ProxySchemeUnknown"}):
        return f"the proxy address {proxy!r} cannot be used; write HTTPS_PROXY=http://host:port", True
    if "TooManyRedirects" in kinds:
        return f"{there}it is sent on and on, in a circle", False
    if "ValueError" in kinds and not kinds & {"HTTPException", "ProtocolError", "SSLError"}:  # InvalidURL is one
        return f"{there}sent on to an address that is none", False
    if (bundle := _no_bundle()) and "TLS CA" in text:
        return f"{bundle} names no file of certificates that is there; give its whole path", True
    way = f"by way of the proxy {proxy}: " if proxy else ""
    return there + way + _why_not(chain, kinds, text), True


def _why_not(chain, kinds, text):
    """Why there is no connection, or no answer over it."""
    if unknown := next((cause for cause in chain if isinstance(cause, ssl.SSLCertVerificationError)), None):
        return (
            f"its certificate is not one that this machine trusts ({unknown.verify_message}); if your network looks "
            "into TLS connections, set REQUESTS_CA_BUNDLE to the file of its certificate"
        )
    if "SSLError" in kinds:
        return "no TLS connection could be made"
    if kinds & {"NameResolutionError", "gaierror"} or "Failed to resolve" in text or "getaddrinfo" in text:
        return "its name cannot be resolved; is this machine on the network?"
    if "ConnectionRefusedError" in kinds:
        return "connection refused"
    if kinds & {"Timeout", "TimeoutError", "ReadTimeoutError", "ConnectTimeoutError"}:
        return f"no answer within {TIMEOUT['ConnectTimeoutError' not in kinds]} seconds"
    if refused := [word for word in text.split("Tunnel connection failed: ")[1:2] if word]:
        return f"refuses (HTTP {refused[0].split(chr(39))[0][:60]})"
    if kinds & {
        "ConnectionResetError",
        "RemoteDisconnected",
        "ProtocolError",
        "ConnectionAbortedError",
        "HTTPException",
    }:
        return "the connection broke off without an answer that can be read"
    if told := next((cause.strerror for cause in chain if isinstance(cause, OSError) and cause.strerror), None):
        return f"no connection: {told}"
    return f"no connection: {type(chain[-1]).__name__}: {_short(chain[-1])}"


def _causes(error):
    """The exception, and those that it was raised from or wraps."""
    seen, todo = [], [error]
    while todo and len(seen) < 20:
        one = todo.pop(0)
        if isinstance(one, BaseException) and not any(one is other for other in seen):
            seen.append(one)
            todo += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return seen


def _short(error, most=100):
    try:
        return " ".join(str(error).split())[:most]
    except Exception:
        return ""


def _proxy_of(url):
    """The proxy that the environment names for an address, without its password; "" if there is none."""
    from requests.utils import get_environ_proxies, select_proxy

    try:
        named = select_proxy(url, get_environ_proxies(url)) or ""
    except Exception:  # an address that is none
        return ""
    scheme, slashes, rest = named.rpartition("://")
    return scheme + slashes + rest.rpartition("@")[2][:100]


def _is_address(proxy):
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        return bool(parts.hostname) and parts.port != 0 and " " not in proxy
    except ValueError:
        return False


def _no_bundle():
    """The environment variable that names a file of certificates which is not there; None if there is none."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if os.environ.get(name) and not os.path.exists(os.environ[name]):
            return f"{name}={os.environ[name]}"
    return None


def _host(url):
    try:
        return urlsplit(url).netloc.rpartition("@")[2][:100] or url[:100]
    except ValueError:
        return url[:100]
