"""A sound body for each route that takes one. What is in braces is an id of what there is."""

from typing import Any, Final

BODIES: Final[dict[str, Any]] = {
    "POST /compute/v2.1/flavors": {
        "flavor": {"name": "f", "ram": 64, "vcpus": 1, "disk": 0, "swap": 0, "rxtx_factor": 1.0, "id": "7"}
    },
    "PUT /compute/v2.1/flavors/{flavor_id}": {"flavor": {"description": "d"}},
    "POST /compute/v2.1/flavors/{flavor_id}/action": {"addTenantAccess": {"tenant": "t"}},
    "POST /compute/v2.1/flavors/{flavor_id}/os-extra_specs": {"extra_specs": {"a": "1"}},
    "PUT /compute/v2.1/flavors/{flavor_id}/os-extra_specs/{key}": {"x": "1"},
    "POST /compute/v2.1/os-keypairs": {"keypair": {"name": "k2", "public_key": "ssh-rsa x"}},
    "POST /compute/v2.1/os-aggregates": {"aggregate": {"name": "a2", "availability_zone": "z2"}},
    "POST /compute/v2.1/os-aggregates/{aggregate_id}/images": {"cache": [{"id": "{image_id}"}]},
    "PUT /compute/v2.1/os-aggregates/{aggregate_id}": {"aggregate": {"name": "a3"}},
    "POST /compute/v2.1/os-aggregates/{aggregate_id}/action": {"set_metadata": {"metadata": {"a": "1"}}},
    "POST /compute/v2.1/os-server-groups": {
        "server_group": {"name": "g", "policy": "anti-affinity", "rules": {"max_server_per_host": 2}}
    },
    "POST /compute/v2.1/os-server-external-events": {
        "events": [{"name": "network-changed", "server_uuid": "{server_id}", "tag": "x", "status": "completed"}]
    },
    "POST /compute/v2.1/servers": {
        "server": {
            "name": "s", "imageRef": "{image_id}", "flavorRef": "{flavor_id}", "min_count": 1, "max_count": 1,
            "networks": [{"uuid": "{networks}"}], "metadata": {"a": "1"}, "security_groups": [{"name": "default"}],
            "tags": ["a"],
            "block_device_mapping_v2": [
                {"boot_index": 0, "uuid": "{image_id}", "source_type": "image", "destination_type": "local"}
            ],
        }
    },
    "POST /compute/v2.1/servers/{server_id}/migrations/{number}/action": {"force_complete": None},
    "POST /compute/v2.1/servers/{server_id}/metadata": {"metadata": {"a": "1"}},
    "PUT /compute/v2.1/servers/{server_id}/metadata": {"metadata": {"a": "1"}},
    "PUT /compute/v2.1/servers/{server_id}/metadata/{key}": {"meta": {"x": "1"}},
    "POST /compute/v2.1/servers/{server_id}/remote-consoles": {"remote_console": {"protocol": "vnc", "type": "novnc"}},
    "POST /compute/v2.1/servers/{server_id}/os-interface": {
        "interfaceAttachment": {"net_id": "{networks}", "fixed_ips": [{"ip_address": "10.20.0.77"}]}
    },
    "PUT /compute/v2.1/servers/{server_id}": {"server": {"name": "s", "accessIPv4": "1.2.3.4"}},
    "PUT /compute/v2.1/servers/{server_id}/tags": {"tags": ["a"]},
    "POST /compute/v2.1/images/{image_id}/metadata": {"metadata": {"a": "1"}},
    "PUT /compute/v2.1/images/{image_id}/metadata": {"metadata": {"a": "1"}},
    "PUT /compute/v2.1/images/{image_id}/metadata/{key}": {"meta": {"x": "1"}},
    "POST /compute/v2.1/os-floating-ips": {"pool": "{outside}"},
    "PUT /compute/v2.1/os-hosts/{name}": {"status": "enable", "maintenance_mode": "disable"},
    "PUT /compute/v2.1/os-quota-class-sets/{class_name}": {"quota_class_set": {"cores": 5, "ram": 5}},
    "POST /compute/v2.1/os-security-groups": {"security_group": {"name": "g", "description": "d"}},
    "PUT /compute/v2.1/os-security-groups/{group_id}": {"security_group": {"name": "g", "description": "d"}},
    "POST /compute/v2.1/os-security-group-rules": {
        "security_group_rule": {
            "parent_group_id": "{security-groups}", "group_id": "{security-groups}", "ip_protocol": "tcp",
            "from_port": 1, "to_port": 2, "cidr": "10.0.0.0/8",
        }
    },
    "PUT /compute/v2.1/os-quota-sets/{project_id}": {"quota_set": {"cores": 5, "ram": 5, "force": True}},
    "PUT /compute/v2.1/os-services/{service_id}": {"status": "disabled", "disabled_reason": "r"},
    "POST /identity/v3/auth/tokens": {
        "auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "{user_id}", "password": "p"}}}}
    },
    "POST /identity/v3/services": {"service": {"type": "t", "name": "n", "enabled": True, "extra": 1}},
    "PATCH /identity/v3/services/{service_id}": {"service": {"description": "x", "enabled": False}},
    "POST /identity/v3/credentials": {"credential": {"type": "cert", "blob": "b", "extra": 1}},
    "PATCH /identity/v3/credentials/{credential_id}": {"credential": {"blob": "c"}},
    "POST /identity/v3/users/{user_id}/credentials/OS-EC2": {"tenant_id": "{project_id}"},
    "POST /identity/v3/policies": {"policy": {"type": "application/json", "blob": "{}", "extra": 1}},
    "PATCH /identity/v3/policies/{policy_id}": {"policy": {"blob": "[]"}},
    "POST /identity/v3/endpoints": {
        "endpoint": {"service_id": "x", "interface": "public", "url": "http://x/", "region": "r", "enabled": True}
    },
    "PATCH /identity/v3/endpoints/{endpoint_id}": {"endpoint": {"url": "http://x/", "region_id": None}},
    "POST /identity/v3/regions": {"region": {"id": "r", "description": "x", "parent_region_id": None}},
    "PUT /identity/v3/regions/{region_id}": {"region": {"description": "x", "extra": 1}},
    "PATCH /identity/v3/regions/{region_id}": {"region": {"description": "x", "parent_region_id": "RegionOne"}},
    "POST /identity/v3/domains": {"domain": {"name": "d", "description": "x"}},
    "PATCH /identity/v3/domains/{domain_id}": {"domain": {"description": "x"}},
    "POST /identity/v3/projects": {"project": {"name": "p", "tags": ["a"]}},
    "PATCH /identity/v3/projects/{project_id}": {"project": {"description": "x"}},
    "PUT /identity/v3/projects/{project_id}/tags": {"tags": ["a"]},
    "POST /identity/v3/groups": {"group": {"name": "g", "extra": 1}},
    "PATCH /identity/v3/groups/{group_id}": {"group": {"description": "x"}},
    "POST /identity/v3/roles": {"role": {"name": "r", "options": {}}},
    "PATCH /identity/v3/roles/{role_id}": {"role": {"description": "x"}},
    "POST /identity/v3/users": {"user": {"name": "u", "password": "p", "extra": 1}},
    "PATCH /identity/v3/users/{user_id}": {"user": {"description": "x", "extra": 1}},
    "POST /identity/v3/users/{user_id}/application_credentials": {
        "application_credential": {
            "name": "c", "roles": [{"name": "member"}], "unrestricted": True, "expires_at": "2099-01-01T00:00:00",
            "access_rules": [{"service": "compute", "path": "/v2.1/**", "method": "GET"}],
        }
    },
    "POST /identity/v3/users/{user_id}/password": {"user": {"password": "a", "original_password": "b"}},
    "POST /image/v2/images": {"name": "i", "min_disk": 0, "min_ram": 0, "tags": ["a"], "any": "x"},
    "PATCH /image/v2/images/{image_id}": [{"op": "replace", "path": "/min_ram", "value": 1}],
    "POST /image/v2/images/{image_id}/import": {"method": {"name": "glance-direct"}, "all_stores": True},
    "POST /image/v2/images/{image_id}/members": {"member": "{project_id}"},
    "POST /image/v2/tasks": {"type": "import", "input": {}},
    "PUT /image/v2/images/{image_id}/members/{member_id}": {"status": "accepted"},
    "POST /network/v2.0/floatingips": {
        "floatingip": {"floating_network_id": "{outside}", "port_id": "{ports}", "floating_ip_address": "203.0.113.9"}
    },
    "PUT /network/v2.0/floatingips/{object_id}": {"floatingip": {"port_id": None, "revision_number": 1}},
    "POST /network/v2.0/networks": {
        "network": {
            "name": "n", "mtu": 1400, "provider:network_type": "geneve", "provider:segmentation_id": 77,
            "availability_zone_hints": ["nova"],
        }
    },
    "PUT /network/v2.0/networks/{object_id}": {"network": {"mtu": 1300, "name": "n"}},
    "POST /network/v2.0/ports": {
        "port": {
            "network_id": "{networks}", "fixed_ips": [{"subnet_id": "{subnets}", "ip_address": "10.20.0.88"}],
            "mac_address": "fa:16:3e:00:00:01", "extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "9"}],
            "allowed_address_pairs": [{"ip_address": "10.0.0.1"}], "security_groups": ["{security-groups}"],
        }
    },
    "PUT /network/v2.0/ports/{object_id}": {"port": {"name": "p", "fixed_ips": [{"subnet_id": "{subnets}"}]}},
    "PUT /network/v2.0/quotas/{project_id}": {"quota": {"port": 100, "network": 100}},
    "POST /network/v2.0/rbac-policies": {
        "rbac_policy": {
            "object_type": "network", "object_id": "{networks}", "action": "access_as_shared", "target_tenant": "*"
        }
    },
    "PUT /network/v2.0/rbac-policies/{object_id}": {"rbac_policy": {"target_tenant": "*"}},
    "POST /network/v2.0/address-groups": {"address_group": {"name": "a", "addresses": ["10.0.0.0/8"]}},
    "PUT /network/v2.0/address-groups/{object_id}": {"address_group": {"name": "a"}},
    "PUT /network/v2.0/address-groups/{object_id}/add_addresses": {"addresses": ["10.0.0.0/8"]},
    "PUT /network/v2.0/address-groups/{object_id}/remove_addresses": {"addresses": ["10.0.0.0/8"]},
    "POST /network/v2.0/address-scopes": {"address_scope": {"name": "a", "ip_version": 4}},
    "PUT /network/v2.0/address-scopes/{object_id}": {"address_scope": {"name": "a"}},
    "POST /network/v2.0/subnetpools": {
        "subnetpool": {
            "name": "p", "prefixes": ["10.40.0.0/16"], "min_prefixlen": 24, "default_prefixlen": 24,
            "max_prefixlen": 28, "default_quota": 5,
        }
    },
    "PUT /network/v2.0/subnetpools/{object_id}": {"subnetpool": {"name": "p", "default_quota": 5}},
    "PUT /network/v2.0/subnetpools/{object_id}/add_prefixes": {"prefixes": ["10.41.0.0/16"]},
    "PUT /network/v2.0/subnetpools/{object_id}/remove_prefixes": {"prefixes": ["10.41.0.0/16"]},
    "POST /network/v2.0/routers": {"router": {"name": "r", "external_gateway_info": {"network_id": "{outside}"}}},
    "PUT /network/v2.0/routers/{object_id}": {
        "router": {"routes": [{"destination": "10.5.0.0/16", "nexthop": "10.20.0.9"}]}
    },
    "PUT /network/v2.0/routers/{object_id}/add_extraroutes": {
        "router": {"routes": [{"destination": "10.5.0.0/16", "nexthop": "10.20.0.9"}]}
    },
    "PUT /network/v2.0/routers/{object_id}/remove_extraroutes": {
        "router": {"routes": [{"destination": "10.5.0.0/16", "nexthop": "10.20.0.9"}]}
    },
    "PUT /network/v2.0/routers/{object_id}/add_router_interface": {"subnet_id": "{subnets}"},
    "PUT /network/v2.0/routers/{object_id}/remove_router_interface": {"subnet_id": "{subnets}"},
    "POST /network/v2.0/security-group-rules": {
        "security_group_rule": {
            "security_group_id": "{security-groups}", "direction": "ingress", "protocol": "tcp",
            "port_range_min": 1, "port_range_max": 2, "remote_ip_prefix": "10.0.0.0/8",
        }
    },
    "POST /network/v2.0/security-groups": {"security_group": {"name": "g"}},
    "PUT /network/v2.0/security-groups/{object_id}": {"security_group": {"name": "g"}},
    "POST /network/v2.0/subnets": {
        "subnet": {
            "network_id": "{networks}", "ip_version": 4, "cidr": "10.30.0.0/24", "gateway_ip": "10.30.0.1",
            "allocation_pools": [{"start": "10.30.0.5", "end": "10.30.0.9"}], "dns_nameservers": ["9.9.9.9"],
            "host_routes": [{"destination": "10.5.0.0/16", "nexthop": "10.30.0.9"}],
        }
    },
    "PUT /network/v2.0/subnets/{object_id}": {"subnet": {"gateway_ip": "10.20.0.1", "dns_nameservers": ["9.9.9.9"]}},
}  # fmt: skip
"""Tags of the network's nouns are one route for each noun, and all the same: see ``TAGS``."""

