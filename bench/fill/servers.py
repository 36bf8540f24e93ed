"""Fills a database with servers directly, by SQL: what a cloud holds after a hundred thousand boots.

A server here has what one that was booted over HTTP has: its row, its NIC on a port that is bound, its place on a host,
its finished saga with its steps, its action and its events. What it has in a simulated world is made at the next start.
"""

from pathlib import Path

from bench.fill import ports as fill

STEPS = ("networks", "image", "disks", "guest", "ports up", "resume", "running", "active")
STOPPED_EACH = 50
ERROR_EACH = 100
FLAVOR = (
    '{"id":"bench","name":"bench","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,'
    '"is_public":true,"disabled":false,"description":null,"extra_specs":{}}'
)
_APART = "id LIKE '________-0000-4000-8000-%'"


def host_name(number: int) -> str:
    """The name of a host, numbered from 1, as `berthline up --simulated` has it."""
    return f"simulated-{number}"


def fill_servers(database: Path, count: int, hosts: int, image_id: str, *, history: bool = True) -> None:
    """Put so many servers on so many hosts into a database of the current schema, with a port each beside none so far.

    Of each hundred one is in ERROR and two are stopped. ``history``: what their boots left in the log of sagas too.
    """
    fill.fill(database, count)
    connection = fill.opened(database)
    with connection:
        connection.executemany(
            "INSERT OR IGNORE INTO hosts (name, chassis, hypervisor_type, vcpus, memory_mb, disk_gb) "
            "VALUES (?1, ?1, 'simulated', 1000000, 1000000000, 100000000)",
            [(host_name(number),) for number in range(1, hosts + 1)],
        )
        connection.execute(
            f"CREATE TEMP TABLE filled AS SELECT id AS port_id, substr(id, 1, 9) || '7777' || substr(id, 14) AS id, "
            f"'simulated-' || (1 + (row_number() OVER (ORDER BY rowid)) % {hosts}) AS host, "
            f"row_number() OVER (ORDER BY rowid) AS number, project_id FROM ports WHERE {_APART}"
        )
        for statement in (*_SERVERS, *_COUNTED, *(_HISTORY if history else ())):
            connection.execute(statement, {"at": fill.now(), "image": image_id, "flavor": FLAVOR})
        connection.execute("DROP TABLE filled")
    fill.closed(connection)


_SERVERS = (
    f"""INSERT INTO servers (id, project_id, user_id, name, hostname, vm_state, power_state, host, availability_zone,
    image_id, flavor, reservation_id, launched_at, revision, created_at, updated_at)
    SELECT id, project_id, 'bench', printf('present-%06d', number), printf('present-%06d', number),
    CASE WHEN number % {ERROR_EACH} = 0 THEN 'error' WHEN number % {STOPPED_EACH} = 1 THEN 'stopped' ELSE 'active' END,
    CASE WHEN number % {STOPPED_EACH} = 1 THEN 4 ELSE 1 END, host, 'nova', :image, :flavor,
    'r-' || substr(id, 1, 8), :at - 1000000000 + number * 1000, 3, :at - 1000000000 + number * 1000,
    :at - 1000000000 + number * 1000 FROM filled""",
    """UPDATE ports SET device_id = filled.id, device_owner = 'compute:nova', binding_host = filled.host,
    binding_vif_type = 'ovs', status = (SELECT CASE power_state WHEN 1 THEN 'ACTIVE' ELSE 'DOWN' END FROM servers
    WHERE servers.id = filled.id) FROM filled WHERE ports.id = filled.port_id""",
    "INSERT INTO server_nics (server_id, position, port_id) SELECT id, 0, port_id FROM filled",
    """UPDATE hosts SET running_vms = running_vms + found.held, vcpus_used = vcpus_used + found.held,
    memory_mb_used = memory_mb_used + 64 * found.held, disk_gb_used = disk_gb_used + found.held
    FROM (SELECT host, count(*) AS held FROM filled GROUP BY host) found WHERE hosts.name = found.host""",
    """INSERT INTO quota_usage (project_id, resource, used) SELECT project_id, resource.value ->> 0,
    (resource.value ->> 1) * count(*) FROM filled, json_each('[["instances",1],["cores",1],["ram",64]]') resource
    WHERE true GROUP BY project_id, resource.value ->> 0
    ON CONFLICT (project_id, resource) DO UPDATE SET used = used + excluded.used""",
)
_COUNTED = tuple(
    f"""INSERT INTO quota_usage (project_id, resource, used) SELECT project_id, '{resource}', count(*) FROM {table}
    WHERE project_id IN (SELECT project_id FROM filled) GROUP BY project_id
    ON CONFLICT (project_id, resource) DO UPDATE SET used = excluded.used"""
    for resource, table in (
        ("network", "networks"), ("subnet", "subnets"), ("security_group", "security_groups"), ("port", "ports"),
    )
)  # fmt: skip
"""What projects have besides, as quotas count it."""

_SAGA = "substr(filled.id, 1, 9) || '6666' || substr(filled.id, 14)"
_HISTORY = (
    f"""INSERT INTO sagas (id, kind, subject_id, project_id, input, state, position, wake_at, created_at, updated_at)
    SELECT {_SAGA}, 'server_create', id, project_id, json_object('server_id', id, 'host', host), 'done',
    {len(STEPS)}, :at, :at, :at FROM filled""",
    f"""INSERT INTO saga_steps (saga_id, sequence, name, direction, started_at, finished_at, outcome)
    SELECT {_SAGA}, step.key + 1, step.value, 'forward', :at, :at, 'done'
    FROM filled, json_each('["{'","'.join(STEPS)}"]') step ORDER BY 1, 2""",
    f"""INSERT INTO server_actions (server_id, request_id, action, user_id, project_id, saga_id, started_at, updated_at)
    SELECT id, 'req-' || id, 'create', 'bench', project_id, {_SAGA}, :at, :at FROM filled""",
    """INSERT INTO events (at, kind, object_id, project_id, revision, what)
    SELECT :at, 'server', filled.id, project_id, said.key + 1, said.value
    FROM filled, json_each('["created","state","active"]') said""",
)
