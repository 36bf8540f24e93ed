BEGIN TRANSACTION;
CREATE TABLE addresses (
	subnet_id VARCHAR(36) NOT NULL, 
	ip BLOB NOT NULL, 
	port_id VARCHAR(36) NOT NULL, 
	position INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_addresses PRIMARY KEY (subnet_id, ip), 
	CONSTRAINT fk_addresses_port_id FOREIGN KEY(port_id) REFERENCES ports (id) ON DELETE CASCADE, 
	CONSTRAINT fk_addresses_subnet_id FOREIGN KEY(subnet_id) REFERENCES subnets (id)
)
 WITHOUT ROWID

;
INSERT INTO "addresses" VALUES('45f2a2d2-c2fc-833a-8167-db65e5168ff5',X'CB007102','45f2a2e3-e2b3-88ae-9e22-63bb9248aa24',0);
INSERT INTO "addresses" VALUES('45f2a2d2-c2fc-833a-8167-db65e5168ff5',X'CB007140','45f2a483-8df2-8fc9-86e5-e3be9a548c44',0);
INSERT INTO "addresses" VALUES('45f2a2d2-c2fc-833a-8167-db65e5168ff5',X'CB007176','45f2a358-f019-8600-a003-6a37b9df1909',0);
INSERT INTO "addresses" VALUES('45f2a2d2-c2fc-833a-8167-db65e5168ff5',X'CB007179','45f2a423-19e3-8e82-99fd-4aa8553fb8d2',0);
INSERT INTO "addresses" VALUES('45f2a31f-be0d-84e5-b586-e0f48b2ae34b',X'0A010001','45f2a384-60be-80ef-a155-c3bea0ed5d55',0);
INSERT INTO "addresses" VALUES('45f2a31f-be0d-84e5-b586-e0f48b2ae34b',X'0A010002','45f2a323-3319-877d-a034-19bb9697794d',0);
INSERT INTO "addresses" VALUES('45f2a31f-be0d-84e5-b586-e0f48b2ae34b',X'0A010058','45f2a40f-24a3-84c6-8907-dd7535c64166',0);
INSERT INTO "addresses" VALUES('45f2a31f-be0d-84e5-b586-e0f48b2ae34b',X'0A010065','45f2a53d-ba4a-8a7f-93b8-df10a13c5086',0);
INSERT INTO "addresses" VALUES('45f2a31f-be0d-84e5-b586-e0f48b2ae34b',X'0A010087','45f2a51e-b7ca-8135-a559-5b6213a96978',0);
INSERT INTO "addresses" VALUES('45f2a336-7db1-8287-aa11-a81db3dd58e4',X'20010DB800010000F8163EFFFE1F28EA','45f2a40f-24a3-84c6-8907-dd7535c64166',1);
INSERT INTO "addresses" VALUES('45f2a336-7db1-8287-aa11-a81db3dd58e4',X'20010DB800010000F8163EFFFE88AED0','45f2a51e-b7ca-8135-a559-5b6213a96978',1);
INSERT INTO "addresses" VALUES('45f2a336-7db1-8287-aa11-a81db3dd58e4',X'20010DB800010000F8163EFFFE983EBA','45f2a53d-ba4a-8a7f-93b8-df10a13c5086',1);
INSERT INTO "addresses" VALUES('45f2a47b-9dbe-800b-90c0-8c01f66e40aa',X'0A800001','45f2a48b-80a1-8a1d-b828-088dc1d342b5',0);
INSERT INTO "addresses" VALUES('45f2a47b-9dbe-800b-90c0-8c01f66e40aa',X'0A800002','45f2a47e-d1b6-88d5-820a-37bf757f67be',0);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE auto_allocated_topologies (
	project_id VARCHAR(36) NOT NULL, 
	network_id VARCHAR(36) NOT NULL, 
	router_id VARCHAR(36), 
	CONSTRAINT pk_auto_allocated_topologies PRIMARY KEY (project_id), 
	CONSTRAINT fk_auto_allocated_topologies_network_id FOREIGN KEY(network_id) REFERENCES networks (id) ON DELETE CASCADE, 
	CONSTRAINT fk_auto_allocated_topologies_router_id FOREIGN KEY(router_id) REFERENCES routers (id) ON DELETE SET NULL, 
	CONSTRAINT uq_auto_allocated_topologies_network_id UNIQUE (network_id), 
	CONSTRAINT uq_auto_allocated_topologies_router_id UNIQUE (router_id)
)
 WITHOUT ROWID