TAGS: Final = {"tags": ["a"]}

WITHOUT: Final = frozenset(
    {
        "POST /compute/v2.1/servers/{server_id}/action",
        "POST /compute/v2.1/os-assisted-volume-snapshots",
        "POST /compute/v2.1/os-baremetal-nodes",
        "POST /compute/v2.1/os-baremetal-nodes/{node_id}/action",
        "POST /compute/v2.1/os-networks",
        "POST /compute/v2.1/os-networks/add",
        "POST /compute/v2.1/os-snapshots",
        "POST /compute/v2.1/os-tenant-networks",
        "POST /compute/v2.1/os-volumes",
        "POST /compute/v2.1/servers/{server_id}/os-volume_attachments",
        "PUT /compute/v2.1/servers/{server_id}/os-volume_attachments/{volume_id}",
        "POST /image/v2/images/{image_id}/actions/deactivate",
        "POST /image/v2/images/{image_id}/actions/reactivate",
        "PUT /compute/v2.1/servers/{server_id}/tags/{tag}",
        "PUT /identity/v3/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects",
        "PUT /identity/v3/OS-INHERIT/domains/{domain_id}/users/{user_id}/roles/{role_id}/inherited_to_projects",
        "PUT /identity/v3/OS-INHERIT/projects/{project_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects",
        "PUT /identity/v3/OS-INHERIT/projects/{project_id}/users/{user_id}/roles/{role_id}/inherited_to_projects",
        "PUT /identity/v3/domains/{domain_id}/groups/{group_id}/roles/{role_id}",
        "PUT /identity/v3/projects/{project_id}/groups/{group_id}/roles/{role_id}",
        "PUT /identity/v3/system/groups/{group_id}/roles/{role_id}",
        "PUT /identity/v3/groups/{group_id}/users/{user_id}",
        "PUT /identity/v3/domains/{domain_id}/users/{user_id}/roles/{role_id}",
        "PUT /identity/v3/projects/{project_id}/tags/{tag}",
        "PUT /identity/v3/projects/{project_id}/users/{user_id}/roles/{role_id}",
        "PUT /identity/v3/roles/{role_id}/implies/{implied_id}",
        "PUT /identity/v3/system/users/{user_id}/roles/{role_id}",
        "PUT /image/v2/images/{image_id}/file",
        "PUT /image/v2/images/{image_id}/stage",
        "PUT /image/v2/images/{image_id}/tags/{tag}",
    }
)
"""Routes that take no JSON body; and the actions of a server, of which each has its own: see ``ACTIONS``."""

