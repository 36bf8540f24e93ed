"""Flavors, keypairs, quotas, hosts and version discovery through the API."""

import base64

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.api.builder import Cloud
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.servers.test_servers import at
from tests.api.compute.world import PUBLIC_KEY

ROOT = "/compute/v2.1"


async def test_versions_need_no_token(cloud: Cloud) -> None:
    anonymous = cloud.anonymous()
    listed = await anonymous.get("/compute")
    assert listed.status_code == 200
    old, version = listed.json()["versions"]
    assert (old["id"], old["version"], old["status"]) == ("v2.0", "", "SUPPORTED")
    assert (version["id"], version["version"], version["min_version"]) == ("v2.1", "2.104", "2.1")
    for path in (ROOT, ROOT + "/"):
        shown = (await anonymous.get(path)).json()["version"]
        assert shown["status"] == "CURRENT"
        assert shown["links"][0]["href"] == "http://cloud.test/compute/v2.1/"
    assert (await anonymous.get(f"{ROOT}/servers")).status_code == 401


async def test_the_old_version_is_the_new_one_without_microversions(ground: Ground, cloud: Cloud) -> None:
    assert (await cloud.anonymous().get("/compute/v2/")).json()["version"]["id"] == "v2.0"
    assert (await cloud.anonymous().get("/compute/v2/flavors")).status_code == 401
    old = await ground.red.get("/compute/v2/flavors/detail", params={"limit": "1"}, headers=LATEST)
    assert old.json() == (await ground.red.get(f"{ROOT}/flavors/detail", params={"limit": "1"}, headers=at(1))).json()
    assert old.headers.get_list("x-compute-request-id") == old.headers.get_list("x-openstack-request-id")
    missing = await ground.red.get("/compute/v2/servers/x")
    assert missing.json() == {"itemNotFound": {"code": 404, "message": "Instance x could not be found."}}
    assert (await ground.red.get("/compute/v2/nothing")).status_code == 404
    body = {"keypair": {"name": "k", "public_key": PUBLIC_KEY}}
    assert (await ground.red.post("/compute/v2/os-keypairs", json=body)).status_code == 200


async def test_a_microversion_out_of_range_is_refused(ground: Ground) -> None:
    assert (await ground.red.get(f"{ROOT}/flavors", headers=at(105))).status_code == 406
    garbage = {"OpenStack-API-Version": "compute two"}
    assert (await ground.red.get(f"{ROOT}/flavors", headers=garbage)).status_code == 400
    answer = await ground.red.get(f"{ROOT}/flavors", headers={"X-OpenStack-Nova-API-Version": "2.9"})
    assert answer.headers["x-openstack-nova-api-version"] == "2.9"


async def test_flavors_by_microversion(ground: Ground) -> None:
    detail = (await ground.red.get(f"{ROOT}/flavors/detail", headers=at(1))).json()["flavors"][0]
    assert set(detail) == {
        "id", "name", "links", "ram", "disk", "swap", "OS-FLV-EXT-DATA:ephemeral", "OS-FLV-DISABLED:disabled", "vcpus",
        "os-flavor-access:is_public", "rxtx_factor",
    }  # fmt: skip
    assert detail["swap"] == ""
    detail = (await ground.red.get(f"{ROOT}/flavors/42", headers=LATEST)).json()["flavor"]
    assert (detail["swap"], detail["description"], detail["extra_specs"]) == (0, None, {})
    summary = (await ground.red.get(f"{ROOT}/flavors", headers=at(54))).json()["flavors"][0]
    assert set(summary) == {"id", "name", "links"}
    assert (await ground.red.get(f"{ROOT}/flavors/detail", params={"minRam": "129"})).json()["flavors"] == []
    assert (await ground.red.get(f"{ROOT}/flavors", params={"minRam": "x"})).status_code == 400
    assert (await ground.red.get(f"{ROOT}/flavors/nope")).status_code == 404


