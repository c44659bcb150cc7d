"""A stranger's address leads to the public internet or nowhere."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import hosts
from chalicelib.core.errors import FeedUnreachable

# IANA's special-purpose registries (RFC 6890 and its successors), and what stands beside them:
# multicast, and the prefixes in which an IPv6 address holds an IPv4 one.
SPECIAL = [
    *["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
    *["192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"],
    *["192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
    *["224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32"],
    *[
        "::1/128",
        "::/128",
        "::/96",
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
    ],
    *[
        "100::/64",
        "2001::/23",
        "2001::/32",
        "2001:db8::/32",
        "2002::/16",
        "2620:4f:8000::/48",
        "3fff::/20",
    ],
    *["5f00::/16", "fc00::/7", "fd00:ec2::254/128", "fe80::/10", "fec0::/10", "ff00::/8"],
]
V4 = st.integers(0, 2**32 - 1).map(IPv4Address)
V6 = st.integers(0, 2**128 - 1).map(IPv6Address)


@pytest.mark.parametrize("network", SPECIAL)
def test_no_address_of_a_special_range_is_public(network: str) -> None:
    span = ip_network(network)
    for place in (0, span.num_addresses // 2, span.num_addresses - 1):
        assert not hosts.is_public(str(span[place])), span[place]


@given(st.sampled_from(SPECIAL).map(ip_network), st.data())
def test_nor_is_any_other(network: object, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, network.num_addresses - 1))
    assert not hosts.is_public(str(network[place]))


@given(V4)
def test_no_spelling_of_an_inner_address_in_ipv6_is_public(inner: IPv4Address) -> None:
    low = int(inner)
    holders = ("::ffff:0:0", "::", "64:ff9b::", "::ffff:0:0:0")
    spelled = [IPv6Address(int(IPv6Address(holder)) | low) for holder in holders]
    spelled += [IPv6Address((0x2002 << 112) | (low << 80))]
    spelled += [IPv6Address((0x20010000 << 96) | (low ^ 0xFFFFFFFF))]

    assert not any(hosts.is_public(str(address)) for address in spelled)


@given(st.one_of(V4, V6))
def test_what_is_public_is_global_to_python_too(address: IPv4Address | IPv6Address) -> None:
    if hosts.is_public(str(address)):
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize("address", ["8.8.8.8", "151.101.1.69", "2606:4700::1111", "2a00:1450::1"])
def test_a_publishers_address_is_public(address: str) -> None:
    assert hosts.is_public(address)
    hosts.check_public([address])


def test_one_inner_address_condemns_a_host() -> None:
    with pytest.raises(FeedUnreachable):
        hosts.check_public(["8.8.8.8", "10.0.0.1"])
    with pytest.raises(FeedUnreachable):
        hosts.check_public(["fe80::1%eth0"])


def test_loopback_alone_can_be_allowed() -> None:
    hosts.check_public(["127.0.0.1", "127.8.9.1", "::1"], loopback_allowed=True)
    for inner in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "fd00:ec2::254"):
        with pytest.raises(FeedUnreachable):
            hosts.check_public([inner], loopback_allowed=True)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://e.example/",
        "gopher://e.example/",
        "//e.example/feed",
        "feed",
        "https://user@e.example/",
        "https://user:word@e.example/",
        "https://@e.example/",
        "http://e.example:8080/",
        "https://e.example:80/",
        "http://e.example:99999/",
        "http://e.example:x/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://metadata/",
        "http://metadata.google.internal/",
        "http://instance-data.ec2.internal./",
        "http://printer.local/",
        "http://a.localhost/",
        "http:///",
        "http://e..example/",
        "http://e%2eexample/",
        "http://e.example\\@inside/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://" + "a" * 70 + ".example/",
        "http://[::1/",
        "http://-e.example/",
    ],
)
def test_an_address_that_is_not_the_webs_is_not_asked(address: str) -> None:
    with pytest.raises(FeedUnreachable):
        hosts.place_of(address)


@pytest.mark.parametrize(
    ("address", "authority", "target"),
    [
        ("https://e.example", "e.example", "/"),
        ("https://E.Example:443/a?b=c&d#e", "e.example", "/a?b=c&d"),
        ("http://bücher.example/ä ü", "xn--bcher-kva.example", "/%C3%A4%20%C3%BC"),
        ("http://e.example:80/%C3%A4?q=ä", "e.example", "/%C3%A4?q=%C3%A4"),
        ("https://[2606:4700::1111]/f", "[2606:4700::1111]", "/f"),
    ],
)
def test_an_address_is_asked_as_it_goes_on_the_wire(
    address: str, authority: str, target: str
) -> None:
    place = hosts.place_of(address)

    assert (place.authority, place.target) == (authority, target)


@given(st.text(max_size=40))
def test_nothing_of_an_address_can_begin_another_line(text: str) -> None:
    for address in (f"http://{text}", f"http://e.example/{text}", f"http://e.example/?{text}"):
        try:
            place = hosts.place_of(address)
        except FeedUnreachable:
            continue
        for said in (place.host, place.authority, place.target):
            assert said.isascii()
            assert said.isprintable()
            assert " " not in said


def test_an_address_by_number_is_checked_as_any_other() -> None:
    assert str(ip_address(hosts.place_of("http://169.254.169.254/").host)) == "169.254.169.254"
    with pytest.raises(FeedUnreachable):
        hosts.check_public(["169.254.169.254"])
