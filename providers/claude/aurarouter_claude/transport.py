"""What private prompts need of HTTP: a checked address, and no word in a log."""

import ipaddress
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx2

from aurarouter_hooks import Prompt, ProviderUnavailableError

_checked: ContextVar[tuple[str, ...] | None] = ContextVar("checked", default=None)


@contextmanager
def confined(prompt: Prompt | None, place: str) -> Iterator[None]:
    """A block in which requests of a private prompt reach none but the addresses that were checked for it.

    Raises:
        ProviderUnavailableError: No address was checked.
    """
    if prompt is None or not prompt.private:
        yield
        return
    addresses = prompt.location.addresses if prompt.location else ()
    if not addresses:
        raise ProviderUnavailableError(
            f"a private prompt may not go to {place}: none of its addresses was checked",
            hint="Check that the endpoint's name resolves.",
        )
    token = _checked.set(addresses)
    try:
        yield
    finally:
        _checked.reset(token)


class PinnedTransport(httpx2.AsyncHTTPTransport):
    """Connects to a checked address; the Host header and the TLS name stay the endpoint's."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer of the first checked address that can be reached.

        Raises:
            ProviderUnavailableError: It is asked outside of `confined`.
        """
        url = request.url
        request.extensions = {"sni_hostname": url.raw_host.decode("ascii"), **request.extensions}
        refused: httpx2.ConnectError | httpx2.ConnectTimeout | None = None
        for address in _checked.get() or ():
            request.url = url.copy_with(host=str(ipaddress.ip_address(address)))
            try:
                return await super().handle_async_request(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as exc:
                refused = exc  # not connected, so nothing was sent
            finally:
                request.url = url
        raise refused or ProviderUnavailableError("a private prompt came without a checked address")


class _Discreet(logging.Filter):
    """The SDK logs whole requests at DEBUG; a private prompt has no place there."""

    def filter(self, record: logging.LogRecord) -> bool:
        return _checked.get() is None


_DISCREET = _Discreet()


def keep_quiet() -> None:
    """See that the SDK logs nothing about private requests. Safe to call again."""
    logging.getLogger("anthropic._base_client").addFilter(_DISCREET)