async def test_private_flavors_and_their_specs(ground: Ground, cloud: Cloud) -> None:
    flavor = {"name": "own", "ram": "64", "vcpus": 1, "disk": 0, "os-flavor-access:is_public": False}
    made = (await ground.admin.post(f"{ROOT}/flavors", json={"flavor": flavor})).json()["flavor"]
    path = f"{ROOT}/flavors/{made['id']}"
    assert (await ground.red.get(path)).status_code == 404
    tenant = cloud.people["red-member"].project_id
    answer = await ground.admin.post(f"{path}/action", json={"addTenantAccess": {"tenant": tenant}})
    assert answer.json() == {"flavor_access": [{"flavor_id": made["id"], "tenant_id": tenant}]}
    assert (await ground.red.get(path)).status_code == 200
    assert (await ground.blue.get(path)).status_code == 404
    specs = await ground.admin.post(f"{path}/os-extra_specs", json={"extra_specs": {"hw:x": "1"}})
    assert specs.status_code == 200
    assert (await ground.red.get(f"{path}/os-extra_specs/hw:x")).json() == {"hw:x": "1"}
    assert (await ground.red.post(f"{path}/os-extra_specs", json={"extra_specs": {"a": "1"}})).status_code == 403
    assert (await ground.admin.delete(f"{path}/os-extra_specs/hw:x")).status_code == 200
    assert (await ground.admin.delete(f"{path}/os-extra_specs/hw:x")).status_code == 404
    answer = await ground.admin.put(path, json={"flavor": {"description": "d"}}, headers=at(55))
    assert answer.json()["flavor"]["description"] == "d"
    assert (await ground.red.delete(path)).status_code == 403
    assert (await ground.admin.delete(path)).status_code == 202
    assert (await ground.admin.delete(path)).status_code == 404


async def test_flavors_that_make_no_sense(ground: Ground) -> None:
    good = {"name": "f", "ram": 64, "vcpus": 1, "disk": 0}
    for change in ({"ram": 0}, {"vcpus": "x"}, {"disk": -1}, {"name": ""}, {"id": "a/b"}, {"swap": -1}, {"colour": 1}):
        answer = await ground.admin.post(f"{ROOT}/flavors", json={"flavor": good | change})
        assert answer.status_code == 400, change
    answer = await ground.admin.post(f"{ROOT}/flavors", json={"flavor": good | {"name": "tiny"}})
    assert answer.status_code == 409
    assert "tiny" in answer.json()["conflictingRequest"]["message"]
    assert (await ground.red.post(f"{ROOT}/flavors", json={"flavor": good})).status_code == 403


async def test_keypairs(ground: Ground, cloud: Cloud) -> None:
    body = {"keypair": {"name": "k", "public_key": PUBLIC_KEY}}
    made = await ground.red.post(f"{ROOT}/os-keypairs", json=body, headers=at(2))
    assert made.status_code == 201
    assert made.json()["keypair"]["fingerprint"].count(":") == 15
    assert "private_key" not in made.json()["keypair"]
    assert (await ground.red.post(f"{ROOT}/os-keypairs", json=body, headers=at(2))).status_code == 409
    shown = (await ground.red.get(f"{ROOT}/os-keypairs/k", headers=at(1))).json()["keypair"]
    assert set(shown) == {
        "name", "public_key", "fingerprint", "user_id", "id", "created_at", "updated_at", "deleted", "deleted_at",
    }  # fmt: skip
    assert (await ground.blue.get(f"{ROOT}/os-keypairs/k")).status_code == 404
    listed = (await ground.red.get(f"{ROOT}/os-keypairs", headers=LATEST)).json()
    assert [one["keypair"]["name"] for one in listed["keypairs"]] == ["k"]
    user = cloud.people["red-member"].user_id
    theirs = await ground.admin.get(f"{ROOT}/os-keypairs", params={"user_id": user}, headers=at(10))
    assert [one["keypair"]["name"] for one in theirs.json()["keypairs"]] == ["k"]
    refused = await ground.blue.get(f"{ROOT}/os-keypairs", params={"user_id": user}, headers=at(10))
    assert refused.status_code == 403
    assert (await ground.red.delete(f"{ROOT}/os-keypairs/k", headers=LATEST)).status_code == 204
    assert (await ground.red.delete(f"{ROOT}/os-keypairs/k", headers=LATEST)).status_code == 404


