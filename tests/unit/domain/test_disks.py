"""The disks of a server: laid out, named, told, resized, moved to another image."""

import pytest

from berthline.domain.disks import AskedDisk, Disk, config_drive_device, lay_out, mappings, resized, root_of, with_image
from berthline.domain.errors import BadRequest
from berthline.domain.hardware import Hardware
from berthline.domain.ids import ImageId

IMAGE, OTHER = ImageId("image"), ImageId("other")
VIRTIO, SCSI = Hardware(), Hardware(disk_bus="scsi")
BLANK = AskedDisk(source="blank")
SWAP = AskedDisk(source="blank", guest_format="swap", size=64)


def told(disks: tuple[Disk, ...]) -> list[tuple[str, str, int]]:
    return [(disk.name, disk.device, disk.size_mb) for disk in disks]


def test_what_nobody_described_is_the_flavors() -> None:
    assert told(lay_out(VIRTIO, IMAGE, root_gb=0)) == [("root", "vda", 0)]
    disks = lay_out(SCSI, IMAGE, root_gb=2, ephemeral_gb=1, swap_mb=64)
    assert told(disks) == [("root", "sda", 2048), ("ephemeral", "sdb", 1024), ("swap", "sdc", 64)]
    assert [disk.file_format for disk in disks] == ["qcow2", "qcow2", "raw"]
    assert config_drive_device(disks, SCSI) == "sdd"
    assert dict(mappings(disks)) == {
        "ami": "sda",
        "ephemeral0": "/dev/sdb",
        "swap": "/dev/sdc",
        "root": "/dev/sda",
    }


def test_what_was_described_counts_within_the_flavor() -> None:
    asked = (
        AskedDisk(source="image", boot_index=0, tag="system"),
        AskedDisk(source="blank", size=1, bus="scsi", tag="data"),
        AskedDisk(source="blank", size=2),
        SWAP,
    )
    disks = lay_out(VIRTIO, IMAGE, root_gb=1, ephemeral_gb=3, swap_mb=128, asked=asked)
    assert told(disks) == [
        ("root", "vda", 1024),
        ("ephemeral", "sda", 1024),
        ("ephemeral1", "vdb", 2048),
        ("swap", "vdc", 64),
    ]
    assert [disk.tag for disk in disks] == ["system", "data", None, None]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((AskedDisk(source="blank", size=3),), "Ephemeral disks requested are larger"),
        ((BLANK, BLANK), "Ephemeral disks requested are larger"),
        ((SWAP, SWAP), "More than one swap drive requested"),
        ((AskedDisk(source="blank", guest_format="swap", size=65),), "Swap drive requested is larger"),
    ],
)
def test_more_than_the_flavor_allows_is_refused(asked: tuple[AskedDisk, ...], said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        lay_out(VIRTIO, IMAGE, root_gb=1, ephemeral_gb=2, swap_mb=64, asked=asked)
    with pytest.raises(BadRequest):
        lay_out(VIRTIO, IMAGE, root_gb=1, asked=(BLANK,))


def test_an_iso_image_is_a_cd_rom() -> None:
    (root,) = lay_out(VIRTIO, IMAGE, root_gb=8, is_iso=True)
    assert (root.device_type, root.bus, root.device, root.size_mb) == ("cdrom", "sata", "sda", 0)
    (old,) = lay_out(Hardware(machine="pc"), IMAGE, root_gb=8, is_iso=True)
    assert (old.bus, old.device) == ("ide", "hda")


def test_a_resize_grows_what_the_flavor_gave() -> None:
    before = lay_out(VIRTIO, IMAGE, root_gb=1, swap_mb=64)
    after = resized(before, VIRTIO, root_gb=3, ephemeral_gb=2, swap_mb=0)
    assert told(after) == [("root", "vda", 3072), ("ephemeral", "vdb", 2048)]
    assert told(resized(after, VIRTIO, root_gb=3, ephemeral_gb=2, swap_mb=8))[-1] == ("swap", "vdc", 8)
    two = lay_out(
        VIRTIO,
        IMAGE,
        root_gb=1,
        ephemeral_gb=2,
        asked=(AskedDisk(source="blank", size=1), AskedDisk(source="blank", size=1)),
    )
    assert told(resized(two, VIRTIO, root_gb=1, ephemeral_gb=4, swap_mb=0)) == told(two)
    with pytest.raises(BadRequest):
        resized(two, VIRTIO, root_gb=1, ephemeral_gb=1, swap_mb=0)


def test_another_image_brings_its_bus_and_the_names_stay() -> None:
    before = lay_out(VIRTIO, IMAGE, root_gb=1, ephemeral_gb=1)
    after = with_image(before, VIRTIO, SCSI, OTHER, root_gb=1)
    assert told(after) == [("root", "sda", 1024), ("ephemeral", "sdb", 1024)]
    root = root_of(after)
    assert root is not None
    assert root.image_id == OTHER
