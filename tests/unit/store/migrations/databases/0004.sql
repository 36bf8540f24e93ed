BEGIN TRANSACTION;
CREATE TABLE access_rules (
	id VARCHAR(36) NOT NULL, 
	user_id VARCHAR(36) NOT NULL, 
	service VARCHAR(64) NOT NULL, 
	path VARCHAR(255) NOT NULL, 
	method VARCHAR(8) NOT NULL, 
	CONSTRAINT pk_access_rules PRIMARY KEY (id), 
	CONSTRAINT fk_access_rules_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
INSERT INTO "access_rules" VALUES('56c16a1476e184a79e316276a9067f31','56c15dc11563841aaf7a50a5722c226d','compute','/v2.1/servers','GET');
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
INSERT INTO "addresses" VALUES('56c16c8f-f844-8e28-baf8-5f018adce948',X'CB007102','56c16ca0-2264-8f48-8186-82c8c305d2b8',0);
INSERT INTO "addresses" VALUES('56c16c8f-f844-8e28-baf8-5f018adce948',X'CB00716E','56c16d0c-ab3a-85a2-91a6-4b77b3070c74',0);
INSERT INTO "addresses" VALUES('56c16c8f-f844-8e28-baf8-5f018adce948',X'CB0071A9','56c16d9d-136f-81d1-a4d6-5f1ebbfffdc9',0);
INSERT INTO "addresses" VALUES('56c16c8f-f844-8e28-baf8-5f018adce948',X'CB0071AE','56c16ddf-432e-8c54-8039-e9461fc74459',0);
INSERT INTO "addresses" VALUES('56c16cd2-5db7-8e78-991b-a0345b7c8783',X'0A010001','56c16d2e-feb3-8d24-9352-5e30c2612990',0);
INSERT INTO "addresses" VALUES('56c16cd2-5db7-8e78-991b-a0345b7c8783',X'0A010002','56c16cd5-b985-8569-a22c-1cef9f193d5b',0);
INSERT INTO "addresses" VALUES('56c16cd2-5db7-8e78-991b-a0345b7c8783',X'0A010026','56c16d89-9714-8fd3-96c2-6b5b658815b0',0);
INSERT INTO "addresses" VALUES('56c16cd2-5db7-8e78-991b-a0345b7c8783',X'0A010029','56c16fcf-cf8a-8bfa-b223-1e0ce2c160bc',0);
INSERT INTO "addresses" VALUES('56c16cd2-5db7-8e78-991b-a0345b7c8783',X'0A01004F','56c16f53-6657-841f-a436-abf4f76b5d8a',0);
INSERT INTO "addresses" VALUES('56c16cd2-5db7-8e78-991b-a0345b7c8783',X'0A010084','56c170b5-ee35-8510-8ca4-b7a49739f046',0);
INSERT INTO "addresses" VALUES('56c16cd2-5db7-8e78-991b-a0345b7c8783',X'0A01008A','56c16fa1-8e97-8653-bf1c-61c61f25cf9c',0);
INSERT INTO "addresses" VALUES('56c16cd2-5db7-8e78-991b-a0345b7c8783',X'0A0100A7','56c17000-3381-8b60-9ba4-f960d2f87c49',0);
INSERT INTO "addresses" VALUES('56c16cd2-5db7-8e78-991b-a0345b7c8783',X'0A0100BF','56c17068-33b2-8120-8325-84216e84b7da',0);
INSERT INTO "addresses" VALUES('56c16cd2-5db7-8e78-991b-a0345b7c8783',X'0A0100CB','56c17034-e730-8f7b-8f9e-c8f3a7a3a71f',0);
INSERT INTO "addresses" VALUES('56c16cd2-5db7-8e78-991b-a0345b7c8783',X'0A0100F6','56c16ee1-f78e-875f-99df-f52d08f7dfca',0);
INSERT INTO "addresses" VALUES('56c16ce6-210e-8602-bc1d-e35f609cb415',X'20010DB800010000F8163EFFFE0AE244','56c17068-33b2-8120-8325-84216e84b7da',1);
INSERT INTO "addresses" VALUES('56c16ce6-210e-8602-bc1d-e35f609cb415',X'20010DB800010000F8163EFFFE3DFB39','56c170b5-ee35-8510-8ca4-b7a49739f046',1);
INSERT INTO "addresses" VALUES('56c16ce6-210e-8602-bc1d-e35f609cb415',X'20010DB800010000F8163EFFFE4888AD','56c16ee1-f78e-875f-99df-f52d08f7dfca',1);
INSERT INTO "addresses" VALUES('56c16ce6-210e-8602-bc1d-e35f609cb415',X'20010DB800010000F8163EFFFE5AB95B','56c16f53-6657-841f-a436-abf4f76b5d8a',1);
INSERT INTO "addresses" VALUES('56c16ce6-210e-8602-bc1d-e35f609cb415',X'20010DB800010000F8163EFFFE71EE1B','56c17000-3381-8b60-9ba4-f960d2f87c49',1);
INSERT INTO "addresses" VALUES('56c16ce6-210e-8602-bc1d-e35f609cb415',X'20010DB800010000F8163EFFFE94B4D1','56c17034-e730-8f7b-8f9e-c8f3a7a3a71f',1);
INSERT INTO "addresses" VALUES('56c16ce6-210e-8602-bc1d-e35f609cb415',X'20010DB800010000F8163EFFFEE360CC','56c16fcf-cf8a-8bfa-b223-1e0ce2c160bc',1);
INSERT INTO "addresses" VALUES('56c16ce6-210e-8602-bc1d-e35f609cb415',X'20010DB800010000F8163EFFFEED0871','56c16d89-9714-8fd3-96c2-6b5b658815b0',1);
INSERT INTO "addresses" VALUES('56c16ce6-210e-8602-bc1d-e35f609cb415',X'20010DB800010000F8163EFFFEFEFF78','56c16fa1-8e97-8653-bf1c-61c61f25cf9c',1);
INSERT INTO "addresses" VALUES('56c16dd6-caeb-8519-b017-2a6d6bf1a3ee',X'0A800001','56c16de6-71e2-84ab-9df4-fd0ac46f920f',0);
INSERT INTO "addresses" VALUES('56c16dd6-caeb-8519-b017-2a6d6bf1a3ee',X'0A800002','56c16dda-1031-881a-8a17-ea311fe8fcba',0);
CREATE TABLE admin_passwords (
	server_id VARCHAR(36) NOT NULL, 
	password TEXT NOT NULL, 
	CONSTRAINT pk_admin_passwords PRIMARY KEY (server_id), 
	CONSTRAINT fk_admin_passwords_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
);
INSERT INTO "admin_passwords" VALUES('56c16ede-3b6e-86a1-b129-7dca0a1d82ce','of a server that is being built');
CREATE TABLE aggregate_hosts (
	aggregate_id INTEGER NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_aggregate_hosts PRIMARY KEY (aggregate_id, host), 
	CONSTRAINT fk_aggregate_hosts_aggregate_id FOREIGN KEY(aggregate_id) REFERENCES aggregates (id), 
	CONSTRAINT fk_aggregate_hosts_host FOREIGN KEY(host) REFERENCES hosts (name)
);
INSERT INTO "aggregate_hosts" VALUES(1,'simulated-1');
CREATE TABLE aggregates (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	availability_zone VARCHAR(255), 
	metadata TEXT DEFAULT '{}' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT, 
	CONSTRAINT uq_aggregates_uuid UNIQUE (uuid), 
	CONSTRAINT uq_aggregates_name UNIQUE (name)
);
INSERT INTO "aggregates" VALUES(1,'56c16ac5-32ca-8c17-953f-cfaef3cbeb95','pier','east','{"berths":"deep"}',1795875100345482,1795875100349284);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0004');
CREATE TABLE application_credential_access_rules (
	application_credential_id VARCHAR(36) NOT NULL, 
	access_rule_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_application_credential_access_rules PRIMARY KEY (application_credential_id, access_rule_id), 
	CONSTRAINT fk_application_credential_access_rules_application_credential_id FOREIGN KEY(application_credential_id) REFERENCES application_credentials (id) ON DELETE CASCADE, 
	CONSTRAINT fk_application_credential_access_rules_access_rule_id FOREIGN KEY(access_rule_id) REFERENCES access_rules (id)
);
INSERT INTO "application_credential_access_rules" VALUES('56c16a1491ea804fb3934973577c875d','56c16a1476e184a79e316276a9067f31');
CREATE TABLE application_credential_roles (
	application_credential_id VARCHAR(36) NOT NULL, 
	role_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_application_credential_roles PRIMARY KEY (application_credential_id, role_id), 
	CONSTRAINT fk_application_credential_roles_application_credential_id FOREIGN KEY(application_credential_id) REFERENCES application_credentials (id) ON DELETE CASCADE, 
	CONSTRAINT fk_application_credential_roles_role_id FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE
);
INSERT INTO "application_credential_roles" VALUES('56c16a1491ea804fb3934973577c875d','56c15db5c4bb8d4ba2591a1aa51ca36c');
INSERT INTO "application_credential_roles" VALUES('56c16ab06cd98a0c912e0089e87c1e38','56c15db585cf84a6a829524a54e1ee18');
INSERT INTO "application_credential_roles" VALUES('56c16ab06cd98a0c912e0089e87c1e38','56c15db5c4bb8d4ba2591a1aa51ca36c');
CREATE TABLE application_credentials (
	id VARCHAR(36) NOT NULL, 
	user_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT, 
	secret_hash TEXT NOT NULL, 
	unrestricted BOOLEAN DEFAULT '0' NOT NULL, 
	expires_at BIGINT, 
	CONSTRAINT pk_application_credentials PRIMARY KEY (id), 
	CONSTRAINT fk_application_credentials_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT fk_application_credentials_project_id FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);
INSERT INTO "application_credentials" VALUES('56c16a1491ea804fb3934973577c875d','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','watch',NULL,'$argon2id$v=19$m=19456,t=2,p=1$a3g/3xGD934GSPCM3bhNeA$KMSBeUF33ouHGfYAxOPTLOd3D2xmESPrMbtgzzMDr2A',0,4133980800000000);
INSERT INTO "application_credentials" VALUES('56c16ab06cd98a0c912e0089e87c1e38','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','helm',NULL,'$argon2id$v=19$m=19456,t=2,p=1$ab8hlCJBRUKIKvkiVhb7dQ$xjZjTuP0xvH6IeW9xbeQSX57Q3GIBgNwfsCyoyAt/3c',1,NULL);
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
INSERT INTO "auto_allocated_topologies" VALUES('56c15dc10beb82d694c08f9cb8d95c83','56c16dd2-cc97-8a7a-b84f-4d518602aa0f','56c16ddc-38d6-8f2b-982c-1312709d0af6');
CREATE TABLE catalog_endpoints (
	id VARCHAR(36) NOT NULL, 
	service_id VARCHAR(36) NOT NULL, 
	interface VARCHAR(8) NOT NULL, 
	region_id VARCHAR(255), 
	url TEXT NOT NULL, 
	enabled BOOLEAN DEFAULT '1' NOT NULL, 
	extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_catalog_endpoints PRIMARY KEY (id), 
	CONSTRAINT ck_catalog_endpoints_interface CHECK (interface IN ('public', 'internal', 'admin')), 
	CONSTRAINT fk_catalog_endpoints_service_id FOREIGN KEY(service_id) REFERENCES catalog_services (id) ON DELETE CASCADE
);
INSERT INTO "catalog_endpoints" VALUES('56c1696621038b28ba5e9ef6a86c98ab','56c16952a2278f9188c09637eb738409','public','north','https://signals.example/',1,'{}');
CREATE TABLE catalog_regions (
	id VARCHAR(255) NOT NULL, 
	parent_region_id VARCHAR(255), 
	description TEXT DEFAULT '' NOT NULL, 
	extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_catalog_regions PRIMARY KEY (id)
);
INSERT INTO "catalog_regions" VALUES('north',NULL,'beyond the sound','{}');
CREATE TABLE catalog_services (
	id VARCHAR(36) NOT NULL, 
	type VARCHAR(255) NOT NULL, 
	name VARCHAR(255) DEFAULT '' NOT NULL, 
	description TEXT, 
	enabled BOOLEAN DEFAULT '1' NOT NULL, 
	extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_catalog_services PRIMARY KEY (id)
);
INSERT INTO "catalog_services" VALUES('56c16952a2278f9188c09637eb738409','dns','signals',NULL,1,'{}');
CREATE TABLE cloud (
	id INTEGER NOT NULL, 
	cloud_id VARCHAR(36) NOT NULL, 
	created_at BIGINT NOT NULL, image_place_id VARCHAR(36), 
	CONSTRAINT pk_cloud PRIMARY KEY (id), 
	CONSTRAINT ck_cloud_one_row CHECK (id = 1)
);
INSERT INTO "cloud" VALUES(1,'56c15c79-b5ad-80fe-8d81-58966eb774e0',1795875099408812,'56c15e15-6644-88fb-9f7a-ee4de87bd73d');
CREATE TABLE console_tokens (
	token_hash VARCHAR(64) NOT NULL, 
	server_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	user_id VARCHAR(36) NOT NULL, 
	expires_at BIGINT NOT NULL, 
	CONSTRAINT pk_console_tokens PRIMARY KEY (token_hash), 
	CONSTRAINT ck_console_tokens_kind CHECK (kind IN ('vnc', 'serial')), 
	CONSTRAINT fk_console_tokens_server_id_servers FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "console_tokens" VALUES('f84df0f3721625d37e1a326270a9065db29b8fd5fbf05370680a82f27a8b9213','56c16ede-3b6e-86a1-b129-7dca0a1d82ce','56c15dc10beb82d694c08f9cb8d95c83','vnc','56c15dc11563841aaf7a50a5722c226d',1795875700900010);
CREATE TABLE domains (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	enabled BOOLEAN DEFAULT '1' NOT NULL, tags TEXT DEFAULT '[]' NOT NULL, extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_domains PRIMARY KEY (id), 
	CONSTRAINT uq_domains_name UNIQUE (name)
);
INSERT INTO "domains" VALUES('default','Default','The default domain',1,'[]','{}');
INSERT INTO "domains" VALUES('56c167b0c7fb8f00b922c10d61100b5b','south','',1,'[]','{}');
CREATE TABLE enrolled_hosts (
	name VARCHAR(255) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	options TEXT NOT NULL, 
	revision INTEGER DEFAULT '1' NOT NULL, 
	enrolled_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	fate VARCHAR(8), 
	removed_at BIGINT, 
	CONSTRAINT pk_enrolled_hosts PRIMARY KEY (name), 
	CONSTRAINT ck_enrolled_hosts_kind CHECK (kind IN ('libvirt', 'simulated')), 
	CONSTRAINT ck_enrolled_hosts_fate CHECK (fate IS NULL OR fate IN ('error', 'delete'))
);
INSERT INTO "enrolled_hosts" VALUES('simulated-1','simulated','{"uri":"","chassis":"","virt_type":"auto","userspace_datapath":false,"cpu_mode":"","cpu_model":"","traits":[],"folder":"","migration_uri":"","migration_address":"","gateway":true,"reserved_vcpus":0,"reserved_memory_mb":0,"reserved_disk_gb":0,"vcpus_ratio":null,"memory_ratio":null,"disk_ratio":null,"vcpus":null,"memory_mb":null,"disk_gb":null}',1,1795875099500657,1795875099500657,NULL,NULL);
INSERT INTO "enrolled_hosts" VALUES('simulated-2','simulated','{"uri":"","chassis":"","virt_type":"auto","userspace_datapath":false,"cpu_mode":"","cpu_model":"","traits":[],"folder":"","migration_uri":"","migration_address":"","gateway":true,"reserved_vcpus":0,"reserved_memory_mb":0,"reserved_disk_gb":0,"vcpus_ratio":null,"memory_ratio":null,"disk_ratio":null,"vcpus":null,"memory_mb":null,"disk_gb":null}',1,1795875099500657,1795875099500657,NULL,NULL);
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
INSERT INTO "events" VALUES(1,1795875099486432,'domain','default','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(2,1795875099486432,'role','56c15db34ba4841ba3661e609f703061','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(3,1795875099486432,'role','56c15db4d80e8d49993aaec0d04b1a35','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(4,1795875099486432,'role','56c15db585cf84a6a829524a54e1ee18','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(5,1795875099486432,'role','56c15db5c4bb8d4ba2591a1aa51ca36c','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(6,1795875099486432,'role','56c15db5f51081ef9b2ebad900679e31','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(7,1795875099486432,'role','56c15db34ba4841ba3661e609f703061','',0,'implies','{"role_id":"56c15db4d80e8d49993aaec0d04b1a35"}',NULL);
INSERT INTO "events" VALUES(8,1795875099486432,'role','56c15db34ba4841ba3661e609f703061','',0,'implies','{"role_id":"56c15db585cf84a6a829524a54e1ee18"}',NULL);
INSERT INTO "events" VALUES(9,1795875099486432,'role','56c15db34ba4841ba3661e609f703061','',0,'implies','{"role_id":"56c15db5c4bb8d4ba2591a1aa51ca36c"}',NULL);
INSERT INTO "events" VALUES(10,1795875099486432,'role','56c15db4d80e8d49993aaec0d04b1a35','',0,'implies','{"role_id":"56c15db585cf84a6a829524a54e1ee18"}',NULL);
INSERT INTO "events" VALUES(11,1795875099486432,'role','56c15db585cf84a6a829524a54e1ee18','',0,'implies','{"role_id":"56c15db5c4bb8d4ba2591a1aa51ca36c"}',NULL);
INSERT INTO "events" VALUES(12,1795875099486432,'project','56c15db8cd258d66a9aa3a6421e2e579','56c15db8cd258d66a9aa3a6421e2e579',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(13,1795875099486432,'user','56c15db8d82c88f9b8e0ff7835d8741a','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(14,1795875099486432,'user','56c15db8d82c88f9b8e0ff7835d8741a','56c15db8cd258d66a9aa3a6421e2e579',0,'role_assigned','{"role_id":"56c15db34ba4841ba3661e609f703061","scope":"project","inherited":false}',NULL);
INSERT INTO "events" VALUES(15,1795875099486432,'user','56c15db8d82c88f9b8e0ff7835d8741a','',0,'role_assigned','{"role_id":"56c15db34ba4841ba3661e609f703061","scope":"system","inherited":false}',NULL);
INSERT INTO "events" VALUES(16,1795875099486432,'project','56c15dc10beb82d694c08f9cb8d95c83','56c15dc10beb82d694c08f9cb8d95c83',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(17,1795875099486432,'user','56c15dc11563841aaf7a50a5722c226d','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(18,1795875099486432,'user','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83',0,'role_assigned','{"role_id":"56c15db585cf84a6a829524a54e1ee18","scope":"project","inherited":false}',NULL);
INSERT INTO "events" VALUES(19,1795875100143827,'domain','56c167b0c7fb8f00b922c10d61100b5b','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(20,1795875100147161,'project','56c167bf3a4a80d1abc3b7b2cb3e7ee6','56c167bf3a4a80d1abc3b7b2cb3e7ee6',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(21,1795875100185107,'user','56c16852243382f8b0accb28b4f99739','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(22,1795875100189699,'role','56c16863f9e781b9b43284d176823fbb','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(23,1795875100195390,'user','56c16852243382f8b0accb28b4f99739','56c167bf3a4a80d1abc3b7b2cb3e7ee6',0,'role_assigned','{"role_id":"56c15db585cf84a6a829524a54e1ee18","scope":"project","inherited":false}',NULL);
INSERT INTO "events" VALUES(24,1795875100199951,'user','56c16852243382f8b0accb28b4f99739','56c167bf3a4a80d1abc3b7b2cb3e7ee6',0,'role_assigned','{"role_id":"56c16863f9e781b9b43284d176823fbb","scope":"project","inherited":false}',NULL);
INSERT INTO "events" VALUES(25,1795875100225448,'group','56c168ef97af8bc8879d4db5bffd0cd5','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(26,1795875100230126,'group','56c168ef97af8bc8879d4db5bffd0cd5','',0,'user_added',NULL,NULL);
INSERT INTO "events" VALUES(27,1795875100234820,'group','56c168ef97af8bc8879d4db5bffd0cd5','',0,'role_assigned','{"role_id":"56c16863f9e781b9b43284d176823fbb","scope":"domain","inherited":false}',NULL);
INSERT INTO "events" VALUES(28,1795875100239047,'user','56c16852243382f8b0accb28b4f99739','',0,'role_assigned','{"role_id":"56c15db5c4bb8d4ba2591a1aa51ca36c","scope":"domain","inherited":true}',NULL);
INSERT INTO "events" VALUES(29,1795875100243369,'group','56c168ef97af8bc8879d4db5bffd0cd5','',0,'role_assigned','{"role_id":"56c15db5c4bb8d4ba2591a1aa51ca36c","scope":"domain","inherited":true}',NULL);
INSERT INTO "events" VALUES(30,1795875100247493,'catalog_region','north','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(31,1795875100250798,'catalog_service','56c16952a2278f9188c09637eb738409','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(32,1795875100255791,'catalog_endpoint','56c1696621038b28ba5e9ef6a86c98ab','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(33,1795875100260542,'user','56c15dc11563841aaf7a50a5722c226d','',0,'application_credential_created','{"application_credential_id":"56c16a1491ea804fb3934973577c875d"}',NULL);
INSERT INTO "events" VALUES(34,1795875100304848,'user','56c15dc11563841aaf7a50a5722c226d','',0,'application_credential_created','{"application_credential_id":"56c16ab06cd98a0c912e0089e87c1e38"}',NULL);
INSERT INTO "events" VALUES(35,1795875100351870,'image','56c16add-8529-8e8e-9b2c-2d336f84b485','56c15dc10beb82d694c08f9cb8d95c83',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(36,1795875100355743,'image','56c16add-8529-8e8e-9b2c-2d336f84b485','56c15dc10beb82d694c08f9cb8d95c83',1,'queued_to_saving',NULL,NULL);
INSERT INTO "events" VALUES(37,1795875100433664,'image','56c16add-8529-8e8e-9b2c-2d336f84b485','56c15dc10beb82d694c08f9cb8d95c83',2,'saving_to_active',NULL,NULL);
INSERT INTO "events" VALUES(38,1795875100444535,'image','56c16c47-7d82-8e01-ab29-ec7825cf878f','56c15dc10beb82d694c08f9cb8d95c83',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(39,1795875100446582,'network','56c16c4f-d5c9-8df2-80aa-4d50d87d0ad1','56c15db8cd258d66a9aa3a6421e2e579',1,'created',NULL,'network');
INSERT INTO "events" VALUES(40,1795875100451248,'network','56c16c4f-d5c9-8df2-80aa-4d50d87d0ad1','56c15db8cd258d66a9aa3a6421e2e579',2,'updated',NULL,'network');
INSERT INTO "events" VALUES(41,1795875100451248,'subnet','56c16c8f-f844-8e28-baf8-5f018adce948','56c15db8cd258d66a9aa3a6421e2e579',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(42,1795875100451248,'port','56c16ca0-2264-8f48-8186-82c8c305d2b8','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(43,1795875100471992,'network','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'network');
INSERT INTO "events" VALUES(44,1795875100474925,'network','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83',2,'updated',NULL,'network');
INSERT INTO "events" VALUES(45,1795875100474925,'subnet','56c16cd2-5db7-8e78-991b-a0345b7c8783','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(46,1795875100474925,'port','56c16cd5-b985-8569-a22c-1cef9f193d5b','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(47,1795875100483937,'network','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83',3,'updated',NULL,'network');
INSERT INTO "events" VALUES(48,1795875100483937,'subnet','56c16ce6-210e-8602-bc1d-e35f609cb415','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(49,1795875100493284,'port','56c16d0c-ab3a-85a2-91a6-4b77b3070c74','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(50,1795875100493284,'router','56c16d06-9adf-8c13-9188-3bd4dc7194ac','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'router');
INSERT INTO "events" VALUES(51,1795875100499456,'port','56c16d2e-feb3-8d24-9352-5e30c2612990','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'port');
INSERT INTO "events" VALUES(52,1795875100499456,'port','56c16d2e-feb3-8d24-9352-5e30c2612990','56c15dc10beb82d694c08f9cb8d95c83',2,'updated',NULL,'port');
INSERT INTO "events" VALUES(53,1795875100499456,'router','56c16d06-9adf-8c13-9188-3bd4dc7194ac','56c15dc10beb82d694c08f9cb8d95c83',2,'updated',NULL,'router');
INSERT INTO "events" VALUES(54,1795875100511387,'security_group','56c16d4f-bfff-8f57-8cb1-5d456129b3c9','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'security_group');
INSERT INTO "events" VALUES(55,1795875100511387,'security_group','56c16d56-7817-810c-841b-ce8e20ea3d98','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'security_group');
INSERT INTO "events" VALUES(56,1795875100517864,'security_group','56c16d56-7817-810c-841b-ce8e20ea3d98','56c15dc10beb82d694c08f9cb8d95c83',2,'updated',NULL,'security_group');
INSERT INTO "events" VALUES(57,1795875100517864,'security_group_rule','56c16d6e-c2b5-8447-94ae-41786cacc408','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(58,1795875100524111,'port','56c16d89-9714-8fd3-96c2-6b5b658815b0','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'port');
INSERT INTO "events" VALUES(59,1795875100531113,'port','56c16d9d-136f-81d1-a4d6-5f1ebbfffdc9','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(60,1795875100531113,'floatingip','56c16d9d-069f-8682-b364-920060c2ce33','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(61,1795875100531113,'router','56c16d06-9adf-8c13-9188-3bd4dc7194ac','56c15dc10beb82d694c08f9cb8d95c83',3,'updated',NULL,'router');
INSERT INTO "events" VALUES(62,1795875100538131,'network','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83',4,'updated',NULL,'network');
INSERT INTO "events" VALUES(63,1795875100544207,'network','56c16dd2-cc97-8a7a-b84f-4d518602aa0f','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'network');
INSERT INTO "events" VALUES(64,1795875100544207,'network','56c16dd2-cc97-8a7a-b84f-4d518602aa0f','56c15dc10beb82d694c08f9cb8d95c83',2,'updated',NULL,'network');
INSERT INTO "events" VALUES(65,1795875100544207,'subnet','56c16dd6-caeb-8519-b017-2a6d6bf1a3ee','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(66,1795875100544207,'port','56c16dda-1031-881a-8a17-ea311fe8fcba','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(67,1795875100544207,'port','56c16ddf-432e-8c54-8039-e9461fc74459','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(68,1795875100544207,'router','56c16ddc-38d6-8f2b-982c-1312709d0af6','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'router');
INSERT INTO "events" VALUES(69,1795875100544207,'port','56c16de6-71e2-84ab-9df4-fd0ac46f920f','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'port');
INSERT INTO "events" VALUES(70,1795875100544207,'port','56c16de6-71e2-84ab-9df4-fd0ac46f920f','56c15dc10beb82d694c08f9cb8d95c83',2,'updated',NULL,'port');
INSERT INTO "events" VALUES(71,1795875100544207,'router','56c16ddc-38d6-8f2b-982c-1312709d0af6','56c15dc10beb82d694c08f9cb8d95c83',2,'updated',NULL,'router');
INSERT INTO "events" VALUES(72,1795875100612867,'server','56c16ede-3b6e-86a1-b129-7dca0a1d82ce','56c15dc10beb82d694c08f9cb8d95c83',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(73,1795875100612867,'port','56c16ee1-f78e-875f-99df-f52d08f7dfca','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'port');
INSERT INTO "events" VALUES(74,1795875100625841,'server','56c16f10-034c-83d0-9513-7a9d964e6cc8','56c15dc10beb82d694c08f9cb8d95c83',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(75,1795875100625841,'port','56c16f12-41d8-8150-9e26-a068a7393806','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'port');
INSERT INTO "events" VALUES(76,1795875100642378,'server','56c16f51-3404-8e44-8922-0f43dcd39ac1','56c15dc10beb82d694c08f9cb8d95c83',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(77,1795875100642378,'port','56c16f53-6657-841f-a436-abf4f76b5d8a','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'port');
INSERT INTO "events" VALUES(78,1795875100654301,'server','56c16ede-3b6e-86a1-b129-7dca0a1d82ce','56c15dc10beb82d694c08f9cb8d95c83',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(79,1795875100658542,'port','56c16ee1-f78e-875f-99df-f52d08f7dfca','56c15dc10beb82d694c08f9cb8d95c83',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(80,1795875100662497,'server','56c16f9f-0cb5-8e03-9d79-5f044f65bccf','56c15dc10beb82d694c08f9cb8d95c83',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(81,1795875100662497,'port','56c16fa1-8e97-8653-bf1c-61c61f25cf9c','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'port');
INSERT INTO "events" VALUES(82,1795875100666431,'server','56c16f51-3404-8e44-8922-0f43dcd39ac1','56c15dc10beb82d694c08f9cb8d95c83',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(83,1795875100666590,'server','56c16f10-034c-83d0-9513-7a9d964e6cc8','56c15dc10beb82d694c08f9cb8d95c83',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(84,1795875100674574,'server','56c16fcd-c35a-84f0-9424-1b996b93ebba','56c15dc10beb82d694c08f9cb8d95c83',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(85,1795875100674574,'port','56c16fcf-cf8a-8bfa-b223-1e0ce2c160bc','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'port');
INSERT INTO "events" VALUES(86,1795875100674400,'port','56c16f12-41d8-8150-9e26-a068a7393806','56c15dc10beb82d694c08f9cb8d95c83',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(87,1795875100674400,'port','56c16f53-6657-841f-a436-abf4f76b5d8a','56c15dc10beb82d694c08f9cb8d95c83',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(88,1795875100680426,'server','56c16f9f-0cb5-8e03-9d79-5f044f65bccf','56c15dc10beb82d694c08f9cb8d95c83',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(89,1795875100686608,'port','56c16fa1-8e97-8653-bf1c-61c61f25cf9c','56c15dc10beb82d694c08f9cb8d95c83',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(90,1795875100687140,'server','56c16ffe-52ee-8710-886d-a497c56799b2','56c15dc10beb82d694c08f9cb8d95c83',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(91,1795875100687140,'port','56c17000-3381-8b60-9ba4-f960d2f87c49','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'port');
INSERT INTO "events" VALUES(92,1795875100690725,'server','56c16fcd-c35a-84f0-9424-1b996b93ebba','56c15dc10beb82d694c08f9cb8d95c83',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(93,1795875100694287,'port','56c16fcf-cf8a-8bfa-b223-1e0ce2c160bc','56c15dc10beb82d694c08f9cb8d95c83',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(94,1795875100700467,'server','56c17032-b1ff-87d6-9fd7-ab263b511024','56c15dc10beb82d694c08f9cb8d95c83',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(95,1795875100700467,'port','56c17034-e730-8f7b-8f9e-c8f3a7a3a71f','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'port');
INSERT INTO "events" VALUES(96,1795875100700404,'port','56c17000-3381-8b60-9ba4-f960d2f87c49','56c15dc10beb82d694c08f9cb8d95c83',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(97,1795875100711040,'server','56c16ffe-52ee-8710-886d-a497c56799b2','56c15dc10beb82d694c08f9cb8d95c83',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(98,1795875100711999,'server','56c17060-894c-896d-ab84-eb78ade3e463','56c15dc10beb82d694c08f9cb8d95c83',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(99,1795875100711999,'port','56c17068-33b2-8120-8325-84216e84b7da','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'port');
INSERT INTO "events" VALUES(100,1795875100714869,'port','56c17034-e730-8f7b-8f9e-c8f3a7a3a71f','56c15dc10beb82d694c08f9cb8d95c83',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(101,1795875100726262,'server','56c17032-b1ff-87d6-9fd7-ab263b511024','56c15dc10beb82d694c08f9cb8d95c83',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(102,1795875100727930,'server','56c170b3-0f63-80f9-b39c-00e7c21ab386','56c15dc10beb82d694c08f9cb8d95c83',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(103,1795875100727930,'port','56c170b5-ee35-8510-8ca4-b7a49739f046','56c15dc10beb82d694c08f9cb8d95c83',1,'created',NULL,'port');
INSERT INTO "events" VALUES(104,1795875100748397,'server','56c17060-894c-896d-ab84-eb78ade3e463','56c15dc10beb82d694c08f9cb8d95c83',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(105,1795875100752978,'port','56c17068-33b2-8120-8325-84216e84b7da','56c15dc10beb82d694c08f9cb8d95c83',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(106,1795875100755184,'server','56c170b3-0f63-80f9-b39c-00e7c21ab386','56c15dc10beb82d694c08f9cb8d95c83',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(107,1795875100755726,'port','56c170b5-ee35-8510-8ca4-b7a49739f046','56c15dc10beb82d694c08f9cb8d95c83',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(108,1795875100763793,'server','56c16f51-3404-8e44-8922-0f43dcd39ac1','56c15dc10beb82d694c08f9cb8d95c83',3,'state','{"vm_state":"active","task_state":"powering-off","power_state":1}',NULL);
INSERT INTO "events" VALUES(109,1795875100765704,'server','56c16f51-3404-8e44-8922-0f43dcd39ac1','56c15dc10beb82d694c08f9cb8d95c83',4,'state','{"vm_state":"stopped","task_state":null,"power_state":4}',NULL);
INSERT INTO "events" VALUES(110,1795875100767642,'server','56c16f9f-0cb5-8e03-9d79-5f044f65bccf','56c15dc10beb82d694c08f9cb8d95c83',3,'state','{"vm_state":"active","task_state":"pausing","power_state":1}',NULL);
INSERT INTO "events" VALUES(111,1795875100770015,'server','56c16fcd-c35a-84f0-9424-1b996b93ebba','56c15dc10beb82d694c08f9cb8d95c83',3,'state','{"vm_state":"active","task_state":"suspending","power_state":1}',NULL);
INSERT INTO "events" VALUES(112,1795875100770342,'server','56c16f9f-0cb5-8e03-9d79-5f044f65bccf','56c15dc10beb82d694c08f9cb8d95c83',4,'state','{"vm_state":"paused","task_state":null,"power_state":3}',NULL);
INSERT INTO "events" VALUES(113,1795875100771755,'server','56c16fcd-c35a-84f0-9424-1b996b93ebba','56c15dc10beb82d694c08f9cb8d95c83',4,'state','{"vm_state":"suspended","task_state":null,"power_state":4}',NULL);
INSERT INTO "events" VALUES(114,1795875100773751,'server','56c16ffe-52ee-8710-886d-a497c56799b2','56c15dc10beb82d694c08f9cb8d95c83',3,'state','{"vm_state":"active","task_state":"rescuing","power_state":1}',NULL);
INSERT INTO "events" VALUES(115,1795875100777033,'server','56c17032-b1ff-87d6-9fd7-ab263b511024','56c15dc10beb82d694c08f9cb8d95c83',3,'state','{"vm_state":"active","task_state":"shelving","power_state":1}',NULL);
INSERT INTO "events" VALUES(116,1795875100777033,'image','56c1715b-1654-81c0-a65e-caf851dfe191','56c15dc10beb82d694c08f9cb8d95c83',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(117,1795875100781419,'server','56c17060-894c-896d-ab84-eb78ade3e463','56c15dc10beb82d694c08f9cb8d95c83',3,'state','{"vm_state":"active","task_state":"resize_prep","power_state":1}',NULL);
INSERT INTO "events" VALUES(118,1795875100783138,'port','56c16f53-6657-841f-a436-abf4f76b5d8a','56c15dc10beb82d694c08f9cb8d95c83',3,'status','{"status":"DOWN"}',NULL);
INSERT INTO "events" VALUES(119,1795875100783138,'port','56c16fcf-cf8a-8bfa-b223-1e0ce2c160bc','56c15dc10beb82d694c08f9cb8d95c83',3,'status','{"status":"DOWN"}',NULL);
INSERT INTO "events" VALUES(120,1795875100789567,'server','56c16ede-3b6e-86a1-b129-7dca0a1d82ce','56c15dc10beb82d694c08f9cb8d95c83',3,'state','{"vm_state":"active","task_state":"image_backup","power_state":1}',NULL);
INSERT INTO "events" VALUES(121,1795875100789567,'image','56c1718c-53e0-87f0-9a24-9d1280724f44','56c15dc10beb82d694c08f9cb8d95c83',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(122,1795875100790727,'server','56c17032-b1ff-87d6-9fd7-ab263b511024','56c15dc10beb82d694c08f9cb8d95c83',4,'state','{"vm_state":"active","task_state":"shelving_image_pending_upload","power_state":4}',NULL);
INSERT INTO "events" VALUES(123,1795875100791452,'port','56c17000-3381-8b60-9ba4-f960d2f87c49','56c15dc10beb82d694c08f9cb8d95c83',3,'status','{"status":"DOWN"}',NULL);
INSERT INTO "events" VALUES(124,1795875100791452,'port','56c17034-e730-8f7b-8f9e-c8f3a7a3a71f','56c15dc10beb82d694c08f9cb8d95c83',3,'status','{"status":"DOWN"}',NULL);
INSERT INTO "events" VALUES(125,1795875100795631,'server','56c17060-894c-896d-ab84-eb78ade3e463','56c15dc10beb82d694c08f9cb8d95c83',4,'state','{"vm_state":"active","task_state":"resize_migrating","power_state":1}',NULL);
INSERT INTO "events" VALUES(126,1795875100795913,'server','56c16ffe-52ee-8710-886d-a497c56799b2','56c15dc10beb82d694c08f9cb8d95c83',4,'rescued','{"vm_state":"rescued","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(127,1795875100796129,'server','56c16f10-034c-83d0-9513-7a9d964e6cc8','56c15dc10beb82d694c08f9cb8d95c83',3,'state','{"vm_state":"active","task_state":"deleting","power_state":1}',NULL);
INSERT INTO "events" VALUES(128,1795875100799146,'server','56c17032-b1ff-87d6-9fd7-ab263b511024','56c15dc10beb82d694c08f9cb8d95c83',5,'state','{"vm_state":"active","task_state":"shelving_image_uploading","power_state":4}',NULL);
INSERT INTO "events" VALUES(129,1795875100799253,'server','56c16ede-3b6e-86a1-b129-7dca0a1d82ce','56c15dc10beb82d694c08f9cb8d95c83',4,'state','{"vm_state":"active","task_state":"image_pending_upload","power_state":1}',NULL);
INSERT INTO "events" VALUES(130,1795875100800311,'server','56c170b3-0f63-80f9-b39c-00e7c21ab386','56c15dc10beb82d694c08f9cb8d95c83',3,'state','{"vm_state":"active","task_state":"soft-deleting","power_state":1}',NULL);
INSERT INTO "events" VALUES(131,1795875100801099,'port','56c16f12-41d8-8150-9e26-a068a7393806','56c15dc10beb82d694c08f9cb8d95c83',3,'deleted',NULL,'port');
INSERT INTO "events" VALUES(132,1795875100801099,'server','56c16f10-034c-83d0-9513-7a9d964e6cc8','56c15dc10beb82d694c08f9cb8d95c83',4,'deleted','{"vm_state":"deleted","task_state":null,"power_state":0}',NULL);
INSERT INTO "events" VALUES(133,1795875100805649,'port','56c17000-3381-8b60-9ba4-f960d2f87c49','56c15dc10beb82d694c08f9cb8d95c83',4,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(134,1795875100805649,'port','56c17068-33b2-8120-8325-84216e84b7da','56c15dc10beb82d694c08f9cb8d95c83',3,'status','{"status":"DOWN"}',NULL);
INSERT INTO "events" VALUES(135,1795875100823886,'image','56c1715b-1654-81c0-a65e-caf851dfe191','56c15dc10beb82d694c08f9cb8d95c83',1,'queued_to_saving',NULL,NULL);
INSERT INTO "events" VALUES(136,1795875100825071,'server','56c16ede-3b6e-86a1-b129-7dca0a1d82ce','56c15dc10beb82d694c08f9cb8d95c83',5,'state','{"vm_state":"active","task_state":"image_uploading","power_state":1}',NULL);
INSERT INTO "events" VALUES(137,1795875100825223,'server','56c17060-894c-896d-ab84-eb78ade3e463','56c15dc10beb82d694c08f9cb8d95c83',5,'state','{"vm_state":"active","task_state":"resize_finish","power_state":1}',NULL);
INSERT INTO "events" VALUES(138,1795875100850021,'image','56c1718c-53e0-87f0-9a24-9d1280724f44','56c15dc10beb82d694c08f9cb8d95c83',1,'queued_to_saving',NULL,NULL);
INSERT INTO "events" VALUES(139,1795875100851531,'server','56c170b3-0f63-80f9-b39c-00e7c21ab386','56c15dc10beb82d694c08f9cb8d95c83',4,'soft-deleted','{"vm_state":"soft-delete","task_state":null,"power_state":4}',NULL);
INSERT INTO "events" VALUES(140,1795875100861298,'image','56c1715b-1654-81c0-a65e-caf851dfe191','56c15dc10beb82d694c08f9cb8d95c83',2,'saving_to_active',NULL,NULL);
INSERT INTO "events" VALUES(141,1795875100866330,'port','56c17068-33b2-8120-8325-84216e84b7da','56c15dc10beb82d694c08f9cb8d95c83',4,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(142,1795875100866330,'port','56c170b5-ee35-8510-8ca4-b7a49739f046','56c15dc10beb82d694c08f9cb8d95c83',3,'status','{"status":"DOWN"}',NULL);
INSERT INTO "events" VALUES(143,1795875100870023,'server','56c17032-b1ff-87d6-9fd7-ab263b511024','56c15dc10beb82d694c08f9cb8d95c83',6,'shelved','{"vm_state":"shelved","task_state":"shelving_offloading","power_state":4}',NULL);
INSERT INTO "events" VALUES(144,1795875100870579,'image','56c1718c-53e0-87f0-9a24-9d1280724f44','56c15dc10beb82d694c08f9cb8d95c83',2,'saving_to_active',NULL,NULL);
INSERT INTO "events" VALUES(145,1795875100871769,'server','56c17060-894c-896d-ab84-eb78ade3e463','56c15dc10beb82d694c08f9cb8d95c83',6,'host','{"vm_state":"active","task_state":"resize_finish","power_state":1}',NULL);
INSERT INTO "events" VALUES(146,1795875100871769,'server','56c17060-894c-896d-ab84-eb78ade3e463','56c15dc10beb82d694c08f9cb8d95c83',7,'updated','{"vm_state":"active","task_state":"resize_finish","power_state":1}',NULL);
INSERT INTO "events" VALUES(147,1795875100871769,'server','56c17060-894c-896d-ab84-eb78ade3e463','56c15dc10beb82d694c08f9cb8d95c83',8,'state','{"vm_state":"resized","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(148,1795875100874298,'port','56c17034-e730-8f7b-8f9e-c8f3a7a3a71f','56c15dc10beb82d694c08f9cb8d95c83',4,'unbound',NULL,'port');
INSERT INTO "events" VALUES(149,1795875100874298,'server','56c17032-b1ff-87d6-9fd7-ab263b511024','56c15dc10beb82d694c08f9cb8d95c83',7,'offloaded','{"vm_state":"shelved_offloaded","task_state":null,"power_state":4}',NULL);
INSERT INTO "events" VALUES(150,1795875100875938,'server','56c16ede-3b6e-86a1-b129-7dca0a1d82ce','56c15dc10beb82d694c08f9cb8d95c83',6,'state','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
CREATE TABLE flavor_projects (
	flavor_id VARCHAR(255) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_flavor_projects PRIMARY KEY (flavor_id, project_id), 
	CONSTRAINT fk_flavor_projects_flavor_id FOREIGN KEY(flavor_id) REFERENCES flavors (id) ON DELETE CASCADE
);
INSERT INTO "flavor_projects" VALUES('56c16e70-79bf-8dc8-bfad-f2ad09b51d94','56c15dc10beb82d694c08f9cb8d95c83');
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
INSERT INTO "flavors" VALUES('56c16df8-4476-894f-ac0d-e78c0e9e3ae4','little',NULL,1,64,1,0,0,1.0,1,0,'{"hw:cpu_policy":"shared"}',1795875100555366);
INSERT INTO "flavors" VALUES('56c16e34-e99f-8676-941c-7b78a8665611','larger',NULL,2,128,2,0,0,1.0,1,0,'{}',1795875100570888);
INSERT INTO "flavors" VALUES('56c16e70-79bf-8dc8-bfad-f2ad09b51d94','hidden',NULL,1,64,1,0,0,1.0,0,0,'{}',1795875100586140);
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
	updated_at BIGINT NOT NULL, dns_name VARCHAR(255) DEFAULT '' NOT NULL, dns_domain VARCHAR(255) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_floating_ips PRIMARY KEY (id), 
	CONSTRAINT ck_floating_ips_association CHECK ((fixed_port_id IS NULL) = (fixed_ip IS NULL)), 
	CONSTRAINT fk_floating_ips_fixed_port_id FOREIGN KEY(fixed_port_id) REFERENCES ports (id), 
	CONSTRAINT fk_floating_ips_floating_network_id FOREIGN KEY(floating_network_id) REFERENCES networks (id), 
	CONSTRAINT fk_floating_ips_port_id FOREIGN KEY(port_id) REFERENCES ports (id), 
	CONSTRAINT fk_floating_ips_router_id FOREIGN KEY(router_id) REFERENCES routers (id), 
	CONSTRAINT uq_floating_ips_port_id UNIQUE (port_id)
);
INSERT INTO "floating_ips" VALUES('56c16d9d-069f-8682-b364-920060c2ce33','56c15dc10beb82d694c08f9cb8d95c83','','56c16c4f-d5c9-8df2-80aa-4d50d87d0ad1',X'CB0071A9','56c16d9d-136f-81d1-a4d6-5f1ebbfffdc9','56c16d89-9714-8fd3-96c2-6b5b658815b0',X'0A010026','56c16d06-9adf-8c13-9188-3bd4dc7194ac','ACTIVE','[]',1,1795875100531113,1795875100531113,'','');
CREATE TABLE group_role_assignments (
	group_id VARCHAR(36) NOT NULL, 
	role_id VARCHAR(36) NOT NULL, 
	scope VARCHAR(8) NOT NULL, 
	target_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_group_role_assignments PRIMARY KEY (group_id, role_id, scope, target_id), 
	CONSTRAINT ck_group_role_assignments_scope CHECK (scope IN ('project', 'domain', 'system')), 
	CONSTRAINT fk_group_role_assignments_group_id FOREIGN KEY(group_id) REFERENCES user_groups (id) ON DELETE CASCADE, 
	CONSTRAINT fk_group_role_assignments_role_id FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE
);
INSERT INTO "group_role_assignments" VALUES('56c168ef97af8bc8879d4db5bffd0cd5','56c16863f9e781b9b43284d176823fbb','domain','56c167b0c7fb8f00b922c10d61100b5b');
CREATE TABLE guest_passwords (
	server_id VARCHAR(36) NOT NULL, 
	password TEXT NOT NULL, 
	CONSTRAINT pk_guest_passwords PRIMARY KEY (server_id), 
	CONSTRAINT fk_guest_passwords_server_id_servers FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
);
INSERT INTO "guest_passwords" VALUES('56c16ede-3b6e-86a1-b129-7dca0a1d82ce','bGVmdCBieSBpdHMgZ3Vlc3Q=');
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
	updated_at BIGINT DEFAULT '0' NOT NULL, fullness BIGINT GENERATED ALWAYS AS (memory_mb_used - memory_mb) VIRTUAL, physical_vcpus INTEGER DEFAULT '0' NOT NULL, physical_memory_mb BIGINT DEFAULT '0' NOT NULL, physical_disk_gb BIGINT DEFAULT '0' NOT NULL, disabled_reason VARCHAR(255), forced_down BOOLEAN DEFAULT '0' NOT NULL, answers BOOLEAN DEFAULT '1' NOT NULL, owner VARCHAR(36), owner_epoch BIGINT DEFAULT '0' NOT NULL, availability_zone VARCHAR(255) DEFAULT 'nova' NOT NULL, traits TEXT DEFAULT '' NOT NULL, booted_at BIGINT, physical_networks TEXT, gateway BOOLEAN DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_hosts PRIMARY KEY (name), 
	CONSTRAINT ck_hosts_running_vms CHECK (running_vms >= 0), 
	CONSTRAINT ck_hosts_used CHECK (vcpus_used >= 0 AND memory_mb_used >= 0 AND disk_gb_used >= 0)
);
INSERT INTO "hosts" VALUES('simulated-1','simulated-1','simulated',1,'{}',1024,393216,10000,4,256,4,4,1,1,1795875099919243,1795875100874298,64,262144,10000,NULL,0,1,NULL,1,'east','COMPUTE_ARCH_X86_64 COMPUTE_IMAGE_TYPE_ISO COMPUTE_IMAGE_TYPE_QCOW2 COMPUTE_IMAGE_TYPE_RAW COMPUTE_NET_ATTACH_INTERFACE COMPUTE_NET_VIF_MODEL_E1000 COMPUTE_NET_VIF_MODEL_E1000E COMPUTE_NET_VIF_MODEL_RTL8139 COMPUTE_NET_VIF_MODEL_VIRTIO COMPUTE_NET_VIF_MODEL_VMXNET3 COMPUTE_NODE COMPUTE_SECURITY_TPM_1_2 COMPUTE_SECURITY_TPM_2_0 COMPUTE_SECURITY_TPM_CRB COMPUTE_SECURITY_TPM_TIS COMPUTE_STORAGE_BUS_IDE COMPUTE_STORAGE_BUS_SATA COMPUTE_STORAGE_BUS_SCSI COMPUTE_STORAGE_BUS_USB COMPUTE_STORAGE_BUS_VIRTIO CUSTOM_FIRMWARE_UEFI CUSTOM_VIRT_KVM HW_ARCH_X86_64',1795875099906008,'*',1);
INSERT INTO "hosts" VALUES('simulated-2','simulated-2','simulated',1,'{}',1024,393216,10000,5,320,5,3,1,1,1795875099919243,1795875100801099,64,262144,10000,NULL,0,1,NULL,1,'nova','COMPUTE_ARCH_X86_64 COMPUTE_IMAGE_TYPE_ISO COMPUTE_IMAGE_TYPE_QCOW2 COMPUTE_IMAGE_TYPE_RAW COMPUTE_NET_ATTACH_INTERFACE COMPUTE_NET_VIF_MODEL_E1000 COMPUTE_NET_VIF_MODEL_E1000E COMPUTE_NET_VIF_MODEL_RTL8139 COMPUTE_NET_VIF_MODEL_VIRTIO COMPUTE_NET_VIF_MODEL_VMXNET3 COMPUTE_NODE COMPUTE_SECURITY_TPM_1_2 COMPUTE_SECURITY_TPM_2_0 COMPUTE_SECURITY_TPM_CRB COMPUTE_SECURITY_TPM_TIS COMPUTE_STORAGE_BUS_IDE COMPUTE_STORAGE_BUS_SATA COMPUTE_STORAGE_BUS_SCSI COMPUTE_STORAGE_BUS_USB COMPUTE_STORAGE_BUS_VIRTIO CUSTOM_FIRMWARE_UEFI CUSTOM_VIRT_KVM HW_ARCH_X86_64',1795875099906047,'*',1);
CREATE TABLE idempotency_keys (
	user_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	"key" VARCHAR(255) NOT NULL, 
	request_digest VARCHAR(64) NOT NULL, 
	roles TEXT NOT NULL, 
	status INTEGER, 
	response TEXT, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_idempotency_keys PRIMARY KEY (user_id, project_id, "key")
);
INSERT INTO "idempotency_keys" VALUES('56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','once-running','fc2840d1d01c1df908d975d5cc02b1a1777c04fd1f07bde083dc750829215db9','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:35279/compute/v2.1/servers/56c16ede-3b6e-86a1-b129-7dca0a1d82ce","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"56c16ede-3b6e-86a1-b129-7dca0a1d82ce\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:35279/compute/v2.1/servers/56c16ede-3b6e-86a1-b129-7dca0a1d82ce\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:35279/compute/servers/56c16ede-3b6e-86a1-b129-7dca0a1d82ce\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795875100615795);
INSERT INTO "idempotency_keys" VALUES('56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','once-deleted','240125622b4be41957594d1a6ff590606c047dbbd42ba76a70f9413d33c438ac','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:35279/compute/v2.1/servers/56c16f10-034c-83d0-9513-7a9d964e6cc8","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"56c16f10-034c-83d0-9513-7a9d964e6cc8\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:35279/compute/v2.1/servers/56c16f10-034c-83d0-9513-7a9d964e6cc8\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:35279/compute/servers/56c16f10-034c-83d0-9513-7a9d964e6cc8\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795875100628024);
INSERT INTO "idempotency_keys" VALUES('56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','once-stopped','328c35435929bbf5e8c045e57c536e083d868c05d679e3085231a5c35a26fe43','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:35279/compute/v2.1/servers/56c16f51-3404-8e44-8922-0f43dcd39ac1","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"56c16f51-3404-8e44-8922-0f43dcd39ac1\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:35279/compute/v2.1/servers/56c16f51-3404-8e44-8922-0f43dcd39ac1\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:35279/compute/servers/56c16f51-3404-8e44-8922-0f43dcd39ac1\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795875100644732);
INSERT INTO "idempotency_keys" VALUES('56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','once-paused','4fd8cadaa41ae42f16e1fab080c87a3bcc3744f94832719ac3611bdd802526d1','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:35279/compute/v2.1/servers/56c16f9f-0cb5-8e03-9d79-5f044f65bccf","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"56c16f9f-0cb5-8e03-9d79-5f044f65bccf\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:35279/compute/v2.1/servers/56c16f9f-0cb5-8e03-9d79-5f044f65bccf\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:35279/compute/servers/56c16f9f-0cb5-8e03-9d79-5f044f65bccf\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795875100664893);
INSERT INTO "idempotency_keys" VALUES('56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','once-suspended','c0a68f822f06f61de88bc790ab800db854e027149efbf685bc261f3cd01186cb','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:35279/compute/v2.1/servers/56c16fcd-c35a-84f0-9424-1b996b93ebba","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"56c16fcd-c35a-84f0-9424-1b996b93ebba\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:35279/compute/v2.1/servers/56c16fcd-c35a-84f0-9424-1b996b93ebba\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:35279/compute/servers/56c16fcd-c35a-84f0-9424-1b996b93ebba\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795875100676537);
INSERT INTO "idempotency_keys" VALUES('56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','once-rescued','f8f0cfb88fcbc5634069b4d774b394a7aca0306e55d78aa30da0409a76be7150','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:35279/compute/v2.1/servers/56c16ffe-52ee-8710-886d-a497c56799b2","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"56c16ffe-52ee-8710-886d-a497c56799b2\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:35279/compute/v2.1/servers/56c16ffe-52ee-8710-886d-a497c56799b2\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:35279/compute/servers/56c16ffe-52ee-8710-886d-a497c56799b2\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795875100688948);
INSERT INTO "idempotency_keys" VALUES('56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','once-shelved','1cd6778fe598967544841928ed8da9095479d535f23e3a2740ba3d0a85cdf0ab','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:35279/compute/v2.1/servers/56c17032-b1ff-87d6-9fd7-ab263b511024","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"56c17032-b1ff-87d6-9fd7-ab263b511024\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:35279/compute/v2.1/servers/56c17032-b1ff-87d6-9fd7-ab263b511024\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:35279/compute/servers/56c17032-b1ff-87d6-9fd7-ab263b511024\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795875100702418);
INSERT INTO "idempotency_keys" VALUES('56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','once-resized','67ad4617586363a114086176720e4d644cbda068475389b847cbd686ebdd6471','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:35279/compute/v2.1/servers/56c17060-894c-896d-ab84-eb78ade3e463","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"56c17060-894c-896d-ab84-eb78ade3e463\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:35279/compute/v2.1/servers/56c17060-894c-896d-ab84-eb78ade3e463\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:35279/compute/servers/56c17060-894c-896d-ab84-eb78ade3e463\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795875100715678);
INSERT INTO "idempotency_keys" VALUES('56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','once-recycled','d8c3f2f621662df1e10c6b216258ed82d9799192ceb66fbd9e39a19da472d635','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:35279/compute/v2.1/servers/56c170b3-0f63-80f9-b39c-00e7c21ab386","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"56c170b3-0f63-80f9-b39c-00e7c21ab386\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:35279/compute/v2.1/servers/56c170b3-0f63-80f9-b39c-00e7c21ab386\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:35279/compute/servers/56c170b3-0f63-80f9-b39c-00e7c21ab386\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795875100735656);
CREATE TABLE image_backups (
	image_id VARCHAR(36) NOT NULL, 
	server_id VARCHAR(36) NOT NULL, 
	backup_type VARCHAR(255) NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_image_backups PRIMARY KEY (image_id), 
	CONSTRAINT fk_image_backups_image_id FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);
INSERT INTO "image_backups" VALUES('56c1718c-53e0-87f0-9a24-9d1280724f44','56c16ede-3b6e-86a1-b129-7dca0a1d82ce','daily',1795875100789567);
CREATE TABLE image_bytes (
	name VARCHAR(64) NOT NULL, 
	image_id VARCHAR(36) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	owner VARCHAR(36), 
	until BIGINT, 
	CONSTRAINT pk_image_bytes PRIMARY KEY (name), 
	CONSTRAINT ck_image_bytes_ck_image_bytes_state CHECK (state IN ('writing', 'whole', 'unwanted')), 
	CONSTRAINT ck_image_bytes_ck_image_bytes_owned_while_written CHECK ((state = 'writing') = (owner IS NOT NULL AND until IS NOT NULL))
);
INSERT INTO "image_bytes" VALUES('56c16add-8529-8e8e-9b2c-2d336f84b485.93e8b00668e50fbc','56c16add-8529-8e8e-9b2c-2d336f84b485','whole',NULL,NULL);
INSERT INTO "image_bytes" VALUES('56c1715b-1654-81c0-a65e-caf851dfe191.795f3701c5b9d4e1','56c1715b-1654-81c0-a65e-caf851dfe191','whole',NULL,NULL);
INSERT INTO "image_bytes" VALUES('56c1718c-53e0-87f0-9a24-9d1280724f44.1a86ed33d41851f7','56c1718c-53e0-87f0-9a24-9d1280724f44','whole',NULL,NULL);
CREATE TABLE image_members (
	image_id VARCHAR(36) NOT NULL, 
	member_id VARCHAR(36) NOT NULL, 
	status VARCHAR(16) DEFAULT 'pending' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_image_members PRIMARY KEY (image_id, member_id), 
	CONSTRAINT fk_image_members_image_id FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);
INSERT INTO "image_members" VALUES('56c16add-8529-8e8e-9b2c-2d336f84b485','56c15db8cd258d66a9aa3a6421e2e579','pending',1795875100441853,1795875100441853);
CREATE TABLE image_processes (
	id VARCHAR(36) NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	secret VARCHAR(32) NOT NULL, 
	turn BIGINT NOT NULL, 
	until BIGINT NOT NULL, 
	CONSTRAINT pk_image_processes PRIMARY KEY (id)
);
INSERT INTO "image_processes" VALUES('01890000-0000-7000-8000-00000000000a','quay','00000000000000000000000000000000',1,1);
CREATE TABLE image_tags (
	image_id VARCHAR(36) NOT NULL, 
	tag VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_image_tags PRIMARY KEY (image_id, tag), 
	CONSTRAINT fk_image_tags_image_id FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);
INSERT INTO "image_tags" VALUES('56c16add-8529-8e8e-9b2c-2d336f84b485','old');
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
	updated_at BIGINT NOT NULL, null_properties TEXT DEFAULT '[]' NOT NULL, 
	CONSTRAINT pk_images PRIMARY KEY (id), 
	CONSTRAINT ck_images_status CHECK (status IN ('queued', 'saving', 'active', 'killed', 'deactivated')), 
	CONSTRAINT ck_images_visibility CHECK (visibility IN ('public', 'private', 'shared', 'community'))
);
INSERT INTO "images" VALUES('56c16add-8529-8e8e-9b2c-2d336f84b485','56c15dc10beb82d694c08f9cb8d95c83','disk','active','shared','bare','raw',0,0,1984,1984,'2f8767aa831ab7e73467a31c6cf51f95','72cfcca2dc9d134925bc229a86db76b889fd669ec62f45ec07a3a260205fd18a31cbf39ae49664a1371e1247e87af977df076780dc6236e89456271b85f4a6d6',0,0,'{"hw_disk_bus":"virtio"}',2,1795875100351870,1795875100433664,'[]');
INSERT INTO "images" VALUES('56c16c47-7d82-8e01-ab29-ec7825cf878f','56c15dc10beb82d694c08f9cb8d95c83','empty','queued','private',NULL,NULL,0,0,NULL,NULL,NULL,NULL,0,0,'{}',0,1795875100444535,1795875100444535,'[]');
INSERT INTO "images" VALUES('56c1715b-1654-81c0-a65e-caf851dfe191','56c15dc10beb82d694c08f9cb8d95c83','shelved-shelved','active','private','bare','qcow2',1,0,393216,1073741824,'0fade99141981c1f9568b6fd9d851e99','ada02b0b764347ade559a45f4bdb22364ddb91e18a20ce60eb58b2bee268282d089c98e67d5e205c04cec744c9ab0e34d7d611d710c43e583583c19bea80c377',0,0,'{"hw_disk_bus":"virtio","base_image_ref":"56c16add-8529-8e8e-9b2c-2d336f84b485","image_location":"snapshot","image_state":"available","image_type":"snapshot","instance_uuid":"56c17032-b1ff-87d6-9fd7-ab263b511024","owner_id":"56c15dc10beb82d694c08f9cb8d95c83","user_id":"56c15dc11563841aaf7a50a5722c226d","owner_project_name":"demo","owner_user_name":"demo"}',2,1795875100777033,1795875100861298,'[]');
INSERT INTO "images" VALUES('56c1718c-53e0-87f0-9a24-9d1280724f44','56c15dc10beb82d694c08f9cb8d95c83','backup','active','private','bare','qcow2',1,0,393216,1073741824,'0fade99141981c1f9568b6fd9d851e99','ada02b0b764347ade559a45f4bdb22364ddb91e18a20ce60eb58b2bee268282d089c98e67d5e205c04cec744c9ab0e34d7d611d710c43e583583c19bea80c377',0,0,'{"hw_disk_bus":"virtio","base_image_ref":"56c16add-8529-8e8e-9b2c-2d336f84b485","image_location":"snapshot","image_state":"available","image_type":"backup","instance_uuid":"56c16ede-3b6e-86a1-b129-7dca0a1d82ce","owner_id":"56c15dc10beb82d694c08f9cb8d95c83","user_id":"56c15dc11563841aaf7a50a5722c226d","owner_project_name":"demo","owner_user_name":"demo","backup_type":"daily"}',2,1795875100789567,1795875100870579,'[]');
CREATE TABLE implied_roles (
	prior_role_id VARCHAR(36) NOT NULL, 
	implied_role_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_implied_roles PRIMARY KEY (prior_role_id, implied_role_id), 
	CONSTRAINT fk_implied_roles_prior_role_id_roles FOREIGN KEY(prior_role_id) REFERENCES roles (id) ON DELETE CASCADE, 
	CONSTRAINT fk_implied_roles_implied_role_id_roles FOREIGN KEY(implied_role_id) REFERENCES roles (id) ON DELETE CASCADE
);
INSERT INTO "implied_roles" VALUES('56c15db34ba4841ba3661e609f703061','56c15db4d80e8d49993aaec0d04b1a35');
INSERT INTO "implied_roles" VALUES('56c15db34ba4841ba3661e609f703061','56c15db585cf84a6a829524a54e1ee18');
INSERT INTO "implied_roles" VALUES('56c15db34ba4841ba3661e609f703061','56c15db5c4bb8d4ba2591a1aa51ca36c');
INSERT INTO "implied_roles" VALUES('56c15db4d80e8d49993aaec0d04b1a35','56c15db585cf84a6a829524a54e1ee18');
INSERT INTO "implied_roles" VALUES('56c15db585cf84a6a829524a54e1ee18','56c15db5c4bb8d4ba2591a1aa51ca36c');
CREATE TABLE inherited_group_role_assignments (
	group_id VARCHAR(36) NOT NULL, 
	role_id VARCHAR(36) NOT NULL, 
	scope VARCHAR(8) NOT NULL, 
	target_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_inherited_group_role_assignments PRIMARY KEY (group_id, role_id, scope, target_id), 
	CONSTRAINT ck_inherited_group_role_assignments_scope CHECK (scope IN ('project', 'domain')), 
	CONSTRAINT fk_inherited_group_role_assignments_group_id FOREIGN KEY(group_id) REFERENCES user_groups (id) ON DELETE CASCADE, 
	CONSTRAINT fk_inherited_group_role_assignments_role_id FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE
);
INSERT INTO "inherited_group_role_assignments" VALUES('56c168ef97af8bc8879d4db5bffd0cd5','56c15db5c4bb8d4ba2591a1aa51ca36c','domain','56c167b0c7fb8f00b922c10d61100b5b');
CREATE TABLE inherited_role_assignments (
	user_id VARCHAR(36) NOT NULL, 
	role_id VARCHAR(36) NOT NULL, 
	scope VARCHAR(8) NOT NULL, 
	target_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_inherited_role_assignments PRIMARY KEY (user_id, role_id, scope, target_id), 
	CONSTRAINT ck_inherited_role_assignments_scope CHECK (scope IN ('project', 'domain')), 
	CONSTRAINT fk_inherited_role_assignments_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT fk_inherited_role_assignments_role_id FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE
);
INSERT INTO "inherited_role_assignments" VALUES('56c16852243382f8b0accb28b4f99739','56c15db5c4bb8d4ba2591a1aa51ca36c','domain','56c167b0c7fb8f00b922c10d61100b5b');
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
INSERT INTO "keypairs" VALUES('56c15dc11563841aaf7a50a5722c226d','key','ssh','0f:a2:0a:d7:38:3e:65:45:08:6b:63:84:1c:ff:dc:ba','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',1795875100593992);
CREATE TABLE migrations (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR(36) NOT NULL, 
	server_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	user_id VARCHAR(36) NOT NULL, 
	type VARCHAR(16) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	source VARCHAR(255) NOT NULL, 
	destination VARCHAR(255) NOT NULL, 
	old_flavor TEXT NOT NULL, 
	new_flavor TEXT NOT NULL, 
	old_build TEXT NOT NULL, 
	new_build TEXT NOT NULL, 
	image TEXT NOT NULL, 
	"before" VARCHAR(16) NOT NULL, 
	held BOOLEAN DEFAULT '1' NOT NULL, 
	progress TEXT, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT ck_migrations_type CHECK (type IN ('resize', 'migration', 'live-migration', 'evacuation')), 
	CONSTRAINT ck_migrations_status CHECK (status IN ('accepted', 'queued', 'preparing', 'running', 'migrating', 'post-migrating', 'finished', 'confirming', 'confirmed', 'reverting', 'reverted', 'completed', 'cancelled', 'failed', 'error')), 
	CONSTRAINT fk_migrations_server_id_servers FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE, 
	CONSTRAINT uq_migrations_id UNIQUE (id)
);
INSERT INTO "migrations" VALUES(1,'56c17174-184e-8869-b6c6-0d78d90db328','56c17060-894c-896d-ab84-eb78ade3e463','56c15dc10beb82d694c08f9cb8d95c83','56c15dc11563841aaf7a50a5722c226d','resize','finished','simulated-2','simulated-2','{"id":"56c16df8-4476-894f-ac0d-e78c0e9e3ae4","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','{"id":"56c16e34-e99f-8676-941c-7b78a8665611","name":"larger","vcpus":2,"ram":128,"disk":2,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{},"image_disk":0}','{"disks":[{"name":"root","device":"vda","bus":"virtio","source":"image","image_id":"56c16add-8529-8e8e-9b2c-2d336f84b485","size_mb":1024,"boot_index":0}],"hardware":{}}','{"disks":[{"name":"root","device":"vda","bus":"virtio","source":"image","image_id":"56c16add-8529-8e8e-9b2c-2d336f84b485","size_mb":2048,"boot_index":0}],"hardware":{"disk_bus":"virtio"}}','{"id":"56c16add-8529-8e8e-9b2c-2d336f84b485","disk_format":"raw","size":1984,"sha512":"72cfcca2dc9d134925bc229a86db76b889fd669ec62f45ec07a3a260205fd18a31cbf39ae49664a1371e1247e87af977df076780dc6236e89456271b85f4a6d6","properties":{"hw_disk_bus":"virtio"}}','active',1,NULL,1795875100781419,1795875100871769);
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
	updated_at BIGINT NOT NULL, availability_zone_hints TEXT DEFAULT '[]' NOT NULL, 
	CONSTRAINT pk_networks PRIMARY KEY (id), 
	CONSTRAINT ck_networks_network_type CHECK (network_type IN ('geneve', 'flat', 'vlan')), 
	CONSTRAINT ck_networks_mtu CHECK (mtu >= 1)
);
INSERT INTO "networks" VALUES('56c16c4f-d5c9-8df2-80aa-4d50d87d0ad1','56c15db8cd258d66a9aa3a6421e2e579','outside','',1,0,1,1,1442,1,'','geneve',NULL,7513107,'[]',2,1795875100446582,1795875100451248,'[]');
INSERT INTO "networks" VALUES('56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83','own','',1,0,0,0,1442,1,'own.example.','geneve',NULL,5478695,'["a","b"]',4,1795875100471992,1795875100538131,'[]');
INSERT INTO "networks" VALUES('56c16dd2-cc97-8a7a-b84f-4d518602aa0f','56c15dc10beb82d694c08f9cb8d95c83','auto_allocated_network','',1,0,0,0,1442,1,'','geneve',NULL,11612927,'[]',2,1795875100544207,1795875100544207,'[]');
CREATE TABLE outbox (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind VARCHAR(16) NOT NULL, 
	object_id VARCHAR(36) NOT NULL, 
	revision BIGINT NOT NULL, 
	at BIGINT NOT NULL
);
INSERT INTO "outbox" VALUES(39,'network','56c16cb4-2285-8d38-b00d-06597ed282b8',0,1);
CREATE TABLE port_address_pairs (
	network_id VARCHAR(36) NOT NULL, 
	ip BLOB NOT NULL, 
	port_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_port_address_pairs PRIMARY KEY (network_id, ip, port_id), 
	CONSTRAINT fk_port_address_pairs_port_id FOREIGN KEY(port_id) REFERENCES ports (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "port_address_pairs" VALUES('56c16cb4-2285-8d38-b00d-06597ed282b8',X'0A010063','56c16d89-9714-8fd3-96c2-6b5b658815b0');
CREATE TABLE port_moves (
	port_id VARCHAR(36) NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_port_moves PRIMARY KEY (port_id), 
	CONSTRAINT fk_port_moves_port_id_ports FOREIGN KEY(port_id) REFERENCES ports (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "port_moves" VALUES('56c16ee1-f78e-875f-99df-f52d08f7dfca','simulated-2');
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
INSERT INTO "port_security_groups" VALUES('56c16d89-9714-8fd3-96c2-6b5b658815b0','56c16d56-7817-810c-841b-ce8e20ea3d98',0);
INSERT INTO "port_security_groups" VALUES('56c16ee1-f78e-875f-99df-f52d08f7dfca','56c16d4f-bfff-8f57-8cb1-5d456129b3c9',0);
INSERT INTO "port_security_groups" VALUES('56c16f53-6657-841f-a436-abf4f76b5d8a','56c16d4f-bfff-8f57-8cb1-5d456129b3c9',0);
INSERT INTO "port_security_groups" VALUES('56c16fa1-8e97-8653-bf1c-61c61f25cf9c','56c16d4f-bfff-8f57-8cb1-5d456129b3c9',0);
INSERT INTO "port_security_groups" VALUES('56c16fcf-cf8a-8bfa-b223-1e0ce2c160bc','56c16d4f-bfff-8f57-8cb1-5d456129b3c9',0);
INSERT INTO "port_security_groups" VALUES('56c17000-3381-8b60-9ba4-f960d2f87c49','56c16d4f-bfff-8f57-8cb1-5d456129b3c9',0);
INSERT INTO "port_security_groups" VALUES('56c17034-e730-8f7b-8f9e-c8f3a7a3a71f','56c16d4f-bfff-8f57-8cb1-5d456129b3c9',0);
INSERT INTO "port_security_groups" VALUES('56c17068-33b2-8120-8325-84216e84b7da','56c16d4f-bfff-8f57-8cb1-5d456129b3c9',0);
INSERT INTO "port_security_groups" VALUES('56c170b5-ee35-8510-8ca4-b7a49739f046','56c16d4f-bfff-8f57-8cb1-5d456129b3c9',0);
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
	updated_at BIGINT NOT NULL, tap VARCHAR(11) GENERATED ALWAYS AS (substr(id, 1, 11)) VIRTUAL, 
	CONSTRAINT pk_ports PRIMARY KEY (id), 
	CONSTRAINT ck_ports_status CHECK (status IN ('ACTIVE', 'DOWN', 'BUILD', 'ERROR', 'N/A')), 
	CONSTRAINT fk_ports_network_id FOREIGN KEY(network_id) REFERENCES networks (id)
);
INSERT INTO "ports" VALUES('56c16ca0-2264-8f48-8186-82c8c305d2b8','56c16c4f-d5c9-8df2-80aa-4d50d87d0ad1','','','','fa:16:3e:5f:2a:cc',1,'DOWN','ovnmeta-56c16c4f-d5c9-8df2-80aa-4d50d87d0ad1','network:distributed',0,'','','normal','unbound','{}','[]','[]','[]',1,1795875100451248,1795875100451248);
INSERT INTO "ports" VALUES('56c16cd5-b985-8569-a22c-1cef9f193d5b','56c16cb4-2285-8d38-b00d-06597ed282b8','','','','fa:16:3e:86:cb:b8',1,'DOWN','ovnmeta-56c16cb4-2285-8d38-b00d-06597ed282b8','network:distributed',0,'','','normal','unbound','{}','[]','[]','[]',1,1795875100474925,1795875100474925);
INSERT INTO "ports" VALUES('56c16d0c-ab3a-85a2-91a6-4b77b3070c74','56c16c4f-d5c9-8df2-80aa-4d50d87d0ad1','','','','fa:16:3e:83:53:a6',1,'ACTIVE','56c16d06-9adf-8c13-9188-3bd4dc7194ac','network:router_gateway',0,'','','normal','unbound','{}','[]','[]','[]',1,1795875100493284,1795875100493284);
INSERT INTO "ports" VALUES('56c16d2e-feb3-8d24-9352-5e30c2612990','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83','','','fa:16:3e:cb:2d:60',1,'ACTIVE','56c16d06-9adf-8c13-9188-3bd4dc7194ac','network:router_interface',0,'','','normal','unbound','{}','[]','[]','[]',2,1795875100499456,1795875100499456);
INSERT INTO "ports" VALUES('56c16d89-9714-8fd3-96c2-6b5b658815b0','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83','free','','fa:16:3e:ed:08:71',1,'DOWN','','',1,'free','','normal','unbound','{}','[{"ip_address":"10.1.0.99","mac_address":"fa:16:3e:ed:08:71"}]','[{"opt_name":"mtu","opt_value":"1400","ip_version":4}]','[]',1,1795875100524111,1795875100524111);
INSERT INTO "ports" VALUES('56c16d9d-136f-81d1-a4d6-5f1ebbfffdc9','56c16c4f-d5c9-8df2-80aa-4d50d87d0ad1','','','','fa:16:3e:96:4c:91',1,'N/A','56c16d9d-069f-8682-b364-920060c2ce33','network:floatingip',0,'','','normal','unbound','{}','[]','[]','[]',1,1795875100531113,1795875100531113);
INSERT INTO "ports" VALUES('56c16dda-1031-881a-8a17-ea311fe8fcba','56c16dd2-cc97-8a7a-b84f-4d518602aa0f','','','','fa:16:3e:5b:e1:ee',1,'DOWN','ovnmeta-56c16dd2-cc97-8a7a-b84f-4d518602aa0f','network:distributed',0,'','','normal','unbound','{}','[]','[]','[]',1,1795875100544207,1795875100544207);
INSERT INTO "ports" VALUES('56c16ddf-432e-8c54-8039-e9461fc74459','56c16c4f-d5c9-8df2-80aa-4d50d87d0ad1','','','','fa:16:3e:f6:26:e6',1,'ACTIVE','56c16ddc-38d6-8f2b-982c-1312709d0af6','network:router_gateway',0,'','','normal','unbound','{}','[]','[]','[]',1,1795875100544207,1795875100544207);
INSERT INTO "ports" VALUES('56c16de6-71e2-84ab-9df4-fd0ac46f920f','56c16dd2-cc97-8a7a-b84f-4d518602aa0f','56c15dc10beb82d694c08f9cb8d95c83','','','fa:16:3e:71:61:2a',1,'ACTIVE','56c16ddc-38d6-8f2b-982c-1312709d0af6','network:router_interface',0,'','','normal','unbound','{}','[]','[]','[]',2,1795875100544207,1795875100544207);
INSERT INTO "ports" VALUES('56c16ee1-f78e-875f-99df-f52d08f7dfca','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83','','','fa:16:3e:48:88:ad',1,'ACTIVE','56c16ede-3b6e-86a1-b129-7dca0a1d82ce','compute:east',1,'running','simulated-1','normal','ovs','{}','[]','[]','[]',2,1795875100612867,1795875100658542);
INSERT INTO "ports" VALUES('56c16f53-6657-841f-a436-abf4f76b5d8a','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83','','','fa:16:3e:5a:b9:5b',1,'DOWN','56c16f51-3404-8e44-8922-0f43dcd39ac1','compute:east',1,'stopped','simulated-1','normal','ovs','{}','[]','[]','[]',3,1795875100642378,1795875100783138);
INSERT INTO "ports" VALUES('56c16fa1-8e97-8653-bf1c-61c61f25cf9c','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83','','','fa:16:3e:fe:ff:78',1,'ACTIVE','56c16f9f-0cb5-8e03-9d79-5f044f65bccf','compute:nova',1,'paused','simulated-2','normal','ovs','{}','[]','[]','[]',2,1795875100662497,1795875100686608);
INSERT INTO "ports" VALUES('56c16fcf-cf8a-8bfa-b223-1e0ce2c160bc','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83','','','fa:16:3e:e3:60:cc',1,'DOWN','56c16fcd-c35a-84f0-9424-1b996b93ebba','compute:east',1,'suspended','simulated-1','normal','ovs','{}','[]','[]','[]',3,1795875100674574,1795875100783138);
INSERT INTO "ports" VALUES('56c17000-3381-8b60-9ba4-f960d2f87c49','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83','','','fa:16:3e:71:ee:1b',1,'ACTIVE','56c16ffe-52ee-8710-886d-a497c56799b2','compute:nova',1,'rescued','simulated-2','normal','ovs','{}','[]','[]','[]',4,1795875100687140,1795875100805649);
INSERT INTO "ports" VALUES('56c17034-e730-8f7b-8f9e-c8f3a7a3a71f','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83','','','fa:16:3e:94:b4:d1',1,'DOWN','56c17032-b1ff-87d6-9fd7-ab263b511024','compute:east',1,'shelved','','normal','unbound','{}','[]','[]','[]',4,1795875100700467,1795875100874298);
INSERT INTO "ports" VALUES('56c17068-33b2-8120-8325-84216e84b7da','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83','','','fa:16:3e:0a:e2:44',1,'ACTIVE','56c17060-894c-896d-ab84-eb78ade3e463','compute:nova',1,'resized','simulated-2','normal','ovs','{}','[]','[]','[]',4,1795875100711999,1795875100866330);
INSERT INTO "ports" VALUES('56c170b5-ee35-8510-8ca4-b7a49739f046','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83','','','fa:16:3e:3d:fb:39',1,'DOWN','56c170b3-0f63-80f9-b39c-00e7c21ab386','compute:east',1,'recycled','simulated-1','normal','ovs','{}','[]','[]','[]',3,1795875100727930,1795875100866330);
CREATE TABLE postponements (
	subject_id VARCHAR(36) NOT NULL, 
	tries INTEGER NOT NULL, 
	until BIGINT NOT NULL, 
	CONSTRAINT pk_postponements PRIMARY KEY (subject_id)
);
INSERT INTO "postponements" VALUES('56c17032-b1ff-87d6-9fd7-ab263b511024',1,1);
CREATE TABLE projections (
	kind VARCHAR(16) NOT NULL, 
	object_id VARCHAR(36) NOT NULL, 
	revision BIGINT NOT NULL, 
	projected_at BIGINT NOT NULL, 
	CONSTRAINT pk_projections PRIMARY KEY (kind, object_id)
)
 WITHOUT ROWID

;
INSERT INTO "projections" VALUES('network','56c16c4f-d5c9-8df2-80aa-4d50d87d0ad1',2,1795875100479309);
INSERT INTO "projections" VALUES('network','56c16cb4-2285-8d38-b00d-06597ed282b8',4,1795875100542534);
INSERT INTO "projections" VALUES('network','56c16dd2-cc97-8a7a-b84f-4d518602aa0f',2,1795875100557201);
INSERT INTO "projections" VALUES('port','56c16ca0-2264-8f48-8186-82c8c305d2b8',1,1795875100479309);
INSERT INTO "projections" VALUES('port','56c16cd5-b985-8569-a22c-1cef9f193d5b',1,1795875100489556);
INSERT INTO "projections" VALUES('port','56c16d0c-ab3a-85a2-91a6-4b77b3070c74',1,1795875100507366);
INSERT INTO "projections" VALUES('port','56c16d2e-feb3-8d24-9352-5e30c2612990',2,1795875100515590);
INSERT INTO "projections" VALUES('port','56c16d89-9714-8fd3-96c2-6b5b658815b0',1,1795875100542534);
INSERT INTO "projections" VALUES('port','56c16d9d-136f-81d1-a4d6-5f1ebbfffdc9',1,1795875100542534);
INSERT INTO "projections" VALUES('port','56c16dda-1031-881a-8a17-ea311fe8fcba',1,1795875100557201);
INSERT INTO "projections" VALUES('port','56c16ddf-432e-8c54-8039-e9461fc74459',1,1795875100557201);
INSERT INTO "projections" VALUES('port','56c16de6-71e2-84ab-9df4-fd0ac46f920f',2,1795875100557201);
INSERT INTO "projections" VALUES('port','56c16ee1-f78e-875f-99df-f52d08f7dfca',2,1795875100625603);
INSERT INTO "projections" VALUES('port','56c16f53-6657-841f-a436-abf4f76b5d8a',3,1795875100654713);
INSERT INTO "projections" VALUES('port','56c16fa1-8e97-8653-bf1c-61c61f25cf9c',2,1795875100674356);
INSERT INTO "projections" VALUES('port','56c16fcf-cf8a-8bfa-b223-1e0ce2c160bc',3,1795875100686287);
INSERT INTO "projections" VALUES('port','56c17000-3381-8b60-9ba4-f960d2f87c49',4,1795875100699235);
INSERT INTO "projections" VALUES('port','56c17034-e730-8f7b-8f9e-c8f3a7a3a71f',4,1795875100881549);
INSERT INTO "projections" VALUES('port','56c17068-33b2-8120-8325-84216e84b7da',4,1795875100724352);
INSERT INTO "projections" VALUES('port','56c170b5-ee35-8510-8ca4-b7a49739f046',3,1795875100747601);
INSERT INTO "projections" VALUES('router','56c16d06-9adf-8c13-9188-3bd4dc7194ac',3,1795875100542534);
INSERT INTO "projections" VALUES('router','56c16ddc-38d6-8f2b-982c-1312709d0af6',2,1795875100557201);
INSERT INTO "projections" VALUES('security_group','56c16d4f-bfff-8f57-8cb1-5d456129b3c9',1,1795875100528926);
INSERT INTO "projections" VALUES('security_group','56c16d56-7817-810c-841b-ce8e20ea3d98',2,1795875100528926);
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
INSERT INTO "projects" VALUES('56c15db8cd258d66a9aa3a6421e2e579','default','default','admin','',1,'[]','{}');
INSERT INTO "projects" VALUES('56c15dc10beb82d694c08f9cb8d95c83','default','default','demo','',1,'[]','{}');
INSERT INTO "projects" VALUES('56c167bf3a4a80d1abc3b7b2cb3e7ee6','56c167b0c7fb8f00b922c10d61100b5b','56c167b0c7fb8f00b922c10d61100b5b','harbour','',1,'["quay"]','{}');
CREATE TABLE quota_class_limits (
	class_name VARCHAR(255) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	hard_limit BIGINT NOT NULL, 
	CONSTRAINT pk_quota_class_limits PRIMARY KEY (class_name, resource), 
	CONSTRAINT ck_quota_class_limits_hard_limit CHECK (hard_limit >= -1)
);
INSERT INTO "quota_class_limits" VALUES('default','key_pairs',90);
CREATE TABLE quota_limits (
	project_id VARCHAR(36) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	hard_limit BIGINT NOT NULL, 
	CONSTRAINT pk_quota_limits PRIMARY KEY (project_id, resource), 
	CONSTRAINT ck_quota_limits_hard_limit CHECK (hard_limit >= -1)
);
INSERT INTO "quota_limits" VALUES('56c167bf3a4a80d1abc3b7b2cb3e7ee6','cores',7);
INSERT INTO "quota_limits" VALUES('56c167bf3a4a80d1abc3b7b2cb3e7ee6','port',9);
CREATE TABLE quota_usage (
	project_id VARCHAR(36) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	used BIGINT NOT NULL, 
	CONSTRAINT pk_quota_usage PRIMARY KEY (project_id, resource), 
	CONSTRAINT ck_quota_usage_used CHECK (used >= 0)
);
INSERT INTO "quota_usage" VALUES('56c15dc10beb82d694c08f9cb8d95c83','image_count',4);
INSERT INTO "quota_usage" VALUES('56c15dc10beb82d694c08f9cb8d95c83','image_size_mib',3);
INSERT INTO "quota_usage" VALUES('56c15db8cd258d66a9aa3a6421e2e579','network',1);
INSERT INTO "quota_usage" VALUES('56c15db8cd258d66a9aa3a6421e2e579','subnet',1);
INSERT INTO "quota_usage" VALUES('56c15dc10beb82d694c08f9cb8d95c83','network',2);
INSERT INTO "quota_usage" VALUES('56c15dc10beb82d694c08f9cb8d95c83','subnet',3);
INSERT INTO "quota_usage" VALUES('56c15dc10beb82d694c08f9cb8d95c83','router',2);
INSERT INTO "quota_usage" VALUES('56c15dc10beb82d694c08f9cb8d95c83','port',11);
INSERT INTO "quota_usage" VALUES('56c15dc10beb82d694c08f9cb8d95c83','security_group',2);
INSERT INTO "quota_usage" VALUES('56c15dc10beb82d694c08f9cb8d95c83','security_group_rule',7);
INSERT INTO "quota_usage" VALUES('56c15dc10beb82d694c08f9cb8d95c83','floatingip',1);
INSERT INTO "quota_usage" VALUES('56c15dc10beb82d694c08f9cb8d95c83','server_groups',1);
INSERT INTO "quota_usage" VALUES('56c15dc10beb82d694c08f9cb8d95c83','cores',9);
INSERT INTO "quota_usage" VALUES('56c15dc10beb82d694c08f9cb8d95c83','instances',8);
INSERT INTO "quota_usage" VALUES('56c15dc10beb82d694c08f9cb8d95c83','ram',576);
CREATE TABLE quota_user_limits (
	project_id VARCHAR(36) NOT NULL, 
	user_id VARCHAR(255) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	hard_limit BIGINT NOT NULL, 
	CONSTRAINT pk_quota_user_limits PRIMARY KEY (project_id, user_id, resource), 
	CONSTRAINT ck_quota_user_limits_hard_limit CHECK (hard_limit >= -1)
);
INSERT INTO "quota_user_limits" VALUES('56c167bf3a4a80d1abc3b7b2cb3e7ee6','56c16852243382f8b0accb28b4f99739','instances',3);
CREATE TABLE remote_network_info (
	server_id VARCHAR(36) NOT NULL, 
	generation BIGINT NOT NULL, 
	info TEXT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_remote_network_info PRIMARY KEY (server_id), 
	CONSTRAINT fk_remote_network_info_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
);
INSERT INTO "remote_network_info" VALUES('56c16ede-3b6e-86a1-b129-7dca0a1d82ce',1,'[]',1);
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
	bound_host VARCHAR(255), maybe_sent BOOLEAN DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_remote_nics PRIMARY KEY (server_id, position), 
	CONSTRAINT fk_remote_nics_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE, 
	CONSTRAINT uq_remote_nics_mac_address UNIQUE (mac_address), 
	CONSTRAINT uq_remote_nics_port_id UNIQUE (port_id)
);
INSERT INTO "remote_nics" VALUES('56c16ede-3b6e-86a1-b129-7dca0a1d82ce',1,'01890000-0000-7000-8000-00000000000a',NULL,'fa:16:3e:00:00:01',NULL,NULL,0,'56c15dc10beb82d694c08f9cb8d95c83',NULL,'[]',NULL,'','{}',NULL,0);
CREATE TABLE remote_released (
	server_id VARCHAR(36) NOT NULL, 
	mac_address VARCHAR(17) NOT NULL, 
	released_at BIGINT NOT NULL, 
	nic TEXT NOT NULL, 
	CONSTRAINT pk_remote_released PRIMARY KEY (server_id, mac_address)
);
INSERT INTO "remote_released" VALUES('56c16ede-3b6e-86a1-b129-7dca0a1d82ce','fa:16:3e:00:00:02',1,'{}');
CREATE TABLE revoked_tokens (
	token_id VARCHAR(64) NOT NULL, 
	expires_at BIGINT NOT NULL, 
	CONSTRAINT pk_revoked_tokens PRIMARY KEY (token_id)
);
INSERT INTO "revoked_tokens" VALUES('1a107e20986f53393a4522101c1c3ee8',1795878700989580);
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
INSERT INTO "role_assignments" VALUES('56c15db8d82c88f9b8e0ff7835d8741a','56c15db34ba4841ba3661e609f703061','project','56c15db8cd258d66a9aa3a6421e2e579');
INSERT INTO "role_assignments" VALUES('56c15db8d82c88f9b8e0ff7835d8741a','56c15db34ba4841ba3661e609f703061','system','all');
INSERT INTO "role_assignments" VALUES('56c15dc11563841aaf7a50a5722c226d','56c15db585cf84a6a829524a54e1ee18','project','56c15dc10beb82d694c08f9cb8d95c83');
INSERT INTO "role_assignments" VALUES('56c16852243382f8b0accb28b4f99739','56c15db585cf84a6a829524a54e1ee18','project','56c167bf3a4a80d1abc3b7b2cb3e7ee6');
INSERT INTO "role_assignments" VALUES('56c16852243382f8b0accb28b4f99739','56c16863f9e781b9b43284d176823fbb','project','56c167bf3a4a80d1abc3b7b2cb3e7ee6');
CREATE TABLE roles (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	domain_id VARCHAR(36), 
	description TEXT, extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_roles PRIMARY KEY (id), 
	CONSTRAINT fk_roles_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id)
);
INSERT INTO "roles" VALUES('56c15db34ba4841ba3661e609f703061','admin',NULL,NULL,'{}');
INSERT INTO "roles" VALUES('56c15db4d80e8d49993aaec0d04b1a35','manager',NULL,NULL,'{}');
INSERT INTO "roles" VALUES('56c15db585cf84a6a829524a54e1ee18','member',NULL,NULL,'{}');
INSERT INTO "roles" VALUES('56c15db5c4bb8d4ba2591a1aa51ca36c','reader',NULL,NULL,'{}');
INSERT INTO "roles" VALUES('56c15db5f51081ef9b2ebad900679e31','service',NULL,NULL,'{}');
INSERT INTO "roles" VALUES('56c16863f9e781b9b43284d176823fbb','mooring','56c167b0c7fb8f00b922c10d61100b5b',NULL,'{}');
CREATE TABLE router_interfaces (
	port_id VARCHAR(36) NOT NULL, 
	router_id VARCHAR(36) NOT NULL, 
	subnet_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_router_interfaces PRIMARY KEY (port_id, subnet_id), 
	CONSTRAINT fk_router_interfaces_port_id FOREIGN KEY(port_id) REFERENCES ports (id), 
	CONSTRAINT fk_router_interfaces_router_id FOREIGN KEY(router_id) REFERENCES routers (id), 
	CONSTRAINT fk_router_interfaces_subnet_id FOREIGN KEY(subnet_id) REFERENCES subnets (id)
);
INSERT INTO "router_interfaces" VALUES('56c16d2e-feb3-8d24-9352-5e30c2612990','56c16d06-9adf-8c13-9188-3bd4dc7194ac','56c16cd2-5db7-8e78-991b-a0345b7c8783');
INSERT INTO "router_interfaces" VALUES('56c16de6-71e2-84ab-9df4-fd0ac46f920f','56c16ddc-38d6-8f2b-982c-1312709d0af6','56c16dd6-caeb-8519-b017-2a6d6bf1a3ee');
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
	updated_at BIGINT NOT NULL, availability_zone_hints TEXT DEFAULT '[]' NOT NULL, 
	CONSTRAINT pk_routers PRIMARY KEY (id), 
	CONSTRAINT ck_routers_gateway CHECK ((gateway_network_id IS NULL) = (gateway_port_id IS NULL)), 
	CONSTRAINT fk_routers_gateway_network_id FOREIGN KEY(gateway_network_id) REFERENCES networks (id), 
	CONSTRAINT fk_routers_gateway_port_id FOREIGN KEY(gateway_port_id) REFERENCES ports (id), 
	CONSTRAINT uq_routers_gateway_port_id UNIQUE (gateway_port_id)
);
INSERT INTO "routers" VALUES('56c16d06-9adf-8c13-9188-3bd4dc7194ac','56c15dc10beb82d694c08f9cb8d95c83','way','',1,'56c16c4f-d5c9-8df2-80aa-4d50d87d0ad1','56c16d0c-ab3a-85a2-91a6-4b77b3070c74',1,'[]','[]',3,1795875100493284,1795875100531113,'[]');
INSERT INTO "routers" VALUES('56c16ddc-38d6-8f2b-982c-1312709d0af6','56c15dc10beb82d694c08f9cb8d95c83','auto_allocated_router','',1,'56c16c4f-d5c9-8df2-80aa-4d50d87d0ad1','56c16ddf-432e-8c54-8039-e9461fc74459',1,'[]','[]',2,1795875100544207,1795875100544207,'[]');
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
INSERT INTO "saga_steps" VALUES('56c16ee3-8729-89b1-939e-4f4efdf75a7d',1,'image','do',1795875100618945,1795875100628830,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16ee3-8729-89b1-939e-4f4efdf75a7d',2,'disks','do',1795875100628841,1795875100629634,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16ee3-8729-89b1-939e-4f4efdf75a7d',3,'guest','do',1795875100629641,1795875100629714,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16ee3-8729-89b1-939e-4f4efdf75a7d',4,'ports up','do',1795875100629717,1795875100645490,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16ee3-8729-89b1-939e-4f4efdf75a7d',5,'resume','do',1795875100645499,1795875100649234,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16ee3-8729-89b1-939e-4f4efdf75a7d',6,'running','do',1795875100649244,1795875100649258,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16ee3-8729-89b1-939e-4f4efdf75a7d',7,'active','do',1795875100649265,1795875100649265,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f13-851f-82d8-9e3b-126f67ec6c07',1,'image','do',1795875100631798,1795875100655385,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f13-851f-82d8-9e3b-126f67ec6c07',2,'disks','do',1795875100655390,1795875100655767,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f13-851f-82d8-9e3b-126f67ec6c07',3,'guest','do',1795875100655768,1795875100657177,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f13-851f-82d8-9e3b-126f67ec6c07',4,'ports up','do',1795875100657179,1795875100659150,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f13-851f-82d8-9e3b-126f67ec6c07',5,'resume','do',1795875100659151,1795875100659226,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f13-851f-82d8-9e3b-126f67ec6c07',6,'running','do',1795875100659227,1795875100659278,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f13-851f-82d8-9e3b-126f67ec6c07',7,'active','do',1795875100659279,1795875100659279,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f54-b629-8756-8601-b780f88ae70c',1,'image','do',1795875100654824,1795875100654987,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f54-b629-8756-8601-b780f88ae70c',2,'disks','do',1795875100654992,1795875100655736,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f54-b629-8756-8601-b780f88ae70c',3,'guest','do',1795875100655738,1795875100657089,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f54-b629-8756-8601-b780f88ae70c',4,'ports up','do',1795875100657092,1795875100659115,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f54-b629-8756-8601-b780f88ae70c',5,'resume','do',1795875100659118,1795875100659183,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f54-b629-8756-8601-b780f88ae70c',6,'running','do',1795875100659185,1795875100659190,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16f54-b629-8756-8601-b780f88ae70c',7,'active','do',1795875100659192,1795875100659192,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fa3-42ff-8bf5-9a6b-f73d2fac227a',1,'image','do',1795875100668674,1795875100669050,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fa3-42ff-8bf5-9a6b-f73d2fac227a',2,'disks','do',1795875100669056,1795875100671446,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fa3-42ff-8bf5-9a6b-f73d2fac227a',3,'guest','do',1795875100671450,1795875100674183,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fa3-42ff-8bf5-9a6b-f73d2fac227a',4,'ports up','do',1795875100674189,1795875100680280,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fa3-42ff-8bf5-9a6b-f73d2fac227a',5,'resume','do',1795875100680282,1795875100680322,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fa3-42ff-8bf5-9a6b-f73d2fac227a',6,'running','do',1795875100680324,1795875100680330,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fa3-42ff-8bf5-9a6b-f73d2fac227a',7,'active','do',1795875100680332,1795875100680332,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fd1-06d2-8d9c-b3b9-07fd5479f1c7',1,'image','do',1795875100679398,1795875100679564,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fd1-06d2-8d9c-b3b9-07fd5479f1c7',2,'disks','do',1795875100679569,1795875100679916,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fd1-06d2-8d9c-b3b9-07fd5479f1c7',3,'guest','do',1795875100679919,1795875100680107,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fd1-06d2-8d9c-b3b9-07fd5479f1c7',4,'ports up','do',1795875100680110,1795875100689754,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fd1-06d2-8d9c-b3b9-07fd5479f1c7',5,'resume','do',1795875100689760,1795875100689833,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fd1-06d2-8d9c-b3b9-07fd5479f1c7',6,'running','do',1795875100689835,1795875100689843,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c16fd1-06d2-8d9c-b3b9-07fd5479f1c7',7,'active','do',1795875100689845,1795875100689845,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17001-6f03-841c-853a-d3e472a5b2b2',1,'image','do',1795875100693611,1795875100693767,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17001-6f03-841c-853a-d3e472a5b2b2',2,'disks','do',1795875100693773,1795875100694147,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17001-6f03-841c-853a-d3e472a5b2b2',3,'guest','do',1795875100694150,1795875100694220,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17001-6f03-841c-853a-d3e472a5b2b2',4,'ports up','do',1795875100694222,1795875100707391,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17001-6f03-841c-853a-d3e472a5b2b2',5,'resume','do',1795875100707394,1795875100710419,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17001-6f03-841c-853a-d3e472a5b2b2',6,'running','do',1795875100710421,1795875100710432,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17001-6f03-841c-853a-d3e472a5b2b2',7,'active','do',1795875100710434,1795875100710434,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17036-2903-8da0-9bee-82ce2ad277b6',1,'image','do',1795875100706903,1795875100707027,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17036-2903-8da0-9bee-82ce2ad277b6',2,'disks','do',1795875100707032,1795875100710349,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17036-2903-8da0-9bee-82ce2ad277b6',3,'guest','do',1795875100710354,1795875100710914,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17036-2903-8da0-9bee-82ce2ad277b6',4,'ports up','do',1795875100710918,1795875100724164,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17036-2903-8da0-9bee-82ce2ad277b6',5,'resume','do',1795875100724171,1795875100724423,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17036-2903-8da0-9bee-82ce2ad277b6',6,'running','do',1795875100724425,1795875100724435,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17036-2903-8da0-9bee-82ce2ad277b6',7,'active','do',1795875100724437,1795875100724437,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17069-b18f-8253-9cf4-1d6309b7c66a',1,'image','do',1795875100720432,1795875100721675,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17069-b18f-8253-9cf4-1d6309b7c66a',2,'disks','do',1795875100721681,1795875100724264,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17069-b18f-8253-9cf4-1d6309b7c66a',3,'guest','do',1795875100724266,1795875100724549,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17069-b18f-8253-9cf4-1d6309b7c66a',4,'ports up','do',1795875100724551,1795875100745097,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17069-b18f-8253-9cf4-1d6309b7c66a',5,'resume','do',1795875100745104,1795875100747316,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17069-b18f-8253-9cf4-1d6309b7c66a',6,'running','do',1795875100747322,1795875100747336,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17069-b18f-8253-9cf4-1d6309b7c66a',7,'active','do',1795875100747339,1795875100747339,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c170b7-b1c3-8b7e-80bb-431e5e3947e7',1,'image','do',1795875100742329,1795875100742457,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c170b7-b1c3-8b7e-80bb-431e5e3947e7',2,'disks','do',1795875100742467,1795875100745183,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c170b7-b1c3-8b7e-80bb-431e5e3947e7',3,'guest','do',1795875100745186,1795875100747441,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c170b7-b1c3-8b7e-80bb-431e5e3947e7',4,'ports up','do',1795875100747444,1795875100754732,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c170b7-b1c3-8b7e-80bb-431e5e3947e7',5,'resume','do',1795875100754738,1795875100754979,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c170b7-b1c3-8b7e-80bb-431e5e3947e7',6,'running','do',1795875100754984,1795875100754991,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c170b7-b1c3-8b7e-80bb-431e5e3947e7',7,'active','do',1795875100754993,1795875100754993,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17128-4f70-82c9-aa2c-9e0ce48b16ce',1,'stop','do',1795875100765430,1795875100765571,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17128-4f70-82c9-aa2c-9e0ce48b16ce',2,'state','do',1795875100765577,1795875100765577,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17136-6030-85bd-8e6e-24faca32fe00',1,'pause','do',1795875100769487,1795875100769567,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17136-6030-85bd-8e6e-24faca32fe00',2,'state','do',1795875100769572,1795875100769572,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1713f-a208-8e45-87d2-a53103a6dd6b',1,'suspend','do',1795875100771546,1795875100771625,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1713f-a208-8e45-87d2-a53103a6dd6b',2,'state','do',1795875100771630,1795875100771630,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1714f-f11c-8922-92a2-9d8069931ecf',1,'earlier work ended','do',1795875100776133,1795875100776146,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1714f-f11c-8922-92a2-9d8069931ecf',2,'image','do',1795875100777897,1795875100778075,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1714f-f11c-8922-92a2-9d8069931ecf',3,'rescue disk','do',1795875100779864,1795875100780860,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1714f-f11c-8922-92a2-9d8069931ecf',4,'power off','do',1795875100786383,1795875100786794,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1714f-f11c-8922-92a2-9d8069931ecf',5,'rescue guest','do',1795875100792260,1795875100792904,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1714f-f11c-8922-92a2-9d8069931ecf',6,'ports up','do',1795875100792907,1795875100793046,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1714f-f11c-8922-92a2-9d8069931ecf',7,'resume','do',1795875100793049,1795875100793090,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1714f-f11c-8922-92a2-9d8069931ecf',8,'running','do',1795875100793094,1795875100793099,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1714f-f11c-8922-92a2-9d8069931ecf',9,'rescued','do',1795875100793100,1795875100793100,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1715c-a87b-8922-af88-c276a1acc794',1,'earlier work ended','do',1795875100780804,1795875100780812,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1715c-a87b-8922-af88-c276a1acc794',2,'stop','do',1795875100786316,1795875100786772,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1715c-a87b-8922-af88-c276a1acc794',3,'stopped','do',1795875100786775,1795875100786775,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1715c-a87b-8922-af88-c276a1acc794',4,'copy','do',1795875100792066,1795875100792869,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1715c-a87b-8922-af88-c276a1acc794',5,'upload','do',1795875100797424,1795875100869059,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1715c-a87b-8922-af88-c276a1acc794',6,'copy deleted','do',1795875100869063,1795875100869096,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1715c-a87b-8922-af88-c276a1acc794',7,'shelved','do',1795875100869098,1795875100869098,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1715c-a87b-8922-af88-c276a1acc794',8,'guest','do',1795875100870771,1795875100870815,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1715c-a87b-8922-af88-c276a1acc794',9,'disks','do',1795875100870817,1795875100870836,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1715c-a87b-8922-af88-c276a1acc794',10,'offloaded','do',1795875100870838,1795875100870838,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17179-38eb-87e5-a991-c00455aaf988',1,'earlier work ended','do',1795875100786468,1795875100786709,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17179-38eb-87e5-a991-c00455aaf988',2,'power off','do',1795875100792016,1795875100792772,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17179-38eb-87e5-a991-c00455aaf988',3,'off','do',1795875100792774,1795875100792774,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17179-38eb-87e5-a991-c00455aaf988',4,'keep disks','do',1795875100797405,1795875100799102,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17179-38eb-87e5-a991-c00455aaf988',5,'grow disks','do',1795875100810346,1795875100811941,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17179-38eb-87e5-a991-c00455aaf988',6,'copied','do',1795875100811948,1795875100811948,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17179-38eb-87e5-a991-c00455aaf988',7,'guest','do',1795875100843737,1795875100845047,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17179-38eb-87e5-a991-c00455aaf988',8,'ports up','do',1795875100853393,1795875100857660,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17179-38eb-87e5-a991-c00455aaf988',9,'resume','do',1795875100868167,1795875100868263,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17179-38eb-87e5-a991-c00455aaf988',10,'running','do',1795875100870286,1795875100870303,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c17179-38eb-87e5-a991-c00455aaf988',11,'resized','do',1795875100870306,1795875100870306,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1718e-c8b8-818b-b14f-0e4495f9116c',1,'copying','do',1795875100792709,1795875100792711,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1718e-c8b8-818b-b14f-0e4495f9116c',2,'copy','do',1795875100797084,1795875100799042,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1718e-c8b8-818b-b14f-0e4495f9116c',3,'copied','do',1795875100799048,1795875100799048,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1718e-c8b8-818b-b14f-0e4495f9116c',4,'upload','do',1795875100810278,1795875100875818,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1718e-c8b8-818b-b14f-0e4495f9116c',5,'done','do',1795875100875829,1795875100875829,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c1718e-c8b8-818b-b14f-0e4495f9116c',6,'copy deleted','do',1795875100876847,1795875100876896,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c171a5-dc1a-861f-ae6d-95f53940fdd0',1,'earlier work ended','do',1795875100799455,1795875100799788,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c171a5-dc1a-861f-ae6d-95f53940fdd0',2,'guest','do',1795875100799792,1795875100800948,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c171a5-dc1a-861f-ae6d-95f53940fdd0',3,'disks','do',1795875100800951,1795875100801018,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c171a5-dc1a-861f-ae6d-95f53940fdd0',4,'other host','do',1795875100801020,1795875100801024,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c171a5-dc1a-861f-ae6d-95f53940fdd0',5,'deleted','do',1795875100801026,1795875100801026,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c171b6-0726-87b4-aefe-3c005dbe10c0',1,'earlier work ended','do',1795875100812188,1795875100812197,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c171b6-0726-87b4-aefe-3c005dbe10c0',2,'power off','do',1795875100844919,1795875100845100,'done',NULL);
INSERT INTO "saga_steps" VALUES('56c171b6-0726-87b4-aefe-3c005dbe10c0',3,'soft-deleted','do',1795875100845102,1795875100845102,'done',NULL);
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
	cancel_requested BOOLEAN DEFAULT '0' NOT NULL, 
	error TEXT, 
	undo_error TEXT, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, lease_epoch BIGINT DEFAULT '0' NOT NULL, place VARCHAR(255), 
	CONSTRAINT pk_sagas PRIMARY KEY (id), 
	CONSTRAINT ck_sagas_state CHECK (state IN ('forward', 'unwinding', 'done', 'undone'))
);
INSERT INTO "sagas" VALUES('56c16ee3-8729-89b1-939e-4f4efdf75a7d','server_create','56c16ede-3b6e-86a1-b129-7dca0a1d82ce','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c16ede-3b6e-86a1-b129-7dca0a1d82ce","host":"simulated-1","tried":[],"movable":true,"has_password":false}','done',7,0,1795875100649265,NULL,NULL,0,NULL,NULL,1795875100612867,1795875100649265,1,'simulated-1');
INSERT INTO "sagas" VALUES('56c16f13-851f-82d8-9e3b-126f67ec6c07','server_create','56c16f10-034c-83d0-9513-7a9d964e6cc8','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c16f10-034c-83d0-9513-7a9d964e6cc8","host":"simulated-2","tried":[],"movable":true,"has_password":false}','done',7,0,1795875100659279,NULL,NULL,0,NULL,NULL,1795875100625841,1795875100659279,1,'simulated-2');
INSERT INTO "sagas" VALUES('56c16f54-b629-8756-8601-b780f88ae70c','server_create','56c16f51-3404-8e44-8922-0f43dcd39ac1','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c16f51-3404-8e44-8922-0f43dcd39ac1","host":"simulated-1","tried":[],"movable":true,"has_password":false}','done',7,0,1795875100659192,NULL,NULL,0,NULL,NULL,1795875100642378,1795875100659192,1,'simulated-1');
INSERT INTO "sagas" VALUES('56c16fa3-42ff-8bf5-9a6b-f73d2fac227a','server_create','56c16f9f-0cb5-8e03-9d79-5f044f65bccf','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c16f9f-0cb5-8e03-9d79-5f044f65bccf","host":"simulated-2","tried":[],"movable":true,"has_password":false}','done',7,0,1795875100680332,NULL,NULL,0,NULL,NULL,1795875100662497,1795875100680332,1,'simulated-2');
INSERT INTO "sagas" VALUES('56c16fd1-06d2-8d9c-b3b9-07fd5479f1c7','server_create','56c16fcd-c35a-84f0-9424-1b996b93ebba','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c16fcd-c35a-84f0-9424-1b996b93ebba","host":"simulated-1","tried":[],"movable":true,"has_password":false}','done',7,0,1795875100689845,NULL,NULL,0,NULL,NULL,1795875100674574,1795875100689845,1,'simulated-1');
INSERT INTO "sagas" VALUES('56c17001-6f03-841c-853a-d3e472a5b2b2','server_create','56c16ffe-52ee-8710-886d-a497c56799b2','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c16ffe-52ee-8710-886d-a497c56799b2","host":"simulated-2","tried":[],"movable":true,"has_password":false}','done',7,0,1795875100710434,NULL,NULL,0,NULL,NULL,1795875100687140,1795875100710434,1,'simulated-2');
INSERT INTO "sagas" VALUES('56c17036-2903-8da0-9bee-82ce2ad277b6','server_create','56c17032-b1ff-87d6-9fd7-ab263b511024','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c17032-b1ff-87d6-9fd7-ab263b511024","host":"simulated-1","tried":[],"movable":true,"has_password":false}','done',7,0,1795875100724437,NULL,NULL,0,NULL,NULL,1795875100700467,1795875100724437,1,'simulated-1');
INSERT INTO "sagas" VALUES('56c17069-b18f-8253-9cf4-1d6309b7c66a','server_create','56c17060-894c-896d-ab84-eb78ade3e463','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c17060-894c-896d-ab84-eb78ade3e463","host":"simulated-2","tried":[],"movable":true,"has_password":false}','done',7,0,1795875100747339,NULL,NULL,0,NULL,NULL,1795875100711999,1795875100747339,1,'simulated-2');
INSERT INTO "sagas" VALUES('56c170b7-b1c3-8b7e-80bb-431e5e3947e7','server_create','56c170b3-0f63-80f9-b39c-00e7c21ab386','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c170b3-0f63-80f9-b39c-00e7c21ab386","host":"simulated-1","tried":[],"movable":true,"has_password":false}','done',7,0,1795875100754993,NULL,NULL,0,NULL,NULL,1795875100727930,1795875100754993,1,'simulated-1');
INSERT INTO "sagas" VALUES('56c17128-4f70-82c9-aa2c-9e0ce48b16ce','server_stop','56c16f51-3404-8e44-8922-0f43dcd39ac1','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c16f51-3404-8e44-8922-0f43dcd39ac1","host":"simulated-1","action":"stop","before":"active"}','done',2,0,1795875100765577,NULL,NULL,0,NULL,NULL,1795875100763793,1795875100765577,1,'simulated-1');
INSERT INTO "sagas" VALUES('56c17136-6030-85bd-8e6e-24faca32fe00','server_pause','56c16f9f-0cb5-8e03-9d79-5f044f65bccf','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c16f9f-0cb5-8e03-9d79-5f044f65bccf","host":"simulated-2","action":"pause","before":"active"}','done',2,0,1795875100769572,NULL,NULL,0,NULL,NULL,1795875100767642,1795875100769572,1,'simulated-2');
INSERT INTO "sagas" VALUES('56c1713f-a208-8e45-87d2-a53103a6dd6b','server_suspend','56c16fcd-c35a-84f0-9424-1b996b93ebba','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c16fcd-c35a-84f0-9424-1b996b93ebba","host":"simulated-1","action":"suspend","before":"active"}','done',2,0,1795875100771630,NULL,NULL,0,NULL,NULL,1795875100770015,1795875100771630,1,'simulated-1');
INSERT INTO "sagas" VALUES('56c1714f-f11c-8922-92a2-9d8069931ecf','server_rescue','56c16ffe-52ee-8710-886d-a497c56799b2','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c16ffe-52ee-8710-886d-a497c56799b2","host":"simulated-2","before":"active","power_before":1,"image_id":"56c16add-8529-8e8e-9b2c-2d336f84b485","has_password":false,"after":[]}','done',9,0,1795875100793100,NULL,NULL,0,NULL,NULL,1795875100773751,1795875100793100,1,'simulated-2');
INSERT INTO "sagas" VALUES('56c1715c-a87b-8922-af88-c276a1acc794','server_shelve','56c17032-b1ff-87d6-9fd7-ab263b511024','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c17032-b1ff-87d6-9fd7-ab263b511024","host":"simulated-1","image_id":"56c1715b-1654-81c0-a65e-caf851dfe191","before":"active","power_before":1,"offload":true,"after":[]}','done',10,0,1795875100870838,NULL,NULL,0,NULL,NULL,1795875100777033,1795875100870838,1,'simulated-1');
INSERT INTO "sagas" VALUES('56c17179-38eb-87e5-a991-c00455aaf988','server_resize','56c17060-894c-896d-ab84-eb78ade3e463','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c17060-894c-896d-ab84-eb78ade3e463","migration_id":"56c17174-184e-8869-b6c6-0d78d90db328","source":"simulated-2","destination":"simulated-2","runs":true,"after":[]}','done',11,0,1795875100870306,NULL,NULL,0,NULL,NULL,1795875100781419,1795875100870306,1,'simulated-2');
INSERT INTO "sagas" VALUES('56c1718e-c8b8-818b-b14f-0e4495f9116c','server_create_image','56c16ede-3b6e-86a1-b129-7dca0a1d82ce','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c16ede-3b6e-86a1-b129-7dca0a1d82ce","host":"simulated-1","image_id":"56c1718c-53e0-87f0-9a24-9d1280724f44","rotation":{"backup_type":"daily","keep":2}}','done',6,0,1795875100876898,NULL,NULL,0,NULL,NULL,1795875100789567,1795875100876898,1,'simulated-1');
INSERT INTO "sagas" VALUES('56c171a5-dc1a-861f-ae6d-95f53940fdd0','server_delete','56c16f10-034c-83d0-9513-7a9d964e6cc8','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c16f10-034c-83d0-9513-7a9d964e6cc8","places":[]}','done',5,0,1795875100801026,NULL,NULL,0,NULL,NULL,1795875100796129,1795875100801026,1,'simulated-2');
INSERT INTO "sagas" VALUES('56c171b6-0726-87b4-aefe-3c005dbe10c0','server_soft_delete','56c170b3-0f63-80f9-b39c-00e7c21ab386','56c15dc10beb82d694c08f9cb8d95c83','{"server_id":"56c170b3-0f63-80f9-b39c-00e7c21ab386","host":"simulated-1","after":[]}','done',3,0,1795875100845102,NULL,NULL,0,NULL,NULL,1795875100800311,1795875100845102,1,'simulated-1');
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
INSERT INTO "security_group_rules" VALUES('56c16d4f-ceb2-8ede-888d-90e103407751','56c16d4f-bfff-8f57-8cb1-5d456129b3c9','56c15dc10beb82d694c08f9cb8d95c83','','egress','IPv4',NULL,NULL,NULL,NULL,NULL,1,1795875100511387,1795875100511387);
INSERT INTO "security_group_rules" VALUES('56c16d4f-d4ea-8326-bb3c-f58d90238d02','56c16d4f-bfff-8f57-8cb1-5d456129b3c9','56c15dc10beb82d694c08f9cb8d95c83','','egress','IPv6',NULL,NULL,NULL,NULL,NULL,1,1795875100511387,1795875100511387);
INSERT INTO "security_group_rules" VALUES('56c16d4f-d89f-8119-ad69-7e1aaa73570e','56c16d4f-bfff-8f57-8cb1-5d456129b3c9','56c15dc10beb82d694c08f9cb8d95c83','','ingress','IPv4',NULL,NULL,NULL,NULL,'56c16d4f-bfff-8f57-8cb1-5d456129b3c9',1,1795875100511387,1795875100511387);
INSERT INTO "security_group_rules" VALUES('56c16d4f-dcc5-8b3b-82de-1ac385e47a6c','56c16d4f-bfff-8f57-8cb1-5d456129b3c9','56c15dc10beb82d694c08f9cb8d95c83','','ingress','IPv6',NULL,NULL,NULL,NULL,'56c16d4f-bfff-8f57-8cb1-5d456129b3c9',1,1795875100511387,1795875100511387);
INSERT INTO "security_group_rules" VALUES('56c16d56-8794-8fdb-8d7a-3f60afc66438','56c16d56-7817-810c-841b-ce8e20ea3d98','56c15dc10beb82d694c08f9cb8d95c83','','egress','IPv4',NULL,NULL,NULL,NULL,NULL,1,1795875100511387,1795875100511387);
INSERT INTO "security_group_rules" VALUES('56c16d56-8cf5-8196-a16f-b6bcd0d80526','56c16d56-7817-810c-841b-ce8e20ea3d98','56c15dc10beb82d694c08f9cb8d95c83','','egress','IPv6',NULL,NULL,NULL,NULL,NULL,1,1795875100511387,1795875100511387);
INSERT INTO "security_group_rules" VALUES('56c16d6e-c2b5-8447-94ae-41786cacc408','56c16d56-7817-810c-841b-ce8e20ea3d98','56c15dc10beb82d694c08f9cb8d95c83','','ingress','IPv4','tcp',80,80,NULL,NULL,1,1795875100517864,1795875100517864);
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
INSERT INTO "security_groups" VALUES('56c16d4f-bfff-8f57-8cb1-5d456129b3c9','56c15dc10beb82d694c08f9cb8d95c83','default','Default security group',1,1,'[]',1,1795875100511387,1795875100511387);
INSERT INTO "security_groups" VALUES('56c16d56-7817-810c-841b-ce8e20ea3d98','56c15dc10beb82d694c08f9cb8d95c83','web','',1,0,'[]',2,1795875100511387,1795875100517864);
CREATE TABLE serial_holds (
	server_id VARCHAR(36) NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	url TEXT NOT NULL, 
	machine VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_serial_holds PRIMARY KEY (server_id), 
	CONSTRAINT fk_serial_holds_server_id_servers FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "serial_holds" VALUES('56c16ede-3b6e-86a1-b129-7dca0a1d82ce','01890000-0000-7000-8000-00000000000a','http://127.0.0.1:1','quay');
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
INSERT INTO "server_actions" VALUES('56c16ede-3b6e-86a1-b129-7dca0a1d82ce','req-56c16eb8-bd7c-8f16-ba30-a9289f7a7e4f','create','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c16ee3-8729-89b1-939e-4f4efdf75a7d',NULL,1795875100612867,1795875100612867);
INSERT INTO "server_actions" VALUES('56c16f10-034c-83d0-9513-7a9d964e6cc8','req-56c16efc-2821-8dc1-b1bf-73221556136d','create','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c16f13-851f-82d8-9e3b-126f67ec6c07',NULL,1795875100625841,1795875100625841);
INSERT INTO "server_actions" VALUES('56c16f51-3404-8e44-8922-0f43dcd39ac1','req-56c16f32-1e2b-82b4-9397-b0739cd70ca4','create','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c16f54-b629-8756-8601-b780f88ae70c',NULL,1795875100642378,1795875100642378);
INSERT INTO "server_actions" VALUES('56c16f9f-0cb5-8e03-9d79-5f044f65bccf','req-56c16f80-adb1-8de0-afa4-c2d3eaede629','create','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c16fa3-42ff-8bf5-9a6b-f73d2fac227a',NULL,1795875100662497,1795875100662497);
INSERT INTO "server_actions" VALUES('56c16fcd-c35a-84f0-9424-1b996b93ebba','req-56c16fb8-6429-84f0-acf6-23f9ec1415ed','create','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c16fd1-06d2-8d9c-b3b9-07fd5479f1c7',NULL,1795875100674574,1795875100674574);
INSERT INTO "server_actions" VALUES('56c16ffe-52ee-8710-886d-a497c56799b2','req-56c16fe6-f5ed-8650-b9ad-ba7ca97b62f1','create','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c17001-6f03-841c-853a-d3e472a5b2b2',NULL,1795875100687140,1795875100687140);
INSERT INTO "server_actions" VALUES('56c17032-b1ff-87d6-9fd7-ab263b511024','req-56c1701b-d707-8020-a5b7-b31f518dab33','create','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c17036-2903-8da0-9bee-82ce2ad277b6',NULL,1795875100700467,1795875100700467);
INSERT INTO "server_actions" VALUES('56c17060-894c-896d-ab84-eb78ade3e463','req-56c1704a-5fa5-8fdc-9d0d-435aa0a17303','create','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c17069-b18f-8253-9cf4-1d6309b7c66a',NULL,1795875100711999,1795875100711999);
INSERT INTO "server_actions" VALUES('56c170b3-0f63-80f9-b39c-00e7c21ab386','req-56c17083-d87b-8837-bb93-878b460f0575','create','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c170b7-b1c3-8b7e-80bb-431e5e3947e7',NULL,1795875100727930,1795875100727930);
INSERT INTO "server_actions" VALUES('56c16f51-3404-8e44-8922-0f43dcd39ac1','req-56c17124-e09b-8252-924a-5ca158190a89','stop','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c17128-4f70-82c9-aa2c-9e0ce48b16ce',NULL,1795875100763793,1795875100763793);
INSERT INTO "server_actions" VALUES('56c16f9f-0cb5-8e03-9d79-5f044f65bccf','req-56c17133-d99d-8d1a-9ac5-bf2b04652a7d','pause','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c17136-6030-85bd-8e6e-24faca32fe00',NULL,1795875100767642,1795875100767642);
INSERT INTO "server_actions" VALUES('56c16fcd-c35a-84f0-9424-1b996b93ebba','req-56c1713d-50aa-8eda-9180-445acdc9723d','suspend','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c1713f-a208-8e45-87d2-a53103a6dd6b',NULL,1795875100770015,1795875100770015);
INSERT INTO "server_actions" VALUES('56c16ffe-52ee-8710-886d-a497c56799b2','req-56c1714b-3c10-8e4d-9ef0-6fd74116615d','rescue','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c1714f-f11c-8922-92a2-9d8069931ecf',NULL,1795875100773751,1795875100773751);
INSERT INTO "server_actions" VALUES('56c17032-b1ff-87d6-9fd7-ab263b511024','req-56c17156-ff92-8baf-9619-c3eeb616ee6f','shelve','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c1715c-a87b-8922-af88-c276a1acc794',NULL,1795875100777033,1795875100777033);
INSERT INTO "server_actions" VALUES('56c17060-894c-896d-ab84-eb78ade3e463','req-56c17169-4fb3-8123-a27e-04e1d0a9d8df','resize','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c17179-38eb-87e5-a991-c00455aaf988',NULL,1795875100781419,1795875100781419);
INSERT INTO "server_actions" VALUES('56c16ede-3b6e-86a1-b129-7dca0a1d82ce','req-56c17184-2a41-889d-9103-423588d6b85f','createBackup','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c1718e-c8b8-818b-b14f-0e4495f9116c',NULL,1795875100789567,1795875100789567);
INSERT INTO "server_actions" VALUES('56c16f10-034c-83d0-9513-7a9d964e6cc8','req-56c1719f-fa2e-8c2a-81d4-26f3b0791b38','delete','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c171a5-dc1a-861f-ae6d-95f53940fdd0',NULL,1795875100796129,1795875100796129);
INSERT INTO "server_actions" VALUES('56c170b3-0f63-80f9-b39c-00e7c21ab386','req-56c171b4-1e6a-82fd-9cd9-08e8ff96a524','delete','56c15dc11563841aaf7a50a5722c226d','56c15dc10beb82d694c08f9cb8d95c83','56c171b6-0726-87b4-aefe-3c005dbe10c0',NULL,1795875100800311,1795875100800311);
CREATE TABLE server_group_members (
	server_id VARCHAR(36) NOT NULL, 
	group_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_server_group_members PRIMARY KEY (server_id), 
	CONSTRAINT fk_server_group_members_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE, 
	CONSTRAINT fk_server_group_members_group_id FOREIGN KEY(group_id) REFERENCES server_groups (id) ON DELETE CASCADE
);
INSERT INTO "server_group_members" VALUES('56c16ede-3b6e-86a1-b129-7dca0a1d82ce','56c16ea1-41ee-82e1-8732-a1282b038e30');
INSERT INTO "server_group_members" VALUES('56c16f10-034c-83d0-9513-7a9d964e6cc8','56c16ea1-41ee-82e1-8732-a1282b038e30');
INSERT INTO "server_group_members" VALUES('56c16f51-3404-8e44-8922-0f43dcd39ac1','56c16ea1-41ee-82e1-8732-a1282b038e30');
INSERT INTO "server_group_members" VALUES('56c16f9f-0cb5-8e03-9d79-5f044f65bccf','56c16ea1-41ee-82e1-8732-a1282b038e30');
INSERT INTO "server_group_members" VALUES('56c16fcd-c35a-84f0-9424-1b996b93ebba','56c16ea1-41ee-82e1-8732-a1282b038e30');
INSERT INTO "server_group_members" VALUES('56c16ffe-52ee-8710-886d-a497c56799b2','56c16ea1-41ee-82e1-8732-a1282b038e30');
INSERT INTO "server_group_members" VALUES('56c17032-b1ff-87d6-9fd7-ab263b511024','56c16ea1-41ee-82e1-8732-a1282b038e30');
INSERT INTO "server_group_members" VALUES('56c17060-894c-896d-ab84-eb78ade3e463','56c16ea1-41ee-82e1-8732-a1282b038e30');
INSERT INTO "server_group_members" VALUES('56c170b3-0f63-80f9-b39c-00e7c21ab386','56c16ea1-41ee-82e1-8732-a1282b038e30');
CREATE TABLE server_groups (
	id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	user_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	policy VARCHAR(24) NOT NULL, 
	max_server_per_host INTEGER, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_server_groups PRIMARY KEY (id), 
	CONSTRAINT ck_server_groups_policy CHECK (policy IN ('affinity', 'anti-affinity', 'soft-affinity', 'soft-anti-affinity')), 
	CONSTRAINT ck_server_groups_max_server_per_host CHECK (max_server_per_host IS NULL OR max_server_per_host > 0)
);
INSERT INTO "server_groups" VALUES('56c16ea1-41ee-82e1-8732-a1282b038e30','56c15dc10beb82d694c08f9cb8d95c83','56c15dc11563841aaf7a50a5722c226d','apart','soft-anti-affinity',NULL,1795875100598608);
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
INSERT INTO "server_nics" VALUES('56c16ede-3b6e-86a1-b129-7dca0a1d82ce',0,'56c16ee1-f78e-875f-99df-f52d08f7dfca',NULL,0,NULL);
INSERT INTO "server_nics" VALUES('56c16f51-3404-8e44-8922-0f43dcd39ac1',0,'56c16f53-6657-841f-a436-abf4f76b5d8a',NULL,0,NULL);
INSERT INTO "server_nics" VALUES('56c16f9f-0cb5-8e03-9d79-5f044f65bccf',0,'56c16fa1-8e97-8653-bf1c-61c61f25cf9c',NULL,0,NULL);
INSERT INTO "server_nics" VALUES('56c16fcd-c35a-84f0-9424-1b996b93ebba',0,'56c16fcf-cf8a-8bfa-b223-1e0ce2c160bc',NULL,0,NULL);
INSERT INTO "server_nics" VALUES('56c16ffe-52ee-8710-886d-a497c56799b2',0,'56c17000-3381-8b60-9ba4-f960d2f87c49',NULL,0,NULL);
INSERT INTO "server_nics" VALUES('56c17032-b1ff-87d6-9fd7-ab263b511024',0,'56c17034-e730-8f7b-8f9e-c8f3a7a3a71f',NULL,0,NULL);
INSERT INTO "server_nics" VALUES('56c17060-894c-896d-ab84-eb78ade3e463',0,'56c17068-33b2-8120-8325-84216e84b7da',NULL,0,NULL);
INSERT INTO "server_nics" VALUES('56c170b3-0f63-80f9-b39c-00e7c21ab386',0,'56c170b5-ee35-8510-8ca4-b7a49739f046',NULL,0,NULL);
CREATE TABLE "servers" (
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
	updated_at BIGINT NOT NULL, disks TEXT DEFAULT '[]' NOT NULL, hardware TEXT, shelved_image_id VARCHAR(36), shelved_at BIGINT, soft_deleted_at BIGINT, wanted VARCHAR(9) DEFAULT 'running' NOT NULL CONSTRAINT ck_servers_wanted CHECK (wanted IN ('running', 'stopped', 'paused', 'suspended')), 
	CONSTRAINT pk_servers PRIMARY KEY (id), 
	CONSTRAINT ck_servers_locked_by CHECK (locked_by IS NULL OR locked_by IN ('owner', 'admin')), 
	CONSTRAINT ck_servers_vm_state CHECK (vm_state IN ('building', 'active', 'paused', 'suspended', 'stopped', 'rescued', 'resized', 'soft-delete', 'shelved', 'shelved_offloaded', 'error', 'deleted')), 
	CONSTRAINT fk_servers_host FOREIGN KEY(host) REFERENCES hosts (name)
);
INSERT INTO "servers" VALUES('56c16ede-3b6e-86a1-b129-7dca0a1d82ce','56c15dc10beb82d694c08f9cb8d95c83','56c15dc11563841aaf7a50a5722c226d','running','running',NULL,'active',NULL,1,'simulated-1','east',NULL,'MANUAL','56c16add-8529-8e8e-9b2c-2d336f84b485','{"id":"56c16df8-4476-894f-ac0d-e78c0e9e3ae4","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{"group":"56c16ea1-41ee-82e1-8732-a1282b038e30"}','r-1eb34e00',0,NULL,'','',1795875100654301,NULL,6,1795875100612867,1795875100875938,'[{"name":"root","device":"vda","bus":"virtio","source":"image","image_id":"56c16add-8529-8e8e-9b2c-2d336f84b485","size_mb":1024,"boot_index":0}]','{"disk_bus":"virtio"}',NULL,NULL,NULL,'running');
INSERT INTO "servers" VALUES('56c16f10-034c-83d0-9513-7a9d964e6cc8','56c15dc10beb82d694c08f9cb8d95c83','56c15dc11563841aaf7a50a5722c226d','deleted','deleted',NULL,'deleted',NULL,0,NULL,'nova',NULL,'MANUAL','56c16add-8529-8e8e-9b2c-2d336f84b485','{"id":"56c16df8-4476-894f-ac0d-e78c0e9e3ae4","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{"group":"56c16ea1-41ee-82e1-8732-a1282b038e30"}','r-6f513061',0,NULL,'','',1795875100666590,1795875100801099,4,1795875100625841,1795875100801099,'[{"name":"root","device":"vda","bus":"virtio","source":"image","image_id":"56c16add-8529-8e8e-9b2c-2d336f84b485","size_mb":1024,"boot_index":0}]','{"disk_bus":"virtio"}',NULL,NULL,NULL,'running');
INSERT INTO "servers" VALUES('56c16f51-3404-8e44-8922-0f43dcd39ac1','56c15dc10beb82d694c08f9cb8d95c83','56c15dc11563841aaf7a50a5722c226d','stopped','stopped',NULL,'stopped',NULL,4,'simulated-1','east',NULL,'MANUAL','56c16add-8529-8e8e-9b2c-2d336f84b485','{"id":"56c16df8-4476-894f-ac0d-e78c0e9e3ae4","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{"group":"56c16ea1-41ee-82e1-8732-a1282b038e30"}','r-4e23dbfb',0,NULL,'','',1795875100666431,NULL,4,1795875100642378,1795875100765704,'[{"name":"root","device":"vda","bus":"virtio","source":"image","image_id":"56c16add-8529-8e8e-9b2c-2d336f84b485","size_mb":1024,"boot_index":0}]','{"disk_bus":"virtio"}',NULL,NULL,NULL,'stopped');
INSERT INTO "servers" VALUES('56c16f9f-0cb5-8e03-9d79-5f044f65bccf','56c15dc10beb82d694c08f9cb8d95c83','56c15dc11563841aaf7a50a5722c226d','paused','paused',NULL,'paused',NULL,3,'simulated-2','nova',NULL,'MANUAL','56c16add-8529-8e8e-9b2c-2d336f84b485','{"id":"56c16df8-4476-894f-ac0d-e78c0e9e3ae4","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{"group":"56c16ea1-41ee-82e1-8732-a1282b038e30"}','r-7493634a',0,NULL,'','',1795875100680426,NULL,4,1795875100662497,1795875100770342,'[{"name":"root","device":"vda","bus":"virtio","source":"image","image_id":"56c16add-8529-8e8e-9b2c-2d336f84b485","size_mb":1024,"boot_index":0}]','{"disk_bus":"virtio"}',NULL,NULL,NULL,'paused');
INSERT INTO "servers" VALUES('56c16fcd-c35a-84f0-9424-1b996b93ebba','56c15dc10beb82d694c08f9cb8d95c83','56c15dc11563841aaf7a50a5722c226d','suspended','suspended',NULL,'suspended',NULL,4,'simulated-1','east',NULL,'MANUAL','56c16add-8529-8e8e-9b2c-2d336f84b485','{"id":"56c16df8-4476-894f-ac0d-e78c0e9e3ae4","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{"group":"56c16ea1-41ee-82e1-8732-a1282b038e30"}','r-d97b9697',0,NULL,'','',1795875100690725,NULL,4,1795875100674574,1795875100771755,'[{"name":"root","device":"vda","bus":"virtio","source":"image","image_id":"56c16add-8529-8e8e-9b2c-2d336f84b485","size_mb":1024,"boot_index":0}]','{"disk_bus":"virtio"}',NULL,NULL,NULL,'suspended');
INSERT INTO "servers" VALUES('56c16ffe-52ee-8710-886d-a497c56799b2','56c15dc10beb82d694c08f9cb8d95c83','56c15dc11563841aaf7a50a5722c226d','rescued','rescued',NULL,'rescued',NULL,1,'simulated-2','nova',NULL,'MANUAL','56c16add-8529-8e8e-9b2c-2d336f84b485','{"id":"56c16df8-4476-894f-ac0d-e78c0e9e3ae4","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{"group":"56c16ea1-41ee-82e1-8732-a1282b038e30"}','r-fa124100',0,NULL,'','',1795875100795913,NULL,4,1795875100687140,1795875100795913,'[{"name":"root","device":"vda","bus":"virtio","source":"image","image_id":"56c16add-8529-8e8e-9b2c-2d336f84b485","size_mb":1024,"boot_index":0}]','{"disk_bus":"virtio"}',NULL,NULL,NULL,'running');
INSERT INTO "servers" VALUES('56c17032-b1ff-87d6-9fd7-ab263b511024','56c15dc10beb82d694c08f9cb8d95c83','56c15dc11563841aaf7a50a5722c226d','shelved','shelved',NULL,'shelved_offloaded',NULL,4,NULL,'east',NULL,'MANUAL','56c16add-8529-8e8e-9b2c-2d336f84b485','{"id":"56c16df8-4476-894f-ac0d-e78c0e9e3ae4","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{"group":"56c16ea1-41ee-82e1-8732-a1282b038e30"}','r-61f8a6e5',0,NULL,'','',1795875100726262,NULL,7,1795875100700467,1795875100874298,'[{"name":"root","device":"vda","bus":"virtio","source":"image","image_id":"56c16add-8529-8e8e-9b2c-2d336f84b485","size_mb":1024,"boot_index":0}]','{"disk_bus":"virtio"}','56c1715b-1654-81c0-a65e-caf851dfe191',1795875100870023,NULL,'running');
INSERT INTO "servers" VALUES('56c17060-894c-896d-ab84-eb78ade3e463','56c15dc10beb82d694c08f9cb8d95c83','56c15dc11563841aaf7a50a5722c226d','resized','resized',NULL,'resized',NULL,1,'simulated-2','nova',NULL,'MANUAL','56c16add-8529-8e8e-9b2c-2d336f84b485','{"id":"56c16e34-e99f-8676-941c-7b78a8665611","name":"larger","vcpus":2,"ram":128,"disk":2,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{"group":"56c16ea1-41ee-82e1-8732-a1282b038e30"}','r-affa3b7d',0,NULL,'','',1795875100871769,NULL,8,1795875100711999,1795875100871769,'[{"name":"root","device":"vda","bus":"virtio","source":"image","image_id":"56c16add-8529-8e8e-9b2c-2d336f84b485","size_mb":2048,"boot_index":0}]','{}',NULL,NULL,NULL,'running');
INSERT INTO "servers" VALUES('56c170b3-0f63-80f9-b39c-00e7c21ab386','56c15dc10beb82d694c08f9cb8d95c83','56c15dc11563841aaf7a50a5722c226d','recycled','recycled',NULL,'soft-delete',NULL,4,'simulated-1','east',NULL,'MANUAL','56c16add-8529-8e8e-9b2c-2d336f84b485','{"id":"56c16df8-4476-894f-ac0d-e78c0e9e3ae4","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{"group":"56c16ea1-41ee-82e1-8732-a1282b038e30"}','r-9e9a99d2',0,NULL,'','',1795875100755184,NULL,4,1795875100727930,1795875100851531,'[{"name":"root","device":"vda","bus":"virtio","source":"image","image_id":"56c16add-8529-8e8e-9b2c-2d336f84b485","size_mb":1024,"boot_index":0}]','{"disk_bus":"virtio"}',NULL,NULL,1795875100851531,'running');
CREATE TABLE signing_keys (
	id VARCHAR(36) NOT NULL, 
	secret TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_signing_keys PRIMARY KEY (id)
);
INSERT INTO "signing_keys" VALUES('56c15db1a9d28025a7d99b07df164254','84f0cf7e3db732775b42c346d20c9c02a8f1f33e3e5dcc168a30fa7943dfa161',1795875099486432);
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
INSERT INTO "subnets" VALUES('56c16c8f-f844-8e28-baf8-5f018adce948','56c16c4f-d5c9-8df2-80aa-4d50d87d0ad1','56c15db8cd258d66a9aa3a6421e2e579','','',4,'203.0.113.0/24',X'CB007101',1,NULL,NULL,'[{"start":"203.0.113.2","end":"203.0.113.254"}]','[]','[]','[]',1,1795875100451248,1795875100451248);
INSERT INTO "subnets" VALUES('56c16cd2-5db7-8e78-991b-a0345b7c8783','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83','','',4,'10.1.0.0/24',X'0A010001',1,NULL,NULL,'[{"start":"10.1.0.2","end":"10.1.0.254"}]','["9.9.9.9"]','[]','[]',1,1795875100474925,1795875100474925);
INSERT INTO "subnets" VALUES('56c16ce6-210e-8602-bc1d-e35f609cb415','56c16cb4-2285-8d38-b00d-06597ed282b8','56c15dc10beb82d694c08f9cb8d95c83','','',6,'2001:db8:1::/64',X'20010DB8000100000000000000000001',1,'slaac','slaac','[{"start":"2001:db8:1::2","end":"2001:db8:1:0:ffff:ffff:ffff:ffff"}]','[]','[]','[]',1,1795875100483937,1795875100483937);
INSERT INTO "subnets" VALUES('56c16dd6-caeb-8519-b017-2a6d6bf1a3ee','56c16dd2-cc97-8a7a-b84f-4d518602aa0f','56c15dc10beb82d694c08f9cb8d95c83','auto_allocated_subnet_v4','',4,'10.128.0.0/26',X'0A800001',1,NULL,NULL,'[{"start":"10.128.0.2","end":"10.128.0.62"}]','[]','[]','[]',1,1795875100544207,1795875100544207);
CREATE TABLE topics (
	topic VARCHAR(32) NOT NULL, 
	version BIGINT NOT NULL, 
	CONSTRAINT pk_topics PRIMARY KEY (topic)
)
 WITHOUT ROWID

;
INSERT INTO "topics" VALUES('standings',15);
CREATE TABLE user_group_members (
	user_id VARCHAR(36) NOT NULL, 
	group_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_user_group_members PRIMARY KEY (user_id, group_id), 
	CONSTRAINT fk_user_group_members_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT fk_user_group_members_group_id FOREIGN KEY(group_id) REFERENCES user_groups (id) ON DELETE CASCADE
);
INSERT INTO "user_group_members" VALUES('56c16852243382f8b0accb28b4f99739','56c168ef97af8bc8879d4db5bffd0cd5');
CREATE TABLE user_groups (
	id VARCHAR(36) NOT NULL, 
	domain_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_user_groups PRIMARY KEY (id), 
	CONSTRAINT fk_user_groups_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id)
);
INSERT INTO "user_groups" VALUES('56c168ef97af8bc8879d4db5bffd0cd5','56c167b0c7fb8f00b922c10d61100b5b','crew','','{}');
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
	tokens_generation BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT fk_users_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id)
);
INSERT INTO "users" VALUES('56c15db8d82c88f9b8e0ff7835d8741a','default','admin','$argon2id$v=19$m=19456,t=2,p=1$bdwHzP3HNEUSsJnf6vPGaA$+Ab34M/5b2LEafBp6INOSCq+5mO1y+qptEmaEL8Ku8k',NULL,'',NULL,'{}',1,0);
INSERT INTO "users" VALUES('56c15dc11563841aaf7a50a5722c226d','default','demo','$argon2id$v=19$m=19456,t=2,p=1$Kg0jwdfcM3IypSqzto93eQ$EzlEPkrLwR9OwbKLAa3zozgSTkJhpN1VgX+x5taPj84',NULL,'',NULL,'{}',1,0);
INSERT INTO "users" VALUES('56c16852243382f8b0accb28b4f99739','56c167b0c7fb8f00b922c10d61100b5b','pilot','$argon2id$v=19$m=19456,t=2,p=1$r0wppamYZj4Ly//KT3k+lg$R/KAFpIjSm2GABIqNCe7b1tpOmTMnYleWAWgsYQNJPk',NULL,'',NULL,'{}',1,0);
CREATE TABLE worker_leases (
	name VARCHAR(255) NOT NULL, 
	owner VARCHAR(36) NOT NULL, epoch BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_worker_leases PRIMARY KEY (name)
);
INSERT INTO "worker_leases" VALUES('projector','',1);
INSERT INTO "worker_leases" VALUES('ports','',1);
INSERT INTO "worker_leases" VALUES('history','',1);
INSERT INTO "worker_leases" VALUES('keys','',1);
INSERT INTO "worker_leases" VALUES('network_events','',1);
INSERT INTO "worker_leases" VALUES('late_ports','',1);
INSERT INTO "worker_leases" VALUES('reclaim','',1);
CREATE TABLE workers (
	id VARCHAR(36) NOT NULL, 
	epoch BIGINT NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	drives BOOLEAN DEFAULT '1' NOT NULL, 
	joined_at BIGINT NOT NULL, 
	until BIGINT NOT NULL, 
	CONSTRAINT pk_workers PRIMARY KEY (id)
);
INSERT INTO "workers" VALUES('01890000-0000-7000-8000-00000000000a',1,'quay',1,1,1);
CREATE INDEX ix_addresses_ip ON addresses (ip);
CREATE INDEX ix_addresses_port ON addresses (port_id);
CREATE INDEX ix_aggregate_hosts_host ON aggregate_hosts (host);
CREATE INDEX ix_application_credential_access_rules_rule ON application_credential_access_rules (access_rule_id);
CREATE INDEX ix_application_credential_roles_role ON application_credential_roles (role_id);
CREATE INDEX ix_application_credentials_project ON application_credentials (project_id);
CREATE INDEX ix_catalog_endpoints_service ON catalog_endpoints (service_id);
CREATE INDEX ix_console_tokens_expires ON console_tokens (expires_at);
CREATE INDEX ix_console_tokens_project ON console_tokens (project_id);
CREATE INDEX ix_console_tokens_server ON console_tokens (server_id);
CREATE INDEX ix_events_object ON events (object_id, sequence);
CREATE INDEX ix_floating_ips_ip ON floating_ips (floating_ip);
CREATE INDEX ix_floating_ips_project ON floating_ips (project_id, id);
CREATE INDEX ix_floating_ips_router ON floating_ips (router_id);
CREATE INDEX ix_group_role_assignments_target ON group_role_assignments (scope, target_id);
CREATE INDEX ix_hosts_owner ON hosts (owner);
CREATE INDEX ix_hosts_room ON hosts (fullness, name) WHERE enabled AND up;
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
CREATE INDEX ix_image_backups_server ON image_backups (server_id, backup_type, created_at);
CREATE INDEX ix_image_bytes_in_hand ON image_bytes (state, name) WHERE state <> 'whole';
CREATE INDEX ix_images_created ON images (created_at, id);
CREATE INDEX ix_images_project ON images (project_id, created_at, id);
CREATE INDEX ix_implied_roles_implied_role_id ON implied_roles (implied_role_id);
CREATE INDEX ix_inherited_group_role_assignments_target ON inherited_group_role_assignments (target_id);
CREATE INDEX ix_inherited_role_assignments_target ON inherited_role_assignments (target_id);
CREATE INDEX ix_migrations_created ON migrations (created_at, number);
CREATE INDEX ix_migrations_finished ON migrations (updated_at) WHERE status = 'finished';
CREATE INDEX ix_migrations_server ON migrations (server_id, number);
CREATE INDEX ix_networks_name ON networks (name);
CREATE INDEX ix_networks_project ON networks (project_id, id);
CREATE INDEX ix_networks_shared ON networks (shared) WHERE shared OR external;
CREATE INDEX ix_port_address_pairs_port ON port_address_pairs (port_id);
CREATE INDEX ix_port_security_groups_group ON port_security_groups (security_group_id);
CREATE INDEX ix_ports_device ON ports (device_id) WHERE device_id <> '';
CREATE INDEX ix_ports_dhcp_options ON ports (network_id) WHERE extra_dhcp_opts <> '[]';
CREATE INDEX ix_ports_host ON ports (binding_host, id) WHERE binding_host <> '';
CREATE INDEX ix_ports_metadata ON ports (network_id) WHERE device_owner = 'network:distributed';
CREATE INDEX ix_ports_name ON ports (name) WHERE name <> '';
CREATE INDEX ix_ports_network_project ON ports (network_id, project_id);
CREATE INDEX ix_ports_project ON ports (project_id, id);
CREATE INDEX ix_postponements_until ON postponements (until);
CREATE INDEX ix_projects_parent ON projects (parent_id);
CREATE INDEX ix_remote_released_released_at ON remote_released (released_at);
CREATE INDEX ix_revoked_tokens_expires_at ON revoked_tokens (expires_at);
CREATE INDEX ix_role_assignments_target ON role_assignments (scope, target_id);
CREATE INDEX ix_router_interfaces_subnet ON router_interfaces (subnet_id);
CREATE INDEX ix_routers_gateway_network ON routers (gateway_network_id);
CREATE INDEX ix_routers_project ON routers (project_id, id);
CREATE INDEX ix_sagas_finished ON sagas (updated_at, id) WHERE state IN ('done', 'undone');
CREATE INDEX ix_sagas_runnable ON sagas (wake_at) WHERE state IN ('forward', 'unwinding');
CREATE INDEX ix_sagas_subject ON sagas (subject_id, created_at);
CREATE INDEX ix_security_group_rules_group ON security_group_rules (security_group_id);
CREATE INDEX ix_security_group_rules_project ON security_group_rules (project_id, id);
CREATE INDEX ix_security_group_rules_remote ON security_group_rules (remote_group_id);
CREATE INDEX ix_security_groups_project ON security_groups (project_id, id);
CREATE INDEX ix_server_actions_newest ON server_actions (server_id, started_at);
CREATE INDEX ix_server_group_members_group ON server_group_members (group_id, server_id);
CREATE INDEX ix_server_groups_created ON server_groups (created_at, id);
CREATE INDEX ix_server_groups_project ON server_groups (project_id, created_at, id);
CREATE INDEX ix_servers_changed ON servers (updated_at, id);
CREATE INDEX ix_servers_created ON servers (created_at, id, name, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_deleted ON servers (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_servers_host ON servers (host) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_launched ON servers (project_id, id) WHERE launched_at IS NOT NULL;
CREATE INDEX ix_servers_name ON servers (name) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_project ON servers (project_id, created_at, id, name, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_project_state ON servers (project_id, vm_state, created_at, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_shelved ON servers (shelved_at, id) WHERE vm_state = 'shelved';
CREATE INDEX ix_servers_soft_deleted ON servers (soft_deleted_at, id) WHERE soft_deleted_at IS NOT NULL;
CREATE INDEX ix_servers_state ON servers (vm_state, created_at, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_task ON servers (task_state) WHERE task_state IS NOT NULL;
CREATE INDEX ix_subnets_network ON subnets (network_id);
CREATE INDEX ix_subnets_project ON subnets (project_id, id);
CREATE INDEX ix_user_group_members_group ON user_group_members (group_id);
CREATE UNIQUE INDEX uq_access_rules_user_request ON access_rules (user_id, service, path, method);
CREATE UNIQUE INDEX uq_application_credentials_user_name ON application_credentials (user_id, name);
CREATE UNIQUE INDEX uq_floating_ips_address ON floating_ips (floating_network_id, floating_ip);
CREATE UNIQUE INDEX uq_floating_ips_fixed ON floating_ips (fixed_port_id, fixed_ip, floating_network_id) WHERE fixed_port_id IS NOT NULL;
CREATE UNIQUE INDEX uq_image_bytes_image ON image_bytes (image_id) WHERE state <> 'unwanted';
CREATE UNIQUE INDEX uq_networks_default ON networks (is_default) WHERE is_default AND external;
CREATE UNIQUE INDEX uq_networks_flat ON networks (physical_network) WHERE network_type = 'flat';
CREATE UNIQUE INDEX uq_networks_geneve ON networks (segmentation_id) WHERE network_type = 'geneve';
CREATE UNIQUE INDEX uq_networks_segment ON networks (network_type, physical_network, segmentation_id) WHERE segmentation_id IS NOT NULL;
CREATE UNIQUE INDEX uq_ports_network_mac ON ports (network_id, mac_address);
CREATE UNIQUE INDEX uq_ports_tap ON ports (binding_host, tap) WHERE binding_host <> '';
CREATE UNIQUE INDEX uq_projects_domain_name ON projects (domain_id, name);
CREATE UNIQUE INDEX uq_roles_name_domain ON roles (domain_id, name);
CREATE UNIQUE INDEX uq_roles_name_global ON roles (name) WHERE domain_id IS NULL;
CREATE UNIQUE INDEX uq_router_interfaces_router_subnet ON router_interfaces (router_id, subnet_id);
CREATE UNIQUE INDEX uq_security_groups_default ON security_groups (project_id) WHERE is_default;
CREATE UNIQUE INDEX uq_subnets_network_cidr ON subnets (network_id, cidr);
CREATE UNIQUE INDEX uq_user_groups_domain_name ON user_groups (domain_id, name);
CREATE UNIQUE INDEX uq_users_domain_name ON users (domain_id, name);
CREATE UNIQUE INDEX ux_migrations_held ON migrations (server_id) WHERE held;
CREATE TRIGGER events_to_outbox AFTER INSERT ON events WHEN NEW.unit IS NOT NULL
BEGIN
    INSERT INTO outbox (kind, object_id, revision, at) VALUES (NEW.unit, NEW.object_id, NEW.revision, NEW.at);
END;
CREATE TRIGGER pair_begins AFTER INSERT ON port_address_pairs
BEGIN
    INSERT INTO outbox (kind, object_id, revision, at)
    SELECT 'port', ports.id, ports.revision, coalesce((SELECT at FROM events ORDER BY sequence DESC LIMIT 1), 0)
    FROM subnets CROSS JOIN addresses CROSS JOIN ports
    WHERE subnets.network_id = NEW.network_id AND addresses.subnet_id = subnets.id AND addresses.ip = NEW.ip
        AND ports.id = addresses.port_id AND ports.binding_host = '' AND ports.id <> NEW.port_id;
END;
CREATE TRIGGER pair_ends AFTER DELETE ON port_address_pairs
BEGIN
    INSERT INTO outbox (kind, object_id, revision, at)
    SELECT 'port', ports.id, ports.revision, coalesce((SELECT at FROM events ORDER BY sequence DESC LIMIT 1), 0)
    FROM subnets CROSS JOIN addresses CROSS JOIN ports
    WHERE subnets.network_id = OLD.network_id AND addresses.subnet_id = subnets.id AND addresses.ip = OLD.ip
        AND ports.id = addresses.port_id AND ports.binding_host = '' AND ports.id <> OLD.port_id;
END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('outbox',39);
INSERT INTO "sqlite_sequence" VALUES('events',150);
INSERT INTO "sqlite_sequence" VALUES('aggregates',1);
INSERT INTO "sqlite_sequence" VALUES('migrations',1);
COMMIT;