async def test_keypairs_that_make_no_sense(ground: Ground) -> None:
    async def refused(minor: int, **item: object) -> httpx.Response:
        answer = await ground.red.post(f"{ROOT}/os-keypairs", json={"keypair": item}, headers=at(minor))
        assert answer.status_code == 400, answer.text
        return answer

    await refused(10, name="k", public_key="")
    await refused(10, name="k", public_key="ssh-rsa notbase64!")
    await refused(10, name="k", public_key=PUBLIC_KEY.replace("ssh-ed25519", "ssh-rsa"))
    await refused(10, name="k", public_key=PUBLIC_KEY + "\n" + PUBLIC_KEY)
    await refused(10, name="a/b", public_key=PUBLIC_KEY)
    await refused(10, name="", public_key=PUBLIC_KEY)
    await refused(1, name="k", type="ssh", public_key=PUBLIC_KEY)
    await refused(10, name="k", type="x509", public_key=PUBLIC_KEY)
    await refused(10, name="k", type="x509", public_key="-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
    await refused(10, name="k", type="dsa", public_key=PUBLIC_KEY)
    answer = await refused(92, name="k")
    assert "public_key" in answer.json()["badRequest"]["message"]


async def test_a_certificate_is_a_key_pair_too(ground: Ground, cloud: Cloud) -> None:
    user = cloud.people["red-member"].user_id
    made = await ground.red.post(f"{ROOT}/os-keypairs", json={"keypair": {"name": "w", "type": "x509"}}, headers=at(2))
    assert made.status_code == 201, made.text
    keypair = made.json()["keypair"]
    assert (keypair["type"], keypair["fingerprint"].count(":")) == ("x509", 19)
    certificate = x509.load_pem_x509_certificate(keypair["public_key"].encode())
    assert certificate.subject.rfc4514_string() == f"CN={user}"
    key, inside, _ = pkcs12.load_key_and_certificates(base64.b64decode(keypair["private_key"]), b"")
    assert inside == certificate
    assert key is not None
    assert key.public_key() == certificate.public_key()
    taken = {"keypair": {"name": "v", "type": "x509", "public_key": keypair["public_key"]}}
    answer = await ground.red.post(f"{ROOT}/os-keypairs", json=taken, headers=LATEST)
    assert answer.status_code == 201
    assert answer.json()["keypair"]["fingerprint"] == keypair["fingerprint"]
    shown = (await ground.red.get(f"{ROOT}/os-keypairs/v", headers=LATEST)).json()["keypair"]
    assert (shown["type"], "private_key" in shown) == ("x509", False)


async def test_a_keypair_quota_is_kept(ground: Ground, cloud: Cloud) -> None:
    project = cloud.people["red-member"].project_id
    await ground.admin.put(f"{ROOT}/os-quota-sets/{project}", json={"quota_set": {"key_pairs": 1}})
    for name, status in (("a", 201), ("b", 403)):
        body = {"keypair": {"name": name, "public_key": PUBLIC_KEY}}
        assert (await ground.red.post(f"{ROOT}/os-keypairs", json=body, headers=at(2))).status_code == status


async def test_limits_and_quota_sets(ground: Ground, cloud: Cloud) -> None:
    mine = cloud.people["red-member"].project_id
    absolute = (await ground.red.get(f"{ROOT}/limits", headers=LATEST)).json()["limits"]["absolute"]
    assert (absolute["maxTotalInstances"], absolute["totalInstancesUsed"]) == (10, 0)
    assert "maxPersonality" not in absolute
    path = f"{ROOT}/os-quota-sets/{mine}"
    assert (await ground.red.get(path)).json()["quota_set"]["floating_ips"] == -1
    assert "floating_ips" not in (await ground.red.get(path, headers=LATEST)).json()["quota_set"]
    assert (await ground.blue.get(path)).status_code == 403
    assert (await ground.red.put(path, json={"quota_set": {"cores": 1}})).status_code == 403
    changed = await ground.admin.put(path, json={"quota_set": {"cores": 7}}, headers=LATEST)
    assert changed.json()["quota_set"]["cores"] == 7
    detail = (await ground.red.get(f"{path}/detail", headers=LATEST)).json()["quota_set"]
    assert detail["cores"] == {"limit": 7, "in_use": 0, "reserved": 0}
    assert (await ground.admin.put(path, json={"quota_set": {"cores": -2}})).status_code == 400
    assert (await ground.admin.put(path, json={"quota_set": {"hats": 2}})).status_code == 400
    unknown = await ground.admin.put(f"{ROOT}/os-quota-sets/nobody", json={"quota_set": {"cores": 2}})
    assert unknown.json()["badRequest"]["message"] == "Project ID nobody is not a valid project."
    assert (await ground.admin.delete(path)).status_code == 202
    assert (await ground.red.get(path)).json()["quota_set"]["cores"] == 20
    assert (await ground.red.get(f"{path}/defaults")).json()["quota_set"]["cores"] == 20


async def test_hosts_are_for_admins(ground: Ground) -> None:
    for path in ("os-hypervisors", "os-hypervisors/detail", "os-services", "os-availability-zone/detail"):
        assert (await ground.red.get(f"{ROOT}/{path}")).status_code == 403
        assert (await ground.admin.get(f"{ROOT}/{path}")).status_code == 200
    old = (await ground.admin.get(f"{ROOT}/os-hypervisors/detail")).json()["hypervisors"]
    assert [(one["hypervisor_hostname"], one["vcpus"]) for one in old] == [("host-a", 4), ("host-b", 4)]
    assert isinstance(old[0]["id"], int)
    new = (await ground.admin.get(f"{ROOT}/os-hypervisors/detail", headers=LATEST)).json()["hypervisors"]
    assert "vcpus" not in new[0]
    shown = await ground.admin.get(f"{ROOT}/os-hypervisors/{new[0]['id']}", headers=LATEST)
    assert shown.json()["hypervisor"]["hypervisor_hostname"] == "host-a"
    sums = (await ground.admin.get(f"{ROOT}/os-hypervisors/statistics")).json()["hypervisor_statistics"]
    assert (sums["count"], sums["memory_mb"]) == (2, 4096)
    assert (await ground.admin.get(f"{ROOT}/os-hypervisors/statistics", headers=LATEST)).status_code == 404
    zone = (await ground.red.get(f"{ROOT}/os-availability-zone")).json()
    assert zone == {"availabilityZoneInfo": [{"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}]}


async def test_a_disabled_host_takes_no_servers(ground: Ground) -> None:
    services = (await ground.admin.get(f"{ROOT}/os-services", headers=LATEST)).json()["services"]
    for service in services:
        path = f"{ROOT}/os-services/{service['id']}"
        assert (await ground.red.put(path, json={"status": "disabled"}, headers=LATEST)).status_code == 403
        changed = await ground.admin.put(path, json={"status": "disabled"}, headers=LATEST)
        assert changed.json()["service"]["status"] == "disabled"
    answer = await ground.red.post(f"{ROOT}/servers", json=ground.body(), headers=LATEST)
    shown = (await ground.red.get(f"{ROOT}/servers/{answer.json()['server']['id']}")).json()["server"]
    assert shown["status"] == "ERROR"


async def test_extensions_name_what_is_here(ground: Ground) -> None:
    listed = (await ground.red.get(f"{ROOT}/extensions")).json()["extensions"]
    assert "os-keypairs" in {one["alias"] for one in listed}
    assert (await ground.red.get(f"{ROOT}/extensions/os-keypairs")).status_code == 200
    assert (await ground.red.get(f"{ROOT}/extensions/os-cells")).status_code == 404
