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
INSERT INTO "addresses" VALUES('48834d82-2510-8baf-8f31-9e8aa7c8efb4',X'CB007102','48834d8b-5fb0-86b6-b5b0-2fb3d92b01d5',0);
INSERT INTO "addresses" VALUES('48834d82-2510-8baf-8f31-9e8aa7c8efb4',X'CB007187','48834e19-d042-8be4-9316-35f2dadd6758',0);
INSERT INTO "addresses" VALUES('48834d82-2510-8baf-8f31-9e8aa7c8efb4',X'CB00719E','48834f15-6fd7-89b6-9ffc-db938c83df0e',0);
INSERT INTO "addresses" VALUES('48834d82-2510-8baf-8f31-9e8aa7c8efb4',X'CB0071FB','48834ebd-b1f9-8d09-9a9c-48176083b16b',0);
INSERT INTO "addresses" VALUES('48834dd1-4938-83b0-86d2-be5c30a8d12c',X'0A010001','48834e4b-decd-8e0e-a812-1e59c636e116',0);
INSERT INTO "addresses" VALUES('48834dd1-4938-83b0-86d2-be5c30a8d12c',X'0A010002','48834dd5-cb11-8fa9-9a78-3750e9ebf8e0',0);
INSERT INTO "addresses" VALUES('48834dd1-4938-83b0-86d2-be5c30a8d12c',X'0A010097','48834fbd-d45a-8145-9b81-c309a2172414',0);
INSERT INTO "addresses" VALUES('48834dd1-4938-83b0-86d2-be5c30a8d12c',X'0A0100DF','48834eaa-b35e-8a92-bda2-43607ef68514',0);
INSERT INTO "addresses" VALUES('48834dd1-4938-83b0-86d2-be5c30a8d12c',X'0A0100E8','48834f90-cb99-8d28-8856-e7f4ac560f68',0);
INSERT INTO "addresses" VALUES('48834def-4b07-84d0-b4fa-65c6e13d4b7b',X'20010DB800010000F8163EFFFE173994','48834fbd-d45a-8145-9b81-c309a2172414',1);
INSERT INTO "addresses" VALUES('48834def-4b07-84d0-b4fa-65c6e13d4b7b',X'20010DB800010000F8163EFFFED40229','48834eaa-b35e-8a92-bda2-43607ef68514',1);
INSERT INTO "addresses" VALUES('48834def-4b07-84d0-b4fa-65c6e13d4b7b',X'20010DB800010000F8163EFFFEECCBD8','48834f90-cb99-8d28-8856-e7f4ac560f68',1);
INSERT INTO "addresses" VALUES('48834f03-965d-8429-b33c-37e462192097',X'0A800001','48834f1c-6f95-8db0-aa1f-1afea6320e06',0);
INSERT INTO "addresses" VALUES('48834f03-965d-8429-b33c-37e462192097',X'0A800002','48834f0f-e4c0-8340-889c-99c6df6492ac',0);
CREATE TABLE admin_passwords (
	server_id VARCHAR(36) NOT NULL, 
	password TEXT NOT NULL, 
	CONSTRAINT pk_admin_passwords PRIMARY KEY (server_id), 
	CONSTRAINT fk_admin_passwords_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
);
INSERT INTO "admin_passwords" VALUES('48834f8d-6d09-80d2-9196-78d3bf7b8321','of a server that is being built');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
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
INSERT INTO "auto_allocated_topologies" VALUES('488344441b8f82478e747a2c38eca7f4','48834eff-6e77-8858-8e99-90c1ee72d4e6','48834f12-0a0b-83e7-9ea1-63ca098c5064');
CREATE TABLE cloud (
	id INTEGER NOT NULL, 
	cloud_id VARCHAR(36) NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_cloud PRIMARY KEY (id), 
	CONSTRAINT ck_cloud_one_row CHECK (id = 1)
);
INSERT INTO "cloud" VALUES(1,'48834324-436e-884a-9bbf-9db41016366e',1795813928019007);
CREATE TABLE domains (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	enabled BOOLEAN DEFAULT '1' NOT NULL, tags TEXT DEFAULT '[]' NOT NULL, extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_domains PRIMARY KEY (id), 
	CONSTRAINT uq_domains_name UNIQUE (name)
);
INSERT INTO "domains" VALUES('default','Default','The default domain',1,'[]','{}');
INSERT INTO "domains" VALUES('48834a747d9685d3bc7916d4cce36c17','south','',1,'[]','{}');
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
INSERT INTO "events" VALUES(1,1795813928083630,'domain','default','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(2,1795813928083630,'role','4883443036db82f099b363a82d77aee9','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(3,1795813928083630,'role','488344322577817f9fc45542bc9ce9de','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(4,1795813928083630,'role','488344328a7385788a6bd53c85a1a0ba','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(5,1795813928083630,'role','4883443036db82f099b363a82d77aee9','',0,'implies','{"role_id":"488344322577817f9fc45542bc9ce9de"}',NULL);
INSERT INTO "events" VALUES(6,1795813928083630,'role','4883443036db82f099b363a82d77aee9','',0,'implies','{"role_id":"488344328a7385788a6bd53c85a1a0ba"}',NULL);
INSERT INTO "events" VALUES(7,1795813928083630,'role','488344322577817f9fc45542bc9ce9de','',0,'implies','{"role_id":"488344328a7385788a6bd53c85a1a0ba"}',NULL);
INSERT INTO "events" VALUES(8,1795813928083630,'project','488344344ad4809eb510c88b01bd5ebe','488344344ad4809eb510c88b01bd5ebe',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(9,1795813928083630,'user','48834434556b8bf8b3d126929bb4d322','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(10,1795813928083630,'user','48834434556b8bf8b3d126929bb4d322','488344344ad4809eb510c88b01bd5ebe',0,'role_assigned','{"role_id":"4883443036db82f099b363a82d77aee9","scope":"project"}',NULL);
INSERT INTO "events" VALUES(11,1795813928083630,'user','48834434556b8bf8b3d126929bb4d322','',0,'role_assigned','{"role_id":"4883443036db82f099b363a82d77aee9","scope":"system"}',NULL);
INSERT INTO "events" VALUES(12,1795813928083630,'project','488344441b8f82478e747a2c38eca7f4','488344441b8f82478e747a2c38eca7f4',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(13,1795813928083630,'user','4883444432f78b84a010ba8d22df7451','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(14,1795813928083630,'user','4883444432f78b84a010ba8d22df7451','488344441b8f82478e747a2c38eca7f4',0,'role_assigned','{"role_id":"488344322577817f9fc45542bc9ce9de","scope":"project"}',NULL);
INSERT INTO "events" VALUES(15,1795813928498332,'domain','48834a747d9685d3bc7916d4cce36c17','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(16,1795813928505664,'project','48834a92a3a88114a25adc122aac5303','48834a92a3a88114a25adc122aac5303',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(17,1795813928546243,'user','48834b2fd02380beb956b2795f4c1375','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(18,1795813928550815,'role','48834b4190418357b866e86114ea937a','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(19,1795813928556754,'user','48834b2fd02380beb956b2795f4c1375','48834a92a3a88114a25adc122aac5303',0,'role_assigned','{"role_id":"488344322577817f9fc45542bc9ce9de","scope":"project"}',NULL);
INSERT INTO "events" VALUES(20,1795813928561150,'user','48834b2fd02380beb956b2795f4c1375','48834a92a3a88114a25adc122aac5303',0,'role_assigned','{"role_id":"48834b4190418357b866e86114ea937a","scope":"project"}',NULL);
INSERT INTO "events" VALUES(21,1795813928575189,'image','48834ba0-d9cb-8aab-9386-4c35d69a271f','488344441b8f82478e747a2c38eca7f4',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(22,1795813928579322,'image','48834ba0-d9cb-8aab-9386-4c35d69a271f','488344441b8f82478e747a2c38eca7f4',1,'queued_to_saving',NULL,NULL);
INSERT INTO "events" VALUES(23,1795813928669192,'image','48834ba0-d9cb-8aab-9386-4c35d69a271f','488344441b8f82478e747a2c38eca7f4',2,'saving_to_active',NULL,NULL);
INSERT INTO "events" VALUES(24,1795813928683545,'image','48834d48-1b80-8230-95ff-39f4aa3aebaa','488344441b8f82478e747a2c38eca7f4',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(25,1795813928686437,'network','48834d54-0a2d-89e8-a127-91c43f231008','488344344ad4809eb510c88b01bd5ebe',1,'created',NULL,'network');
INSERT INTO "events" VALUES(26,1795813928692022,'network','48834d54-0a2d-89e8-a127-91c43f231008','488344344ad4809eb510c88b01bd5ebe',2,'updated',NULL,'network');
INSERT INTO "events" VALUES(27,1795813928692022,'subnet','48834d82-2510-8baf-8f31-9e8aa7c8efb4','488344344ad4809eb510c88b01bd5ebe',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(28,1795813928692022,'port','48834d8b-5fb0-86b6-b5b0-2fb3d92b01d5','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(29,1795813928706728,'network','48834da7-9271-8add-8c5b-6fc4f67ccb95','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,'network');
INSERT INTO "events" VALUES(30,1795813928716157,'network','48834da7-9271-8add-8c5b-6fc4f67ccb95','488344441b8f82478e747a2c38eca7f4',2,'updated',NULL,'network');
INSERT INTO "events" VALUES(31,1795813928716157,'subnet','48834dd1-4938-83b0-86d2-be5c30a8d12c','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(32,1795813928716157,'port','48834dd5-cb11-8fa9-9a78-3750e9ebf8e0','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(33,1795813928723732,'network','48834da7-9271-8add-8c5b-6fc4f67ccb95','488344441b8f82478e747a2c38eca7f4',3,'updated',NULL,'network');
INSERT INTO "events" VALUES(34,1795813928723732,'subnet','48834def-4b07-84d0-b4fa-65c6e13d4b7b','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(35,1795813928734869,'port','48834e19-d042-8be4-9316-35f2dadd6758','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(36,1795813928734869,'router','48834e12-0b5b-80e2-8d9e-17f6a1b27dda','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,'router');
INSERT INTO "events" VALUES(37,1795813928743336,'port','48834e4b-decd-8e0e-a812-1e59c636e116','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,'port');
INSERT INTO "events" VALUES(38,1795813928743336,'port','48834e4b-decd-8e0e-a812-1e59c636e116','488344441b8f82478e747a2c38eca7f4',2,'updated',NULL,'port');
INSERT INTO "events" VALUES(39,1795813928743336,'router','48834e12-0b5b-80e2-8d9e-17f6a1b27dda','488344441b8f82478e747a2c38eca7f4',2,'updated',NULL,'router');
INSERT INTO "events" VALUES(40,1795813928757992,'security_group','48834e6c-675b-84a2-aff8-400057d84f02','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,'security_group');
INSERT INTO "events" VALUES(41,1795813928757992,'security_group','48834e73-6b0c-8f61-ab0f-aff8941ee6c3','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,'security_group');
INSERT INTO "events" VALUES(42,1795813928766091,'security_group','48834e73-6b0c-8f61-ab0f-aff8941ee6c3','488344441b8f82478e747a2c38eca7f4',2,'updated',NULL,'security_group');
INSERT INTO "events" VALUES(43,1795813928766091,'security_group_rule','48834e90-9fa8-814e-a36d-051e6fc2e58c','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(44,1795813928772831,'port','48834eaa-b35e-8a92-bda2-43607ef68514','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,'port');
INSERT INTO "events" VALUES(45,1795813928778219,'port','48834ebd-b1f9-8d09-9a9c-48176083b16b','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(46,1795813928778219,'floatingip','48834ebd-a326-8166-9234-ff76d162b666','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(47,1795813928778219,'router','48834e12-0b5b-80e2-8d9e-17f6a1b27dda','488344441b8f82478e747a2c38eca7f4',3,'updated',NULL,'router');
INSERT INTO "events" VALUES(48,1795813928787130,'network','48834da7-9271-8add-8c5b-6fc4f67ccb95','488344441b8f82478e747a2c38eca7f4',4,'updated',NULL,'network');
INSERT INTO "events" VALUES(49,1795813928794248,'network','48834eff-6e77-8858-8e99-90c1ee72d4e6','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,'network');
INSERT INTO "events" VALUES(50,1795813928794248,'network','48834eff-6e77-8858-8e99-90c1ee72d4e6','488344441b8f82478e747a2c38eca7f4',2,'updated',NULL,'network');
INSERT INTO "events" VALUES(51,1795813928794248,'subnet','48834f03-965d-8429-b33c-37e462192097','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(52,1795813928794248,'port','48834f0f-e4c0-8340-889c-99c6df6492ac','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(53,1795813928794248,'port','48834f15-6fd7-89b6-9ffc-db938c83df0e','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(54,1795813928794248,'router','48834f12-0a0b-83e7-9ea1-63ca098c5064','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,'router');
INSERT INTO "events" VALUES(55,1795813928794248,'port','48834f1c-6f95-8db0-aa1f-1afea6320e06','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,'port');
INSERT INTO "events" VALUES(56,1795813928794248,'port','48834f1c-6f95-8db0-aa1f-1afea6320e06','488344441b8f82478e747a2c38eca7f4',2,'updated',NULL,'port');
INSERT INTO "events" VALUES(57,1795813928794248,'router','48834f12-0a0b-83e7-9ea1-63ca098c5064','488344441b8f82478e747a2c38eca7f4',2,'updated',NULL,'router');
INSERT INTO "events" VALUES(58,1795813928832160,'server','48834f8d-6d09-80d2-9196-78d3bf7b8321','488344441b8f82478e747a2c38eca7f4',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(59,1795813928832160,'port','48834f90-cb99-8d28-8856-e7f4ac560f68','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,'port');
INSERT INTO "events" VALUES(60,1795813928844180,'server','48834fbc-5896-8f28-b63e-8e984e4b44ba','488344441b8f82478e747a2c38eca7f4',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(61,1795813928844180,'port','48834fbd-d45a-8145-9b81-c309a2172414','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,'port');
INSERT INTO "events" VALUES(62,1795813928847625,'server','48834f8d-6d09-80d2-9196-78d3bf7b8321','488344441b8f82478e747a2c38eca7f4',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(63,1795813928853047,'server','48834fde-ea95-88eb-8a25-7c8cd75a984a','488344441b8f82478e747a2c38eca7f4',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(64,1795813928853047,'port','48834fe0-980d-82aa-b979-6076c3673727','488344441b8f82478e747a2c38eca7f4',1,'created',NULL,'port');
INSERT INTO "events" VALUES(65,1795813928861121,'server','48834fbc-5896-8f28-b63e-8e984e4b44ba','488344441b8f82478e747a2c38eca7f4',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(66,1795813928863083,'server','48834fde-ea95-88eb-8a25-7c8cd75a984a','488344441b8f82478e747a2c38eca7f4',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(67,1795813928864345,'port','48834f90-cb99-8d28-8856-e7f4ac560f68','488344441b8f82478e747a2c38eca7f4',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(68,1795813928864345,'port','48834fbd-d45a-8145-9b81-c309a2172414','488344441b8f82478e747a2c38eca7f4',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(69,1795813928864345,'port','48834fe0-980d-82aa-b979-6076c3673727','488344441b8f82478e747a2c38eca7f4',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(70,1795813928917596,'server','48834fbc-5896-8f28-b63e-8e984e4b44ba','488344441b8f82478e747a2c38eca7f4',3,'state','{"vm_state":"active","task_state":"powering-off","power_state":1}',NULL);
INSERT INTO "events" VALUES(71,1795813928920909,'server','48834fbc-5896-8f28-b63e-8e984e4b44ba','488344441b8f82478e747a2c38eca7f4',4,'state','{"vm_state":"stopped","task_state":null,"power_state":4}',NULL);
INSERT INTO "events" VALUES(72,1795813928941440,'port','48834fbd-d45a-8145-9b81-c309a2172414','488344441b8f82478e747a2c38eca7f4',3,'status','{"status":"DOWN"}',NULL);
INSERT INTO "events" VALUES(73,1795813928973683,'server','48834fde-ea95-88eb-8a25-7c8cd75a984a','488344441b8f82478e747a2c38eca7f4',3,'state','{"vm_state":"active","task_state":"deleting","power_state":1}',NULL);
INSERT INTO "events" VALUES(74,1795813928979483,'port','48834fe0-980d-82aa-b979-6076c3673727','488344441b8f82478e747a2c38eca7f4',3,'deleted',NULL,'port');
INSERT INTO "events" VALUES(75,1795813928979483,'server','48834fde-ea95-88eb-8a25-7c8cd75a984a','488344441b8f82478e747a2c38eca7f4',4,'deleted','{"vm_state":"deleted","task_state":null,"power_state":0}',NULL);
CREATE TABLE flavor_projects (
	flavor_id VARCHAR(255) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_flavor_projects PRIMARY KEY (flavor_id, project_id), 
	CONSTRAINT fk_flavor_projects_flavor_id FOREIGN KEY(flavor_id) REFERENCES flavors (id) ON DELETE CASCADE
);
INSERT INTO "flavor_projects" VALUES('48834f5b-0b99-8be2-a57e-7e68d09cc8c2','488344441b8f82478e747a2c38eca7f4');
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
INSERT INTO "flavors" VALUES('48834f2f-70c6-828b-8144-e978821cbd0f','little',NULL,1,64,1,0,0,1.0,1,0,'{"hw:cpu_policy":"shared"}',1795813928808349);
INSERT INTO "flavors" VALUES('48834f5b-0b99-8be2-a57e-7e68d09cc8c2','hidden',NULL,1,64,1,0,0,1.0,0,0,'{}',1795813928819507);
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
INSERT INTO "floating_ips" VALUES('48834ebd-a326-8166-9234-ff76d162b666','488344441b8f82478e747a2c38eca7f4','','48834d54-0a2d-89e8-a127-91c43f231008',X'CB0071FB','48834ebd-b1f9-8d09-9a9c-48176083b16b','48834eaa-b35e-8a92-bda2-43607ef68514',X'0A0100DF','48834e12-0b5b-80e2-8d9e-17f6a1b27dda','ACTIVE','[]',1,1795813928778219,1795813928778219,'','');
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
	updated_at BIGINT DEFAULT '0' NOT NULL, fullness BIGINT GENERATED ALWAYS AS (memory_mb_used - memory_mb) VIRTUAL, physical_vcpus INTEGER DEFAULT '0' NOT NULL, physical_memory_mb BIGINT DEFAULT '0' NOT NULL, physical_disk_gb BIGINT DEFAULT '0' NOT NULL, disabled_reason VARCHAR(255), forced_down BOOLEAN DEFAULT '0' NOT NULL, answers BOOLEAN DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_hosts PRIMARY KEY (name), 
	CONSTRAINT ck_hosts_running_vms CHECK (running_vms >= 0), 
	CONSTRAINT ck_hosts_used CHECK (vcpus_used >= 0 AND memory_mb_used >= 0 AND disk_gb_used >= 0)
);
INSERT INTO "hosts" VALUES('simulated-1','simulated-1','simulated',1,'{}',1024,393216,10000,1,64,1,1,1,1,1795813928256221,1795813928979483,64,262144,10000,NULL,0,1);
INSERT INTO "hosts" VALUES('simulated-2','simulated-2','simulated',1,'{}',1024,393216,10000,1,64,1,1,1,1,1795813928256221,1795813928844180,64,262144,10000,NULL,0,1);
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
INSERT INTO "idempotency_keys" VALUES('4883444432f78b84a010ba8d22df7451','488344441b8f82478e747a2c38eca7f4','once-running','1509264cf2839836da0012ba6ef2a2e2c91fbc756bf4b5f8f32f7c911009aaa3','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:40039/compute/v2.1/servers/48834f8d-6d09-80d2-9196-78d3bf7b8321","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"48834f8d-6d09-80d2-9196-78d3bf7b8321\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:40039/compute/v2.1/servers/48834f8d-6d09-80d2-9196-78d3bf7b8321\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:40039/compute/servers/48834f8d-6d09-80d2-9196-78d3bf7b8321\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795813928834465);
INSERT INTO "idempotency_keys" VALUES('4883444432f78b84a010ba8d22df7451','488344441b8f82478e747a2c38eca7f4','once-stopped','c047a5485940e942fc857eb3b9748ced88b96ae1f31ec1285ddb2697b2c43673','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:40039/compute/v2.1/servers/48834fbc-5896-8f28-b63e-8e984e4b44ba","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"48834fbc-5896-8f28-b63e-8e984e4b44ba\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:40039/compute/v2.1/servers/48834fbc-5896-8f28-b63e-8e984e4b44ba\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:40039/compute/servers/48834fbc-5896-8f28-b63e-8e984e4b44ba\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795813928845390);
INSERT INTO "idempotency_keys" VALUES('4883444432f78b84a010ba8d22df7451','488344441b8f82478e747a2c38eca7f4','once-deleted','434b8db57f0cb4d807a7b5325f5edea4eb11e5c116367dd6167ffee97ec2b965','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:40039/compute/v2.1/servers/48834fde-ea95-88eb-8a25-7c8cd75a984a","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"48834fde-ea95-88eb-8a25-7c8cd75a984a\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:40039/compute/v2.1/servers/48834fde-ea95-88eb-8a25-7c8cd75a984a\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:40039/compute/servers/48834fde-ea95-88eb-8a25-7c8cd75a984a\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795813928854266);
CREATE TABLE image_members (
	image_id VARCHAR(36) NOT NULL, 
	member_id VARCHAR(36) NOT NULL, 
	status VARCHAR(16) DEFAULT 'pending' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_image_members PRIMARY KEY (image_id, member_id), 
	CONSTRAINT fk_image_members_image_id FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);
INSERT INTO "image_members" VALUES('48834ba0-d9cb-8aab-9386-4c35d69a271f','488344344ad4809eb510c88b01bd5ebe','pending',1795813928680228,1795813928680228);
CREATE TABLE image_tags (
	image_id VARCHAR(36) NOT NULL, 
	tag VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_image_tags PRIMARY KEY (image_id, tag), 
	CONSTRAINT fk_image_tags_image_id FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);
INSERT INTO "image_tags" VALUES('48834ba0-d9cb-8aab-9386-4c35d69a271f','old');
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
INSERT INTO "images" VALUES('48834ba0-d9cb-8aab-9386-4c35d69a271f','488344441b8f82478e747a2c38eca7f4','disk','active','shared','bare','raw',0,0,1984,1984,'2f8767aa831ab7e73467a31c6cf51f95','72cfcca2dc9d134925bc229a86db76b889fd669ec62f45ec07a3a260205fd18a31cbf39ae49664a1371e1247e87af977df076780dc6236e89456271b85f4a6d6',0,0,'{"hw_disk_bus":"virtio"}',2,1795813928575189,1795813928669192,'[]');
INSERT INTO "images" VALUES('48834d48-1b80-8230-95ff-39f4aa3aebaa','488344441b8f82478e747a2c38eca7f4','empty','queued','private',NULL,NULL,0,0,NULL,NULL,NULL,NULL,0,0,'{}',0,1795813928683545,1795813928683545,'[]');
CREATE TABLE implied_roles (
	prior_role_id VARCHAR(36) NOT NULL, 
	implied_role_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_implied_roles PRIMARY KEY (prior_role_id, implied_role_id), 
	CONSTRAINT fk_implied_roles_prior_role_id_roles FOREIGN KEY(prior_role_id) REFERENCES roles (id) ON DELETE CASCADE, 
	CONSTRAINT fk_implied_roles_implied_role_id_roles FOREIGN KEY(implied_role_id) REFERENCES roles (id) ON DELETE CASCADE
);
INSERT INTO "implied_roles" VALUES('4883443036db82f099b363a82d77aee9','488344322577817f9fc45542bc9ce9de');
INSERT INTO "implied_roles" VALUES('4883443036db82f099b363a82d77aee9','488344328a7385788a6bd53c85a1a0ba');
INSERT INTO "implied_roles" VALUES('488344322577817f9fc45542bc9ce9de','488344328a7385788a6bd53c85a1a0ba');
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
INSERT INTO "keypairs" VALUES('4883444432f78b84a010ba8d22df7451','key','ssh','0f:a2:0a:d7:38:3e:65:45:08:6b:63:84:1c:ff:dc:ba','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',1795813928825760);
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
INSERT INTO "networks" VALUES('48834d54-0a2d-89e8-a127-91c43f231008','488344344ad4809eb510c88b01bd5ebe','outside','',1,0,1,1,1442,1,'','geneve',NULL,14058707,'[]',2,1795813928686437,1795813928692022,'[]');
INSERT INTO "networks" VALUES('48834da7-9271-8add-8c5b-6fc4f67ccb95','488344441b8f82478e747a2c38eca7f4','own','',1,0,0,0,1442,1,'own.example.','geneve',NULL,1244587,'["a","b"]',4,1795813928706728,1795813928787130,'[]');
INSERT INTO "networks" VALUES('48834eff-6e77-8858-8e99-90c1ee72d4e6','488344441b8f82478e747a2c38eca7f4','auto_allocated_network','',1,0,0,0,1442,1,'','geneve',NULL,3649623,'[]',2,1795813928794248,1795813928794248,'[]');
CREATE TABLE outbox (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind VARCHAR(16) NOT NULL, 
	object_id VARCHAR(36) NOT NULL, 
	revision BIGINT NOT NULL, 
	at BIGINT NOT NULL
);
INSERT INTO "outbox" VALUES(32,'network','48834da7-9271-8add-8c5b-6fc4f67ccb95',0,1);
CREATE TABLE port_address_pairs (
	network_id VARCHAR(36) NOT NULL, 
	ip BLOB NOT NULL, 
	port_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_port_address_pairs PRIMARY KEY (network_id, ip, port_id), 
	CONSTRAINT fk_port_address_pairs_port_id FOREIGN KEY(port_id) REFERENCES ports (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "port_address_pairs" VALUES('48834da7-9271-8add-8c5b-6fc4f67ccb95',X'0A010063','48834eaa-b35e-8a92-bda2-43607ef68514');
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
INSERT INTO "port_security_groups" VALUES('48834eaa-b35e-8a92-bda2-43607ef68514','48834e73-6b0c-8f61-ab0f-aff8941ee6c3',0);
INSERT INTO "port_security_groups" VALUES('48834f90-cb99-8d28-8856-e7f4ac560f68','48834e6c-675b-84a2-aff8-400057d84f02',0);
INSERT INTO "port_security_groups" VALUES('48834fbd-d45a-8145-9b81-c309a2172414','48834e6c-675b-84a2-aff8-400057d84f02',0);
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
INSERT INTO "ports" VALUES('48834d8b-5fb0-86b6-b5b0-2fb3d92b01d5','48834d54-0a2d-89e8-a127-91c43f231008','','','','fa:16:3e:6e:fe:52',1,'DOWN','ovnmeta-48834d54-0a2d-89e8-a127-91c43f231008','network:distributed',0,'','','normal','unbound','{}','[]','[]','[]',1,1795813928692022,1795813928692022);
INSERT INTO "ports" VALUES('48834dd5-cb11-8fa9-9a78-3750e9ebf8e0','48834da7-9271-8add-8c5b-6fc4f67ccb95','','','','fa:16:3e:f9:8e:33',1,'DOWN','ovnmeta-48834da7-9271-8add-8c5b-6fc4f67ccb95','network:distributed',0,'','','normal','unbound','{}','[]','[]','[]',1,1795813928716157,1795813928716157);
INSERT INTO "ports" VALUES('48834e19-d042-8be4-9316-35f2dadd6758','48834d54-0a2d-89e8-a127-91c43f231008','','','','fa:16:3e:fd:8f:3d',1,'ACTIVE','48834e12-0b5b-80e2-8d9e-17f6a1b27dda','network:router_gateway',0,'','','normal','unbound','{}','[]','[]','[]',1,1795813928734869,1795813928734869);
INSERT INTO "ports" VALUES('48834e4b-decd-8e0e-a812-1e59c636e116','48834da7-9271-8add-8c5b-6fc4f67ccb95','488344441b8f82478e747a2c38eca7f4','','','fa:16:3e:26:db:1d',1,'ACTIVE','48834e12-0b5b-80e2-8d9e-17f6a1b27dda','network:router_interface',0,'','','normal','unbound','{}','[]','[]','[]',2,1795813928743336,1795813928743336);
INSERT INTO "ports" VALUES('48834eaa-b35e-8a92-bda2-43607ef68514','48834da7-9271-8add-8c5b-6fc4f67ccb95','488344441b8f82478e747a2c38eca7f4','free','','fa:16:3e:d4:02:29',1,'DOWN','','',1,'free','','normal','unbound','{}','[{"ip_address":"10.1.0.99","mac_address":"fa:16:3e:d4:02:29"}]','[{"opt_name":"mtu","opt_value":"1400","ip_version":4}]','[]',1,1795813928772831,1795813928772831);
INSERT INTO "ports" VALUES('48834ebd-b1f9-8d09-9a9c-48176083b16b','48834d54-0a2d-89e8-a127-91c43f231008','','','','fa:16:3e:06:71:a8',1,'N/A','48834ebd-a326-8166-9234-ff76d162b666','network:floatingip',0,'','','normal','unbound','{}','[]','[]','[]',1,1795813928778219,1795813928778219);
INSERT INTO "ports" VALUES('48834f0f-e4c0-8340-889c-99c6df6492ac','48834eff-6e77-8858-8e99-90c1ee72d4e6','','','','fa:16:3e:a0:84:96',1,'DOWN','ovnmeta-48834eff-6e77-8858-8e99-90c1ee72d4e6','network:distributed',0,'','','normal','unbound','{}','[]','[]','[]',1,1795813928794248,1795813928794248);
INSERT INTO "ports" VALUES('48834f15-6fd7-89b6-9ffc-db938c83df0e','48834d54-0a2d-89e8-a127-91c43f231008','','','','fa:16:3e:fa:87:bc',1,'ACTIVE','48834f12-0a0b-83e7-9ea1-63ca098c5064','network:router_gateway',0,'','','normal','unbound','{}','[]','[]','[]',1,1795813928794248,1795813928794248);
INSERT INTO "ports" VALUES('48834f1c-6f95-8db0-aa1f-1afea6320e06','48834eff-6e77-8858-8e99-90c1ee72d4e6','488344441b8f82478e747a2c38eca7f4','','','fa:16:3e:58:4f:31',1,'ACTIVE','48834f12-0a0b-83e7-9ea1-63ca098c5064','network:router_interface',0,'','','normal','unbound','{}','[]','[]','[]',2,1795813928794248,1795813928794248);
INSERT INTO "ports" VALUES('48834f90-cb99-8d28-8856-e7f4ac560f68','48834da7-9271-8add-8c5b-6fc4f67ccb95','488344441b8f82478e747a2c38eca7f4','','','fa:16:3e:ec:cb:d8',1,'ACTIVE','48834f8d-6d09-80d2-9196-78d3bf7b8321','compute:nova',1,'running','simulated-1','normal','ovs','{}','[]','[]','[]',2,1795813928832160,1795813928864345);
INSERT INTO "ports" VALUES('48834fbd-d45a-8145-9b81-c309a2172414','48834da7-9271-8add-8c5b-6fc4f67ccb95','488344441b8f82478e747a2c38eca7f4','','','fa:16:3e:17:39:94',1,'DOWN','48834fbc-5896-8f28-b63e-8e984e4b44ba','compute:nova',1,'stopped','simulated-2','normal','ovs','{}','[]','[]','[]',3,1795813928844180,1795813928941440);
CREATE TABLE projections (
	kind VARCHAR(16) NOT NULL, 
	object_id VARCHAR(36) NOT NULL, 
	revision BIGINT NOT NULL, 
	projected_at BIGINT NOT NULL, 
	CONSTRAINT pk_projections PRIMARY KEY (kind, object_id)
)
 WITHOUT ROWID

;
INSERT INTO "projections" VALUES('network','48834d54-0a2d-89e8-a127-91c43f231008',2,1795813928711901);
INSERT INTO "projections" VALUES('network','48834da7-9271-8add-8c5b-6fc4f67ccb95',4,1795813928799688);
INSERT INTO "projections" VALUES('network','48834eff-6e77-8858-8e99-90c1ee72d4e6',2,1795813928815559);
INSERT INTO "projections" VALUES('port','48834d8b-5fb0-86b6-b5b0-2fb3d92b01d5',1,1795813928711901);
INSERT INTO "projections" VALUES('port','48834dd5-cb11-8fa9-9a78-3750e9ebf8e0',1,1795813928724887);
INSERT INTO "projections" VALUES('port','48834e19-d042-8be4-9316-35f2dadd6758',1,1795813928754885);
INSERT INTO "projections" VALUES('port','48834e4b-decd-8e0e-a812-1e59c636e116',2,1795813928769298);
INSERT INTO "projections" VALUES('port','48834eaa-b35e-8a92-bda2-43607ef68514',1,1795813928782832);
INSERT INTO "projections" VALUES('port','48834ebd-b1f9-8d09-9a9c-48176083b16b',1,1795813928799688);
INSERT INTO "projections" VALUES('port','48834f0f-e4c0-8340-889c-99c6df6492ac',1,1795813928815559);
INSERT INTO "projections" VALUES('port','48834f15-6fd7-89b6-9ffc-db938c83df0e',1,1795813928815559);
INSERT INTO "projections" VALUES('port','48834f1c-6f95-8db0-aa1f-1afea6320e06',2,1795813928815559);
INSERT INTO "projections" VALUES('port','48834f90-cb99-8d28-8856-e7f4ac560f68',2,1795813928842213);
INSERT INTO "projections" VALUES('port','48834fbd-d45a-8145-9b81-c309a2172414',3,1795813928852871);
INSERT INTO "projections" VALUES('router','48834e12-0b5b-80e2-8d9e-17f6a1b27dda',3,1795813928799688);
INSERT INTO "projections" VALUES('router','48834f12-0a0b-83e7-9ea1-63ca098c5064',2,1795813928815559);
INSERT INTO "projections" VALUES('security_group','48834e6c-675b-84a2-aff8-400057d84f02',1,1795813928769298);
INSERT INTO "projections" VALUES('security_group','48834e73-6b0c-8f61-ab0f-aff8941ee6c3',2,1795813928782832);
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
INSERT INTO "projects" VALUES('488344344ad4809eb510c88b01bd5ebe','default','default','admin','',1,'[]','{}');
INSERT INTO "projects" VALUES('488344441b8f82478e747a2c38eca7f4','default','default','demo','',1,'[]','{}');
INSERT INTO "projects" VALUES('48834a92a3a88114a25adc122aac5303','48834a747d9685d3bc7916d4cce36c17','48834a747d9685d3bc7916d4cce36c17','harbour','',1,'["quay"]','{}');
CREATE TABLE quota_limits (
	project_id VARCHAR(36) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	hard_limit BIGINT NOT NULL, 
	CONSTRAINT pk_quota_limits PRIMARY KEY (project_id, resource), 
	CONSTRAINT ck_quota_limits_hard_limit CHECK (hard_limit >= -1)
);
INSERT INTO "quota_limits" VALUES('48834a92a3a88114a25adc122aac5303','cores',7);
INSERT INTO "quota_limits" VALUES('48834a92a3a88114a25adc122aac5303','port',9);
CREATE TABLE quota_usage (
	project_id VARCHAR(36) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	used BIGINT NOT NULL, 
	CONSTRAINT pk_quota_usage PRIMARY KEY (project_id, resource), 
	CONSTRAINT ck_quota_usage_used CHECK (used >= 0)
);
INSERT INTO "quota_usage" VALUES('488344441b8f82478e747a2c38eca7f4','image_count',2);
INSERT INTO "quota_usage" VALUES('488344441b8f82478e747a2c38eca7f4','image_size_mib',1);
INSERT INTO "quota_usage" VALUES('488344344ad4809eb510c88b01bd5ebe','network',1);
INSERT INTO "quota_usage" VALUES('488344344ad4809eb510c88b01bd5ebe','subnet',1);
INSERT INTO "quota_usage" VALUES('488344441b8f82478e747a2c38eca7f4','network',2);
INSERT INTO "quota_usage" VALUES('488344441b8f82478e747a2c38eca7f4','subnet',3);
INSERT INTO "quota_usage" VALUES('488344441b8f82478e747a2c38eca7f4','router',2);
INSERT INTO "quota_usage" VALUES('488344441b8f82478e747a2c38eca7f4','port',5);
INSERT INTO "quota_usage" VALUES('488344441b8f82478e747a2c38eca7f4','security_group',2);
INSERT INTO "quota_usage" VALUES('488344441b8f82478e747a2c38eca7f4','security_group_rule',7);
INSERT INTO "quota_usage" VALUES('488344441b8f82478e747a2c38eca7f4','floatingip',1);
INSERT INTO "quota_usage" VALUES('488344441b8f82478e747a2c38eca7f4','cores',2);
INSERT INTO "quota_usage" VALUES('488344441b8f82478e747a2c38eca7f4','instances',2);
INSERT INTO "quota_usage" VALUES('488344441b8f82478e747a2c38eca7f4','ram',128);
CREATE TABLE remote_network_info (
	server_id VARCHAR(36) NOT NULL, 
	generation BIGINT NOT NULL, 
	info TEXT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_remote_network_info PRIMARY KEY (server_id), 
	CONSTRAINT fk_remote_network_info_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
);
INSERT INTO "remote_network_info" VALUES('48834f8d-6d09-80d2-9196-78d3bf7b8321',1,'[]',1);
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
INSERT INTO "remote_nics" VALUES('48834f8d-6d09-80d2-9196-78d3bf7b8321',1,'01890000-0000-7000-8000-00000000000a',NULL,'fa:16:3e:00:00:01',NULL,NULL,0,'488344441b8f82478e747a2c38eca7f4',NULL,'[]',NULL,'','{}',NULL);
CREATE TABLE remote_released (
	server_id VARCHAR(36) NOT NULL, 
	mac_address VARCHAR(17) NOT NULL, 
	released_at BIGINT NOT NULL, 
	nic TEXT NOT NULL, 
	CONSTRAINT pk_remote_released PRIMARY KEY (server_id, mac_address)
);
INSERT INTO "remote_released" VALUES('48834f8d-6d09-80d2-9196-78d3bf7b8321','fa:16:3e:00:00:02',1,'{}');
CREATE TABLE revoked_tokens (
	token_id VARCHAR(64) NOT NULL, 
	expires_at BIGINT NOT NULL, 
	CONSTRAINT pk_revoked_tokens PRIMARY KEY (token_id)
);
INSERT INTO "revoked_tokens" VALUES('3451e0a3bf68d721a4b2517c02ce0f54',1795817529088157);
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
INSERT INTO "role_assignments" VALUES('48834434556b8bf8b3d126929bb4d322','4883443036db82f099b363a82d77aee9','project','488344344ad4809eb510c88b01bd5ebe');
INSERT INTO "role_assignments" VALUES('48834434556b8bf8b3d126929bb4d322','4883443036db82f099b363a82d77aee9','system','all');
INSERT INTO "role_assignments" VALUES('4883444432f78b84a010ba8d22df7451','488344322577817f9fc45542bc9ce9de','project','488344441b8f82478e747a2c38eca7f4');
INSERT INTO "role_assignments" VALUES('48834b2fd02380beb956b2795f4c1375','488344322577817f9fc45542bc9ce9de','project','48834a92a3a88114a25adc122aac5303');
INSERT INTO "role_assignments" VALUES('48834b2fd02380beb956b2795f4c1375','48834b4190418357b866e86114ea937a','project','48834a92a3a88114a25adc122aac5303');
CREATE TABLE roles (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	domain_id VARCHAR(36), 
	description TEXT, extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_roles PRIMARY KEY (id), 
	CONSTRAINT fk_roles_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id)
);
INSERT INTO "roles" VALUES('4883443036db82f099b363a82d77aee9','admin',NULL,NULL,'{}');
INSERT INTO "roles" VALUES('488344322577817f9fc45542bc9ce9de','member',NULL,NULL,'{}');
INSERT INTO "roles" VALUES('488344328a7385788a6bd53c85a1a0ba','reader',NULL,NULL,'{}');
INSERT INTO "roles" VALUES('48834b4190418357b866e86114ea937a','mooring','48834a747d9685d3bc7916d4cce36c17',NULL,'{}');
CREATE TABLE router_interfaces (
	port_id VARCHAR(36) NOT NULL, 
	router_id VARCHAR(36) NOT NULL, 
	subnet_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_router_interfaces PRIMARY KEY (port_id, subnet_id), 
	CONSTRAINT fk_router_interfaces_port_id FOREIGN KEY(port_id) REFERENCES ports (id), 
	CONSTRAINT fk_router_interfaces_router_id FOREIGN KEY(router_id) REFERENCES routers (id), 
	CONSTRAINT fk_router_interfaces_subnet_id FOREIGN KEY(subnet_id) REFERENCES subnets (id)
);
INSERT INTO "router_interfaces" VALUES('48834e4b-decd-8e0e-a812-1e59c636e116','48834e12-0b5b-80e2-8d9e-17f6a1b27dda','48834dd1-4938-83b0-86d2-be5c30a8d12c');
INSERT INTO "router_interfaces" VALUES('48834f1c-6f95-8db0-aa1f-1afea6320e06','48834f12-0a0b-83e7-9ea1-63ca098c5064','48834f03-965d-8429-b33c-37e462192097');
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
INSERT INTO "routers" VALUES('48834e12-0b5b-80e2-8d9e-17f6a1b27dda','488344441b8f82478e747a2c38eca7f4','way','',1,'48834d54-0a2d-89e8-a127-91c43f231008','48834e19-d042-8be4-9316-35f2dadd6758',1,'[]','[]',3,1795813928734869,1795813928778219,'[]');
INSERT INTO "routers" VALUES('48834f12-0a0b-83e7-9ea1-63ca098c5064','488344441b8f82478e747a2c38eca7f4','auto_allocated_router','',1,'48834d54-0a2d-89e8-a127-91c43f231008','48834f15-6fd7-89b6-9ffc-db938c83df0e',1,'[]','[]',2,1795813928794248,1795813928794248,'[]');
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
INSERT INTO "saga_steps" VALUES('48834f94-7bc5-861c-b3da-04ff8adbc50a',1,'image','do',1795813928838613,1795813928842718,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834f94-7bc5-861c-b3da-04ff8adbc50a',2,'disks','do',1795813928842730,1795813928843530,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834f94-7bc5-861c-b3da-04ff8adbc50a',3,'guest','do',1795813928843540,1795813928843596,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834f94-7bc5-861c-b3da-04ff8adbc50a',4,'ports up','do',1795813928843600,1795813928846297,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834f94-7bc5-861c-b3da-04ff8adbc50a',5,'resume','do',1795813928846305,1795813928846339,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834f94-7bc5-861c-b3da-04ff8adbc50a',6,'running','do',1795813928846341,1795813928846347,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834f94-7bc5-861c-b3da-04ff8adbc50a',7,'active','do',1795813928846351,1795813928846351,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fbf-989b-8fe0-9fe2-891fd026a3c0',1,'image','do',1795813928849773,1795813928855767,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fbf-989b-8fe0-9fe2-891fd026a3c0',2,'disks','do',1795813928855776,1795813928856241,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fbf-989b-8fe0-9fe2-891fd026a3c0',3,'guest','do',1795813928856245,1795813928857625,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fbf-989b-8fe0-9fe2-891fd026a3c0',4,'ports up','do',1795813928857630,1795813928858260,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fbf-989b-8fe0-9fe2-891fd026a3c0',5,'resume','do',1795813928858263,1795813928860541,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fbf-989b-8fe0-9fe2-891fd026a3c0',6,'running','do',1795813928860544,1795813928860553,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fbf-989b-8fe0-9fe2-891fd026a3c0',7,'active','do',1795813928860557,1795813928860557,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fe2-4699-8041-acb6-ec89fc25438d',1,'image','do',1795813928857852,1795813928857928,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fe2-4699-8041-acb6-ec89fc25438d',2,'disks','do',1795813928857930,1795813928860505,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fe2-4699-8041-acb6-ec89fc25438d',3,'guest','do',1795813928860509,1795813928862691,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fe2-4699-8041-acb6-ec89fc25438d',4,'ports up','do',1795813928862696,1795813928862889,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fe2-4699-8041-acb6-ec89fc25438d',5,'resume','do',1795813928862892,1795813928862972,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fe2-4699-8041-acb6-ec89fc25438d',6,'running','do',1795813928862974,1795813928862979,'done',NULL);
INSERT INTO "saga_steps" VALUES('48834fe2-4699-8041-acb6-ec89fc25438d',7,'active','do',1795813928862981,1795813928862981,'done',NULL);
INSERT INTO "saga_steps" VALUES('488350db-822a-8f71-982e-f72c85b736cc',1,'stop','do',1795813928919882,1795813928920780,'done',NULL);
INSERT INTO "saga_steps" VALUES('488350db-822a-8f71-982e-f72c85b736cc',2,'state','do',1795813928920786,1795813928920786,'done',NULL);
INSERT INTO "saga_steps" VALUES('488351b6-a8b6-8cd0-9052-0ee3e8f1a462',1,'earlier work ended','do',1795813928975956,1795813928976106,'done',NULL);
INSERT INTO "saga_steps" VALUES('488351b6-a8b6-8cd0-9052-0ee3e8f1a462',2,'guest','do',1795813928976110,1795813928979261,'done',NULL);
INSERT INTO "saga_steps" VALUES('488351b6-a8b6-8cd0-9052-0ee3e8f1a462',3,'disks','do',1795813928979266,1795813928979317,'done',NULL);
INSERT INTO "saga_steps" VALUES('488351b6-a8b6-8cd0-9052-0ee3e8f1a462',4,'deleted','do',1795813928979322,1795813928979322,'done',NULL);
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
INSERT INTO "sagas" VALUES('48834f94-7bc5-861c-b3da-04ff8adbc50a','server_create','48834f8d-6d09-80d2-9196-78d3bf7b8321','488344441b8f82478e747a2c38eca7f4','{"server_id":"48834f8d-6d09-80d2-9196-78d3bf7b8321","host":"simulated-1","tried":[],"movable":true,"has_password":false}','done',7,0,1795813928846351,NULL,NULL,1795813958832160,0,NULL,NULL,1795813928832160,1795813928846351);
INSERT INTO "sagas" VALUES('48834fbf-989b-8fe0-9fe2-891fd026a3c0','server_create','48834fbc-5896-8f28-b63e-8e984e4b44ba','488344441b8f82478e747a2c38eca7f4','{"server_id":"48834fbc-5896-8f28-b63e-8e984e4b44ba","host":"simulated-2","tried":[],"movable":true,"has_password":false}','done',7,0,1795813928860557,NULL,NULL,1795813958844180,0,NULL,NULL,1795813928844180,1795813928860557);
INSERT INTO "sagas" VALUES('48834fe2-4699-8041-acb6-ec89fc25438d','server_create','48834fde-ea95-88eb-8a25-7c8cd75a984a','488344441b8f82478e747a2c38eca7f4','{"server_id":"48834fde-ea95-88eb-8a25-7c8cd75a984a","host":"simulated-1","tried":[],"movable":true,"has_password":false}','done',7,0,1795813928862981,NULL,NULL,1795813958853047,0,NULL,NULL,1795813928853047,1795813928862981);
INSERT INTO "sagas" VALUES('488350db-822a-8f71-982e-f72c85b736cc','server_stop','48834fbc-5896-8f28-b63e-8e984e4b44ba','488344441b8f82478e747a2c38eca7f4','{"server_id":"48834fbc-5896-8f28-b63e-8e984e4b44ba","host":"simulated-2","action":"stop","before":"active"}','done',2,0,1795813928920786,NULL,NULL,1795813958917596,0,NULL,NULL,1795813928917596,1795813928920786);
INSERT INTO "sagas" VALUES('488351b6-a8b6-8cd0-9052-0ee3e8f1a462','server_delete','48834fde-ea95-88eb-8a25-7c8cd75a984a','488344441b8f82478e747a2c38eca7f4','{"server_id":"48834fde-ea95-88eb-8a25-7c8cd75a984a"}','done',4,0,1795813928979322,NULL,NULL,1795813958973683,0,NULL,NULL,1795813928973683,1795813928979322);
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
INSERT INTO "security_group_rules" VALUES('48834e6c-7620-834b-bf3a-e9c2c8ec7d7c','48834e6c-675b-84a2-aff8-400057d84f02','488344441b8f82478e747a2c38eca7f4','','egress','IPv4',NULL,NULL,NULL,NULL,NULL,1,1795813928757992,1795813928757992);
INSERT INTO "security_group_rules" VALUES('48834e6c-7c12-846b-bb9d-092691deeccf','48834e6c-675b-84a2-aff8-400057d84f02','488344441b8f82478e747a2c38eca7f4','','egress','IPv6',NULL,NULL,NULL,NULL,NULL,1,1795813928757992,1795813928757992);
INSERT INTO "security_group_rules" VALUES('48834e6c-809e-8eff-906f-0a911ef5d833','48834e6c-675b-84a2-aff8-400057d84f02','488344441b8f82478e747a2c38eca7f4','','ingress','IPv4',NULL,NULL,NULL,NULL,'48834e6c-675b-84a2-aff8-400057d84f02',1,1795813928757992,1795813928757992);
INSERT INTO "security_group_rules" VALUES('48834e6c-84fb-868a-b6d6-65a08ea9750f','48834e6c-675b-84a2-aff8-400057d84f02','488344441b8f82478e747a2c38eca7f4','','ingress','IPv6',NULL,NULL,NULL,NULL,'48834e6c-675b-84a2-aff8-400057d84f02',1,1795813928757992,1795813928757992);
INSERT INTO "security_group_rules" VALUES('48834e73-7bce-8247-819a-c213bf3c3952','48834e73-6b0c-8f61-ab0f-aff8941ee6c3','488344441b8f82478e747a2c38eca7f4','','egress','IPv4',NULL,NULL,NULL,NULL,NULL,1,1795813928757992,1795813928757992);
INSERT INTO "security_group_rules" VALUES('48834e73-80a2-8952-b595-b4cd52d74ecd','48834e73-6b0c-8f61-ab0f-aff8941ee6c3','488344441b8f82478e747a2c38eca7f4','','egress','IPv6',NULL,NULL,NULL,NULL,NULL,1,1795813928757992,1795813928757992);
INSERT INTO "security_group_rules" VALUES('48834e90-9fa8-814e-a36d-051e6fc2e58c','48834e73-6b0c-8f61-ab0f-aff8941ee6c3','488344441b8f82478e747a2c38eca7f4','','ingress','IPv4','tcp',80,80,NULL,NULL,1,1795813928766091,1795813928766091);
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
INSERT INTO "security_groups" VALUES('48834e6c-675b-84a2-aff8-400057d84f02','488344441b8f82478e747a2c38eca7f4','default','Default security group',1,1,'[]',1,1795813928757992,1795813928757992);
INSERT INTO "security_groups" VALUES('48834e73-6b0c-8f61-ab0f-aff8941ee6c3','488344441b8f82478e747a2c38eca7f4','web','',1,0,'[]',2,1795813928757992,1795813928766091);
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
INSERT INTO "server_actions" VALUES('48834f8d-6d09-80d2-9196-78d3bf7b8321','req-48834f81-fa5b-82f2-b679-8ca14b2541af','create','4883444432f78b84a010ba8d22df7451','488344441b8f82478e747a2c38eca7f4','48834f94-7bc5-861c-b3da-04ff8adbc50a',NULL,1795813928832160,1795813928832160);
INSERT INTO "server_actions" VALUES('48834fbc-5896-8f28-b63e-8e984e4b44ba','req-48834fa6-f822-8a92-af5f-54f61ed96521','create','4883444432f78b84a010ba8d22df7451','488344441b8f82478e747a2c38eca7f4','48834fbf-989b-8fe0-9fe2-891fd026a3c0',NULL,1795813928844180,1795813928844180);
INSERT INTO "server_actions" VALUES('48834fde-ea95-88eb-8a25-7c8cd75a984a','req-48834fd1-f75b-8ca4-a2dc-bf2c3da454a9','create','4883444432f78b84a010ba8d22df7451','488344441b8f82478e747a2c38eca7f4','48834fe2-4699-8041-acb6-ec89fc25438d',NULL,1795813928853047,1795813928853047);
INSERT INTO "server_actions" VALUES('48834fbc-5896-8f28-b63e-8e984e4b44ba','req-488350d8-d216-88b9-a962-c70cd5b7bff1','stop','4883444432f78b84a010ba8d22df7451','488344441b8f82478e747a2c38eca7f4','488350db-822a-8f71-982e-f72c85b736cc',NULL,1795813928917596,1795813928917596);
INSERT INTO "server_actions" VALUES('48834fde-ea95-88eb-8a25-7c8cd75a984a','req-488351b4-2dbc-8157-8bda-c26fcf201e1d','delete','4883444432f78b84a010ba8d22df7451','488344441b8f82478e747a2c38eca7f4','488351b6-a8b6-8cd0-9052-0ee3e8f1a462',NULL,1795813928973683,1795813928973683);
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
INSERT INTO "server_nics" VALUES('48834f8d-6d09-80d2-9196-78d3bf7b8321',0,'48834f90-cb99-8d28-8856-e7f4ac560f68',NULL,0,NULL);
INSERT INTO "server_nics" VALUES('48834fbc-5896-8f28-b63e-8e984e4b44ba',0,'48834fbd-d45a-8145-9b81-c309a2172414',NULL,0,NULL);
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
INSERT INTO "servers" VALUES('48834f8d-6d09-80d2-9196-78d3bf7b8321','488344441b8f82478e747a2c38eca7f4','4883444432f78b84a010ba8d22df7451','running','running',NULL,'active',NULL,1,'simulated-1','nova',NULL,'MANUAL','48834ba0-d9cb-8aab-9386-4c35d69a271f','{"id":"48834f2f-70c6-828b-8144-e978821cbd0f","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{}','r-257caf2a',0,NULL,'','',1795813928847625,NULL,2,1795813928832160,1795813928847625);
INSERT INTO "servers" VALUES('48834fbc-5896-8f28-b63e-8e984e4b44ba','488344441b8f82478e747a2c38eca7f4','4883444432f78b84a010ba8d22df7451','stopped','stopped',NULL,'stopped',NULL,4,'simulated-2','nova',NULL,'MANUAL','48834ba0-d9cb-8aab-9386-4c35d69a271f','{"id":"48834f2f-70c6-828b-8144-e978821cbd0f","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{}','r-37d56863',0,NULL,'','',1795813928861121,NULL,4,1795813928844180,1795813928920909);
INSERT INTO "servers" VALUES('48834fde-ea95-88eb-8a25-7c8cd75a984a','488344441b8f82478e747a2c38eca7f4','4883444432f78b84a010ba8d22df7451','deleted','deleted',NULL,'deleted',NULL,0,NULL,'nova',NULL,'MANUAL','48834ba0-d9cb-8aab-9386-4c35d69a271f','{"id":"48834f2f-70c6-828b-8144-e978821cbd0f","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{}','r-9135076b',0,NULL,'','',1795813928863083,1795813928979483,4,1795813928853047,1795813928979483);
CREATE TABLE signing_keys (
	id VARCHAR(36) NOT NULL, 
	secret TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_signing_keys PRIMARY KEY (id)
);
INSERT INTO "signing_keys" VALUES('4883442e89978493ac4dd5a6c6abf674','d732ec8d868d55327f2cd3f64f9197fc7459036614744841e5d01dad65e4a83a',1795813928083630);
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
INSERT INTO "subnets" VALUES('48834d82-2510-8baf-8f31-9e8aa7c8efb4','48834d54-0a2d-89e8-a127-91c43f231008','488344344ad4809eb510c88b01bd5ebe','','',4,'203.0.113.0/24',X'CB007101',1,NULL,NULL,'[{"start":"203.0.113.2","end":"203.0.113.254"}]','[]','[]','[]',1,1795813928692022,1795813928692022);
INSERT INTO "subnets" VALUES('48834dd1-4938-83b0-86d2-be5c30a8d12c','48834da7-9271-8add-8c5b-6fc4f67ccb95','488344441b8f82478e747a2c38eca7f4','','',4,'10.1.0.0/24',X'0A010001',1,NULL,NULL,'[{"start":"10.1.0.2","end":"10.1.0.254"}]','["9.9.9.9"]','[]','[]',1,1795813928716157,1795813928716157);
INSERT INTO "subnets" VALUES('48834def-4b07-84d0-b4fa-65c6e13d4b7b','48834da7-9271-8add-8c5b-6fc4f67ccb95','488344441b8f82478e747a2c38eca7f4','','',6,'2001:db8:1::/64',X'20010DB8000100000000000000000001',1,'slaac','slaac','[{"start":"2001:db8:1::2","end":"2001:db8:1:0:ffff:ffff:ffff:ffff"}]','[]','[]','[]',1,1795813928723732,1795813928723732);
INSERT INTO "subnets" VALUES('48834f03-965d-8429-b33c-37e462192097','48834eff-6e77-8858-8e99-90c1ee72d4e6','488344441b8f82478e747a2c38eca7f4','auto_allocated_subnet_v4','',4,'10.128.0.0/26',X'0A800001',1,NULL,NULL,'[{"start":"10.128.0.2","end":"10.128.0.62"}]','[]','[]','[]',1,1795813928794248,1795813928794248);
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
INSERT INTO "users" VALUES('48834434556b8bf8b3d126929bb4d322','default','admin','$argon2id$v=19$m=19456,t=2,p=1$HrBbaBQz+xwLj2KV+TjShw$/mSi9HhseK2IBZuubScJ8n3qZNGJTpirWWTW1/lnxNI',NULL,'',NULL,'{}',1,0);
INSERT INTO "users" VALUES('4883444432f78b84a010ba8d22df7451','default','demo','$argon2id$v=19$m=19456,t=2,p=1$C7Gqo3ixjkOnwOyqWUX9vQ$QO4lf0Ivw0MNWjVmnFMa8jkayQs4v9dMOll+teyclec',NULL,'',NULL,'{}',1,0);
INSERT INTO "users" VALUES('48834b2fd02380beb956b2795f4c1375','48834a747d9685d3bc7916d4cce36c17','pilot','$argon2id$v=19$m=19456,t=2,p=1$OhlM3Z5rADvMT6YdXOiZWw$JMAhoGmKRvOZSx8QKhoBNqMehwPfj3NuXpDgVG9k/eg',NULL,'',NULL,'{}',1,0);
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
CREATE INDEX ix_floating_ips_ip ON floating_ips (floating_ip);
CREATE INDEX ix_floating_ips_project ON floating_ips (project_id, id);
CREATE INDEX ix_floating_ips_router ON floating_ips (router_id);
CREATE INDEX ix_hosts_room ON hosts (fullness, name) WHERE enabled AND up;
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
CREATE INDEX ix_images_created ON images (created_at, id);
CREATE INDEX ix_images_project ON images (project_id, created_at, id);
CREATE INDEX ix_implied_roles_implied_role_id ON implied_roles (implied_role_id);
CREATE INDEX ix_networks_name ON networks (name);
CREATE INDEX ix_networks_project ON networks (project_id, id);
CREATE INDEX ix_networks_shared ON networks (shared) WHERE shared OR external;
CREATE INDEX ix_port_address_pairs_port ON port_address_pairs (port_id);
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
CREATE INDEX ix_sagas_finished ON sagas (updated_at, id) WHERE state IN ('done', 'undone');
CREATE INDEX ix_sagas_runnable ON sagas (wake_at) WHERE state IN ('forward', 'unwinding');
CREATE INDEX ix_sagas_subject ON sagas (subject_id, created_at);
CREATE INDEX ix_security_group_rules_group ON security_group_rules (security_group_id);
CREATE INDEX ix_security_group_rules_project ON security_group_rules (project_id, id);
CREATE INDEX ix_security_group_rules_remote ON security_group_rules (remote_group_id);
CREATE INDEX ix_security_groups_project ON security_groups (project_id, id);
CREATE INDEX ix_server_actions_newest ON server_actions (server_id, started_at);
CREATE INDEX ix_servers_changed ON servers (updated_at, id);
CREATE INDEX ix_servers_created ON servers (created_at, id, name, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_deleted ON servers (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_servers_host ON servers (host) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_name ON servers (name) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_project ON servers (project_id, created_at, id, name, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_project_state ON servers (project_id, vm_state, created_at, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_state ON servers (vm_state, created_at, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX ix_servers_task ON servers (task_state) WHERE task_state IS NOT NULL;
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
INSERT INTO "sqlite_sequence" VALUES('outbox',32);
INSERT INTO "sqlite_sequence" VALUES('events',75);
COMMIT;
