"""The real Nova with a compute host whose guests are pretended (FakeDriver), and the Glance and Placement it needs."""

from collections.abc import Sequence
from pathlib import Path

from bench.openstack.neutron import HOST, Wsgi, serve
from bench.openstack.services import Settings, Site

CELL0 = "00000000-0000-0000-0000-000000000000"
MOVED_CELL = (
    "update cell_mappings set database_connection = '{connection}', transport_url = '{transport}' where {condition}"
)
DATABASES = ("nova_api", "nova", "nova_cell0", "glance", "placement")


def configure(site: Site) -> None:
    """Write the settings of Nova, Glance and Placement."""
    site.write("nova", "nova.conf", nova_settings(site))
    _configure_glance(site)
    settings: Settings = {
        "api": {"auth_strategy": "keystone"},
        "placement_database": {"connection": site.database.url("placement")},
        "keystone_authtoken": site.token_check("placement"),
    }
    site.write("placement", "placement.conf", settings)


def nova_settings(site: Site) -> dict[str, dict[str, object]]:
    """Nova's settings: no quotas, no consoles, and every other service entered by an account."""
    state = site.state("nova")
    return {
        "DEFAULT": {
            "my_ip": "127.0.0.1",
            "host": HOST,
            "state_path": state,
            "transport_url": site.transport,
            "compute_driver": "fake.FakeDriver",
        },
        "api_database": {"connection": site.database.url("nova_api")},
        "database": {"connection": site.database.url("nova")},
        "oslo_concurrency": {"lock_path": state / "lock"},
        "wsgi": {"api_paste_config": site.installed.venv / "etc/nova/api-paste.ini"},
        "quota": {"driver": "nova.quota.NoopQuotaDriver"},
        "filter_scheduler": {"track_instance_changes": "false"},
        "vnc": {"enabled": "false"},
        "glance": site.account("glance"),
        "neutron": site.account("neutron"),
        "placement": site.account("placement"),
        "service_user": {"send_service_user_token": "true", **_without_region(site.account("nova"))},
        "keystone_authtoken": site.token_check("nova"),
    }


def make_schema(site: Site) -> None:
    """Make the tables of all three; a minute. Raises StackFailed."""
    configure(site)
    site.database.create(*DATABASES)
    _glance(site, "db_sync")
    settings = str(site.folder / "placement" / "placement.conf")
    command = (site.installed.program("placement-manage"), "--config-file", settings, "db", "sync")
    site.programs.run("placement-setup", command)
    _manage(site, "api_db", "sync")
    _manage(site, "cell_v2", "map_cell0", "--database_connection", site.database.url("nova_cell0"))
    _manage(site, "cell_v2", "create_cell", "--name", "cell1")
    _manage(site, "db", "sync")


def move_cells(site: Site) -> None:
    """Have the cells that were mapped when the tables were made lead to this stack. Raises StackFailed."""
    for condition, database, transport in (
        (f"uuid = '{CELL0}'", "nova_cell0", "none:///"),
        (f"uuid <> '{CELL0}'", "nova", site.transport),
    ):
        connection = site.database.url(database)
        change = MOVED_CELL.format(connection=connection, transport=transport, condition=condition)
        site.database.query("nova_api", change)


def start(site: Site) -> None:
    """Serve all three and start a compute host; ready when it can be scheduled to. Raises StackFailed."""
    programs, installed = site.programs, site.installed
    extra = {"OS_GLANCE_CONFIG_DIR": str(site.folder / "glance")}
    serve(programs, installed, Wsgi("glance", "glance.wsgi.api:application", site.ports.image, 1, extra))
    extra = {"OS_PLACEMENT_CONFIG_DIR": str(site.folder / "placement")}
    placement = Wsgi("placement", "placement.wsgi.api:application", site.ports.placement, site.workers, extra)
    serve(programs, installed, placement)
    paste = installed.venv / "etc/nova/api-paste.ini"
    extra = {"OS_NOVA_CONFIG_DIR": str(site.folder / "nova"), "OS_NOVA_CONFIG_FILES": f"{paste};nova.conf"}
    settings = ("--config-file", str(site.folder / "nova" / "nova.conf"))
    for name in ("nova-conductor", "nova-scheduler", "nova-compute"):
        programs.start(name, (installed.program(name), *settings))
    serve(
        programs,
        installed,
        Wsgi("nova-api", "nova.wsgi.osapi_compute:application", site.ports.compute, site.workers, extra),
    )
    programs.wait("nova-compute", lambda: _inventories(site) >= 3)
    _manage(site, "cell_v2", "discover_hosts")


def forget_host(site: Site) -> None:
    """Take away what a compute host left, because FakeDriver is another node at each start. Raises StackFailed."""
    for database, sql in (
        ("nova", "delete from compute_nodes"),
        ("nova", "delete from services where `binary` = 'nova-compute'"),
        ("nova_api", "delete from host_mappings"),
        ("placement", "delete from allocations"),
        ("placement", "delete from inventories"),
        ("placement", "delete from resource_provider_traits"),
        ("placement", "set foreign_key_checks = 0; delete from resource_providers"),
    ):
        site.database.query(database, sql)
    (site.state("nova") / "compute_id").unlink(missing_ok=True)


def _inventories(site: Site) -> int:
    return int(site.database.query("placement", "select count(*) from inventories")[0][0])


def _manage(site: Site, *words: str) -> None:
    settings = str(site.folder / "nova" / "nova.conf")
    site.programs.run("nova-setup", (site.installed.program("nova-manage"), "--config-file", settings, *words))


def _glance(site: Site, *words: str) -> None:
    settings = str(site.folder / "glance" / "glance-api.conf")
    site.programs.run("glance-setup", (site.installed.program("glance-manage"), "--config-file", settings, *words))


def _configure_glance(site: Site) -> None:
    state = site.state("glance")
    folders: Sequence[Path] = [state / name for name in ("images", "staging", "tasks")]
    for folder in folders:
        folder.mkdir(exist_ok=True)
    images, staging, tasks = folders
    settings: Settings = {
        "DEFAULT": {"enabled_backends": "files:file", "transport_url": site.transport},
        "database": {"connection": site.database.url("glance")},
        "paste_deploy": {
            "flavor": "keystone",
            "config_file": site.installed.venv / "etc/glance/glance-api-paste.ini",
        },
        "glance_store": {"default_backend": "files"},
        "files": {"filesystem_store_datadir": images},
        "os_glance_staging_store": {"filesystem_store_datadir": staging},
        "os_glance_tasks_store": {"filesystem_store_datadir": tasks},
        "oslo_concurrency": {"lock_path": state / "lock"},
        "keystone_authtoken": site.token_check("glance"),
    }
    site.write("glance", "glance-api.conf", settings)


def _without_region(account: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in account.items() if key != "region_name"}
