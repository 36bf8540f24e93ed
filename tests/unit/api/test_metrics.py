"""The cloud's health as metrics: names as Prometheus wants them, and values in its units."""

import shutil
import subprocess

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from berthline.api.health import _Known
from berthline.api.metrics import GAUGES
from berthline.domain.vitals import Generations, HostTally, OvnVitals, SagaTally, Sizes, StoredVitals, Vitals

SECOND = 1_000_000
NOW = 1_800_000_000 * SECOND
STORED = StoredVitals(
    now=NOW,
    hosts=(
        HostTally(
            state="up",
            enabled=True,
            hosts=2,
            physical=Sizes(4, 8, 16),
            promised=Sizes(64, 12, 16),
            claimed=Sizes(3, 2, 1),
        ),
        HostTally(state="down", enabled=False, hosts=1, physical=Sizes(100, 100, 100)),
    ),
    sagas=(SagaTally(kind="create", state="forward", sagas=5, begun_at=NOW - 90 * SECOND, retried=2, stuck=1),),
    halted={"room": 1, "crash": 0, "other": 0},
    changes=7,
    oldest_change_at=NOW - 2 * SECOND,
    workers=1,
    only_api=2,
    hosts_without_owner=3,
    sagas_waiting=4,
    waiting_since=NOW - 5 * SECOND,
)
OVN = OvnVitals(
    northbound=True,
    southbound=True,
    northd=False,
    controllers=2,
    silent_controllers=1,
    generations=Generations(
        northbound=9, northd=8, chassis=7, northd_behind=3.0, chassis_behind=18.0, northd_took=None, chassis_took=0.5
    ),
    oldest_chassis=20.0,
)
WHOLE = Vitals(
    at=NOW,
    stored=STORED,
    ovn=OVN,
    hosts=3,
    silent_hosts=1,
    waiting_writes=6,
    certificates={"libvirt_client": 1_800_086_400.0},
    unreadable=("libvirt_ca",),
)
NOTHING = Vitals(at=NOW, stored=None, ovn=None, hosts=0, silent_hosts=0, waiting_writes=0)


def samples(vitals: Vitals) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels."""
    text = generate_latest(_Known(vitals)).decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_is_known_is_told_in_base_units() -> None:
    told = samples(WHOLE)
    expected = {
        ("berthline_store_up",): 1,
        ("berthline_hosts", "true", "up"): 2,
        ("berthline_hosts", "false", "down"): 1,
        ("berthline_hosts", "true", "joining"): 0,
        ("berthline_hosts_silent",): 1,
        ("berthline_hosts_vcpus", "physical"): 4,
        ("berthline_hosts_memory_bytes", "promised"): 12 * 2**20,
        ("berthline_hosts_disk_bytes", "claimed"): 2**30,
        ("berthline_sagas", "create", "forward"): 5,
        ("berthline_sagas_oldest_seconds", "create", "forward"): 90,
        ("berthline_sagas_waiting_seconds",): 5,
        ("berthline_guests_halted", "room"): 1,
        ("berthline_projection_lag_seconds",): 2,
        ("berthline_ovn_up", "northd"): 0,
        ("berthline_ovn_generation", "chassis"): 7,
        ("berthline_ovn_behind_seconds", "chassis"): 18,
        ("berthline_ovn_pass_seconds", "chassis"): 0.5,
        ("berthline_ovn_chassis_oldest_seconds",): 20,
        ("berthline_certificate_expiry_timestamp_seconds", "libvirt_client"): 1_800_086_400,
        ("berthline_certificates_unreadable",): 1,
        ("berthline_store_waiting_writes",): 6,
    }
    assert {key: told.get(key) for key in expected} == expected
    assert ("berthline_ovn_pass_seconds", "northd") not in told, "it has not passed yet"
    assert {name for name, *_ in told} == set(GAUGES), "each metric has a value when all is known"


def test_what_is_not_known_is_absent_and_not_nought() -> None:
    assert samples(NOTHING) == {
        ("berthline_store_up",): 0,
        ("berthline_hosts_silent",): 0,
        ("berthline_store_waiting_writes",): 0,
        ("berthline_certificates_unreadable",): 0,
    }


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed: scripts/host-packages --test")
def test_promtool_finds_nothing_to_say() -> None:
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=generate_latest(_Known(WHOLE)), capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
