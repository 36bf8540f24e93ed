"""ovsdbapp in a process of its own, with the words of bench.ovsdb.ours. Needs ovsdbapp and ovs, nothing of ours."""

import json
import os
import sys
import time
import uuid
from typing import Any


def main(remote: str, work: str, present: int, batch: int, seconds: float) -> dict[str, float]:
    """One measurement: ``read`` connects and holds every row; ``write`` adds ports beside those that are there."""
    from ovsdbapp.backend.ovs_idl import connection
    from ovsdbapp.schema.ovn_northbound import impl_idl

    begun, used = time.perf_counter(), time.process_time()
    idl = connection.OvsdbIdl.from_server(remote, "OVN_Northbound")
    north = impl_idl.OvnNbApiIdlImpl(connection.Connection(idl, timeout=600))
    if work == "read":
        rows = len(north.tables["Logical_Switch_Port"].rows)
        return {
            "read_s": time.perf_counter() - begun,
            "units": rows,
            "c_json": c_json(),
            "cpu_s": time.process_time() - used,
        }
    switch = next(iter(north.tables["Logical_Switch"].rows.values())).name
    groups = [row.name for row in north.tables["Port_Group"].rows.values()]
    begun, used, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - begun < seconds:
        with north.transaction(check_error=True) as transaction:
            for offset in range(batch):
                add_port(north, transaction, switch, groups, present + 1_000_000 + count + offset)
        count += batch
    cpu = (time.process_time() - used) * 1000 / count
    return {"ports_s": count / (time.perf_counter() - begun), "ports": count, "c_json": c_json(), "cpu_ms": cpu}


def add_port(north: Any, transaction: Any, switch: str, groups: list[str], number: int) -> None:
    """A port with the columns that ours has, in the same two groups."""
    mac = f"fa:16:3e:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    address = f"{mac} 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    name = str(uuid.uuid4())
    port = transaction.add(
        north.lsp_add(
            switch,
            name,
            addresses=[address],
            port_security=[address],
            enabled=True,
            external_ids={"berthline:unit": name},
        )
    )
    for group in groups:
        transaction.add(north.pg_add_ports(group, port))


def c_json() -> int:
    """1 when `ovs` reads JSON by its C extension."""
    import ovs.json

    return int(getattr(ovs.json, "PARSER", "") == ovs.json.PARSER_C)


if __name__ == "__main__":
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(int(os.environ.get("BENCH_DESCRIPTORS", "0")))]
    words = sys.argv[1:]
    print(json.dumps(main(words[0], words[1], int(words[2]), int(words[3]), float(words[4]))), flush=True)
    os._exit(0)
