"""The real Neutron: its settings, its schema, its API under uWSGI, and a pretended Open vSwitch agent."""

import json
import uuid
from dataclasses import dataclass

from bench.openstack.packages import Installed
from bench.openstack.processes import Programs, answers
from bench.openstack.services import Settings, Site

DATABASE = "neutron"
HOST = "interop-host"
NOBODY = "fake:"
"""oslo.messaging's transport that reaches nobody."""

QUOTAS = ("port", "network", "subnet", "security_group", "security_group_rule", "router", "floatingip")
ML2: Settings = {
    "ml2": {
        "type_drivers": "flat,vlan,vxlan",
        "tenant_network_types": "vxlan",
        "mechanism_drivers": "openvswitch",
        "extension_drivers": "port_security,dns",
    },
    "ml2_type_flat": {"flat_networks": "*"},
    "ml2_type_vxlan": {"vni_ranges": "1:100000"},
}
ADMIN_IS_SERVICE = '"service_api": "role:service or rule:admin_only"\n'
"""Without authentication everyone is an admin, and nobody has the role of a compute service: let it do its work."""

AGENT = {
    "bridge_mappings": {"physnet1": "br-ex"},
    "tunnel_types": ["vxlan"],
    "tunneling_ip": "127.0.0.1",
    "datapath_type": "system",
    "ovs_hybrid_plug": False,
    "bridge": "br-int",
    "integration_bridge": "br-int",
}
PLUGGED = "update ports set status = 'ACTIVE' where id = '{port_id}'"
AGENT_ROW = (
    "insert ignore into agents (id, agent_type, `binary`, topic, host, admin_state_up, created_at, started_at,"
    " heartbeat_timestamp, configurations, `load`) values (uuid(), 'Open vSwitch agent', 'neutron-openvswitch-agent',"
    " 'N/A', '{host}', 1, now(), now(), '2090-01-01', '{configurations}', 0)"
)


@dataclass(frozen=True, slots=True)
class Wsgi:
    """An OpenStack API to be served by uWSGI.

    Attributes:
        name: of the program and its log.
        module: the WSGI application, as package.module:name.
        port: on the loopback interface.
        workers: processes that answer requests, one at a time each.
        extra: more environment.
    """

    name: str
    module: str
    port: int
    workers: int
    extra: dict[str, str]


def serve(programs: Programs, installed: Installed, api: Wsgi) -> None:
    """Serve an API and wait until it answers. Raises StackFailed.

    Every reply closes its connection, because uWSGI keeps a worker with each open one.
    """
    command = [installed.program("uwsgi"), "--master", "--die-on-term", "--need-app", "--lazy-apps", "--thunder-lock"]
    command += ["--http-socket", f"127.0.0.1:{api.port}", "--add-header", "Connection: close"]
    command += ["--processes", str(api.workers), "--threads", "1", "--enable-threads", "--listen", "128"]
    command += ["--buffer-size", "65535", "--virtualenv", str(installed.venv), "--module", api.module]
    programs.start(api.name, command, api.extra)
    programs.wait(api.name, lambda: answers(f"http://127.0.0.1:{api.port}/"))


def configure(site: Site, *, noauth: bool) -> None:
    """Write its settings. With ``noauth`` every request is an admin's, and nobody is told of changes."""
    state = site.state("neutron")
    settings: dict[str, dict[str, object]] = {
        "DEFAULT": {
            "auth_strategy": "noauth" if noauth else "keystone",
            "core_plugin": "ml2",
            "service_plugins": "router",
            # With Neutron's own default it takes the names of ports and forgets them.
            "dns_domain": "berthline.test.",
            "transport_url": site.transport,
            "state_path": state,
            "api_paste_config": site.installed.venv / "etc/neutron/api-paste.ini",
            "pagination_max_limit": -1,
            "notify_nova_on_port_status_changes": site.transport != NOBODY,
            "notify_nova_on_port_data_changes": site.transport != NOBODY,
            "rpc_workers": 1,
            "rpc_state_report_workers": 0,
        },
        "database": {"connection": site.database.url(DATABASE)},
        "quotas": {f"quota_{name}": -1 for name in QUOTAS},
        "oslo_concurrency": {"lock_path": state / "lock"},
    }
    if noauth:
        policies = state / "policies.yaml"
        policies.write_text(ADMIN_IS_SERVICE)
        settings |= {"oslo_policy": {"policy_file": policies}}
    else:
        settings |= {"keystone_authtoken": site.token_check("neutron"), "nova": site.account("nova")}
    site.write("neutron", "neutron.conf", settings)
    site.write("neutron", "ml2.ini", ML2)


def make_schema(site: Site) -> None:
    """Make its database and tables; half a minute. Raises StackFailed."""
    site.database.create(DATABASE)
    command = (site.installed.program("neutron-db-manage"), *_files(site), "upgrade", "head")
    site.programs.run("neutron-setup", command)


def start(site: Site) -> None:
    """Serve its API, and listen to agents where they can be heard. Raises StackFailed when it does not answer."""
    if site.transport != NOBODY:
        site.programs.start("neutron-rpc", (site.installed.program("neutron-rpc-server"), *_files(site)))
    extra = {"OS_NEUTRON_CONFIG_DIR": str(site.folder / "neutron"), "OS_NEUTRON_CONFIG_FILES": "neutron.conf;ml2.ini"}
    api = Wsgi("neutron", "neutron.wsgi.api:application", site.ports.network, site.workers, extra)
    serve(site.programs, site.installed, api)


def pretend_agent(site: Site, host: str) -> None:
    """Write the row an Open vSwitch agent would write, alive for years, so that ports are bound on ``host``.

    The binding is the production driver's own (vif_type ovs); nothing plugs the ports, so they stay DOWN.
    """
    site.database.query(DATABASE, AGENT_ROW.format(host=host, configurations=json.dumps(AGENT)))


def plug(site: Site, port_id: str) -> None:
    """Write what an agent would once it has plugged a port."""
    site.database.query(DATABASE, PLUGGED.format(port_id=uuid.UUID(port_id)))


def _files(site: Site) -> tuple[str, ...]:
    folder = site.folder / "neutron"
    return ("--config-file", str(folder / "neutron.conf"), "--config-file", str(folder / "ml2.ini"))
