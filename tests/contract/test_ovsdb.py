"""The client of OVSDB against a real server: every kind of remote, a server that hangs, several remotes."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from berthline.dataplane.ovsdb import Replica, Tls, rpc
from berthline.domain.errors import Refused, Transient
from tests.contract.northbound import NorthboundServer, require_northbound

TABLES = {"Logical_Switch": ("name", "external_ids")}


@pytest.fixture
def server() -> Iterator[NorthboundServer]:
    require_northbound()
    made = NorthboundServer()
    made.start()
    yield made
    made.remove()


@pytest.fixture
async def replica(server: NorthboundServer) -> AsyncIterator[Replica]:
    made = Replica(server.remote, "OVN_Northbound", TABLES)
    yield made
    await made.close()


def insert(name: str) -> dict[str, object]:
    return {"op": "insert", "table": "Logical_Switch", "row": {"name": name}}


def names(replica: Replica) -> set[object]:
    return {row["name"] for row in replica.rows["Logical_Switch"].values()}


async def test_the_replica_shows_a_transaction_when_it_is_done(replica: Replica) -> None:
    for number in range(20):
        await replica.transact([insert(f"switch-{number}")])
        assert f"switch-{number}" in names(replica)


async def test_many_callers_share_one_connection(replica: Replica) -> None:
    await asyncio.gather(*(replica.transact([insert(f"switch-{number}")]) for number in range(50)))
    assert len(names(replica)) == 50


async def test_what_the_database_refuses_is_said_with_its_words(replica: Replica) -> None:
    with pytest.raises(Refused, match="insert Logical_Switch: unknown column"):
        await replica.transact([{"op": "insert", "table": "Logical_Switch", "row": {"nonsense": 1}}])
    with pytest.raises(Refused):
        await replica.transact([{"op": "nonsense"}])
    await replica.transact([insert("after")])
    assert names(replica) == {"after"}


async def test_a_large_database_is_read_whole(replica: Replica, server: NorthboundServer) -> None:
    text = 'é{"}\\' * 200
    row = {"name": "big", "external_ids": ["map", [[f"key-{number}", text] for number in range(1000)]]}
    await replica.transact([{"op": "insert", "table": "Logical_Switch", "row": row}])
    other = Replica(server.remote, "OVN_Northbound", TABLES)
    await other.fresh()
    assert other.rows == replica.rows
    await other.close()


@pytest.mark.slow
async def test_a_server_that_hangs_is_noticed(
    replica: Replica, server: NorthboundServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "PROBE_SECONDS", 0.5)
    await replica.fresh()
    server.signal(signal.SIGSTOP)
    try:
        with pytest.raises(Transient):
            await asyncio.wait_for(replica.fresh(), rpc.REPLY_SECONDS)
    finally:
        server.signal(signal.SIGCONT)
    async with asyncio.timeout(60):
        while True:
            try:
                await replica.transact([insert("again")])
            except Transient:
                await asyncio.sleep(0.05)
            else:
                break
    assert "again" in names(replica)


async def test_the_first_remote_that_answers_is_taken(server: NorthboundServer, tmp_path: Path) -> None:
    replica = Replica(f"unix:{tmp_path}/nobody,{server.remote}", "OVN_Northbound", TABLES)
    await replica.transact([insert("one")])
    await replica.close()


async def test_nobody_answers(tmp_path: Path) -> None:
    replica = Replica(f"unix:{tmp_path}/nobody", "OVN_Northbound", TABLES)
    with pytest.raises(Transient, match="nobody"):
        await replica.ready()
    await replica.close()


async def test_a_server_without_our_columns_is_refused_with_what_it_lacks(server: NorthboundServer) -> None:
    replica = Replica(server.remote, "OVN_Northbound", {"Logical_Switch": ("name", "flux", "warp")})
    with pytest.raises(Transient, match="Logical_Switch lacks flux, warp"):
        await replica.ready()
    await replica.close()


async def test_tcp(server: NorthboundServer) -> None:
    replica = Replica(f"tcp:127.0.0.1:{server.listen('ptcp:0:127.0.0.1')}", "OVN_Northbound", TABLES)
    await replica.transact([insert("by-tcp")])
    await replica.close()


def certificate(folder: Path, name: str, authority: str | None) -> None:
    """A key and a certificate, signed by the authority or by itself."""
    key, request, signed = (str(folder / f"{name}.{suffix}") for suffix in ("key", "csr", "pem"))
    subject = ["-subj", f"/CN={name}"]
    if authority is None:
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", signed, *subject]
        subprocess.run(made, check=True, capture_output=True)
        return
    made = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, *subject]
    subprocess.run(made, check=True, capture_output=True)
    by = ["-CA", str(folder / f"{authority}.pem"), "-CAkey", str(folder / f"{authority}.key"), "-CAcreateserial"]
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-out", signed, *by], check=True, capture_output=True)


async def test_tls_with_certificates_of_both_sides(server: NorthboundServer, tmp_path: Path) -> None:
    certificate(tmp_path, "authority", None)
    for name in ("server", "client"):
        certificate(tmp_path, name, "authority")
    port = server.listen("pssl:0:127.0.0.1", tmp_path)
    files = Tls(*(str(tmp_path / name) for name in ("client.key", "client.pem", "authority.pem")))
    replica = Replica(f"ssl:127.0.0.1:{port}", "OVN_Northbound", TABLES, tls=files)
    await replica.transact([insert("by-tls")])
    await replica.close()
    certificate(tmp_path, "stranger", None)
    wrong = Tls(*(str(tmp_path / name) for name in ("client.key", "client.pem", "stranger.pem")))
    refusing = Replica(f"ssl:127.0.0.1:{port}", "OVN_Northbound", TABLES, tls=wrong)
    with pytest.raises(Transient, match="certificate"):
        await refusing.ready()
    await refusing.close()
    assert os.access(files.private_key, os.R_OK)
