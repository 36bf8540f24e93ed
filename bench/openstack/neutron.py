"""The real Neutron: its settings, its schema, its API under uWSGI, and a pretended Open vSwitch agent."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.openstack.mariadb import Database
from bench.openstack.packages import Installed
from bench.openstack.processes import Programs, answers

DATABASE = "neutron"
HOST = "interop-host"
SETTINGS = """\
[DEFAULT]
auth_strategy = {auth}
core_plugin = ml2
service_plugins = router
transport_url = {transport}
state_path = {state}
api_paste_config = {venv}/etc/neutron/api-paste.ini
pagination_max_limit = -1
notify_nova_on_port_status_changes = {notify}
notify_nova_on_port_data_changes = {notify}
rpc_workers = 1
rpc_state_report_workers = 0
api_workers = 1
[database]
connection = {database}
[quotas]
quota_port = -1
quota_network = -1
quota_subnet = -1
quota_security_group = -1
quota_router = -1
quota_floatingip = -1
[oslo_concurrency]
lock_path = {state}/lock
{more}
"""
ML2 = """\
[ml2]
type_drivers = flat,vlan,vxlan
tenant_network_types = vxlan
mechanism_drivers = openvswitch
extension_drivers = port_security
[ml2_type_flat]
flat_networks = *
[ml2_type_vxlan]
vni_ranges = 1:100000
"""
AGENT = {
    "bridge_mappings": {"physnet1": "br-ex"},
    "tunnel_types": ["vxlan"],
    "tunneling_ip": "127.0.0.1",
    "datapath_type": "system",
    "ovs_hybrid_plug": False,
    "bridge": "br-int",
    "integration_bridge": "br-int",
}
AGENT_ROW = (
    "insert into agents (id, agent_type, `binary`, topic, host, admin_state_up, created_at, started_at,"
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


@dataclass(frozen=True, slots=True)
class Neutron:
    """A Neutron of our own.

    Attributes:
        folder: its settings, state and logs.
        installed: where its programs are.
        programs: runs them.
        database: holds its tables.
        auth: ``noauth``, where every request is an admin's, or ``keystone``.
        transport: oslo.messaging's URL; ``fake:`` sends nothing to anyone.
        more: further sections of neutron.conf.
    """

    folder: Path
    installed: Installed
    programs: Programs
    database: Database
    auth: str = "noauth"
    transport: str = "fake:"
    more: str = ""

    def configure(self) -> None:
        """Write its settings files."""
        state = self.folder / "state"
        state.mkdir(parents=True, exist_ok=True)
        text = SETTINGS.format(
            auth=self.auth,
            transport=self.transport,
            state=state,
            venv=self.installed.venv,
            notify="true" if self.auth == "keystone" else "false",
            database=self.database.url(DATABASE),
            more=self.more,
        )
        for name, content in (("neutron.conf", text), ("ml2.ini", ML2)):
            (self.folder / name).write_text(content)
            (self.folder / name).chmod(0o600)

    def make_schema(self) -> None:
        """Make its database and tables; half a minute. Raises StackFailed."""
        self.database.create(DATABASE)
        self.programs.run(
            "neutron-schema", (self.installed.program("neutron-db-manage"), *self._files(), "upgrade", "head")
        )

    def start(self, port: int, workers: int) -> None:
        """Serve its API, and wait until it answers. Raises StackFailed."""
        if self.transport != "fake:":
            self.programs.start("neutron-rpc", (self.installed.program("neutron-rpc-server"), *self._files()))
        extra = {"OS_NEUTRON_CONFIG_DIR": str(self.folder), "OS_NEUTRON_CONFIG_FILES": "neutron.conf;ml2.ini"}
        serve(self.programs, self.installed, Wsgi("neutron", "neutron.wsgi.api:application", port, workers, extra))

    def pretend_agent(self, host: str) -> None:
        """Write the row an Open vSwitch agent would write, alive for years, so that ports are bound on ``host``.

        The binding is the production driver's own (vif_type ovs); nothing plugs the ports, so they stay DOWN.
        """
        self.database.query(DATABASE, AGENT_ROW.format(host=host, configurations=json.dumps(AGENT)))

    def _files(self) -> Sequence[str]:
        return ("--config-file", str(self.folder / "neutron.conf"), "--config-file", str(self.folder / "ml2.ini"))
