"""Where a world may be reached."""

import pytest

from berthline.domain.start import StartRefused
from berthline.simulated.address import Address, parsed


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("unix:/run/world", Address("/run/world")),
        ("tcp:127.0.0.1:0", Address("", "127.0.0.1", 0)),
        ("tcp:127.9.9.9:65535", Address("", "127.9.9.9", 65_535)),
        ("tcp:[::1]:80", Address("", "::1", 80)),
        ("tcp:localhost:80", Address("", "127.0.0.1", 80)),
    ],
)
def test_a_socket_or_a_port_of_this_machine(text: str, address: Address) -> None:
    assert parsed(text) == address
    assert parsed(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unix:",
        "unix:world",
        "unix:/" + "x" * 107,
        "tcp:127.0.0.1",
        "tcp:127.0.0.1:",
        "tcp::1",
        "tcp:127.0.0.1:65536",
        "tcp:127.0.0.1:-1",
        "tcp:127.0.0.1:٣",
        "tcp:0.0.0.0:80",
        "tcp:192.0.2.1:80",
        "tcp:example.org:80",
        "/run/world",
        "http:127.0.0.1:80",
    ],
)
def test_all_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(StartRefused) as refused:
        parsed(text)
    assert "\n" not in refused.value.message