ACTIONS: Final[dict[str, Any]] = {
    "os-start": None,
    "os-stop": None,
    "reboot": {"type": "SOFT"},
    "lock": {"locked_reason": "r"},
    "unlock": None,
    "os-getConsoleOutput": {"length": 3},
    "os-getVNCConsole": {"type": "novnc"},
    "os-getSerialConsole": {"type": "serial"},
    "os-getSPICEConsole": {"type": "spice-html5"},
    "os-getRDPConsole": {"type": "rdp-html5"},
    "addFixedIp": {"networkId": "{networks}"},
    "removeFixedIp": {"address": "10.20.0.5"},
    "addFloatingIp": {"address": "203.0.113.9", "fixed_address": "10.20.0.5"},
    "removeFloatingIp": {"address": "203.0.113.9"},
    "addSecurityGroup": {"name": "web"},
    "removeSecurityGroup": {"name": "web"},
    "unpause": None,
    "suspend": None,
    "resume": None,
    "trigger_crash_dump": None,
    "os-resetState": {"state": "active"},
    "resetNetwork": None,
    "injectNetworkInfo": None,
    "pause": None,
    "rebuild": {"imageRef": "x"},
    "resize": {"flavorRef": "x", "OS-DCF:diskConfig": "AUTO"},
    "confirmResize": None,
    "revertResize": None,
    "migrate": {"host": "x"},
    "os-migrateLive": {"host": "x", "block_migration": "auto"},
    "evacuate": {"host": "x", "adminPass": "x"},
    "rescue": {"adminPass": "x"},
    "unrescue": None,
    "forceDelete": None,
    "restore": None,
    "changePassword": {"adminPass": "x"},
    "shelve": None,
    "shelveOffload": None,
    "unshelve": {"availability_zone": "nova"},
    "createImage": {"name": "x"},
    "createBackup": {"name": "x", "backup_type": "daily", "rotation": 1},
}

UNTIL_2_35: Final = ("/images", "/os-floating-ips", "/os-hosts", "/os-security-group")
"""Routes of Nova's that are asked at its first microversion, for they are in none of the newest."""
