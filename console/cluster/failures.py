"""Says in a sentence why the API server could not be reached, and what to do next."""

from __future__ import annotations

import asyncio
import socket
import ssl

import aiohttp
import msgspec

from console.errors import ApiStatus, LoginNeeded, Unreachable, next_step
from console.ports.cluster import Reply

_CERTIFICATE = {
    9: "is not valid yet; compare this machine's clock with the server's",
    10: "has expired; renew it on the server or, if this machine's clock is wrong, set the clock",
    18: "is self-signed and not the authority the kubeconfig names; check certificate-authority",
    19: "is signed by another authority than the kubeconfig names; check server and certificate-authority",
    20: "is signed by another authority than the kubeconfig names; check server and certificate-authority",
    21: "is signed by another authority than the kubeconfig names; check server and certificate-authority",
    62: "is for another host name; check server and tls-server-name",
    64: "is for another address; check server and tls-server-name",
}


class BadCertificate(Unreachable):
    """The server's certificate is not one we trust; authorities that changed meanwhile may."""


def explain(error: BaseException, server: str) -> Unreachable:
    """The error of the product for what the HTTP client raised."""
    shown = isinstance(error, (aiohttp.ClientConnectorCertificateError, ssl.SSLCertVerificationError))
    why = _why(error).rstrip(".")
    stop = "" if why.endswith(("?", "!")) else "."
    return (BadCertificate if shown else Unreachable)(f"The API server {server} {why}{stop}")


def _why(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _certificate(error.certificate_error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "has a name that cannot be resolved; check server in the kubeconfig, the network and DNS"
    if isinstance(error, (aiohttp.ClientConnectorSSLError, ssl.SSLError)):
        return f"does not speak TLS as expected ({_reason(error)}); check the server address and port"
    if isinstance(error, aiohttp.ClientConnectorError):
        return _connecting(error.os_error)
    if isinstance(error, (aiohttp.ServerTimeoutError, asyncio.TimeoutError)):
        return "did not answer in time; check network, VPN and address"
    if isinstance(error, (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, ConnectionError)):
        return "closed the connection in the middle of an answer"
    if isinstance(error, aiohttp.ClientResponseError):
        return "did not send a proper HTTP answer; is it an API server?"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return "is behind a proxy that refused the connection"
    return f"could not be reached ({type(error).__name__})"


def _certificate(error: BaseException) -> str:
    code = getattr(error, "verify_code", None)
    said = getattr(error, "verify_message", "") or "it cannot be verified"
    if code is None:
        return f"shows a certificate that cannot be verified ({error})"
    return f"shows a certificate that {_CERTIFICATE.get(code, f'cannot be verified ({said})')}"


def _reason(error: BaseException) -> str:
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return str(getattr(inner, "reason", "") or type(inner).__name__).replace("_", " ").lower()


def _connecting(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "refuses the connection; is it running, and is the port right?"
    if isinstance(error, socket.gaierror):
        return "has a name that cannot be resolved; check server in the kubeconfig, the network and DNS"
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        return "did not answer in time; check network, VPN and address"
    return f"cannot be reached ({error.strerror or type(error).__name__}); check network, VPN and address"


class _Status(msgspec.Struct):
    kind: str = ""
    message: str = ""
    reason: str = ""
    details: dict[str, msgspec.Raw] | None = None


def status_error(reply: Reply, what: str) -> ApiStatus:
    """The error for a failure answer to `what` (`list pods`), with the server's own words, cut at 300."""
    status = _status(reply.body)
    said = status.message or ("not a Kubernetes answer" if status.kind != "Status" else status.reason)
    text = f"The API server answered {reply.status} to {what}: {said[:300].rstrip('.')}.{next_step(reply.status)}"
    return ApiStatus(text, reply.status, status.reason, retry_after(reply))


def _status(body: bytes) -> _Status:
    try:
        return msgspec.json.decode(body, type=_Status)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Status()


def retry_after(reply: Reply) -> float | None:
    """Seconds the server asks us to wait; None if it does not say, or says it as a date."""
    try:
        return max(0.0, min(float(reply.headers.get("retry-after", "")), 120.0))
    except ValueError:
        return None


def login_refused(server: str, user: str, note: str) -> LoginNeeded:
    """The error for credentials that are refused even after they were read again."""
    who = f"user {user}" if user else "no user name"
    return LoginNeeded(
        f"The API server {server} does not accept the login ({f'{who}; {note}' if note else who}). "
        "Log in again, then retry."
    )
