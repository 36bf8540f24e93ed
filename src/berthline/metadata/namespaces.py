"""Where a network's metadata is answered: a namespace with the network's metadata port in it.

A veth pair joins it to the integration bridge of the Open vSwitch beside this process. All names follow from ids, so
that a process that starts finds what an earlier one left, and takes it over or removes it.
"""

import asyncio
import errno
import hashlib
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeVar

from pyroute2 import IPRoute, NetlinkError

from berthline.dataplane.ovn.local_switch import LocalSwitch
from berthline.domain.errors import AddressInUse, Refused, Transient
from berthline.domain.ids import NetworkId
from berthline.metadata import kernel
from berthline.store.network.metadata_ports import MetadataPlace

T = TypeVar("T")

METADATA_ADDRESS: Final = "169.254.169.254"
METADATA_PORT: Final = 80
BACKLOG: Final = 128
RTNH_F_ONLINK: Final = 4
"""Of linux/rtnetlink.h: the next hop is on the link, whatever the addresses there say."""
INNER: Final = "meta0"
"""The end of the veth pair inside the namespace; there is one in each."""

INTERFACE_NAME_LENGTH: Final = 15


class MetadataNamespaces:
    """The namespaces of one switch. ``switch_namespace`` holds its br-int; None: this process's own namespace does.

    Every verb may be repeated; all raise Transient, and Refused when this process may not make namespaces.
    """

    def __init__(self, switch: LocalSwitch, switch_namespace: str | None, scope: str) -> None:
        """``scope`` tells the switch from others on this machine; its namespaces' names hold a digest of it."""
        self._switch = switch
        self._switch_namespace = switch_namespace
        self._prefix = f"blmd-{hashlib.sha256(scope.encode()).hexdigest()[:6]}-"

    async def chassis(self) -> str:
        """The OVN chassis that the switch is."""
        return await self._switch.chassis()

    def namespace(self, network: NetworkId) -> str:
        """Name of a network's namespace."""
        return self._prefix + network

    def interface(self, network: NetworkId) -> str:
        """Name of the veth pair's end in the bridge, of the length Linux allows."""
        digest = hashlib.sha256(f"{self._prefix}{network}".encode()).hexdigest()
        return f"blmd{digest}"[: INTERFACE_NAME_LENGTH - 1]

    async def present(self) -> frozenset[NetworkId]:
        """The networks that have a namespace here, also one that an earlier process made."""
        names = await asyncio.to_thread(kernel.namespaces, self._prefix)
        return frozenset(NetworkId(name.removeprefix(self._prefix)) for name in names)

    async def make(self, place: MetadataPlace) -> None:
        """Have the network's namespace with its port in it, plugged into the switch, with these addresses."""
        namespace, interface = self.namespace(place.network_id), self.interface(place.network_id)
        await self._in_kernel(lambda: kernel.add_namespace(namespace))
        await self._in_kernel(lambda: kernel.inside(self._switch_namespace, lambda: _join(interface, namespace)))
        await self._in_kernel(lambda: kernel.inside(namespace, lambda: _settle(place)))
        await self._switch.plug(interface, place.port_id)

    async def listen(self, network: NetworkId) -> socket.socket:
        """A listening socket at the metadata address inside the network's namespace."""
        return await self._in_kernel(lambda: kernel.inside(self.namespace(network), _listen))

    async def remove(self, network: NetworkId) -> None:
        """Have no such namespace, and nothing of it in the switch."""
        interface = self.interface(network)
        await self._in_kernel(lambda: kernel.delete_namespace(self.namespace(network)))
        if self._switch_namespace is None or kernel.namespaces(self._switch_namespace):
            await self._in_kernel(lambda: kernel.inside(self._switch_namespace, lambda: _delete_link(interface)))
        await self._switch.unplug(interface)

    async def remove_unknown_ports(self, networks: Iterable[NetworkId]) -> None:
        """Unplug interfaces of ours that belong to none of these networks."""
        known = {self.interface(network) for network in networks}
        for interface in await self._switch.plugged():
            if interface.startswith("blmd") and interface not in known:
                await self._switch.unplug(interface)

    async def close(self) -> None:
        """Release connections. Namespaces stay."""
        await self._switch.close()

    @staticmethod
    async def _in_kernel(work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except PermissionError as error:
            raise Refused(f"network namespaces need root (CAP_NET_ADMIN and CAP_SYS_ADMIN): {error}") from None
        except (OSError, NetlinkError) as error:
            if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
                raise AddressInUse("another process listens at the metadata address of the namespace") from None
            raise Transient(f"the metadata namespace is not ready: {error}") from None


def _join(interface: str, namespace: str) -> None:
    """In the switch's namespace: a veth pair from there into the metadata namespace."""
    with IPRoute() as route:
        links = route.link_lookup(ifname=interface)
        if links and not kernel.inside(namespace, _has_inner):
            route.link("del", index=links[0])  # its other end is gone with an earlier namespace
            links = []
        if not links:
            with (kernel.NAMESPACES / namespace).open("rb") as file:
                peer = {"ifname": INNER, "net_ns_fd": file.fileno()}
                route.link("add", ifname=interface, kind="veth", peer=peer)
            links = route.link_lookup(ifname=interface)
        kernel.without_offloads(interface)
        route.link("set", index=links[0], state="up")


def _has_inner() -> bool:
    with IPRoute() as route:
        return bool(route.link_lookup(ifname=INNER))


def _delete_link(interface: str) -> None:
    with IPRoute() as route:
        for index in route.link_lookup(ifname=interface):
            route.link("del", index=index)


def _settle(place: MetadataPlace) -> None:
    """In the metadata namespace: the port's MAC, MTU, addresses and way to routers."""
    # The namespace only answers; what routers advertise must not give it addresses that no row has.
    Path(f"/proc/sys/net/ipv6/conf/{INNER}/disable_ipv6").write_text("1")
    kernel.without_offloads(INNER)
    with IPRoute() as route:
        loopback, inner = route.link_lookup(ifname="lo")[0], route.link_lookup(ifname=INNER)[0]
        route.link("set", index=loopback, state="up")
        route.link("set", index=inner, address=place.mac_address, mtu=place.mtu, state="up")
        wanted = {*place.addresses, f"{METADATA_ADDRESS}/32"}
        held = {
            f"{address.get_attr('IFA_ADDRESS')}/{address['prefixlen']}"
            for address in route.get_addr(index=inner, family=socket.AF_INET)
        }
        for address in held - wanted:
            ip, _, length = address.partition("/")
            route.addr("del", index=inner, address=ip, prefixlen=int(length))
        for address in wanted - held:
            ip, _, length = address.partition("/")
            route.addr("add", index=inner, address=ip, prefixlen=int(length))
        for gateway in place.gateways[:1]:
            # a gateway may be outside the prefix of its subnet: it is looked for on the link all the same
            route.route("replace", dst="0.0.0.0/0", gateway=gateway, oif=inner, flags=RTNH_F_ONLINK)


def _listen() -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((METADATA_ADDRESS, METADATA_PORT))
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening
