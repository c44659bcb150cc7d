"""Which places on the network a stranger's address may lead to: those of the public internet.

A feed's address, and every redirect, is a stranger's word. Asked from inside a network it could
reach what only that network may: a cloud's metadata, a neighbour, this machine. A list of what
is public is kept here rather than asked of `ipaddress`, whose answers change with Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urlsplit

from chalicelib.core.errors import FeedUnreachable

_PORTS = {"http": 80, "https": 443}
_PATH_SAFE = "/:@!$&'()*+,;=~%"
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?|(?=.*:)[0-9a-f:.]+")
# Names that lead inside, whatever they resolve to: RFC 6761, 6762, 8375, and .internal (ICANN).
_INSIDE = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".corp", ".home")

# IANA, IPv4 Special-Purpose Address Registry, with multicast and the former class E.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a carrier's address translation; some clouds' own services
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local: clouds tell their metadata here
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# IANA, IPv6 Global Unicast Address Assignments: all else is special, unassigned or multicast,
# forms that hold an IPv4 address (::ffff:0:0/96, 64:ff9b::/96) among it.
_UNICAST_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo, which holds an IPv4 address, and other protocols
        "2001:db8::/32",
        "2002::/16",  # 6to4 holds an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What an address says: where to connect, and what to ask for there."""

    scheme: str
    host: str  # ASCII, lower case, without brackets
    port: int
    target: str  # path and query, as they go on the wire

    @property
    def authority(self) -> str:
        """The host as the Host header names it, with the port where it is not the scheme's."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def place_of(address: str, *, loopback_allowed: bool = False) -> Place:
    """Return where *address* leads. Raises FeedUnreachable for what is never asked for.

    That is another scheme than http and https, a name or password in the address, a port that
    is not the scheme's own, and a name that means the inside of a network.
    """
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
        port = parts.port
    except ValueError:
        raise FeedUnreachable("Its address cannot be read.") from None
    if parts.scheme not in _PORTS:
        raise FeedUnreachable("Its address is not of http or https.")
    if "@" in parts.netloc:
        raise FeedUnreachable("Its address holds a name or a password.")
    if not _HOST.fullmatch(host):
        raise FeedUnreachable("Its address names no host.")
    is_inside = "." not in host.rstrip(".") and ":" not in host
    if not loopback_allowed:
        if is_inside or host.rstrip(".").endswith(_INSIDE):
            raise FeedUnreachable("Its host is not on the public internet.")
        if port not in (None, _PORTS[parts.scheme]):
            raise FeedUnreachable("Its address names a port that is not the web's.")
    query = f"?{quote(parts.query, safe=_PATH_SAFE + '?')}" if parts.query else ""
    return Place(
        scheme=parts.scheme,
        host=host,
        port=_PORTS[parts.scheme] if port is None else port,
        target=(quote(parts.path, safe=_PATH_SAFE) or "/") + query,
    )


def check_public(addresses: Iterable[str], *, loopback_allowed: bool = False) -> None:
    """Raise FeedUnreachable unless every one of a host's *addresses* is public.

    One that is not condemns the others: a host that is both outside and inside is an attack.
    """
    for address in addresses:
        if not (is_public(address) or (loopback_allowed and _is_loopback(address))):
            raise FeedUnreachable("Its host is not on the public internet.")


def is_public(address: str) -> bool:
    """True if the IP *address* is of the public internet, and stands for no other address."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        is_plain = ip.scope_id is None and ip in _UNICAST_6
        return is_plain and not any(ip in network for network in _NOT_PUBLIC_6)
    return not any(ip in network for network in _NOT_PUBLIC_4)


def _is_loopback(address: str) -> bool:
    return address == "::1" or ip_address(address) in IPv4Network("127.0.0.0/8")
