"""Small rules of the compute API's edge: patterns, public keys, states, times."""

import pytest

from berthline.api.compute import times
from berthline.api.compute.keypairs import public_keys
from berthline.api.compute.patterns import safe_pattern
from berthline.api.compute.servers import states as server_states
from berthline.domain.errors import BadRequest

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB6DQm7mgqrCNy0O5xU4mSbLRn1WuZkEbzIgeeOYv8Oo"


@pytest.mark.parametrize(
    "pattern",
    ["web", "^web-", "web.*", "^10\\.0\\.0\\.5$", "[a-c]x", "[^a]", "a|b", "a+b?c*", "\\d", "web-1_2", "a b", "é", ""],
)
def test_plain_patterns_pass(pattern: str) -> None:
    assert safe_pattern("name", pattern) == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(?=a)",
        "(a|a)*",
        "a{1000}",
        "[a",
        "a]",
        "\\",
        "\\1",
        "\\Z",
        "*a",
        "a**",
        ".*.*.*.*x",
        "x" * 256,
        "[[:alpha:]]",
    ],
)
def test_patterns_that_could_run_away_or_mean_nothing_are_refused(pattern: str) -> None:
    with pytest.raises(BadRequest) as error:
        safe_pattern("name", pattern)
    assert "no groups" in error.value.message


def test_a_fingerprint_is_that_of_the_keys_bytes() -> None:
    # `ssh-keygen -l -E md5` prints the same pairs
    assert public_keys.fingerprint(KEY + " me@here") == public_keys.fingerprint(KEY)
    assert len(public_keys.fingerprint(KEY).split(":")) == 16


def test_a_made_pair_is_one_that_openssh_reads() -> None:
    pytest.importorskip("cryptography")
    pair = public_keys.generate()
    assert pair.private_key.startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    assert public_keys.fingerprint(pair.public_key)
    assert public_keys.generate() != pair


def test_statuses_lead_to_states_and_back() -> None:
    assert server_states.status("active", "rebooting") == "REBOOT"
    assert server_states.status("active", "deleting") == "ACTIVE"
    assert server_states.status("stopped", None) == "SHUTOFF"
    assert server_states.states_of(["active"]) == (("active",), None)
    assert server_states.states_of(["HARD_REBOOT"]) == (("active",), ("reboot_started_hard",))
    assert server_states.states_of(["nonsense"]) == ((), ())


def test_times_are_written_and_read_as_nova_does() -> None:
    at = 1_767_323_045_000_006
    assert times.second(at) == "2026-01-02T03:04:05Z"
    assert times.microsecond(at) == "2026-01-02T03:04:05.000006"
    assert times.parse("2026-01-02T03:04:05.000006", "x") == at
    assert times.parse("2026-01-02T04:04:05.000006+01:00", "x") == at
    with pytest.raises(BadRequest):
        times.parse("yesterday", "changes-since")
