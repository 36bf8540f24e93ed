"""Values that tests of the hypervisor start from."""

from berthline.domain.disks import lay_out
from berthline.domain.hardware import Hardware
from berthline.domain.hypervisor import BaseImage, GuestSpec
from berthline.domain.ids import ImageId, NetworkId, PortId, ServerId, SubnetId
from berthline.domain.network_info import VIF, FixedIP, Network, NetworkMeta, Subnet

PLAIN = Hardware()
SERVER = ServerId("11111111-2222-4333-8444-555555555555")
PORT = PortId("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")


def make_vif(port_id: PortId = PORT, mac: str = "fa:16:3e:00:00:01", mtu: int = 1442) -> VIF:
    """A NIC with one IPv4 address."""
    subnet = Subnet(
        id=SubnetId("subnet"),
        cidr="10.0.0.0/24",
        version=4,
        gateway="10.0.0.1",
        dns=(),
        routes=(),
        ips=(FixedIP("10.0.0.5"),),
        enable_dhcp=True,
    )
    network = Network(
        id=NetworkId("network"),
        label="private",
        bridge="br-int",
        subnets=(subnet,),
        meta=NetworkMeta(tenant_id="project", mtu=mtu),
    )
    return VIF(
        id=port_id,
        address=mac,
        network=network,
        vnic_type="normal",
        type="ovs",
        active=False,
        preserve_on_delete=False,
        tag=None,
        revision=1,
    )


def make_spec(
    *vifs: VIF,
    name: str = "web",
    server_id: ServerId = SERVER,
    config_drive: bytes | None = None,
    hardware: Hardware = PLAIN,
    ephemeral_gb: int = 0,
    swap_mb: int = 0,
) -> GuestSpec:
    """A small guest on a made-up image."""
    image = BaseImage(id=ImageId("image"), disk_format="qcow2", size=1, sha512="0" * 128)
    return GuestSpec(
        server_id=server_id,
        name=name,
        vcpus=2,
        memory_mb=96,
        disks=lay_out(hardware, image.id, root_gb=1, ephemeral_gb=ephemeral_gb, swap_mb=swap_mb),
        hardware=hardware,
        image=image,
        vifs=vifs,
        config_drive=config_drive,
    )
