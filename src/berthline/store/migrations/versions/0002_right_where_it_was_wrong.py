"""right where it was wrong

Revision ID: 0002
Revises: 0001
"""

import ipaddress
import json
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _hints() -> sa.Column[str]:
    return sa.Column("availability_zone_hints", sa.Text(), server_default="[]", nullable=False)


def _of_the_cloud() -> None:
    """The cloud itself, idempotency keys, sagas, events, the outbox."""
    # Rows of before do not say whose they are, and some hold a password: they cannot be kept.
    op.drop_table("idempotency_keys")
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("project_id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("response", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "project_id", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    ended = sa.text("state IN ('done', 'undone')")
    op.create_index("ix_sagas_finished", "sagas", ["updated_at", "id"], sqlite_where=ended)


def _of_identity() -> None:
    """Domains, projects, users, roles, tokens."""
    op.add_column("domains", sa.Column("tags", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("domains", sa.Column("extra", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("roles", sa.Column("extra", sa.Text(), nullable=False, server_default="{}"))
    op.create_table(
        "implied_roles",
        sa.Column("prior_role_id", sa.String(36), nullable=False),
        sa.Column("implied_role_id", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(
            ["prior_role_id"], ["roles.id"], name="fk_implied_roles_prior_role_id_roles", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["implied_role_id"], ["roles.id"], name="fk_implied_roles_implied_role_id_roles", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("prior_role_id", "implied_role_id", name="pk_implied_roles"),
    )
    op.create_index("ix_implied_roles_implied_role_id", "implied_roles", ["implied_role_id"])
    # what the code said until now: admin implies member and reader, member implies reader
    op.execute(
        "INSERT INTO implied_roles (prior_role_id, implied_role_id) SELECT prior.id, implied.id"
        " FROM roles AS prior JOIN roles AS implied ON prior.domain_id IS NULL AND implied.domain_id IS NULL"
        " WHERE (prior.name, implied.name) IN"
        " (VALUES ('admin', 'member'), ('admin', 'reader'), ('member', 'reader'))"
    )


def _of_images() -> None:
    """Images."""
    op.add_column("images", sa.Column("null_properties", sa.Text(), nullable=False, server_default="[]"))


def _of_networks() -> None:
    """Networks and subnets."""
    op.add_column("networks", _hints())
    # The smallest MTU depends on the subnets. SQLite has no statement that changes a constraint, and a table that is
    # made anew would be dropped under its foreign keys: the text of the schema is what its documentation offers then.
    op.execute("PRAGMA writable_schema = ON")
    op.execute(
        "UPDATE sqlite_master SET sql = replace(sql, 'CHECK (mtu >= 68)', 'CHECK (mtu >= 1)') "
        "WHERE type = 'table' AND name = 'networks'"
    )
    op.execute("PRAGMA writable_schema = RESET")
    op.execute("UPDATE networks SET dns_domain = lower(dns_domain) WHERE dns_domain <> lower(dns_domain)")


def _of_ports() -> None:
    """Ports and the NICs among them."""
    # A user could write on a NIC that it is another's or nobody's; it says again whose it is.
    op.execute(
        "UPDATE ports SET device_id = s.id, device_owner = 'compute:' || s.availability_zone "
        "FROM server_nics n JOIN servers s ON s.id = n.server_id "
        "WHERE n.port_id = ports.id AND s.deleted_at IS NULL "
        "AND (ports.device_id <> s.id OR ports.device_owner <> 'compute:' || s.availability_zone) "
        "AND ports.id NOT IN (SELECT port_id FROM router_interfaces)"
    )
    op.execute("UPDATE ports SET dns_name = lower(dns_name) WHERE dns_name <> lower(dns_name)")
    pairs = op.create_table(
        "port_address_pairs",
        sa.Column("network_id", sa.String(36), nullable=False),
        sa.Column("ip", sa.LargeBinary(16), nullable=False),
        sa.Column("port_id", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(
            ["port_id"], ["ports.id"], name="fk_port_address_pairs_port_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("network_id", "ip", "port_id", name="pk_port_address_pairs"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_port_address_pairs_port", "port_address_pairs", ["port_id"])
    held = sa.text("SELECT id, network_id, allowed_address_pairs FROM ports WHERE allowed_address_pairs <> '[]'")
    rows = {
        (network_id, prefix.network_address.packed, port_id)
        for port_id, network_id, text in op.get_bind().execute(held).all()
        for prefix in (ipaddress.ip_network(pair["ip_address"], strict=False) for pair in json.loads(text))
        if prefix.num_addresses == 1
    }
    op.bulk_insert(pairs, [dict(zip(("network_id", "ip", "port_id"), row)) for row in sorted(rows)])


def _of_security_groups() -> None:
    """Security groups and their rules."""


def _of_routers() -> None:
    """Routers and floating IPs."""
    op.add_column("routers", _hints())
    for name in ("dns_name", "dns_domain"):
        op.add_column("floating_ips", sa.Column(name, sa.String(255), nullable=False, server_default=""))
    op.create_index("ix_floating_ips_ip", "floating_ips", ["floating_ip"])


def _of_hosts() -> None:
    """Hosts."""
    # Swap is a disk of its own now, and counts: in whole GiB, as Nova counts it.
    swap = "SELECT SUM((json_extract(flavor, '$.swap') + 1023) / 1024) FROM servers WHERE servers.host = hosts.name"
    op.execute(
        f"UPDATE hosts SET disk_gb_used = disk_gb_used + COALESCE(({swap} AND deleted_at IS NULL), 0)"  # noqa: S608
    )
    used = sa.Computed("memory_mb_used - memory_mb", persisted=False)
    op.add_column("hosts", sa.Column("fullness", sa.BigInteger, used))
    op.add_column("hosts", sa.Column("physical_vcpus", sa.Integer, nullable=False, server_default="0"))
    op.add_column("hosts", sa.Column("physical_memory_mb", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("hosts", sa.Column("physical_disk_gb", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("hosts", sa.Column("disabled_reason", sa.String(255)))
    op.add_column("hosts", sa.Column("forced_down", sa.Boolean, nullable=False, server_default="0"))
    op.add_column("hosts", sa.Column("answers", sa.Boolean, nullable=False, server_default="1"))
    # The first look at the hosts, right after the start, finds their own sizes; until then these are shown.
    sizes = "physical_vcpus = vcpus, physical_memory_mb = memory_mb, physical_disk_gb = disk_gb"
    op.execute(f"UPDATE hosts SET answers = up, {sizes}")  # noqa: S608
    op.create_index("ix_hosts_room", "hosts", ["fullness", "name"], sqlite_where=sa.text("enabled AND up"))


def _of_servers() -> None:
    """Servers, flavors, keypairs."""
    op.create_table(
        "admin_passwords",
        sa.Column("server_id", sa.String(36), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name="fk_admin_passwords_server_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("server_id", name="pk_admin_passwords"),
    )
    living = sa.text("deleted_at IS NULL")
    in_order = ["created_at", "id"]
    op.drop_index("ix_servers_project", "servers")
    op.drop_index("ix_servers_created", "servers")
    for name, columns in {
        "project": ["project_id", *in_order, "name", "deleted_at"],
        "created": [*in_order, "name", "deleted_at"],
        "name": ["name"],
        "state": ["vm_state", *in_order, "deleted_at"],
        "project_state": ["project_id", "vm_state", *in_order, "deleted_at"],
    }.items():
        op.create_index(f"ix_servers_{name}", "servers", columns, sqlite_where=living)
    op.create_index("ix_servers_deleted", "servers", ["deleted_at"], sqlite_where=sa.text("deleted_at IS NOT NULL"))
    op.create_index("ix_servers_task", "servers", ["task_state"], sqlite_where=sa.text("task_state IS NOT NULL"))


NOUNS: tuple[Callable[[], None], ...] = (
    _of_the_cloud,
    _of_identity,
    _of_images,
    _of_networks,
    _of_ports,
    _of_security_groups,
    _of_routers,
    _of_hosts,
    _of_servers,
)


def upgrade() -> None:
    for change in NOUNS:
        change()