;
INSERT INTO "auto_allocated_topologies" VALUES('45f298fc82a1850789d1ca761e150873','45f2a477-b184-8c18-9a2b-063bced383b5','45f2a480-b4a0-8c38-92fe-88fa1d3bfdd9');
CREATE TABLE cloud (
	id INTEGER NOT NULL, 
	cloud_id VARCHAR(36) NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_cloud PRIMARY KEY (id), 
	CONSTRAINT ck_cloud_one_row CHECK (id = 1)
);
INSERT INTO "cloud" VALUES(1,'01890000-0000-7000-8000-000000000001',1);
CREATE TABLE domains (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	enabled BOOLEAN DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_domains PRIMARY KEY (id), 
	CONSTRAINT uq_domains_name UNIQUE (name)
);
INSERT INTO "domains" VALUES('default','Default','The default domain',1);
INSERT INTO "domains" VALUES('45f2a048b5468feaab43f03660914412','south','',1);
CREATE TABLE events (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at BIGINT NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	object_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	revision BIGINT NOT NULL, 
	what VARCHAR(64) NOT NULL, 
	data TEXT, 
	unit VARCHAR(16)
);
INSERT INTO "events" VALUES(1,1795802911010014,'domain','default','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(2,1795802911010014,'role','45f298f1d750869d853f03ed968bf418','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(3,1795802911010014,'role','45f298f302338bedb68dbe6b0bae8d51','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(4,1795802911010014,'role','45f298f351da8b8d8c9f317dd1eeb4bb','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(5,1795802911010014,'project','45f298f3892c8331a48135bf468dfac7','45f298f3892c8331a48135bf468dfac7',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(6,1795802911010014,'user','45f298f38ec98c7b8c59c4ecef2db5d2','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(7,1795802911010014,'user','45f298f38ec98c7b8c59c4ecef2db5d2','45f298f3892c8331a48135bf468dfac7',0,'role_assigned','{"role_id":"45f298f1d750869d853f03ed968bf418","scope":"project"}',NULL);
INSERT INTO "events" VALUES(8,1795802911010014,'user','45f298f38ec98c7b8c59c4ecef2db5d2','',0,'role_assigned','{"role_id":"45f298f1d750869d853f03ed968bf418","scope":"system"}',NULL);
INSERT INTO "events" VALUES(9,1795802911010014,'project','45f298fc82a1850789d1ca761e150873','45f298fc82a1850789d1ca761e150873',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(10,1795802911010014,'user','45f298fc91988e3b96795a4d89675f6e','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(11,1795802911010014,'user','45f298fc91988e3b96795a4d89675f6e','45f298fc82a1850789d1ca761e150873',0,'role_assigned','{"role_id":"45f298f302338bedb68dbe6b0bae8d51","scope":"project"}',NULL);
INSERT INTO "events" VALUES(12,1795802911492291,'domain','45f2a048b5468feaab43f03660914412','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(13,1795802911495411,'project','45f2a056bda48611bd829a4bae0c1055','45f2a056bda48611bd829a4bae0c1055',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(14,1795802911529101,'user','45f2a0d897a28869baa616850a9ca1a1','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(15,1795802911533380,'role','45f2a0e939fa8965965e1641c4193e49','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(16,1795802911538684,'user','45f2a0d897a28869baa616850a9ca1a1','45f2a056bda48611bd829a4bae0c1055',0,'role_assigned','{"role_id":"45f298f302338bedb68dbe6b0bae8d51","scope":"project"}',NULL);
INSERT INTO "events" VALUES(17,1795802911543122,'user','45f2a0d897a28869baa616850a9ca1a1','45f2a056bda48611bd829a4bae0c1055',0,'role_assigned','{"role_id":"45f2a0e939fa8965965e1641c4193e49","scope":"project"}',NULL);
INSERT INTO "events" VALUES(18,1795802911556696,'image','45f2a144-5b39-8261-badd-f768c6239708','45f298fc82a1850789d1ca761e150873',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(19,1795802911560354,'image','45f2a144-5b39-8261-badd-f768c6239708','45f298fc82a1850789d1ca761e150873',1,'queued_to_saving',NULL,NULL);
INSERT INTO "events" VALUES(20,1795802911633820,'image','45f2a144-5b39-8261-badd-f768c6239708','45f298fc82a1850789d1ca761e150873',2,'saving_to_active',NULL,NULL);
INSERT INTO "events" VALUES(21,1795802911649021,'image','45f2a2ad-00cb-80e8-8687-f3d0274a5106','45f298fc82a1850789d1ca761e150873',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(22,1795802911651608,'network','45f2a2b7-84d0-8adc-8cdf-4da23f3c6801','45f298f3892c8331a48135bf468dfac7',1,'created',NULL,'network');
INSERT INTO "events" VALUES(23,1795802911655729,'network','45f2a2b7-84d0-8adc-8cdf-4da23f3c6801','45f298f3892c8331a48135bf468dfac7',2,'updated',NULL,'network');
INSERT INTO "events" VALUES(24,1795802911655729,'subnet','45f2a2d2-c2fc-833a-8167-db65e5168ff5','45f298f3892c8331a48135bf468dfac7',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(25,1795802911655729,'port','45f2a2e3-e2b3-88ae-9e22-63bb9248aa24','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(26,1795802911666573,'network','45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6','45f298fc82a1850789d1ca761e150873',1,'created',NULL,'network');
INSERT INTO "events" VALUES(27,1795802911669506,'network','45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6','45f298fc82a1850789d1ca761e150873',2,'updated',NULL,'network');
INSERT INTO "events" VALUES(28,1795802911669506,'subnet','45f2a31f-be0d-84e5-b586-e0f48b2ae34b','45f298fc82a1850789d1ca761e150873',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(29,1795802911669506,'port','45f2a323-3319-877d-a034-19bb9697794d','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(30,1795802911682623,'network','45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6','45f298fc82a1850789d1ca761e150873',3,'updated',NULL,'network');
INSERT INTO "events" VALUES(31,1795802911682623,'subnet','45f2a336-7db1-8287-aa11-a81db3dd58e4','45f298fc82a1850789d1ca761e150873',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(32,1795802911690938,'port','45f2a358-f019-8600-a003-6a37b9df1909','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(33,1795802911690938,'router','45f2a351-c9b0-82fa-976c-2574e10ff410','45f298fc82a1850789d1ca761e150873',1,'created',NULL,'router');
INSERT INTO "events" VALUES(34,1795802911697903,'port','45f2a384-60be-80ef-a155-c3bea0ed5d55','45f298fc82a1850789d1ca761e150873',1,'created',NULL,'port');
INSERT INTO "events" VALUES(35,1795802911697903,'router','45f2a351-c9b0-82fa-976c-2574e10ff410','45f298fc82a1850789d1ca761e150873',2,'updated',NULL,'router');
INSERT INTO "events" VALUES(36,1795802911709673,'security_group','45f2a39f-954a-8589-9c9c-8a12910d6e77','45f298fc82a1850789d1ca761e150873',1,'created',NULL,'security_group');
INSERT INTO "events" VALUES(37,1795802911709673,'security_group','45f2a3c8-cdc3-8566-9e95-23935bbda553','45f298fc82a1850789d1ca761e150873',1,'created',NULL,'security_group');
INSERT INTO "events" VALUES(38,1795802911727501,'security_group','45f2a3c8-cdc3-8566-9e95-23935bbda553','45f298fc82a1850789d1ca761e150873',2,'updated',NULL,'security_group');
INSERT INTO "events" VALUES(39,1795802911727501,'security_group_rule','45f2a3ef-e665-8cb0-938b-8e2fa77bafc0','45f298fc82a1850789d1ca761e150873',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(40,1795802911738291,'port','45f2a40f-24a3-84c6-8907-dd7535c64166','45f298fc82a1850789d1ca761e150873',1,'created',NULL,'port');
INSERT INTO "events" VALUES(41,1795802911743537,'port','45f2a423-19e3-8e82-99fd-4aa8553fb8d2','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(42,1795802911743537,'floatingip','45f2a422-fd56-8492-992d-b25dc253f085','45f298fc82a1850789d1ca761e150873',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(43,1795802911743537,'router','45f2a351-c9b0-82fa-976c-2574e10ff410','45f298fc82a1850789d1ca761e150873',3,'updated',NULL,'router');
INSERT INTO "events" VALUES(44,1795802911757190,'network','45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6','45f298fc82a1850789d1ca761e150873',4,'updated',NULL,'network');
INSERT INTO "events" VALUES(45,1795802911764403,'network','45f2a477-b184-8c18-9a2b-063bced383b5','45f298fc82a1850789d1ca761e150873',1,'created',NULL,'network');
INSERT INTO "events" VALUES(46,1795802911764403,'network','45f2a477-b184-8c18-9a2b-063bced383b5','45f298fc82a1850789d1ca761e150873',2,'updated',NULL,'network');
INSERT INTO "events" VALUES(47,1795802911764403,'subnet','45f2a47b-9dbe-800b-90c0-8c01f66e40aa','45f298fc82a1850789d1ca761e150873',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(48,1795802911764403,'port','45f2a47e-d1b6-88d5-820a-37bf757f67be','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(49,1795802911764403,'port','45f2a483-8df2-8fc9-86e5-e3be9a548c44','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(50,1795802911764403,'router','45f2a480-b4a0-8c38-92fe-88fa1d3bfdd9','45f298fc82a1850789d1ca761e150873',1,'created',NULL,'router');
INSERT INTO "events" VALUES(51,1795802911764403,'port','45f2a48b-80a1-8a1d-b828-088dc1d342b5','45f298fc82a1850789d1ca761e150873',1,'created',NULL,'port');
INSERT INTO "events" VALUES(52,1795802911764403,'router','45f2a480-b4a0-8c38-92fe-88fa1d3bfdd9','45f298fc82a1850789d1ca761e150873',2,'updated',NULL,'router');
INSERT INTO "events" VALUES(53,1795802911808102,'server','45f2a51b-1331-8338-89f9-bd97107b2805','45f298fc82a1850789d1ca761e150873',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(54,1795802911808102,'port','45f2a51e-b7ca-8135-a559-5b6213a96978','45f298fc82a1850789d1ca761e150873',1,'created',NULL,'port');
INSERT INTO "events" VALUES(55,1795802911816603,'server','45f2a53c-2d41-8118-abcb-f76635961e7b','45f298fc82a1850789d1ca761e150873',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(56,1795802911816603,'port','45f2a53d-ba4a-8a7f-93b8-df10a13c5086','45f298fc82a1850789d1ca761e150873',1,'created',NULL,'port');
INSERT INTO "events" VALUES(57,1795802911824729,'server','45f2a55b-db7b-80ec-b070-9e067e3272ef','45f298fc82a1850789d1ca761e150873',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(58,1795802911824729,'port','45f2a55d-22ef-86c8-b923-0e374c3d19fb','45f298fc82a1850789d1ca761e150873',1,'created',NULL,'port');
INSERT INTO "events" VALUES(59,1795802911826290,'server','45f2a51b-1331-8338-89f9-bd97107b2805','45f298fc82a1850789d1ca761e150873',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(60,1795802911830588,'server','45f2a53c-2d41-8118-abcb-f76635961e7b','45f298fc82a1850789d1ca761e150873',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(61,1795802911835210,'server','45f2a55b-db7b-80ec-b070-9e067e3272ef','45f298fc82a1850789d1ca761e150873',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(62,1795802911838205,'server','45f2a53c-2d41-8118-abcb-f76635961e7b','45f298fc82a1850789d1ca761e150873',3,'state','{"vm_state":"active","task_state":"powering-off","power_state":1}',NULL);
INSERT INTO "events" VALUES(63,1795802911840982,'server','45f2a53c-2d41-8118-abcb-f76635961e7b','45f298fc82a1850789d1ca761e150873',4,'state','{"vm_state":"stopped","task_state":null,"power_state":4}',NULL);
INSERT INTO "events" VALUES(64,1795802911845376,'port','45f2a51e-b7ca-8135-a559-5b6213a96978','45f298fc82a1850789d1ca761e150873',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(65,1795802911845376,'port','45f2a55d-22ef-86c8-b923-0e374c3d19fb','45f298fc82a1850789d1ca761e150873',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(66,1795802911893833,'server','45f2a55b-db7b-80ec-b070-9e067e3272ef','45f298fc82a1850789d1ca761e150873',3,'state','{"vm_state":"active","task_state":"deleting","power_state":1}',NULL);
INSERT INTO "events" VALUES(67,1795802911900785,'port','45f2a55d-22ef-86c8-b923-0e374c3d19fb','45f298fc82a1850789d1ca761e150873',3,'deleted',NULL,'port');
INSERT INTO "events" VALUES(68,1795802911900785,'server','45f2a55b-db7b-80ec-b070-9e067e3272ef','45f298fc82a1850789d1ca761e150873',4,'deleted','{"vm_state":"deleted","task_state":null,"power_state":0}',NULL);
CREATE TABLE flavor_projects (
	flavor_id VARCHAR(255) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_flavor_projects PRIMARY KEY (flavor_id, project_id), 
	CONSTRAINT fk_flavor_projects_flavor_id FOREIGN KEY(flavor_id) REFERENCES flavors (id) ON DELETE CASCADE
);
INSERT INTO "flavor_projects" VALUES('45f2a4e4-1f36-8ca0-9ac8-82f5e91d9c8d','45f298fc82a1850789d1ca761e150873');
CREATE TABLE flavors (
	id VARCHAR(255) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT, 
	vcpus INTEGER NOT NULL, 
	ram INTEGER NOT NULL, 
	disk INTEGER NOT NULL, 
	ephemeral INTEGER DEFAULT '0' NOT NULL, 
	swap INTEGER DEFAULT '0' NOT NULL, 
	rxtx_factor FLOAT DEFAULT '1' NOT NULL, 
	is_public BOOLEAN DEFAULT '1' NOT NULL, 
	disabled BOOLEAN DEFAULT '0' NOT NULL, 
	extra_specs TEXT DEFAULT '{}' NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_flavors PRIMARY KEY (id), 
	CONSTRAINT ck_flavors_size CHECK (vcpus > 0 AND ram > 0 AND disk >= 0 AND ephemeral >= 0 AND swap >= 0), 
	CONSTRAINT uq_flavors_name UNIQUE (name)
);
INSERT INTO "flavors" VALUES('45f2a4ac-8f92-8aa4-b465-21fc6758006c','little',NULL,1,64,1,0,0,1.0,1,0,'{"hw:cpu_policy":"shared"}',1795802911780019);
INSERT INTO "flavors" VALUES('45f2a4e4-1f36-8ca0-9ac8-82f5e91d9c8d','hidden',NULL,1,64,1,0,0,1.0,0,0,'{}',1795802911794248);
CREATE TABLE floating_ips (
	id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	floating_network_id VARCHAR(36) NOT NULL, 
	floating_ip BLOB NOT NULL, 
	port_id VARCHAR(36) NOT NULL, 
	fixed_port_id VARCHAR(36), 
	fixed_ip BLOB, 
	router_id VARCHAR(36), 
	status VARCHAR(8) NOT NULL, 
	tags TEXT DEFAULT '[]' NOT NULL, 
	revision BIGINT DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_floating_ips PRIMARY KEY (id), 
	CONSTRAINT ck_floating_ips_association CHECK ((fixed_port_id IS NULL) = (fixed_ip IS NULL)), 
	CONSTRAINT fk_floating_ips_fixed_port_id FOREIGN KEY(fixed_port_id) REFERENCES ports (id), 
	CONSTRAINT fk_floating_ips_floating_network_id FOREIGN KEY(floating_network_id) REFERENCES networks (id), 
	CONSTRAINT fk_floating_ips_port_id FOREIGN KEY(port_id) REFERENCES ports (id), 
	CONSTRAINT fk_floating_ips_router_id FOREIGN KEY(router_id) REFERENCES routers (id), 
	CONSTRAINT uq_floating_ips_port_id UNIQUE (port_id)
);
INSERT INTO "floating_ips" VALUES('45f2a422-fd56-8492-992d-b25dc253f085','45f298fc82a1850789d1ca761e150873','','45f2a2b7-84d0-8adc-8cdf-4da23f3c6801',X'CB007179','45f2a423-19e3-8e82-99fd-4aa8553fb8d2','45f2a40f-24a3-84c6-8907-dd7535c64166',X'0A010058','45f2a351-c9b0-82fa-976c-2574e10ff410','ACTIVE','[]',1,1795802911743537,1795802911743537);
CREATE TABLE hosts (
	name VARCHAR(255) NOT NULL, 
	chassis VARCHAR(255) NOT NULL, 
	hypervisor_type VARCHAR(32) NOT NULL, 
	hypervisor_version INTEGER DEFAULT '0' NOT NULL, 
	cpu_info TEXT DEFAULT '' NOT NULL, 
	vcpus INTEGER NOT NULL, 
	memory_mb BIGINT NOT NULL, 
	disk_gb BIGINT NOT NULL, 
	vcpus_used INTEGER DEFAULT '0' NOT NULL, 
	memory_mb_used BIGINT DEFAULT '0' NOT NULL, 
	disk_gb_used BIGINT DEFAULT '0' NOT NULL, 
	running_vms INTEGER DEFAULT '0' NOT NULL, 
	enabled BOOLEAN DEFAULT '1' NOT NULL, 
	up BOOLEAN DEFAULT '1' NOT NULL, 
	seen_at BIGINT DEFAULT '0' NOT NULL, 
	updated_at BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_hosts PRIMARY KEY (name), 
	CONSTRAINT ck_hosts_running_vms CHECK (running_vms >= 0), 
	CONSTRAINT ck_hosts_used CHECK (vcpus_used >= 0 AND memory_mb_used >= 0 AND disk_gb_used >= 0)
);
INSERT INTO "hosts" VALUES('simulated-1','simulated-1','simulated',1,'{}',1024,393216,10000,1,64,1,1,1,1,1795802911187992,1795802911900785);
INSERT INTO "hosts" VALUES('simulated-2','simulated-2','simulated',1,'{}',1024,393216,10000,1,64,1,1,1,1,1795802911187992,1795802911816603);
CREATE TABLE idempotency_keys (
	project_id VARCHAR(36) NOT NULL, 
	"key" VARCHAR(255) NOT NULL, 
	request_digest VARCHAR(64) NOT NULL, 
	status INTEGER, 
	response TEXT, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_idempotency_keys PRIMARY KEY (project_id, "key")
);
INSERT INTO "idempotency_keys" VALUES('45f298fc82a1850789d1ca761e150873','once-running','ad681835cf9d02c8cdc6f342b9b604811a1c10361f67cd868b4e86865f88e601',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:45037/compute/v2.1/servers/45f2a51b-1331-8338-89f9-bd97107b2805"},"{\"server\":{\"id\":\"45f2a51b-1331-8338-89f9-bd97107b2805\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:45037/compute/v2.1/servers/45f2a51b-1331-8338-89f9-bd97107b2805\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:45037/compute/servers/45f2a51b-1331-8338-89f9-bd97107b2805\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}],\"adminPass\":\"fXCPpxtH2vVe\"}}"]',1795802911810769);
INSERT INTO "idempotency_keys" VALUES('45f298fc82a1850789d1ca761e150873','once-stopped','8214843e0cf925d0cd8559b22ef75cff2d8b10cd573e4433c329876034b4bbaa',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:45037/compute/v2.1/servers/45f2a53c-2d41-8118-abcb-f76635961e7b"},"{\"server\":{\"id\":\"45f2a53c-2d41-8118-abcb-f76635961e7b\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:45037/compute/v2.1/servers/45f2a53c-2d41-8118-abcb-f76635961e7b\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:45037/compute/servers/45f2a53c-2d41-8118-abcb-f76635961e7b\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}],\"adminPass\":\"wINXJOKgYMyR\"}}"]',1795802911817950);
INSERT INTO "idempotency_keys" VALUES('45f298fc82a1850789d1ca761e150873','once-deleted','c82dbb7ba73991cef1f3c3cea4d0a192f98ab95d299fdb2de84e7c59b1dac912',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:45037/compute/v2.1/servers/45f2a55b-db7b-80ec-b070-9e067e3272ef"},"{\"server\":{\"id\":\"45f2a55b-db7b-80ec-b070-9e067e3272ef\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:45037/compute/v2.1/servers/45f2a55b-db7b-80ec-b070-9e067e3272ef\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:45037/compute/servers/45f2a55b-db7b-80ec-b070-9e067e3272ef\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}],\"adminPass\":\"SQJA09X9Q1by\"}}"]',1795802911825778);
CREATE TABLE image_members (
	image_id VARCHAR(36) NOT NULL, 
	member_id VARCHAR(36) NOT NULL, 
	status VARCHAR(16) DEFAULT 'pending' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_image_members PRIMARY KEY (image_id, member_id), 
	CONSTRAINT fk_image_members_image_id FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);
INSERT INTO "image_members" VALUES('45f2a144-5b39-8261-badd-f768c6239708','45f298f3892c8331a48135bf468dfac7','pending',1795802911645907,1795802911645907);
CREATE TABLE image_tags (
	image_id VARCHAR(36) NOT NULL, 
	tag VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_image_tags PRIMARY KEY (image_id, tag), 
	CONSTRAINT fk_image_tags_image_id FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);
INSERT INTO "image_tags" VALUES('45f2a144-5b39-8261-badd-f768c6239708','old');
CREATE TABLE images (
	id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255), 
	status VARCHAR(16) NOT NULL, 
	visibility VARCHAR(16) NOT NULL, 
	container_format VARCHAR(16), 
	disk_format VARCHAR(16), 
	min_disk INTEGER DEFAULT '0' NOT NULL, 
	min_ram INTEGER DEFAULT '0' NOT NULL, 
	size BIGINT, 
	virtual_size BIGINT, 
	checksum VARCHAR(32), 
	sha512 VARCHAR(128), 
	protected BOOLEAN DEFAULT '0' NOT NULL, 
	hidden BOOLEAN DEFAULT '0' NOT NULL, 
	properties TEXT DEFAULT '{}' NOT NULL, 
	revision BIGINT DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_images PRIMARY KEY (id), 
	CONSTRAINT ck_images_status CHECK (status IN ('queued', 'saving', 'active', 'killed', 'deactivated')), 
	CONSTRAINT ck_images_visibility CHECK (visibility IN ('public', 'private', 'shared', 'community'))
);
INSERT INTO "images" VALUES('45f2a144-5b39-8261-badd-f768c6239708','45f298fc82a1850789d1ca761e150873','disk','active','shared','bare','raw',0,0,1984,1984,'2f8767aa831ab7e73467a31c6cf51f95','72cfcca2dc9d134925bc229a86db76b889fd669ec62f45ec07a3a260205fd18a31cbf39ae49664a1371e1247e87af977df076780dc6236e89456271b85f4a6d6',0,0,'{"hw_disk_bus":"virtio"}',2,1795802911556696,1795802911633820);
INSERT INTO "images" VALUES('45f2a2ad-00cb-80e8-8687-f3d0274a5106','45f298fc82a1850789d1ca761e150873','empty','queued','private',NULL,NULL,0,0,NULL,NULL,NULL,NULL,0,0,'{}',0,1795802911649021,1795802911649021);
CREATE TABLE keypairs (
	user_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	type VARCHAR(8) NOT NULL, 
	fingerprint VARCHAR(255) NOT NULL, 
	public_key TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_keypairs PRIMARY KEY (user_id, name), 
	CONSTRAINT ck_keypairs_type CHECK (type IN ('ssh', 'x509'))
);
INSERT INTO "keypairs" VALUES('45f298fc91988e3b96795a4d89675f6e','key','ssh','0f:a2:0a:d7:38:3e:65:45:08:6b:63:84:1c:ff:dc:ba','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',1795802911801421);
CREATE TABLE networks (
	id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) DEFAULT '' NOT NULL, 
	description VARCHAR(255) DEFAULT '' NOT NULL, 
	admin_state_up BOOLEAN DEFAULT '1' NOT NULL, 
	shared BOOLEAN DEFAULT '0' NOT NULL, 
	external BOOLEAN DEFAULT '0' NOT NULL, 
	is_default BOOLEAN DEFAULT '0' NOT NULL, 
	mtu INTEGER NOT NULL, 
	port_security_enabled BOOLEAN DEFAULT '1' NOT NULL, 
	dns_domain VARCHAR(255) DEFAULT '' NOT NULL, 
	network_type VARCHAR(16) NOT NULL, 
	physical_network VARCHAR(64), 
	segmentation_id INTEGER, 
	tags TEXT DEFAULT '[]' NOT NULL, 
	revision BIGINT DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_networks PRIMARY KEY (id), 
	CONSTRAINT ck_networks_network_type CHECK (network_type IN ('geneve', 'flat', 'vlan')), 
	CONSTRAINT ck_networks_mtu CHECK (mtu >= 68)
);
INSERT INTO "networks" VALUES('45f2a2b7-84d0-8adc-8cdf-4da23f3c6801','45f298f3892c8331a48135bf468dfac7','outside','',1,0,1,1,1442,1,'','geneve',NULL,13910315,'[]',2,1795802911651608,1795802911655729);
INSERT INTO "networks" VALUES('45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6','45f298fc82a1850789d1ca761e150873','own','',1,0,0,0,1442,1,'own.example.','geneve',NULL,16639837,'["a","b"]',4,1795802911666573,1795802911757190);
INSERT INTO "networks" VALUES('45f2a477-b184-8c18-9a2b-063bced383b5','45f298fc82a1850789d1ca761e150873','auto_allocated_network','',1,0,0,0,1442,1,'','geneve',NULL,3480965,'[]',2,1795802911764403,1795802911764403);
CREATE TABLE outbox (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind VARCHAR(16) NOT NULL, 
	object_id VARCHAR(36) NOT NULL, 
	revision BIGINT NOT NULL, 
	at BIGINT NOT NULL
);
INSERT INTO "outbox" VALUES(30,'network','45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6',0,1);
CREATE TABLE port_security_groups (
	port_id VARCHAR(36) NOT NULL, 
	security_group_id VARCHAR(36) NOT NULL, 
	position INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_port_security_groups PRIMARY KEY (port_id, security_group_id), 
	CONSTRAINT fk_port_security_groups_port_id FOREIGN KEY(port_id) REFERENCES ports (id) ON DELETE CASCADE, 
	CONSTRAINT fk_port_security_groups_security_group_id FOREIGN KEY(security_group_id) REFERENCES security_groups (id)
)
 WITHOUT ROWID

;
INSERT INTO "port_security_groups" VALUES('45f2a40f-24a3-84c6-8907-dd7535c64166','45f2a3c8-cdc3-8566-9e95-23935bbda553',0);
INSERT INTO "port_security_groups" VALUES('45f2a51e-b7ca-8135-a559-5b6213a96978','45f2a39f-954a-8589-9c9c-8a12910d6e77',0);
INSERT INTO "port_security_groups" VALUES('45f2a53d-ba4a-8a7f-93b8-df10a13c5086','45f2a39f-954a-8589-9c9c-8a12910d6e77',0);
CREATE TABLE ports (
	id VARCHAR(36) NOT NULL, 
	network_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) DEFAULT '' NOT NULL, 
	description VARCHAR(255) DEFAULT '' NOT NULL, 
	mac_address VARCHAR(17) NOT NULL, 
	admin_state_up BOOLEAN DEFAULT '1' NOT NULL, 
	status VARCHAR(8) NOT NULL, 
	device_id VARCHAR(255) DEFAULT '' NOT NULL, 
	device_owner VARCHAR(255) DEFAULT '' NOT NULL, 
	port_security_enabled BOOLEAN DEFAULT '1' NOT NULL, 
	dns_name VARCHAR(255) DEFAULT '' NOT NULL, 
	binding_host VARCHAR(255) DEFAULT '' NOT NULL, 
	binding_vnic_type VARCHAR(32) DEFAULT 'normal' NOT NULL, 
	binding_vif_type VARCHAR(32) DEFAULT 'unbound' NOT NULL, 
	binding_profile TEXT DEFAULT '{}' NOT NULL, 
	allowed_address_pairs TEXT DEFAULT '[]' NOT NULL, 
	extra_dhcp_opts TEXT DEFAULT '[]' NOT NULL, 
	tags TEXT DEFAULT '[]' NOT NULL, 
	revision BIGINT DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_ports PRIMARY KEY (id), 
	CONSTRAINT ck_ports_status CHECK (status IN ('ACTIVE', 'DOWN', 'BUILD', 'ERROR', 'N/A')), 
	CONSTRAINT fk_ports_network_id FOREIGN KEY(network_id) REFERENCES networks (id)
);
INSERT INTO "ports" VALUES('45f2a2e3-e2b3-88ae-9e22-63bb9248aa24','45f2a2b7-84d0-8adc-8cdf-4da23f3c6801','','','','fa:16:3e:ef:7c:5c',1,'DOWN','ovnmeta-45f2a2b7-84d0-8adc-8cdf-4da23f3c6801','network:distributed',0,'','','normal','unbound','{}','[]','[]','[]',1,1795802911655729,1795802911655729);
INSERT INTO "ports" VALUES('45f2a323-3319-877d-a034-19bb9697794d','45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6','','','','fa:16:3e:0f:f8:ae',1,'DOWN','ovnmeta-45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6','network:distributed',0,'','','normal','unbound','{}','[]','[]','[]',1,1795802911669506,1795802911669506);
INSERT INTO "ports" VALUES('45f2a358-f019-8600-a003-6a37b9df1909','45f2a2b7-84d0-8adc-8cdf-4da23f3c6801','','','','fa:16:3e:bd:da:d0',1,'ACTIVE','45f2a351-c9b0-82fa-976c-2574e10ff410','network:router_gateway',0,'','','normal','unbound','{}','[]','[]','[]',1,1795802911690938,1795802911690938);
INSERT INTO "ports" VALUES('45f2a384-60be-80ef-a155-c3bea0ed5d55','45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6','45f298fc82a1850789d1ca761e150873','','','fa:16:3e:4b:1e:28',1,'ACTIVE','45f2a351-c9b0-82fa-976c-2574e10ff410','network:router_interface',0,'','','normal','unbound','{}','[]','[]','[]',1,1795802911697903,1795802911697903);
INSERT INTO "ports" VALUES('45f2a40f-24a3-84c6-8907-dd7535c64166','45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6','45f298fc82a1850789d1ca761e150873','free','','fa:16:3e:1f:28:ea',1,'DOWN','','',1,'free','','normal','unbound','{}','[{"ip_address":"10.1.0.99","mac_address":"fa:16:3e:1f:28:ea"}]','[{"opt_name":"mtu","opt_value":"1400","ip_version":4}]','[]',1,1795802911738291,1795802911738291);
INSERT INTO "ports" VALUES('45f2a423-19e3-8e82-99fd-4aa8553fb8d2','45f2a2b7-84d0-8adc-8cdf-4da23f3c6801','','','','fa:16:3e:0b:e1:bf',1,'N/A','45f2a422-fd56-8492-992d-b25dc253f085','network:floatingip',0,'','','normal','unbound','{}','[]','[]','[]',1,1795802911743537,1795802911743537);
INSERT INTO "ports" VALUES('45f2a47e-d1b6-88d5-820a-37bf757f67be','45f2a477-b184-8c18-9a2b-063bced383b5','','','','fa:16:3e:46:f4:ad',1,'DOWN','ovnmeta-45f2a477-b184-8c18-9a2b-063bced383b5','network:distributed',0,'','','normal','unbound','{}','[]','[]','[]',1,1795802911764403,1795802911764403);
INSERT INTO "ports" VALUES('45f2a483-8df2-8fc9-86e5-e3be9a548c44','45f2a2b7-84d0-8adc-8cdf-4da23f3c6801','','','','fa:16:3e:c2:87:f9',1,'ACTIVE','45f2a480-b4a0-8c38-92fe-88fa1d3bfdd9','network:router_gateway',0,'','','normal','unbound','{}','[]','[]','[]',1,1795802911764403,1795802911764403);
INSERT INTO "ports" VALUES('45f2a48b-80a1-8a1d-b828-088dc1d342b5','45f2a477-b184-8c18-9a2b-063bced383b5','45f298fc82a1850789d1ca761e150873','','','fa:16:3e:d6:26:c5',1,'ACTIVE','45f2a480-b4a0-8c38-92fe-88fa1d3bfdd9','network:router_interface',0,'','','normal','unbound','{}','[]','[]','[]',1,1795802911764403,1795802911764403);
INSERT INTO "ports" VALUES('45f2a51e-b7ca-8135-a559-5b6213a96978','45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6','45f298fc82a1850789d1ca761e150873','','','fa:16:3e:88:ae:d0',1,'ACTIVE','45f2a51b-1331-8338-89f9-bd97107b2805','compute:nova',1,'running','simulated-1','normal','ovs','{}','[]','[]','[]',2,1795802911808102,1795802911845376);
INSERT INTO "ports" VALUES('45f2a53d-ba4a-8a7f-93b8-df10a13c5086','45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6','45f298fc82a1850789d1ca761e150873','','','fa:16:3e:98:3e:ba',1,'DOWN','45f2a53c-2d41-8118-abcb-f76635961e7b','compute:nova',1,'stopped','simulated-2','normal','ovs','{}','[]','[]','[]',1,1795802911816603,1795802911816603);
CREATE TABLE projections (
	kind VARCHAR(16) NOT NULL, 
	object_id VARCHAR(36) NOT NULL, 
	revision BIGINT NOT NULL, 
	projected_at BIGINT NOT NULL, 
	CONSTRAINT pk_projections PRIMARY KEY (kind, object_id)
)
 WITHOUT ROWID

;
INSERT INTO "projections" VALUES('network','45f2a2b7-84d0-8adc-8cdf-4da23f3c6801',2,1795802911677260);
INSERT INTO "projections" VALUES('network','45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6',4,1795802911777716);
INSERT INTO "projections" VALUES('network','45f2a477-b184-8c18-9a2b-063bced383b5',2,1795802911788572);
INSERT INTO "projections" VALUES('port','45f2a2e3-e2b3-88ae-9e22-63bb9248aa24',1,1795802911677260);
INSERT INTO "projections" VALUES('port','45f2a323-3319-877d-a034-19bb9697794d',1,1795802911689507);
INSERT INTO "projections" VALUES('port','45f2a358-f019-8600-a003-6a37b9df1909',1,1795802911706765);
INSERT INTO "projections" VALUES('port','45f2a384-60be-80ef-a155-c3bea0ed5d55',1,1795802911719485);
INSERT INTO "projections" VALUES('port','45f2a40f-24a3-84c6-8907-dd7535c64166',1,1795802911777716);
INSERT INTO "projections" VALUES('port','45f2a423-19e3-8e82-99fd-4aa8553fb8d2',1,1795802911762877);
INSERT INTO "projections" VALUES('port','45f2a47e-d1b6-88d5-820a-37bf757f67be',1,1795802911788572);
INSERT INTO "projections" VALUES('port','45f2a483-8df2-8fc9-86e5-e3be9a548c44',1,1795802911788572);
INSERT INTO "projections" VALUES('port','45f2a48b-80a1-8a1d-b828-088dc1d342b5',1,1795802911788572);
INSERT INTO "projections" VALUES('port','45f2a51e-b7ca-8135-a559-5b6213a96978',2,1795802911820080);
INSERT INTO "projections" VALUES('port','45f2a53d-ba4a-8a7f-93b8-df10a13c5086',1,1795802911828055);
INSERT INTO "projections" VALUES('router','45f2a351-c9b0-82fa-976c-2574e10ff410',3,1795802911777716);
INSERT INTO "projections" VALUES('router','45f2a480-b4a0-8c38-92fe-88fa1d3bfdd9',2,1795802911788572);
INSERT INTO "projections" VALUES('security_group','45f2a39f-954a-8589-9c9c-8a12910d6e77',1,1795802911735119);
INSERT INTO "projections" VALUES('security_group','45f2a3c8-cdc3-8566-9e95-23935bbda553',2,1795802911753990);
CREATE TABLE projects (
	id VARCHAR(36) NOT NULL, 
	domain_id VARCHAR(36) NOT NULL, 
	parent_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	enabled BOOLEAN DEFAULT '1' NOT NULL, 
	tags TEXT DEFAULT '[]' NOT NULL, 
	extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_projects PRIMARY KEY (id), 
	CONSTRAINT fk_projects_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id)
);
INSERT INTO "projects" VALUES('45f298f3892c8331a48135bf468dfac7','default','default','admin','',1,'[]','{}');
INSERT INTO "projects" VALUES('45f298fc82a1850789d1ca761e150873','default','default','demo','',1,'[]','{}');
INSERT INTO "projects" VALUES('45f2a056bda48611bd829a4bae0c1055','45f2a048b5468feaab43f03660914412','45f2a048b5468feaab43f03660914412','harbour','',1,'["quay"]','{}');
CREATE TABLE quota_limits (
	project_id VARCHAR(36) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	hard_limit BIGINT NOT NULL, 
	CONSTRAINT pk_quota_limits PRIMARY KEY (project_id, resource), 
	CONSTRAINT ck_quota_limits_hard_limit CHECK (hard_limit >= -1)
);
INSERT INTO "quota_limits" VALUES('45f2a056bda48611bd829a4bae0c1055','cores',7);
INSERT INTO "quota_limits" VALUES('45f2a056bda48611bd829a4bae0c1055','port',9);
CREATE TABLE quota_usage (
	project_id VARCHAR(36) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	used BIGINT NOT NULL, 
	CONSTRAINT pk_quota_usage PRIMARY KEY (project_id, resource), 
	CONSTRAINT ck_quota_usage_used CHECK (used >= 0)
);
INSERT INTO "quota_usage" VALUES('45f298fc82a1850789d1ca761e150873','image_count',2);
INSERT INTO "quota_usage" VALUES('45f298fc82a1850789d1ca761e150873','image_size_mib',1);
INSERT INTO "quota_usage" VALUES('45f298f3892c8331a48135bf468dfac7','network',1);
INSERT INTO "quota_usage" VALUES('45f298f3892c8331a48135bf468dfac7','subnet',1);
INSERT INTO "quota_usage" VALUES('45f298fc82a1850789d1ca761e150873','network',2);
INSERT INTO "quota_usage" VALUES('45f298fc82a1850789d1ca761e150873','subnet',3);
INSERT INTO "quota_usage" VALUES('45f298fc82a1850789d1ca761e150873','router',2);
INSERT INTO "quota_usage" VALUES('45f298fc82a1850789d1ca761e150873','port',5);
INSERT INTO "quota_usage" VALUES('45f298fc82a1850789d1ca761e150873','security_group',2);
INSERT INTO "quota_usage" VALUES('45f298fc82a1850789d1ca761e150873','security_group_rule',7);
INSERT INTO "quota_usage" VALUES('45f298fc82a1850789d1ca761e150873','floatingip',1);
INSERT INTO "quota_usage" VALUES('45f298fc82a1850789d1ca761e150873','cores',2);
INSERT INTO "quota_usage" VALUES('45f298fc82a1850789d1ca761e150873','instances',2);
INSERT INTO "quota_usage" VALUES('45f298fc82a1850789d1ca761e150873','ram',128);
CREATE TABLE remote_network_info (
	server_id VARCHAR(36) NOT NULL, 
	generation BIGINT NOT NULL, 
	info TEXT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_remote_network_info PRIMARY KEY (server_id), 
	CONSTRAINT fk_remote_network_info_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
);
INSERT INTO "remote_network_info" VALUES('45f2a51b-1331-8338-89f9-bd97107b2805',1,'[]',1);
CREATE TABLE remote_nics (
	server_id VARCHAR(36) NOT NULL, 
	position INTEGER NOT NULL, 
	network_id VARCHAR(36) NOT NULL, 
	port_id VARCHAR(36), 
	mac_address VARCHAR(17) NOT NULL, 
	fixed_ip VARCHAR(64), 
	tag VARCHAR(255), 
	preserve_on_delete BOOLEAN DEFAULT '0' NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	group_ids TEXT, 
	dhcp_options TEXT DEFAULT '[]' NOT NULL, 
	revision BIGINT, 
	label VARCHAR(255) DEFAULT '' NOT NULL, 
	network TEXT NOT NULL, 
	bound_host VARCHAR(255), 
	CONSTRAINT pk_remote_nics PRIMARY KEY (server_id, position), 
	CONSTRAINT fk_remote_nics_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE, 
	CONSTRAINT uq_remote_nics_mac_address UNIQUE (mac_address), 
	CONSTRAINT uq_remote_nics_port_id UNIQUE (port_id)
);
INSERT INTO "remote_nics" VALUES('45f2a51b-1331-8338-89f9-bd97107b2805',1,'01890000-0000-7000-8000-00000000000a',NULL,'fa:16:3e:00:00:01',NULL,NULL,0,'45f298fc82a1850789d1ca761e150873',NULL,'[]',NULL,'','{}',NULL);
CREATE TABLE remote_released (
	server_id VARCHAR(36) NOT NULL, 
	mac_address VARCHAR(17) NOT NULL, 
	released_at BIGINT NOT NULL, 
	nic TEXT NOT NULL, 
	CONSTRAINT pk_remote_released PRIMARY KEY (server_id, mac_address)
);
INSERT INTO "remote_released" VALUES('45f2a51b-1331-8338-89f9-bd97107b2805','fa:16:3e:00:00:02',1,'{}');
CREATE TABLE revoked_tokens (
	token_id VARCHAR(64) NOT NULL, 
	expires_at BIGINT NOT NULL, 
	CONSTRAINT pk_revoked_tokens PRIMARY KEY (token_id)
);
INSERT INTO "revoked_tokens" VALUES('64c8e48eeec7334fcbc3de1ba6591eff',1795806512013766);
CREATE TABLE role_assignments (
	user_id VARCHAR(36) NOT NULL, 
	role_id VARCHAR(36) NOT NULL, 
	scope VARCHAR(8) NOT NULL, 
	target_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_role_assignments PRIMARY KEY (user_id, role_id, scope, target_id), 
	CONSTRAINT ck_role_assignments_scope CHECK (scope IN ('project', 'domain', 'system')), 
	CONSTRAINT fk_role_assignments_role_id FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE, 
	CONSTRAINT fk_role_assignments_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
INSERT INTO "role_assignments" VALUES('45f298f38ec98c7b8c59c4ecef2db5d2','45f298f1d750869d853f03ed968bf418','project','45f298f3892c8331a48135bf468dfac7');
INSERT INTO "role_assignments" VALUES('45f298f38ec98c7b8c59c4ecef2db5d2','45f298f1d750869d853f03ed968bf418','system','all');
INSERT INTO "role_assignments" VALUES('45f298fc91988e3b96795a4d89675f6e','45f298f302338bedb68dbe6b0bae8d51','project','45f298fc82a1850789d1ca761e150873');
INSERT INTO "role_assignments" VALUES('45f2a0d897a28869baa616850a9ca1a1','45f298f302338bedb68dbe6b0bae8d51','project','45f2a056bda48611bd829a4bae0c1055');
INSERT INTO "role_assignments" VALUES('45f2a0d897a28869baa616850a9ca1a1','45f2a0e939fa8965965e1641c4193e49','project','45f2a056bda48611bd829a4bae0c1055');
CREATE TABLE roles (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	domain_id VARCHAR(36), 
	description TEXT, 
	CONSTRAINT pk_roles PRIMARY KEY (id), 
	CONSTRAINT fk_roles_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id)
);
INSERT INTO "roles" VALUES('45f298f1d750869d853f03ed968bf418','admin',NULL,NULL);
INSERT INTO "roles" VALUES('45f298f302338bedb68dbe6b0bae8d51','member',NULL,NULL);
INSERT INTO "roles" VALUES('45f298f351da8b8d8c9f317dd1eeb4bb','reader',NULL,NULL);
INSERT INTO "roles" VALUES('45f2a0e939fa8965965e1641c4193e49','mooring','45f2a048b5468feaab43f03660914412',NULL);
CREATE TABLE router_interfaces (
	port_id VARCHAR(36) NOT NULL, 
	router_id VARCHAR(36) NOT NULL, 
	subnet_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_router_interfaces PRIMARY KEY (port_id, subnet_id), 
	CONSTRAINT fk_router_interfaces_port_id FOREIGN KEY(port_id) REFERENCES ports (id), 
	CONSTRAINT fk_router_interfaces_router_id FOREIGN KEY(router_id) REFERENCES routers (id), 
	CONSTRAINT fk_router_interfaces_subnet_id FOREIGN KEY(subnet_id) REFERENCES subnets (id)
);
INSERT INTO "router_interfaces" VALUES('45f2a384-60be-80ef-a155-c3bea0ed5d55','45f2a351-c9b0-82fa-976c-2574e10ff410','45f2a31f-be0d-84e5-b586-e0f48b2ae34b');
INSERT INTO "router_interfaces" VALUES('45f2a48b-80a1-8a1d-b828-088dc1d342b5','45f2a480-b4a0-8c38-92fe-88fa1d3bfdd9','45f2a47b-9dbe-800b-90c0-8c01f66e40aa');
CREATE TABLE routers (
	id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) DEFAULT '' NOT NULL, 
	description VARCHAR(255) DEFAULT '' NOT NULL, 
	admin_state_up BOOLEAN DEFAULT '1' NOT NULL, 
	gateway_network_id VARCHAR(36), 
	gateway_port_id VARCHAR(36), 
	enable_snat BOOLEAN DEFAULT '1' NOT NULL, 
	routes TEXT DEFAULT '[]' NOT NULL, 
	tags TEXT DEFAULT '[]' NOT NULL, 
	revision BIGINT DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_routers PRIMARY KEY (id), 
	CONSTRAINT ck_routers_gateway CHECK ((gateway_network_id IS NULL) = (gateway_port_id IS NULL)), 
	CONSTRAINT fk_routers_gateway_network_id FOREIGN KEY(gateway_network_id) REFERENCES networks (id), 
	CONSTRAINT fk_routers_gateway_port_id FOREIGN KEY(gateway_port_id) REFERENCES ports (id), 
	CONSTRAINT uq_routers_gateway_port_id UNIQUE (gateway_port_id)
);
INSERT INTO "routers" VALUES('45f2a351-c9b0-82fa-976c-2574e10ff410','45f298fc82a1850789d1ca761e150873','way','',1,'45f2a2b7-84d0-8adc-8cdf-4da23f3c6801','45f2a358-f019-8600-a003-6a37b9df1909',1,'[]','[]',3,1795802911690938,1795802911743537);
INSERT INTO "routers" VALUES('45f2a480-b4a0-8c38-92fe-88fa1d3bfdd9','45f298fc82a1850789d1ca761e150873','auto_allocated_router','',1,'45f2a2b7-84d0-8adc-8cdf-4da23f3c6801','45f2a483-8df2-8fc9-86e5-e3be9a548c44',1,'[]','[]',2,1795802911764403,1795802911764403);
CREATE TABLE saga_steps (
	saga_id VARCHAR(36) NOT NULL, 
	sequence INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	started_at BIGINT NOT NULL, 
	finished_at BIGINT NOT NULL, 
	outcome VARCHAR(16) NOT NULL, 
	message TEXT, 
	CONSTRAINT pk_saga_steps PRIMARY KEY (saga_id, sequence), 
	CONSTRAINT fk_saga_steps_saga_id FOREIGN KEY(saga_id) REFERENCES sagas (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "saga_steps" VALUES('45f2a523-2b60-8f66-ba4a-5840e9112c99',1,'image','do',1795802911814413,1795802911820681,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a523-2b60-8f66-ba4a-5840e9112c99',2,'disks','do',1795802911820692,1795802911822872,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a523-2b60-8f66-ba4a-5840e9112c99',3,'guest','do',1795802911822883,1795802911824164,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a523-2b60-8f66-ba4a-5840e9112c99',4,'ports up','do',1795802911824172,1795802911824602,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a523-2b60-8f66-ba4a-5840e9112c99',5,'resume','do',1795802911824607,1795802911824672,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a523-2b60-8f66-ba4a-5840e9112c99',6,'running','do',1795802911824674,1795802911824680,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a523-2b60-8f66-ba4a-5840e9112c99',7,'active','do',1795802911824684,1795802911824684,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a540-29df-8909-8f10-7e461e1713e9',1,'image','do',1795802911822907,1795802911829978,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a540-29df-8909-8f10-7e461e1713e9',2,'disks','do',1795802911829980,1795802911830272,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a540-29df-8909-8f10-7e461e1713e9',3,'guest','do',1795802911830273,1795802911830383,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a540-29df-8909-8f10-7e461e1713e9',4,'ports up','do',1795802911830385,1795802911830432,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a540-29df-8909-8f10-7e461e1713e9',5,'resume','do',1795802911830434,1795802911830450,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a540-29df-8909-8f10-7e461e1713e9',6,'running','do',1795802911830451,1795802911830458,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a540-29df-8909-8f10-7e461e1713e9',7,'active','do',1795802911830460,1795802911830460,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a55e-c13a-8807-93a3-a154ca536475',1,'image','do',1795802911829469,1795802911829602,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a55e-c13a-8807-93a3-a154ca536475',2,'disks','do',1795802911829607,1795802911829921,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a55e-c13a-8807-93a3-a154ca536475',3,'guest','do',1795802911829924,1795802911830215,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a55e-c13a-8807-93a3-a154ca536475',4,'ports up','do',1795802911830218,1795802911835019,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a55e-c13a-8807-93a3-a154ca536475',5,'resume','do',1795802911835023,1795802911835081,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a55e-c13a-8807-93a3-a154ca536475',6,'running','do',1795802911835083,1795802911835089,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a55e-c13a-8807-93a3-a154ca536475',7,'active','do',1795802911835091,1795802911835091,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a590-f3f6-8a93-bfde-16345ffaea09',1,'stop','do',1795802911840018,1795802911840890,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a590-f3f6-8a93-bfde-16345ffaea09',2,'state','do',1795802911840895,1795802911840895,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a66a-bdb6-86de-88e7-46423d36e67f',1,'earlier work ended','do',1795802911896286,1795802911896467,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a66a-bdb6-86de-88e7-46423d36e67f',2,'guest','do',1795802911896471,1795802911900526,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a66a-bdb6-86de-88e7-46423d36e67f',3,'disks','do',1795802911900532,1795802911900581,'done',NULL);
INSERT INTO "saga_steps" VALUES('45f2a66a-bdb6-86de-88e7-46423d36e67f',4,'deleted','do',1795802911900585,1795802911900585,'done',NULL);
CREATE TABLE sagas (
	id VARCHAR(36) NOT NULL, 
	kind VARCHAR(64) NOT NULL, 
	subject_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	input TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	position INTEGER NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	wake_at BIGINT NOT NULL, 
	deadline_at BIGINT, 
	lease_owner VARCHAR(36), 
	lease_until BIGINT DEFAULT '0' NOT NULL, 
	cancel_requested BOOLEAN DEFAULT '0' NOT NULL, 
	error TEXT, 
	undo_error TEXT, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_sagas PRIMARY KEY (id), 
	CONSTRAINT ck_sagas_state CHECK (state IN ('forward', 'unwinding', 'done', 'undone'))
);
INSERT INTO "sagas" VALUES('45f2a523-2b60-8f66-ba4a-5840e9112c99','server_create','45f2a51b-1331-8338-89f9-bd97107b2805','45f298fc82a1850789d1ca761e150873','{"server_id":"45f2a51b-1331-8338-89f9-bd97107b2805","host":"simulated-1","tried":[],"movable":true}','done',7,0,1795802911824684,NULL,NULL,1795802941808102,0,NULL,NULL,1795802911808102,1795802911824684);
INSERT INTO "sagas" VALUES('45f2a540-29df-8909-8f10-7e461e1713e9','server_create','45f2a53c-2d41-8118-abcb-f76635961e7b','45f298fc82a1850789d1ca761e150873','{"server_id":"45f2a53c-2d41-8118-abcb-f76635961e7b","host":"simulated-2","tried":[],"movable":true}','done',7,0,1795802911830460,NULL,NULL,1795802941816603,0,NULL,NULL,1795802911816603,1795802911830460);
INSERT INTO "sagas" VALUES('45f2a55e-c13a-8807-93a3-a154ca536475','server_create','45f2a55b-db7b-80ec-b070-9e067e3272ef','45f298fc82a1850789d1ca761e150873','{"server_id":"45f2a55b-db7b-80ec-b070-9e067e3272ef","host":"simulated-1","tried":[],"movable":true}','done',7,0,1795802911835091,NULL,NULL,1795802941824729,0,NULL,NULL,1795802911824729,1795802911835091);
INSERT INTO "sagas" VALUES('45f2a590-f3f6-8a93-bfde-16345ffaea09','server_stop','45f2a53c-2d41-8118-abcb-f76635961e7b','45f298fc82a1850789d1ca761e150873','{"server_id":"45f2a53c-2d41-8118-abcb-f76635961e7b","host":"simulated-2","action":"stop","before":"active"}','done',2,0,1795802911840895,NULL,NULL,1795802941838205,0,NULL,NULL,1795802911838205,1795802911840895);
INSERT INTO "sagas" VALUES('45f2a66a-bdb6-86de-88e7-46423d36e67f','server_delete','45f2a55b-db7b-80ec-b070-9e067e3272ef','45f298fc82a1850789d1ca761e150873','{"server_id":"45f2a55b-db7b-80ec-b070-9e067e3272ef"}','done',4,0,1795802911900585,NULL,NULL,1795802941893833,0,NULL,NULL,1795802911893833,1795802911900585);
CREATE TABLE security_group_rules (
	id VARCHAR(36) NOT NULL, 
	security_group_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	description VARCHAR(255) DEFAULT '' NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	ethertype VARCHAR(8) NOT NULL, 
	protocol VARCHAR(40), 
	port_range_min INTEGER, 
	port_range_max INTEGER, 
	remote_ip_prefix VARCHAR(64), 
	remote_group_id VARCHAR(36), 
	revision BIGINT DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_security_group_rules PRIMARY KEY (id), 
	CONSTRAINT ck_security_group_rules_direction CHECK (direction IN ('ingress', 'egress')), 
	CONSTRAINT ck_security_group_rules_ethertype CHECK (ethertype IN ('IPv4', 'IPv6')), 
	CONSTRAINT ck_security_group_rules_one_remote CHECK (remote_ip_prefix IS NULL OR remote_group_id IS NULL), 
	CONSTRAINT fk_security_group_rules_remote_group_id FOREIGN KEY(remote_group_id) REFERENCES security_groups (id) ON DELETE CASCADE, 
	CONSTRAINT fk_security_group_rules_security_group_id FOREIGN KEY(security_group_id) REFERENCES security_groups (id) ON DELETE CASCADE
);
INSERT INTO "security_group_rules" VALUES('45f2a39f-aee0-8663-9187-c7065c2779de','45f2a39f-954a-8589-9c9c-8a12910d6e77','45f298fc82a1850789d1ca761e150873','','egress','IPv4',NULL,NULL,NULL,NULL,NULL,1,1795802911709673,1795802911709673);
INSERT INTO "security_group_rules" VALUES('45f2a39f-b6b6-8ede-adf7-13ad5b695493','45f2a39f-954a-8589-9c9c-8a12910d6e77','45f298fc82a1850789d1ca761e150873','','egress','IPv6',NULL,NULL,NULL,NULL,NULL,1,1795802911709673,1795802911709673);
INSERT INTO "security_group_rules" VALUES('45f2a39f-bacd-8277-a651-0866ec90db73','45f2a39f-954a-8589-9c9c-8a12910d6e77','45f298fc82a1850789d1ca761e150873','','ingress','IPv4',NULL,NULL,NULL,NULL,'45f2a39f-954a-8589-9c9c-8a12910d6e77',1,1795802911709673,1795802911709673);
INSERT INTO "security_group_rules" VALUES('45f2a39f-bf03-82f1-9dd1-8dfdcf1eb79b','45f2a39f-954a-8589-9c9c-8a12910d6e77','45f298fc82a1850789d1ca761e150873','','ingress','IPv6',NULL,NULL,NULL,NULL,'45f2a39f-954a-8589-9c9c-8a12910d6e77',1,1795802911709673,1795802911709673);
INSERT INTO "security_group_rules" VALUES('45f2a3c8-f141-8ee6-ae5b-f395bce0797a','45f2a3c8-cdc3-8566-9e95-23935bbda553','45f298fc82a1850789d1ca761e150873','','egress','IPv4',NULL,NULL,NULL,NULL,NULL,1,1795802911709673,1795802911709673);
INSERT INTO "security_group_rules" VALUES('45f2a3c8-f9a3-87fd-b4d1-4f5594fd8e0d','45f2a3c8-cdc3-8566-9e95-23935bbda553','45f298fc82a1850789d1ca761e150873','','egress','IPv6',NULL,NULL,NULL,NULL,NULL,1,1795802911709673,1795802911709673);
INSERT INTO "security_group_rules" VALUES('45f2a3ef-e665-8cb0-938b-8e2fa77bafc0','45f2a3c8-cdc3-8566-9e95-23935bbda553','45f298fc82a1850789d1ca761e150873','','ingress','IPv4','tcp',80,80,NULL,NULL,1,1795802911727501,1795802911727501);
CREATE TABLE security_groups (
	id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description VARCHAR(255) DEFAULT '' NOT NULL, 
	stateful BOOLEAN DEFAULT '1' NOT NULL, 
	is_default BOOLEAN DEFAULT '0' NOT NULL, 
	tags TEXT DEFAULT '[]' NOT NULL, 
	revision BIGINT DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_security_groups PRIMARY KEY (id)
);
INSERT INTO "security_groups" VALUES('45f2a39f-954a-8589-9c9c-8a12910d6e77','45f298fc82a1850789d1ca761e150873','default','Default security group',1,1,'[]',1,1795802911709673,1795802911709673);
INSERT INTO "security_groups" VALUES('45f2a3c8-cdc3-8566-9e95-23935bbda553','45f298fc82a1850789d1ca761e150873','web','',1,0,'[]',2,1795802911709673,1795802911727501);
CREATE TABLE server_actions (
	server_id VARCHAR(36) NOT NULL, 
	request_id VARCHAR(64) NOT NULL, 
	action VARCHAR(32) NOT NULL, 
	user_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	saga_id VARCHAR(36), 
	message TEXT, 
	started_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_server_actions PRIMARY KEY (server_id, request_id), 
	CONSTRAINT fk_server_actions_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
);
INSERT INTO "server_actions" VALUES('45f2a51b-1331-8338-89f9-bd97107b2805','req-45f2a50f-11ae-89ea-a4aa-26fe2e6fa184','create','45f298fc91988e3b96795a4d89675f6e','45f298fc82a1850789d1ca761e150873','45f2a523-2b60-8f66-ba4a-5840e9112c99',NULL,1795802911808102,1795802911808102);
INSERT INTO "server_actions" VALUES('45f2a53c-2d41-8118-abcb-f76635961e7b','req-45f2a534-2284-8faf-81f6-6d9a2312423e','create','45f298fc91988e3b96795a4d89675f6e','45f298fc82a1850789d1ca761e150873','45f2a540-29df-8909-8f10-7e461e1713e9',NULL,1795802911816603,1795802911816603);
INSERT INTO "server_actions" VALUES('45f2a55b-db7b-80ec-b070-9e067e3272ef','req-45f2a554-962d-8e70-a39d-78856c759162','create','45f298fc91988e3b96795a4d89675f6e','45f298fc82a1850789d1ca761e150873','45f2a55e-c13a-8807-93a3-a154ca536475',NULL,1795802911824729,1795802911824729);
INSERT INTO "server_actions" VALUES('45f2a53c-2d41-8118-abcb-f76635961e7b','req-45f2a58e-6fee-8073-97b9-43f2bae38ac2','stop','45f298fc91988e3b96795a4d89675f6e','45f298fc82a1850789d1ca761e150873','45f2a590-f3f6-8a93-bfde-16345ffaea09',NULL,1795802911838205,1795802911838205);
INSERT INTO "server_actions" VALUES('45f2a55b-db7b-80ec-b070-9e067e3272ef','req-45f2a668-49aa-82e4-9e34-8072e40ec054','delete','45f298fc91988e3b96795a4d89675f6e','45f298fc82a1850789d1ca761e150873','45f2a66a-bdb6-86de-88e7-46423d36e67f',NULL,1795802911893833,1795802911893833);
CREATE TABLE server_nics (
	server_id VARCHAR(36) NOT NULL, 
	position INTEGER NOT NULL, 
	port_id VARCHAR(36) NOT NULL, 
	tag VARCHAR(255), 
	preserve_on_delete BOOLEAN DEFAULT '0' NOT NULL, 
	dhcp_options_before TEXT, 
	CONSTRAINT pk_server_nics PRIMARY KEY (server_id, position), 
	CONSTRAINT fk_server_nics_port_id FOREIGN KEY(port_id) REFERENCES ports (id), 
	CONSTRAINT fk_server_nics_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE, 
	CONSTRAINT uq_server_nics_port_id UNIQUE (port_id)
);
INSERT INTO "server_nics" VALUES('45f2a51b-1331-8338-89f9-bd97107b2805',0,'45f2a51e-b7ca-8135-a559-5b6213a96978',NULL,0,NULL);
INSERT INTO "server_nics" VALUES('45f2a53c-2d41-8118-abcb-f76635961e7b',0,'45f2a53d-ba4a-8a7f-93b8-df10a13c5086',NULL,0,NULL);
CREATE TABLE servers (
	id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	user_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	hostname VARCHAR(255) NOT NULL, 
	description TEXT, 
	vm_state VARCHAR(16) NOT NULL, 
	task_state VARCHAR(32), 
	power_state INTEGER DEFAULT '0' NOT NULL, 
	host VARCHAR(255), 
	availability_zone VARCHAR(255) NOT NULL, 
	pinned_availability_zone VARCHAR(255), 
	disk_config VARCHAR(8) DEFAULT 'MANUAL' NOT NULL, 
	image_id VARCHAR(36), 
	flavor TEXT NOT NULL, 
	key_name VARCHAR(255), 
	key_data TEXT, 
	user_data TEXT, 
	config_drive BOOLEAN DEFAULT '0' NOT NULL, 
	metadata TEXT DEFAULT '{}' NOT NULL, 
	security_groups TEXT DEFAULT '[]' NOT NULL, 
	tags TEXT DEFAULT '[]' NOT NULL, 
	locked BOOLEAN DEFAULT '0' NOT NULL, 
	locked_by VARCHAR(8), 
	locked_reason TEXT, 
	scheduler_hints TEXT DEFAULT '{}' NOT NULL, 
	reservation_id VARCHAR(36) NOT NULL, 
	launch_index INTEGER DEFAULT '0' NOT NULL, 
	fault TEXT, 
	access_ip_v4 VARCHAR(64) DEFAULT '' NOT NULL, 
	access_ip_v6 VARCHAR(64) DEFAULT '' NOT NULL, 
	launched_at BIGINT, 
	deleted_at BIGINT, 
	revision BIGINT DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_servers PRIMARY KEY (id), 
	CONSTRAINT ck_servers_locked_by CHECK (locked_by IS NULL OR locked_by IN ('owner', 'admin')), 
	CONSTRAINT ck_servers_vm_state CHECK (vm_state IN ('building', 'active', 'stopped', 'error', 'deleted')), 
	CONSTRAINT fk_servers_host FOREIGN KEY(host) REFERENCES hosts (name)
);
INSERT INTO "servers" VALUES('45f2a51b-1331-8338-89f9-bd97107b2805','45f298fc82a1850789d1ca761e150873','45f298fc91988e3b96795a4d89675f6e','running','running',NULL,'active',NULL,1,'simulated-1','nova',NULL,'MANUAL','45f2a144-5b39-8261-badd-f768c6239708','{"id":"45f2a4ac-8f92-8aa4-b465-21fc6758006c","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"}}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{}','r-b218bacb',0,NULL,'','',1795802911826290,NULL,2,1795802911808102,1795802911826290);
INSERT INTO "servers" VALUES('45f2a53c-2d41-8118-abcb-f76635961e7b','45f298fc82a1850789d1ca761e150873','45f298fc91988e3b96795a4d89675f6e','stopped','stopped',NULL,'stopped',NULL,4,'simulated-2','nova',NULL,'MANUAL','45f2a144-5b39-8261-badd-f768c6239708','{"id":"45f2a4ac-8f92-8aa4-b465-21fc6758006c","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"}}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{}','r-a0e84eda',0,NULL,'','',1795802911830588,NULL,4,1795802911816603,1795802911840982);
INSERT INTO "servers" VALUES('45f2a55b-db7b-80ec-b070-9e067e3272ef','45f298fc82a1850789d1ca761e150873','45f298fc91988e3b96795a4d89675f6e','deleted','deleted',NULL,'deleted',NULL,0,NULL,'nova',NULL,'MANUAL','45f2a144-5b39-8261-badd-f768c6239708','{"id":"45f2a4ac-8f92-8aa4-b465-21fc6758006c","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"}}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{}','r-889142b8',0,NULL,'','',1795802911835210,1795802911900785,4,1795802911824729,1795802911900785);
CREATE TABLE signing_keys (
	id VARCHAR(36) NOT NULL, 
	secret TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_signing_keys PRIMARY KEY (id)
);
INSERT INTO "signing_keys" VALUES('45f298f079c08cf8a5f10ba267ba56b8','4988471b7f3b390fcad349d311f56d0a390cb64526549e794aa4558e9093971c',1795802911010014);
CREATE TABLE subnets (
	id VARCHAR(36) NOT NULL, 
	network_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) DEFAULT '' NOT NULL, 
	description VARCHAR(255) DEFAULT '' NOT NULL, 
	ip_version INTEGER NOT NULL, 
	cidr VARCHAR(64) NOT NULL, 
	gateway_ip BLOB, 
	enable_dhcp BOOLEAN DEFAULT '1' NOT NULL, 
	ipv6_ra_mode VARCHAR(16), 
	ipv6_address_mode VARCHAR(16), 
	pools TEXT NOT NULL, 
	dns_nameservers TEXT DEFAULT '[]' NOT NULL, 
	host_routes TEXT DEFAULT '[]' NOT NULL, 
	tags TEXT DEFAULT '[]' NOT NULL, 
	revision BIGINT DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_subnets PRIMARY KEY (id), 
	CONSTRAINT ck_subnets_ip_version CHECK (ip_version IN (4, 6)), 
	CONSTRAINT fk_subnets_network_id FOREIGN KEY(network_id) REFERENCES networks (id)
);
INSERT INTO "subnets" VALUES('45f2a2d2-c2fc-833a-8167-db65e5168ff5','45f2a2b7-84d0-8adc-8cdf-4da23f3c6801','45f298f3892c8331a48135bf468dfac7','','',4,'203.0.113.0/24',X'CB007101',1,NULL,NULL,'[{"start":"203.0.113.2","end":"203.0.113.254"}]','[]','[]','[]',1,1795802911655729,1795802911655729);
INSERT INTO "subnets" VALUES('45f2a31f-be0d-84e5-b586-e0f48b2ae34b','45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6','45f298fc82a1850789d1ca761e150873','','',4,'10.1.0.0/24',X'0A010001',1,NULL,NULL,'[{"start":"10.1.0.2","end":"10.1.0.254"}]','["9.9.9.9"]','[]','[]',1,1795802911669506,1795802911669506);
INSERT INTO "subnets" VALUES('45f2a336-7db1-8287-aa11-a81db3dd58e4','45f2a2f3-66e4-8ea4-ae75-9e7a7afab2f6','45f298fc82a1850789d1ca761e150873','','',6,'2001:db8:1::/64',X'20010DB8000100000000000000000001',1,'slaac','slaac','[{"start":"2001:db8:1::2","end":"2001:db8:1:0:ffff:ffff:ffff:ffff"}]','[]','[]','[]',1,1795802911682623,1795802911682623);
INSERT INTO "subnets" VALUES('45f2a47b-9dbe-800b-90c0-8c01f66e40aa','45f2a477-b184-8c18-9a2b-063bced383b5','45f298fc82a1850789d1ca761e150873','auto_allocated_subnet_v4','',4,'10.128.0.0/26',X'0A800001',1,NULL,NULL,'[{"start":"10.128.0.2","end":"10.128.0.62"}]','[]','[]','[]',1,1795802911764403,1795802911764403);
CREATE TABLE users (
	id VARCHAR(36) NOT NULL, 
	domain_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	password_hash TEXT, 
	default_project_id VARCHAR(36), 
	description TEXT DEFAULT '' NOT NULL, 
	email VARCHAR(255), 
	extra TEXT DEFAULT '{}' NOT NULL, 
	enabled BOOLEAN DEFAULT '1' NOT NULL, 
	tokens_valid_after BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT fk_users_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id)
);
INSERT INTO "users" VALUES('45f298f38ec98c7b8c59c4ecef2db5d2','default','admin','$argon2id$v=19$m=19456,t=2,p=1$92HaNpcTNwHLAihmf4m6eA$r8yEoX9vSzM5x1nNtejsDloFFmkQp6TgwkVqQcgVaXw',NULL,'',NULL,'{}',1,0);
INSERT INTO "users" VALUES('45f298fc91988e3b96795a4d89675f6e','default','demo','$argon2id$v=19$m=19456,t=2,p=1$RMZbhAj+8MDyini0oSKwuw$3xiMLZfhbsar/WNClTbXASSM9ewxH21XKe3AYESADvc',NULL,'',NULL,'{}',1,0);
INSERT INTO "users" VALUES('45f2a0d897a28869baa616850a9ca1a1','45f2a048b5468feaab43f03660914412','pilot','$argon2id$v=19$m=19456,t=2,p=1$nLiuM16db7caPlXhf4n7Sg$08+qiz8tCQKMqY2MXx3mhJ4PC/2CXEVXyiq9fx/GXDk',NULL,'',NULL,'{}',1,0);
CREATE TABLE worker_leases (
	name VARCHAR(255) NOT NULL, 
	owner VARCHAR(36) NOT NULL, 
	until BIGINT NOT NULL, 
	CONSTRAINT pk_worker_leases PRIMARY KEY (name)
);
INSERT INTO "worker_leases" VALUES('projector','01890000-0000-7000-8000-00000000000a',1);
CREATE INDEX ix_addresses_ip ON addresses (ip);
CREATE INDEX ix_addresses_port ON addresses (port_id);
CREATE INDEX ix_events_object ON events (object_id, sequence);
CREATE INDEX ix_floating_ips_project ON floating_ips (project_id, id);
CREATE INDEX ix_floating_ips_router ON floating_ips (router_id);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
CREATE INDEX ix_images_created ON images (created_at, id);
CREATE INDEX ix_images_project ON images (project_id, created_at, id);
CREATE INDEX ix_networks_name ON networks (name);
CREATE INDEX ix_networks_project ON networks (project_id, id);
CREATE INDEX ix_networks_shared ON networks (shared) WHERE shared OR external;
CREATE INDEX ix_port_security_groups_group ON port_security_groups (security_group_id);
CREATE INDEX ix_ports_device ON ports (device_id) WHERE device_id <> '';
CREATE INDEX ix_ports_dhcp_options ON ports (network_id) WHERE extra_dhcp_opts <> '[]';
CREATE INDEX ix_ports_host ON ports (binding_host) WHERE binding_host <> '';
CREATE INDEX ix_ports_metadata ON ports (network_id) WHERE device_owner = 'network:distributed';
CREATE INDEX ix_ports_name ON ports (name) WHERE name <> '';
CREATE INDEX ix_ports_network_project ON ports (network_id, project_id);
CREATE INDEX ix_ports_project ON ports (project_id, id);
CREATE INDEX ix_remote_released_released_at ON remote_released (released_at);
CREATE INDEX ix_revoked_tokens_expires_at ON revoked_tokens (expires_at);
CREATE INDEX ix_role_assignments_target ON role_assignments (scope, target_id);
CREATE INDEX ix_router_interfaces_subnet ON router_interfaces (subnet_id);
CREATE INDEX ix_routers_gateway_network ON routers (gateway_network_id);
CREATE INDEX ix_routers_project ON routers (project_id, id);
CREATE INDEX ix_sagas_runnable ON sagas (wake_at) WHERE state IN ('forward', 'unwinding');
CREATE INDEX ix_sagas_subject ON sagas (subject_id, created_at);
CREATE INDEX ix_security_group_rules_group ON security_group_rules (security_group_id);
CREATE INDEX ix_security_group_rules_project ON security_group_rules (project_id, id);
CREATE INDEX ix_security_group_rules_remote ON security_group_rules (remote_group_id);
CREATE INDEX ix_security_groups_project ON security_groups (project_id, id);
CREATE INDEX ix_server_actions_newest ON server_actions (server_id, started_at);
CREATE INDEX ix_servers_changed ON servers (updated_at, id);
CREATE INDEX ix_servers_created ON servers (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_host ON servers (host) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_project ON servers (project_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX ix_subnets_network ON subnets (network_id);
CREATE INDEX ix_subnets_project ON subnets (project_id, id);
CREATE UNIQUE INDEX uq_floating_ips_address ON floating_ips (floating_network_id, floating_ip);
CREATE UNIQUE INDEX uq_floating_ips_fixed ON floating_ips (fixed_port_id, fixed_ip, floating_network_id) WHERE fixed_port_id IS NOT NULL;
CREATE UNIQUE INDEX uq_networks_default ON networks (is_default) WHERE is_default AND external;
CREATE UNIQUE INDEX uq_networks_flat ON networks (physical_network) WHERE network_type = 'flat';
CREATE UNIQUE INDEX uq_networks_geneve ON networks (segmentation_id) WHERE network_type = 'geneve';
CREATE UNIQUE INDEX uq_networks_segment ON networks (network_type, physical_network, segmentation_id) WHERE segmentation_id IS NOT NULL;
CREATE UNIQUE INDEX uq_ports_network_mac ON ports (network_id, mac_address);
CREATE UNIQUE INDEX uq_projects_domain_name ON projects (domain_id, name);
CREATE UNIQUE INDEX uq_roles_name_domain ON roles (domain_id, name);
CREATE UNIQUE INDEX uq_roles_name_global ON roles (name) WHERE domain_id IS NULL;
CREATE UNIQUE INDEX uq_router_interfaces_router_subnet ON router_interfaces (router_id, subnet_id);
CREATE UNIQUE INDEX uq_security_groups_default ON security_groups (project_id) WHERE is_default;
CREATE UNIQUE INDEX uq_subnets_network_cidr ON subnets (network_id, cidr);
CREATE UNIQUE INDEX uq_users_domain_name ON users (domain_id, name);
CREATE TRIGGER events_to_outbox AFTER INSERT ON events WHEN NEW.unit IS NOT NULL
BEGIN
    INSERT INTO outbox (kind, object_id, revision, at) VALUES (NEW.unit, NEW.object_id, NEW.revision, NEW.at);
END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('outbox',30);
INSERT INTO "sqlite_sequence" VALUES('events',68);
COMMIT;
