"""What addresses and names in events mean."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.analysis.meaning.network import entropy, is_public, network, registered_domain


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.ip_addresses())
def test_an_address_is_in_its_network(address: object) -> None:
    found = network(str(address))
    assert found is not None
    mapped = getattr(address, "ipv4_mapped", None)
    assert ip_address(str(mapped or address)) in ip_network(found)
    assert ip_network(found).prefixlen in (24, 48)


@pytest.mark.parametrize(
    ("address", "block", "public"),
    [
        ("203.0.113.77", "203.0.113.0/24", True), ("2001:db8:1:2::3", "2001:db8:1::/48", True),
        ("10.1.2.3", "10.1.2.0/24", False), ("100.64.0.1", "100.64.0.0/24", False),
        ("127.0.0.1", "127.0.0.0/24", False),
        ("169.254.169.254", "169.254.169.0/24", False), ("fe80::1%eth0", "fe80::/48", False), ("::1", "::/48", False),
        ("::ffff:10.1.2.3", "10.1.2.0/24", False), ("172.32.0.1", "172.32.0.0/24", True),
        ("fd00::1", "fd00::/48", False),
        ("255.255.255.255", "255.255.255.0/24", False),
        ("cloudformation.amazonaws.com", None, None), ("AWS Internal", None, None),
        ("", None, None), ("1.2.3", None, None),
    ],
)  # fmt: skip
def test_addresses_are_of_the_internet_or_not(address: str, block: str | None, public: bool | None) -> None:
    assert (network(address), is_public(address)) == (block, public)


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("www.example.com.", "example.com"), ("A.B.Example.CO.UK", "example.co.uk"), ("co.uk", "co.uk"),
        ("localhost", "localhost"), ("203.0.113.9", "203.0.113.9"), ("", ""), ("a.com.de", "com.de"),
    ],
)  # fmt: skip
def test_the_registered_domain_of_a_name(name: str, domain: str) -> None:
    assert registered_domain(name) == domain


def test_entropy_is_of_the_longest_label() -> None:
    assert entropy("aaaa.bc.") == 0
    assert entropy("abcd.aa") == 2
    assert entropy("AbCdaBcD.com") == 2
    assert entropy("") == entropy("...") == 0
    assert entropy("q7x2kd9fz1mv8w3t.example.com") > 3.5 > entropy("www.example.com")
