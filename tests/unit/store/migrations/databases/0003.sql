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
INSERT INTO "addresses" VALUES('4bbbe1c5-b6fb-8986-9086-70e8b11de83d',X'CB007102','4bbbe1e6-2035-8cba-96c6-0d011aa4441c',0);
INSERT INTO "addresses" VALUES('4bbbe1c5-b6fb-8986-9086-70e8b11de83d',X'CB007111','4bbbe3d1-1423-86ea-9577-720481a01185',0);
INSERT INTO "addresses" VALUES('4bbbe1c5-b6fb-8986-9086-70e8b11de83d',X'CB00715B','4bbbe25e-377c-8f1d-b388-6c29c3e84e9c',0);
INSERT INTO "addresses" VALUES('4bbbe1c5-b6fb-8986-9086-70e8b11de83d',X'CB0071A7','4bbbe341-adf6-81c9-9edc-e6a500d2c764',0);
INSERT INTO "addresses" VALUES('4bbbe214-adef-88c8-9b3b-adc98647daaf',X'0A010001','4bbbe298-3ae2-8542-94e1-fffafe7245e2',0);
INSERT INTO "addresses" VALUES('4bbbe214-adef-88c8-9b3b-adc98647daaf',X'0A010002','4bbbe21a-7db5-8f74-b62f-beb6c2e33db2',0);
INSERT INTO "addresses" VALUES('4bbbe214-adef-88c8-9b3b-adc98647daaf',X'0A010070','4bbbe486-1cc0-89e7-a8c2-07efab8f435f',0);
INSERT INTO "addresses" VALUES('4bbbe214-adef-88c8-9b3b-adc98647daaf',X'0A010073','4bbbe315-2136-8ea7-bbb0-859ec6190b72',0);
INSERT INTO "addresses" VALUES('4bbbe214-adef-88c8-9b3b-adc98647daaf',X'0A0100A1','4bbbe4b6-1f71-8b99-8406-57bb89521e7e',0);
INSERT INTO "addresses" VALUES('4bbbe22a-fab6-8164-9432-9772940e8ad8',X'20010DB800010000F8163EFFFE385C07','4bbbe486-1cc0-89e7-a8c2-07efab8f435f',1);
INSERT INTO "addresses" VALUES('4bbbe22a-fab6-8164-9432-9772940e8ad8',X'20010DB800010000F8163EFFFE4040E5','4bbbe4b6-1f71-8b99-8406-57bb89521e7e',1);
INSERT INTO "addresses" VALUES('4bbbe22a-fab6-8164-9432-9772940e8ad8',X'20010DB800010000F8163EFFFEF2EB87','4bbbe315-2136-8ea7-bbb0-859ec6190b72',1);
INSERT INTO "addresses" VALUES('4bbbe3b4-9c96-8351-bb40-f5941bdc1671',X'0A800001','4bbbe3e5-3439-85b9-be4a-832a2d377c95',0);
INSERT INTO "addresses" VALUES('4bbbe3b4-9c96-8351-bb40-f5941bdc1671',X'0A800002','4bbbe3c0-6f72-86d1-819c-9a0e3bb043a6',0);
CREATE TABLE admin_passwords (
	server_id VARCHAR(36) NOT NULL, 
	password TEXT NOT NULL, 
	CONSTRAINT pk_admin_passwords PRIMARY KEY (server_id), 
	CONSTRAINT fk_admin_passwords_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
);
INSERT INTO "admin_passwords" VALUES('4bbbe480-466f-839c-af2e-8d60b468e8d3','of a server that is being built');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
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
INSERT INTO "auto_allocated_topologies" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','4bbbe3a8-c1f2-80b7-80de-80353c351c14','4bbbe3c6-9dc6-8853-98be-70b7aa35e5ba');
CREATE TABLE cloud (
	id INTEGER NOT NULL, 
	cloud_id VARCHAR(36) NOT NULL, 
	created_at BIGINT NOT NULL, image_place_id VARCHAR(36), 
	CONSTRAINT pk_cloud PRIMARY KEY (id), 
	CONSTRAINT ck_cloud_one_row CHECK (id = 1)
);
INSERT INTO "cloud" VALUES(1,'4bbbd5dd-5ab2-823a-82e5-66130c90594b',1795827762060629,'4bbbd73c-416d-822f-a27a-9164d07c1291');
CREATE TABLE domains (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	enabled BOOLEAN DEFAULT '1' NOT NULL, tags TEXT DEFAULT '[]' NOT NULL, extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_domains PRIMARY KEY (id), 
	CONSTRAINT uq_domains_name UNIQUE (name)
);
INSERT INTO "domains" VALUES('default','Default','The default domain',1,'[]','{}');
INSERT INTO "domains" VALUES('4bbbdea5e732847daf86c13b721f4149','south','',1,'[]','{}');
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
INSERT INTO "events" VALUES(1,1795827762132102,'domain','default','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(2,1795827762132102,'role','4bbbd700ba59871aa29e3d1a9a9b3229','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(3,1795827762132102,'role','4bbbd70285528747bd29dee7aa2bc143','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(4,1795827762132102,'role','4bbbd702e55d823eb203e380d18f1202','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(5,1795827762132102,'role','4bbbd700ba59871aa29e3d1a9a9b3229','',0,'implies','{"role_id":"4bbbd70285528747bd29dee7aa2bc143"}',NULL);
INSERT INTO "events" VALUES(6,1795827762132102,'role','4bbbd700ba59871aa29e3d1a9a9b3229','',0,'implies','{"role_id":"4bbbd702e55d823eb203e380d18f1202"}',NULL);
INSERT INTO "events" VALUES(7,1795827762132102,'role','4bbbd70285528747bd29dee7aa2bc143','',0,'implies','{"role_id":"4bbbd702e55d823eb203e380d18f1202"}',NULL);
INSERT INTO "events" VALUES(8,1795827762132102,'project','4bbbd704b9918ddaae67b026c22e85df','4bbbd704b9918ddaae67b026c22e85df',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(9,1795827762132102,'user','4bbbd704c8718573b89f286a57c0f7a9','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(10,1795827762132102,'user','4bbbd704c8718573b89f286a57c0f7a9','4bbbd704b9918ddaae67b026c22e85df',0,'role_assigned','{"role_id":"4bbbd700ba59871aa29e3d1a9a9b3229","scope":"project"}',NULL);
INSERT INTO "events" VALUES(11,1795827762132102,'user','4bbbd704c8718573b89f286a57c0f7a9','',0,'role_assigned','{"role_id":"4bbbd700ba59871aa29e3d1a9a9b3229","scope":"system"}',NULL);
INSERT INTO "events" VALUES(12,1795827762132102,'project','4bbbd70f290d8fcb920dae5bbe421cd8','4bbbd70f290d8fcb920dae5bbe421cd8',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(13,1795827762132102,'user','4bbbd70f3f95835ba41cebfac622276b','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(14,1795827762132102,'user','4bbbd70f3f95835ba41cebfac622276b','4bbbd70f290d8fcb920dae5bbe421cd8',0,'role_assigned','{"role_id":"4bbbd70285528747bd29dee7aa2bc143","scope":"project"}',NULL);
INSERT INTO "events" VALUES(15,1795827762636288,'domain','4bbbdea5e732847daf86c13b721f4149','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(16,1795827762642490,'project','4bbbdec0f35785be8ed73ef167548e8b','4bbbdec0f35785be8ed73ef167548e8b',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(17,1795827762682722,'user','4bbbdf5b6c2c86c7aa0ae10356a40914','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(18,1795827762687167,'role','4bbbdf6cae2583958360976e1cb5d94f','',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(19,1795827762693025,'user','4bbbdf5b6c2c86c7aa0ae10356a40914','4bbbdec0f35785be8ed73ef167548e8b',0,'role_assigned','{"role_id":"4bbbd70285528747bd29dee7aa2bc143","scope":"project"}',NULL);
INSERT INTO "events" VALUES(20,1795827762698217,'user','4bbbdf5b6c2c86c7aa0ae10356a40914','4bbbdec0f35785be8ed73ef167548e8b',0,'role_assigned','{"role_id":"4bbbdf6cae2583958360976e1cb5d94f","scope":"project"}',NULL);
INSERT INTO "events" VALUES(21,1795827762711809,'image','4bbbdfcd-0495-8bcc-bf1e-2118c35d5969','4bbbd70f290d8fcb920dae5bbe421cd8',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(22,1795827762716795,'image','4bbbdfcd-0495-8bcc-bf1e-2118c35d5969','4bbbd70f290d8fcb920dae5bbe421cd8',1,'queued_to_saving',NULL,NULL);
INSERT INTO "events" VALUES(23,1795827762820168,'image','4bbbdfcd-0495-8bcc-bf1e-2118c35d5969','4bbbd70f290d8fcb920dae5bbe421cd8',2,'saving_to_active',NULL,NULL);
INSERT INTO "events" VALUES(24,1795827762828705,'image','4bbbe195-a456-8d92-9dad-5b44c75dfa6a','4bbbd70f290d8fcb920dae5bbe421cd8',0,'created',NULL,NULL);
INSERT INTO "events" VALUES(25,1795827762831512,'network','4bbbe1a1-1d4d-8fac-883f-54ffc8715ba7','4bbbd704b9918ddaae67b026c22e85df',1,'created',NULL,'network');
INSERT INTO "events" VALUES(26,1795827762836703,'network','4bbbe1a1-1d4d-8fac-883f-54ffc8715ba7','4bbbd704b9918ddaae67b026c22e85df',2,'updated',NULL,'network');
INSERT INTO "events" VALUES(27,1795827762836703,'subnet','4bbbe1c5-b6fb-8986-9086-70e8b11de83d','4bbbd704b9918ddaae67b026c22e85df',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(28,1795827762836703,'port','4bbbe1e6-2035-8cba-96c6-0d011aa4441c','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(29,1795827762855390,'network','4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,'network');
INSERT INTO "events" VALUES(30,1795827762859031,'network','4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c','4bbbd70f290d8fcb920dae5bbe421cd8',2,'updated',NULL,'network');
INSERT INTO "events" VALUES(31,1795827762859031,'subnet','4bbbe214-adef-88c8-9b3b-adc98647daaf','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(32,1795827762859031,'port','4bbbe21a-7db5-8f74-b62f-beb6c2e33db2','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(33,1795827762865741,'network','4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c','4bbbd70f290d8fcb920dae5bbe421cd8',3,'updated',NULL,'network');
INSERT INTO "events" VALUES(34,1795827762865741,'subnet','4bbbe22a-fab6-8164-9432-9772940e8ad8','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(35,1795827762874849,'port','4bbbe25e-377c-8f1d-b388-6c29c3e84e9c','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(36,1795827762874849,'router','4bbbe24a-e30e-81e3-ae35-05539bce727e','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,'router');
INSERT INTO "events" VALUES(37,1795827762887926,'port','4bbbe298-3ae2-8542-94e1-fffafe7245e2','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,'port');
INSERT INTO "events" VALUES(38,1795827762887926,'port','4bbbe298-3ae2-8542-94e1-fffafe7245e2','4bbbd70f290d8fcb920dae5bbe421cd8',2,'updated',NULL,'port');
INSERT INTO "events" VALUES(39,1795827762887926,'router','4bbbe24a-e30e-81e3-ae35-05539bce727e','4bbbd70f290d8fcb920dae5bbe421cd8',2,'updated',NULL,'router');
INSERT INTO "events" VALUES(40,1795827762904608,'security_group','4bbbe2c0-0f82-8753-af9f-715cb29c1d08','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,'security_group');
INSERT INTO "events" VALUES(41,1795827762904608,'security_group','4bbbe2cb-b445-8e18-bb3a-9208308943c4','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,'security_group');
INSERT INTO "events" VALUES(42,1795827762913692,'security_group','4bbbe2cb-b445-8e18-bb3a-9208308943c4','4bbbd70f290d8fcb920dae5bbe421cd8',2,'updated',NULL,'security_group');
INSERT INTO "events" VALUES(43,1795827762913692,'security_group_rule','4bbbe2ed-b87a-84d6-bf10-892c287d9f41','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(44,1795827762924173,'port','4bbbe315-2136-8ea7-bbb0-859ec6190b72','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,'port');
INSERT INTO "events" VALUES(45,1795827762936650,'port','4bbbe341-adf6-81c9-9edc-e6a500d2c764','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(46,1795827762936650,'floatingip','4bbbe341-996f-8ae1-8c0c-abc6698e2de8','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(47,1795827762936650,'router','4bbbe24a-e30e-81e3-ae35-05539bce727e','4bbbd70f290d8fcb920dae5bbe421cd8',3,'updated',NULL,'router');
INSERT INTO "events" VALUES(48,1795827762952711,'network','4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c','4bbbd70f290d8fcb920dae5bbe421cd8',4,'updated',NULL,'network');
INSERT INTO "events" VALUES(49,1795827762960720,'network','4bbbe3a8-c1f2-80b7-80de-80353c351c14','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,'network');
INSERT INTO "events" VALUES(50,1795827762960720,'network','4bbbe3a8-c1f2-80b7-80de-80353c351c14','4bbbd70f290d8fcb920dae5bbe421cd8',2,'updated',NULL,'network');
INSERT INTO "events" VALUES(51,1795827762960720,'subnet','4bbbe3b4-9c96-8351-bb40-f5941bdc1671','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,NULL);
INSERT INTO "events" VALUES(52,1795827762960720,'port','4bbbe3c0-6f72-86d1-819c-9a0e3bb043a6','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(53,1795827762960720,'port','4bbbe3d1-1423-86ea-9577-720481a01185','',1,'created',NULL,'port');
INSERT INTO "events" VALUES(54,1795827762960720,'router','4bbbe3c6-9dc6-8853-98be-70b7aa35e5ba','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,'router');
INSERT INTO "events" VALUES(55,1795827762960720,'port','4bbbe3e5-3439-85b9-be4a-832a2d377c95','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,'port');
INSERT INTO "events" VALUES(56,1795827762960720,'port','4bbbe3e5-3439-85b9-be4a-832a2d377c95','4bbbd70f290d8fcb920dae5bbe421cd8',2,'updated',NULL,'port');
INSERT INTO "events" VALUES(57,1795827762960720,'router','4bbbe3c6-9dc6-8853-98be-70b7aa35e5ba','4bbbd70f290d8fcb920dae5bbe421cd8',2,'updated',NULL,'router');
INSERT INTO "events" VALUES(58,1795827763019320,'server','4bbbe480-466f-839c-af2e-8d60b468e8d3','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(59,1795827763019320,'port','4bbbe486-1cc0-89e7-a8c2-07efab8f435f','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,'port');
INSERT INTO "events" VALUES(60,1795827763032854,'server','4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(61,1795827763032854,'port','4bbbe4b6-1f71-8b99-8406-57bb89521e7e','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,'port');
INSERT INTO "events" VALUES(62,1795827763042641,'server','4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created','{"vm_state":"building","task_state":"spawning","power_state":0}',NULL);
INSERT INTO "events" VALUES(63,1795827763042641,'port','4bbbe4dc-f597-8466-9434-2e78a2587aeb','4bbbd70f290d8fcb920dae5bbe421cd8',1,'created',NULL,'port');
INSERT INTO "events" VALUES(64,1795827763051617,'server','4bbbe480-466f-839c-af2e-8d60b468e8d3','4bbbd70f290d8fcb920dae5bbe421cd8',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(65,1795827763054129,'server','4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c','4bbbd70f290d8fcb920dae5bbe421cd8',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(66,1795827763057732,'port','4bbbe486-1cc0-89e7-a8c2-07efab8f435f','4bbbd70f290d8fcb920dae5bbe421cd8',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(67,1795827763057732,'port','4bbbe4b6-1f71-8b99-8406-57bb89521e7e','4bbbd70f290d8fcb920dae5bbe421cd8',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(68,1795827763057732,'port','4bbbe4dc-f597-8466-9434-2e78a2587aeb','4bbbd70f290d8fcb920dae5bbe421cd8',2,'status','{"status":"ACTIVE"}',NULL);
INSERT INTO "events" VALUES(69,1795827763060623,'server','4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222','4bbbd70f290d8fcb920dae5bbe421cd8',2,'active','{"vm_state":"active","task_state":null,"power_state":1}',NULL);
INSERT INTO "events" VALUES(70,1795827763109386,'server','4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c','4bbbd70f290d8fcb920dae5bbe421cd8',3,'state','{"vm_state":"active","task_state":"powering-off","power_state":1}',NULL);
INSERT INTO "events" VALUES(71,1795827763111611,'server','4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c','4bbbd70f290d8fcb920dae5bbe421cd8',4,'state','{"vm_state":"stopped","task_state":null,"power_state":4}',NULL);
INSERT INTO "events" VALUES(72,1795827763115062,'server','4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222','4bbbd70f290d8fcb920dae5bbe421cd8',3,'state','{"vm_state":"active","task_state":"deleting","power_state":1}',NULL);
INSERT INTO "events" VALUES(73,1795827763117056,'port','4bbbe4dc-f597-8466-9434-2e78a2587aeb','4bbbd70f290d8fcb920dae5bbe421cd8',3,'deleted',NULL,'port');
INSERT INTO "events" VALUES(74,1795827763117056,'server','4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222','4bbbd70f290d8fcb920dae5bbe421cd8',4,'deleted','{"vm_state":"deleted","task_state":null,"power_state":0}',NULL);
INSERT INTO "events" VALUES(75,1795827763133097,'port','4bbbe4b6-1f71-8b99-8406-57bb89521e7e','4bbbd70f290d8fcb920dae5bbe421cd8',3,'status','{"status":"DOWN"}',NULL);
CREATE TABLE flavor_projects (
	flavor_id VARCHAR(255) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_flavor_projects PRIMARY KEY (flavor_id, project_id), 
	CONSTRAINT fk_flavor_projects_flavor_id FOREIGN KEY(flavor_id) REFERENCES flavors (id) ON DELETE CASCADE
);
INSERT INTO "flavor_projects" VALUES('4bbbe42c-e538-8a9a-bd92-a192e1093aab','4bbbd70f290d8fcb920dae5bbe421cd8');
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
INSERT INTO "flavors" VALUES('4bbbe400-a97a-8882-8995-e56c88382132','little',NULL,1,64,1,0,0,1.0,1,0,'{"hw:cpu_policy":"shared"}',1795827762987234);
INSERT INTO "flavors" VALUES('4bbbe42c-e538-8a9a-bd92-a192e1093aab','hidden',NULL,1,64,1,0,0,1.0,0,0,'{}',1795827762998551);
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
INSERT INTO "floating_ips" VALUES('4bbbe341-996f-8ae1-8c0c-abc6698e2de8','4bbbd70f290d8fcb920dae5bbe421cd8','','4bbbe1a1-1d4d-8fac-883f-54ffc8715ba7',X'CB0071A7','4bbbe341-adf6-81c9-9edc-e6a500d2c764','4bbbe315-2136-8ea7-bbb0-859ec6190b72',X'0A010073','4bbbe24a-e30e-81e3-ae35-05539bce727e','ACTIVE','[]',1,1795827762936650,1795827762936650,'','');
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
	updated_at BIGINT DEFAULT '0' NOT NULL, fullness BIGINT GENERATED ALWAYS AS (memory_mb_used - memory_mb) VIRTUAL, physical_vcpus INTEGER DEFAULT '0' NOT NULL, physical_memory_mb BIGINT DEFAULT '0' NOT NULL, physical_disk_gb BIGINT DEFAULT '0' NOT NULL, disabled_reason VARCHAR(255), forced_down BOOLEAN DEFAULT '0' NOT NULL, answers BOOLEAN DEFAULT '1' NOT NULL, owner VARCHAR(36), owner_epoch BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_hosts PRIMARY KEY (name), 
	CONSTRAINT ck_hosts_running_vms CHECK (running_vms >= 0), 
	CONSTRAINT ck_hosts_used CHECK (vcpus_used >= 0 AND memory_mb_used >= 0 AND disk_gb_used >= 0)
);
INSERT INTO "hosts" VALUES('simulated-1','simulated-1','simulated',1,'{}',1024,393216,10000,1,64,1,1,1,1,1795827762412231,1795827763117056,64,262144,10000,NULL,0,1,NULL,1);
INSERT INTO "hosts" VALUES('simulated-2','simulated-2','simulated',1,'{}',1024,393216,10000,1,64,1,1,1,1,1795827762412231,1795827763032854,64,262144,10000,NULL,0,1,NULL,1);
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
INSERT INTO "idempotency_keys" VALUES('4bbbd70f3f95835ba41cebfac622276b','4bbbd70f290d8fcb920dae5bbe421cd8','once-running','2b58f1d8b5b4524f65a698066cd59f4ca1ceb44be0a8f94bae673e6b4234642c','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:43343/compute/v2.1/servers/4bbbe480-466f-839c-af2e-8d60b468e8d3","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"4bbbe480-466f-839c-af2e-8d60b468e8d3\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:43343/compute/v2.1/servers/4bbbe480-466f-839c-af2e-8d60b468e8d3\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:43343/compute/servers/4bbbe480-466f-839c-af2e-8d60b468e8d3\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795827763024157);
INSERT INTO "idempotency_keys" VALUES('4bbbd70f3f95835ba41cebfac622276b','4bbbd70f290d8fcb920dae5bbe421cd8','once-stopped','306e5e270ddce8b5433f5bc3b0f8f500d0a11ebd595353dda96025732f7bf0c0','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:43343/compute/v2.1/servers/4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:43343/compute/v2.1/servers/4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:43343/compute/servers/4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795827763034475);
INSERT INTO "idempotency_keys" VALUES('4bbbd70f3f95835ba41cebfac622276b','4bbbd70f290d8fcb920dae5bbe421cd8','once-deleted','86553f707a1d943ab37bd23f1f2175618497aee38d487f82c725bdda87a7dad3','["member","reader"]',202,'[{"OpenStack-API-Version":"compute 2.90","X-OpenStack-Nova-API-Version":"2.90","Vary":"OpenStack-API-Version, X-OpenStack-Nova-API-Version","Location":"http://127.0.0.1:43343/compute/v2.1/servers/4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222","Idempotency-Left-Out":"adminPass"},"{\"server\":{\"id\":\"4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222\",\"links\":[{\"rel\":\"self\",\"href\":\"http://127.0.0.1:43343/compute/v2.1/servers/4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222\"},{\"rel\":\"bookmark\",\"href\":\"http://127.0.0.1:43343/compute/servers/4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222\"}],\"OS-DCF:diskConfig\":\"MANUAL\",\"security_groups\":[{\"name\":\"default\"}]}}"]',1795827763044573);
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
INSERT INTO "image_bytes" VALUES('4bbbdfcd-0495-8bcc-bf1e-2118c35d5969.780df824947b7107','4bbbdfcd-0495-8bcc-bf1e-2118c35d5969','whole',NULL,NULL);
CREATE TABLE image_members (
	image_id VARCHAR(36) NOT NULL, 
	member_id VARCHAR(36) NOT NULL, 
	status VARCHAR(16) DEFAULT 'pending' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_image_members PRIMARY KEY (image_id, member_id), 
	CONSTRAINT fk_image_members_image_id FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);
INSERT INTO "image_members" VALUES('4bbbdfcd-0495-8bcc-bf1e-2118c35d5969','4bbbd704b9918ddaae67b026c22e85df','pending',1795827762825762,1795827762825762);
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
INSERT INTO "image_tags" VALUES('4bbbdfcd-0495-8bcc-bf1e-2118c35d5969','old');
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
INSERT INTO "images" VALUES('4bbbdfcd-0495-8bcc-bf1e-2118c35d5969','4bbbd70f290d8fcb920dae5bbe421cd8','disk','active','shared','bare','raw',0,0,1984,1984,'2f8767aa831ab7e73467a31c6cf51f95','72cfcca2dc9d134925bc229a86db76b889fd669ec62f45ec07a3a260205fd18a31cbf39ae49664a1371e1247e87af977df076780dc6236e89456271b85f4a6d6',0,0,'{"hw_disk_bus":"virtio"}',2,1795827762711809,1795827762820168,'[]');
INSERT INTO "images" VALUES('4bbbe195-a456-8d92-9dad-5b44c75dfa6a','4bbbd70f290d8fcb920dae5bbe421cd8','empty','queued','private',NULL,NULL,0,0,NULL,NULL,NULL,NULL,0,0,'{}',0,1795827762828705,1795827762828705,'[]');
CREATE TABLE implied_roles (
	prior_role_id VARCHAR(36) NOT NULL, 
	implied_role_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_implied_roles PRIMARY KEY (prior_role_id, implied_role_id), 
	CONSTRAINT fk_implied_roles_prior_role_id_roles FOREIGN KEY(prior_role_id) REFERENCES roles (id) ON DELETE CASCADE, 
	CONSTRAINT fk_implied_roles_implied_role_id_roles FOREIGN KEY(implied_role_id) REFERENCES roles (id) ON DELETE CASCADE
);
INSERT INTO "implied_roles" VALUES('4bbbd700ba59871aa29e3d1a9a9b3229','4bbbd70285528747bd29dee7aa2bc143');
INSERT INTO "implied_roles" VALUES('4bbbd700ba59871aa29e3d1a9a9b3229','4bbbd702e55d823eb203e380d18f1202');
INSERT INTO "implied_roles" VALUES('4bbbd70285528747bd29dee7aa2bc143','4bbbd702e55d823eb203e380d18f1202');
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
INSERT INTO "keypairs" VALUES('4bbbd70f3f95835ba41cebfac622276b','key','ssh','0f:a2:0a:d7:38:3e:65:45:08:6b:63:84:1c:ff:dc:ba','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',1795827763008886);
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
INSERT INTO "networks" VALUES('4bbbe1a1-1d4d-8fac-883f-54ffc8715ba7','4bbbd704b9918ddaae67b026c22e85df','outside','',1,0,1,1,1442,1,'','geneve',NULL,12935492,'[]',2,1795827762831512,1795827762836703,'[]');
INSERT INTO "networks" VALUES('4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c','4bbbd70f290d8fcb920dae5bbe421cd8','own','',1,0,0,0,1442,1,'own.example.','geneve',NULL,9960888,'["a","b"]',4,1795827762855390,1795827762952711,'[]');
INSERT INTO "networks" VALUES('4bbbe3a8-c1f2-80b7-80de-80353c351c14','4bbbd70f290d8fcb920dae5bbe421cd8','auto_allocated_network','',1,0,0,0,1442,1,'','geneve',NULL,7656967,'[]',2,1795827762960720,1795827762960720,'[]');
CREATE TABLE outbox (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind VARCHAR(16) NOT NULL, 
	object_id VARCHAR(36) NOT NULL, 
	revision BIGINT NOT NULL, 
	at BIGINT NOT NULL
);
INSERT INTO "outbox" VALUES(32,'network','4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c',0,1);
CREATE TABLE port_address_pairs (
	network_id VARCHAR(36) NOT NULL, 
	ip BLOB NOT NULL, 
	port_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_port_address_pairs PRIMARY KEY (network_id, ip, port_id), 
	CONSTRAINT fk_port_address_pairs_port_id FOREIGN KEY(port_id) REFERENCES ports (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "port_address_pairs" VALUES('4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c',X'0A010063','4bbbe315-2136-8ea7-bbb0-859ec6190b72');
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
INSERT INTO "port_security_groups" VALUES('4bbbe315-2136-8ea7-bbb0-859ec6190b72','4bbbe2cb-b445-8e18-bb3a-9208308943c4',0);
INSERT INTO "port_security_groups" VALUES('4bbbe486-1cc0-89e7-a8c2-07efab8f435f','4bbbe2c0-0f82-8753-af9f-715cb29c1d08',0);
INSERT INTO "port_security_groups" VALUES('4bbbe4b6-1f71-8b99-8406-57bb89521e7e','4bbbe2c0-0f82-8753-af9f-715cb29c1d08',0);
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
INSERT INTO "ports" VALUES('4bbbe1e6-2035-8cba-96c6-0d011aa4441c','4bbbe1a1-1d4d-8fac-883f-54ffc8715ba7','','','','fa:16:3e:f3:cd:9b',1,'DOWN','ovnmeta-4bbbe1a1-1d4d-8fac-883f-54ffc8715ba7','network:distributed',0,'','','normal','unbound','{}','[]','[]','[]',1,1795827762836703,1795827762836703);
INSERT INTO "ports" VALUES('4bbbe21a-7db5-8f74-b62f-beb6c2e33db2','4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c','','','','fa:16:3e:73:93:50',1,'DOWN','ovnmeta-4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c','network:distributed',0,'','','normal','unbound','{}','[]','[]','[]',1,1795827762859031,1795827762859031);
INSERT INTO "ports" VALUES('4bbbe25e-377c-8f1d-b388-6c29c3e84e9c','4bbbe1a1-1d4d-8fac-883f-54ffc8715ba7','','','','fa:16:3e:27:fa:12',1,'ACTIVE','4bbbe24a-e30e-81e3-ae35-05539bce727e','network:router_gateway',0,'','','normal','unbound','{}','[]','[]','[]',1,1795827762874849,1795827762874849);
INSERT INTO "ports" VALUES('4bbbe298-3ae2-8542-94e1-fffafe7245e2','4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c','4bbbd70f290d8fcb920dae5bbe421cd8','','','fa:16:3e:2a:f2:cc',1,'ACTIVE','4bbbe24a-e30e-81e3-ae35-05539bce727e','network:router_interface',0,'','','normal','unbound','{}','[]','[]','[]',2,1795827762887926,1795827762887926);
INSERT INTO "ports" VALUES('4bbbe315-2136-8ea7-bbb0-859ec6190b72','4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c','4bbbd70f290d8fcb920dae5bbe421cd8','free','','fa:16:3e:f2:eb:87',1,'DOWN','','',1,'free','','normal','unbound','{}','[{"ip_address":"10.1.0.99","mac_address":"fa:16:3e:f2:eb:87"}]','[{"opt_name":"mtu","opt_value":"1400","ip_version":4}]','[]',1,1795827762924173,1795827762924173);
INSERT INTO "ports" VALUES('4bbbe341-adf6-81c9-9edc-e6a500d2c764','4bbbe1a1-1d4d-8fac-883f-54ffc8715ba7','','','','fa:16:3e:72:5d:d2',1,'N/A','4bbbe341-996f-8ae1-8c0c-abc6698e2de8','network:floatingip',0,'','','normal','unbound','{}','[]','[]','[]',1,1795827762936650,1795827762936650);
INSERT INTO "ports" VALUES('4bbbe3c0-6f72-86d1-819c-9a0e3bb043a6','4bbbe3a8-c1f2-80b7-80de-80353c351c14','','','','fa:16:3e:50:49:86',1,'DOWN','ovnmeta-4bbbe3a8-c1f2-80b7-80de-80353c351c14','network:distributed',0,'','','normal','unbound','{}','[]','[]','[]',1,1795827762960720,1795827762960720);
INSERT INTO "ports" VALUES('4bbbe3d1-1423-86ea-9577-720481a01185','4bbbe1a1-1d4d-8fac-883f-54ffc8715ba7','','','','fa:16:3e:7a:13:f3',1,'ACTIVE','4bbbe3c6-9dc6-8853-98be-70b7aa35e5ba','network:router_gateway',0,'','','normal','unbound','{}','[]','[]','[]',1,1795827762960720,1795827762960720);
INSERT INTO "ports" VALUES('4bbbe3e5-3439-85b9-be4a-832a2d377c95','4bbbe3a8-c1f2-80b7-80de-80353c351c14','4bbbd70f290d8fcb920dae5bbe421cd8','','','fa:16:3e:46:6f:f1',1,'ACTIVE','4bbbe3c6-9dc6-8853-98be-70b7aa35e5ba','network:router_interface',0,'','','normal','unbound','{}','[]','[]','[]',2,1795827762960720,1795827762960720);
INSERT INTO "ports" VALUES('4bbbe486-1cc0-89e7-a8c2-07efab8f435f','4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c','4bbbd70f290d8fcb920dae5bbe421cd8','','','fa:16:3e:38:5c:07',1,'ACTIVE','4bbbe480-466f-839c-af2e-8d60b468e8d3','compute:nova',1,'running','simulated-1','normal','ovs','{}','[]','[]','[]',2,1795827763019320,1795827763057732);
INSERT INTO "ports" VALUES('4bbbe4b6-1f71-8b99-8406-57bb89521e7e','4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c','4bbbd70f290d8fcb920dae5bbe421cd8','','','fa:16:3e:40:40:e5',1,'DOWN','4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c','compute:nova',1,'stopped','simulated-2','normal','ovs','{}','[]','[]','[]',3,1795827763032854,1795827763133097);
CREATE TABLE projections (
	kind VARCHAR(16) NOT NULL, 
	object_id VARCHAR(36) NOT NULL, 
	revision BIGINT NOT NULL, 
	projected_at BIGINT NOT NULL, 
	CONSTRAINT pk_projections PRIMARY KEY (kind, object_id)
)
 WITHOUT ROWID

;
INSERT INTO "projections" VALUES('network','4bbbe1a1-1d4d-8fac-883f-54ffc8715ba7',2,1795827762859323);
INSERT INTO "projections" VALUES('network','4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c',4,1795827762976390);
INSERT INTO "projections" VALUES('network','4bbbe3a8-c1f2-80b7-80de-80353c351c14',2,1795827762994442);
INSERT INTO "projections" VALUES('port','4bbbe1e6-2035-8cba-96c6-0d011aa4441c',1,1795827762859323);
INSERT INTO "projections" VALUES('port','4bbbe21a-7db5-8f74-b62f-beb6c2e33db2',1,1795827762872323);
INSERT INTO "projections" VALUES('port','4bbbe25e-377c-8f1d-b388-6c29c3e84e9c',1,1795827762899662);
INSERT INTO "projections" VALUES('port','4bbbe298-3ae2-8542-94e1-fffafe7245e2',2,1795827762910877);
INSERT INTO "projections" VALUES('port','4bbbe315-2136-8ea7-bbb0-859ec6190b72',1,1795827762952074);
INSERT INTO "projections" VALUES('port','4bbbe341-adf6-81c9-9edc-e6a500d2c764',1,1795827762952074);
INSERT INTO "projections" VALUES('port','4bbbe3c0-6f72-86d1-819c-9a0e3bb043a6',1,1795827762994442);
INSERT INTO "projections" VALUES('port','4bbbe3d1-1423-86ea-9577-720481a01185',1,1795827762994442);
INSERT INTO "projections" VALUES('port','4bbbe3e5-3439-85b9-be4a-832a2d377c95',2,1795827762994442);
INSERT INTO "projections" VALUES('port','4bbbe486-1cc0-89e7-a8c2-07efab8f435f',2,1795827763032417);
INSERT INTO "projections" VALUES('port','4bbbe4b6-1f71-8b99-8406-57bb89521e7e',3,1795827763046827);
INSERT INTO "projections" VALUES('router','4bbbe24a-e30e-81e3-ae35-05539bce727e',3,1795827762952074);
INSERT INTO "projections" VALUES('router','4bbbe3c6-9dc6-8853-98be-70b7aa35e5ba',2,1795827762994442);
INSERT INTO "projections" VALUES('security_group','4bbbe2c0-0f82-8753-af9f-715cb29c1d08',1,1795827762922214);
INSERT INTO "projections" VALUES('security_group','4bbbe2cb-b445-8e18-bb3a-9208308943c4',2,1795827762931919);
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
INSERT INTO "projects" VALUES('4bbbd704b9918ddaae67b026c22e85df','default','default','admin','',1,'[]','{}');
INSERT INTO "projects" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','default','default','demo','',1,'[]','{}');
INSERT INTO "projects" VALUES('4bbbdec0f35785be8ed73ef167548e8b','4bbbdea5e732847daf86c13b721f4149','4bbbdea5e732847daf86c13b721f4149','harbour','',1,'["quay"]','{}');
CREATE TABLE quota_limits (
	project_id VARCHAR(36) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	hard_limit BIGINT NOT NULL, 
	CONSTRAINT pk_quota_limits PRIMARY KEY (project_id, resource), 
	CONSTRAINT ck_quota_limits_hard_limit CHECK (hard_limit >= -1)
);
INSERT INTO "quota_limits" VALUES('4bbbdec0f35785be8ed73ef167548e8b','cores',7);
INSERT INTO "quota_limits" VALUES('4bbbdec0f35785be8ed73ef167548e8b','port',9);
CREATE TABLE quota_usage (
	project_id VARCHAR(36) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	used BIGINT NOT NULL, 
	CONSTRAINT pk_quota_usage PRIMARY KEY (project_id, resource), 
	CONSTRAINT ck_quota_usage_used CHECK (used >= 0)
);
INSERT INTO "quota_usage" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','image_count',2);
INSERT INTO "quota_usage" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','image_size_mib',1);
INSERT INTO "quota_usage" VALUES('4bbbd704b9918ddaae67b026c22e85df','network',1);
INSERT INTO "quota_usage" VALUES('4bbbd704b9918ddaae67b026c22e85df','subnet',1);
INSERT INTO "quota_usage" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','network',2);
INSERT INTO "quota_usage" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','subnet',3);
INSERT INTO "quota_usage" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','router',2);
INSERT INTO "quota_usage" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','port',5);
INSERT INTO "quota_usage" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','security_group',2);
INSERT INTO "quota_usage" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','security_group_rule',7);
INSERT INTO "quota_usage" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','floatingip',1);
INSERT INTO "quota_usage" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','cores',2);
INSERT INTO "quota_usage" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','instances',2);
INSERT INTO "quota_usage" VALUES('4bbbd70f290d8fcb920dae5bbe421cd8','ram',128);
CREATE TABLE remote_network_info (
	server_id VARCHAR(36) NOT NULL, 
	generation BIGINT NOT NULL, 
	info TEXT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_remote_network_info PRIMARY KEY (server_id), 
	CONSTRAINT fk_remote_network_info_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
);
INSERT INTO "remote_network_info" VALUES('4bbbe480-466f-839c-af2e-8d60b468e8d3',1,'[]',1);
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
INSERT INTO "remote_nics" VALUES('4bbbe480-466f-839c-af2e-8d60b468e8d3',1,'01890000-0000-7000-8000-00000000000a',NULL,'fa:16:3e:00:00:01',NULL,NULL,0,'4bbbd70f290d8fcb920dae5bbe421cd8',NULL,'[]',NULL,'','{}',NULL,0);
CREATE TABLE remote_released (
	server_id VARCHAR(36) NOT NULL, 
	mac_address VARCHAR(17) NOT NULL, 
	released_at BIGINT NOT NULL, 
	nic TEXT NOT NULL, 
	CONSTRAINT pk_remote_released PRIMARY KEY (server_id, mac_address)
);
INSERT INTO "remote_released" VALUES('4bbbe480-466f-839c-af2e-8d60b468e8d3','fa:16:3e:00:00:02',1,'{}');
CREATE TABLE revoked_tokens (
	token_id VARCHAR(64) NOT NULL, 
	expires_at BIGINT NOT NULL, 
	CONSTRAINT pk_revoked_tokens PRIMARY KEY (token_id)
);
INSERT INTO "revoked_tokens" VALUES('e285229c5aa72e027fbdcfb80fd6dbcf',1795831363223977);
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
INSERT INTO "role_assignments" VALUES('4bbbd704c8718573b89f286a57c0f7a9','4bbbd700ba59871aa29e3d1a9a9b3229','project','4bbbd704b9918ddaae67b026c22e85df');
INSERT INTO "role_assignments" VALUES('4bbbd704c8718573b89f286a57c0f7a9','4bbbd700ba59871aa29e3d1a9a9b3229','system','all');
INSERT INTO "role_assignments" VALUES('4bbbd70f3f95835ba41cebfac622276b','4bbbd70285528747bd29dee7aa2bc143','project','4bbbd70f290d8fcb920dae5bbe421cd8');
INSERT INTO "role_assignments" VALUES('4bbbdf5b6c2c86c7aa0ae10356a40914','4bbbd70285528747bd29dee7aa2bc143','project','4bbbdec0f35785be8ed73ef167548e8b');
INSERT INTO "role_assignments" VALUES('4bbbdf5b6c2c86c7aa0ae10356a40914','4bbbdf6cae2583958360976e1cb5d94f','project','4bbbdec0f35785be8ed73ef167548e8b');
CREATE TABLE roles (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	domain_id VARCHAR(36), 
	description TEXT, extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_roles PRIMARY KEY (id), 
	CONSTRAINT fk_roles_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id)
);
INSERT INTO "roles" VALUES('4bbbd700ba59871aa29e3d1a9a9b3229','admin',NULL,NULL,'{}');
INSERT INTO "roles" VALUES('4bbbd70285528747bd29dee7aa2bc143','member',NULL,NULL,'{}');
INSERT INTO "roles" VALUES('4bbbd702e55d823eb203e380d18f1202','reader',NULL,NULL,'{}');
INSERT INTO "roles" VALUES('4bbbdf6cae2583958360976e1cb5d94f','mooring','4bbbdea5e732847daf86c13b721f4149',NULL,'{}');
CREATE TABLE router_interfaces (
	port_id VARCHAR(36) NOT NULL, 
	router_id VARCHAR(36) NOT NULL, 
	subnet_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_router_interfaces PRIMARY KEY (port_id, subnet_id), 
	CONSTRAINT fk_router_interfaces_port_id FOREIGN KEY(port_id) REFERENCES ports (id), 
	CONSTRAINT fk_router_interfaces_router_id FOREIGN KEY(router_id) REFERENCES routers (id), 
	CONSTRAINT fk_router_interfaces_subnet_id FOREIGN KEY(subnet_id) REFERENCES subnets (id)
);
INSERT INTO "router_interfaces" VALUES('4bbbe298-3ae2-8542-94e1-fffafe7245e2','4bbbe24a-e30e-81e3-ae35-05539bce727e','4bbbe214-adef-88c8-9b3b-adc98647daaf');
INSERT INTO "router_interfaces" VALUES('4bbbe3e5-3439-85b9-be4a-832a2d377c95','4bbbe3c6-9dc6-8853-98be-70b7aa35e5ba','4bbbe3b4-9c96-8351-bb40-f5941bdc1671');
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
INSERT INTO "routers" VALUES('4bbbe24a-e30e-81e3-ae35-05539bce727e','4bbbd70f290d8fcb920dae5bbe421cd8','way','',1,'4bbbe1a1-1d4d-8fac-883f-54ffc8715ba7','4bbbe25e-377c-8f1d-b388-6c29c3e84e9c',1,'[]','[]',3,1795827762874849,1795827762936650,'[]');
INSERT INTO "routers" VALUES('4bbbe3c6-9dc6-8853-98be-70b7aa35e5ba','4bbbd70f290d8fcb920dae5bbe421cd8','auto_allocated_router','',1,'4bbbe1a1-1d4d-8fac-883f-54ffc8715ba7','4bbbe3d1-1423-86ea-9577-720481a01185',1,'[]','[]',2,1795827762960720,1795827762960720,'[]');
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
INSERT INTO "saga_steps" VALUES('4bbbe48f-1951-8f91-be3a-d4f51da9ed80',1,'image','do',1795827763028136,1795827763035329,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe48f-1951-8f91-be3a-d4f51da9ed80',2,'disks','do',1795827763035341,1795827763036316,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe48f-1951-8f91-be3a-d4f51da9ed80',3,'guest','do',1795827763036330,1795827763036413,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe48f-1951-8f91-be3a-d4f51da9ed80',4,'ports up','do',1795827763036417,1795827763045442,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe48f-1951-8f91-be3a-d4f51da9ed80',5,'resume','do',1795827763045455,1795827763046605,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe48f-1951-8f91-be3a-d4f51da9ed80',6,'running','do',1795827763046616,1795827763046636,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe48f-1951-8f91-be3a-d4f51da9ed80',7,'active','do',1795827763046642,1795827763046642,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4b8-935b-88ff-9e92-bea93ba14452',1,'image','do',1795827763037820,1795827763051370,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4b8-935b-88ff-9e92-bea93ba14452',2,'disks','do',1795827763051377,1795827763052060,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4b8-935b-88ff-9e92-bea93ba14452',3,'guest','do',1795827763052066,1795827763052148,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4b8-935b-88ff-9e92-bea93ba14452',4,'ports up','do',1795827763052151,1795827763053895,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4b8-935b-88ff-9e92-bea93ba14452',5,'resume','do',1795827763053900,1795827763053969,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4b8-935b-88ff-9e92-bea93ba14452',6,'running','do',1795827763053972,1795827763053979,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4b8-935b-88ff-9e92-bea93ba14452',7,'active','do',1795827763053982,1795827763053982,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4df-bfa3-8029-a564-1264bf5f98af',1,'image','do',1795827763047914,1795827763048123,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4df-bfa3-8029-a564-1264bf5f98af',2,'disks','do',1795827763048133,1795827763048650,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4df-bfa3-8029-a564-1264bf5f98af',3,'guest','do',1795827763048657,1795827763048723,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4df-bfa3-8029-a564-1264bf5f98af',4,'ports up','do',1795827763048726,1795827763060103,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4df-bfa3-8029-a564-1264bf5f98af',5,'resume','do',1795827763060112,1795827763060200,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4df-bfa3-8029-a564-1264bf5f98af',6,'running','do',1795827763060203,1795827763060239,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe4df-bfa3-8029-a564-1264bf5f98af',7,'active','do',1795827763060245,1795827763060245,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe5df-ea89-8802-af54-d06856cf33a6',1,'stop','do',1795827763111301,1795827763111408,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe5df-ea89-8802-af54-d06856cf33a6',2,'state','do',1795827763111414,1795827763111414,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe5f5-89d9-860b-8ed4-7a933f58f937',1,'earlier work ended','do',1795827763116593,1795827763116755,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe5f5-89d9-860b-8ed4-7a933f58f937',2,'guest','do',1795827763116760,1795827763116885,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe5f5-89d9-860b-8ed4-7a933f58f937',3,'disks','do',1795827763116888,1795827763116916,'done',NULL);
INSERT INTO "saga_steps" VALUES('4bbbe5f5-89d9-860b-8ed4-7a933f58f937',4,'deleted','do',1795827763116921,1795827763116921,'done',NULL);
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
INSERT INTO "sagas" VALUES('4bbbe48f-1951-8f91-be3a-d4f51da9ed80','server_create','4bbbe480-466f-839c-af2e-8d60b468e8d3','4bbbd70f290d8fcb920dae5bbe421cd8','{"server_id":"4bbbe480-466f-839c-af2e-8d60b468e8d3","host":"simulated-1","tried":[],"movable":true,"has_password":false}','done',7,0,1795827763046642,NULL,NULL,0,NULL,NULL,1795827763019320,1795827763046642,1,'simulated-1');
INSERT INTO "sagas" VALUES('4bbbe4b8-935b-88ff-9e92-bea93ba14452','server_create','4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c','4bbbd70f290d8fcb920dae5bbe421cd8','{"server_id":"4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c","host":"simulated-2","tried":[],"movable":true,"has_password":false}','done',7,0,1795827763053982,NULL,NULL,0,NULL,NULL,1795827763032854,1795827763053982,1,'simulated-2');
INSERT INTO "sagas" VALUES('4bbbe4df-bfa3-8029-a564-1264bf5f98af','server_create','4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222','4bbbd70f290d8fcb920dae5bbe421cd8','{"server_id":"4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222","host":"simulated-1","tried":[],"movable":true,"has_password":false}','done',7,0,1795827763060245,NULL,NULL,0,NULL,NULL,1795827763042641,1795827763060245,1,'simulated-1');
INSERT INTO "sagas" VALUES('4bbbe5df-ea89-8802-af54-d06856cf33a6','server_stop','4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c','4bbbd70f290d8fcb920dae5bbe421cd8','{"server_id":"4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c","host":"simulated-2","action":"stop","before":"active"}','done',2,0,1795827763111414,NULL,NULL,0,NULL,NULL,1795827763109386,1795827763111414,1,'simulated-2');
INSERT INTO "sagas" VALUES('4bbbe5f5-89d9-860b-8ed4-7a933f58f937','server_delete','4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222','4bbbd70f290d8fcb920dae5bbe421cd8','{"server_id":"4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222"}','done',4,0,1795827763116921,NULL,NULL,0,NULL,NULL,1795827763115062,1795827763116921,1,'simulated-1');
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
INSERT INTO "security_group_rules" VALUES('4bbbe2c0-2692-8736-95dd-a92b56bbbc27','4bbbe2c0-0f82-8753-af9f-715cb29c1d08','4bbbd70f290d8fcb920dae5bbe421cd8','','egress','IPv4',NULL,NULL,NULL,NULL,NULL,1,1795827762904608,1795827762904608);
INSERT INTO "security_group_rules" VALUES('4bbbe2c0-2e2a-8190-93ae-cb61c6a8d3a3','4bbbe2c0-0f82-8753-af9f-715cb29c1d08','4bbbd70f290d8fcb920dae5bbe421cd8','','egress','IPv6',NULL,NULL,NULL,NULL,NULL,1,1795827762904608,1795827762904608);
INSERT INTO "security_group_rules" VALUES('4bbbe2c0-3251-8d7b-b75c-5af847af3c4b','4bbbe2c0-0f82-8753-af9f-715cb29c1d08','4bbbd70f290d8fcb920dae5bbe421cd8','','ingress','IPv4',NULL,NULL,NULL,NULL,'4bbbe2c0-0f82-8753-af9f-715cb29c1d08',1,1795827762904608,1795827762904608);
INSERT INTO "security_group_rules" VALUES('4bbbe2c0-377d-87ea-95ed-2a766e957a38','4bbbe2c0-0f82-8753-af9f-715cb29c1d08','4bbbd70f290d8fcb920dae5bbe421cd8','','ingress','IPv6',NULL,NULL,NULL,NULL,'4bbbe2c0-0f82-8753-af9f-715cb29c1d08',1,1795827762904608,1795827762904608);
INSERT INTO "security_group_rules" VALUES('4bbbe2cb-c991-8a89-a5fa-300d9732c60a','4bbbe2cb-b445-8e18-bb3a-9208308943c4','4bbbd70f290d8fcb920dae5bbe421cd8','','egress','IPv4',NULL,NULL,NULL,NULL,NULL,1,1795827762904608,1795827762904608);
INSERT INTO "security_group_rules" VALUES('4bbbe2cb-cf2a-8918-b119-a31c7eed1631','4bbbe2cb-b445-8e18-bb3a-9208308943c4','4bbbd70f290d8fcb920dae5bbe421cd8','','egress','IPv6',NULL,NULL,NULL,NULL,NULL,1,1795827762904608,1795827762904608);
INSERT INTO "security_group_rules" VALUES('4bbbe2ed-b87a-84d6-bf10-892c287d9f41','4bbbe2cb-b445-8e18-bb3a-9208308943c4','4bbbd70f290d8fcb920dae5bbe421cd8','','ingress','IPv4','tcp',80,80,NULL,NULL,1,1795827762913692,1795827762913692);
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
INSERT INTO "security_groups" VALUES('4bbbe2c0-0f82-8753-af9f-715cb29c1d08','4bbbd70f290d8fcb920dae5bbe421cd8','default','Default security group',1,1,'[]',1,1795827762904608,1795827762904608);
INSERT INTO "security_groups" VALUES('4bbbe2cb-b445-8e18-bb3a-9208308943c4','4bbbd70f290d8fcb920dae5bbe421cd8','web','',1,0,'[]',2,1795827762904608,1795827762913692);
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
INSERT INTO "server_actions" VALUES('4bbbe480-466f-839c-af2e-8d60b468e8d3','req-4bbbe469-4442-8262-9198-4408256aaf9f','create','4bbbd70f3f95835ba41cebfac622276b','4bbbd70f290d8fcb920dae5bbe421cd8','4bbbe48f-1951-8f91-be3a-d4f51da9ed80',NULL,1795827763019320,1795827763019320);
INSERT INTO "server_actions" VALUES('4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c','req-4bbbe4a4-ad13-8231-a032-eecf1fb8ad6d','create','4bbbd70f3f95835ba41cebfac622276b','4bbbd70f290d8fcb920dae5bbe421cd8','4bbbe4b8-935b-88ff-9e92-bea93ba14452',NULL,1795827763032854,1795827763032854);
INSERT INTO "server_actions" VALUES('4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222','req-4bbbe4ca-3986-88ce-b3eb-83e66d28e4a2','create','4bbbd70f3f95835ba41cebfac622276b','4bbbd70f290d8fcb920dae5bbe421cd8','4bbbe4df-bfa3-8029-a564-1264bf5f98af',NULL,1795827763042641,1795827763042641);
INSERT INTO "server_actions" VALUES('4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c','req-4bbbe5db-9f19-88d3-ad98-f8160bd154f1','stop','4bbbd70f3f95835ba41cebfac622276b','4bbbd70f290d8fcb920dae5bbe421cd8','4bbbe5df-ea89-8802-af54-d06856cf33a6',NULL,1795827763109386,1795827763109386);
INSERT INTO "server_actions" VALUES('4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222','req-4bbbe5f2-ff15-8874-b3d2-757d7fbf11a0','delete','4bbbd70f3f95835ba41cebfac622276b','4bbbd70f290d8fcb920dae5bbe421cd8','4bbbe5f5-89d9-860b-8ed4-7a933f58f937',NULL,1795827763115062,1795827763115062);
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
INSERT INTO "server_nics" VALUES('4bbbe480-466f-839c-af2e-8d60b468e8d3',0,'4bbbe486-1cc0-89e7-a8c2-07efab8f435f',NULL,0,NULL);
INSERT INTO "server_nics" VALUES('4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c',0,'4bbbe4b6-1f71-8b99-8406-57bb89521e7e',NULL,0,NULL);
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
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_servers PRIMARY KEY (id), 
	CONSTRAINT ck_servers_locked_by CHECK (locked_by IS NULL OR locked_by IN ('owner', 'admin')), 
	CONSTRAINT ck_servers_vm_state CHECK (vm_state IN ('building', 'active', 'paused', 'suspended', 'stopped', 'rescued', 'resized', 'soft-delete', 'shelved', 'shelved_offloaded', 'error', 'deleted')), 
	CONSTRAINT fk_servers_host FOREIGN KEY(host) REFERENCES hosts (name)
);
INSERT INTO "servers" VALUES('4bbbe480-466f-839c-af2e-8d60b468e8d3','4bbbd70f290d8fcb920dae5bbe421cd8','4bbbd70f3f95835ba41cebfac622276b','running','running',NULL,'active',NULL,1,'simulated-1','nova',NULL,'MANUAL','4bbbdfcd-0495-8bcc-bf1e-2118c35d5969','{"id":"4bbbe400-a97a-8882-8995-e56c88382132","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{}','r-660270b0',0,NULL,'','',1795827763051617,NULL,2,1795827763019320,1795827763051617);
INSERT INTO "servers" VALUES('4bbbe4b4-0d89-8a2f-8578-69ae4ae2406c','4bbbd70f290d8fcb920dae5bbe421cd8','4bbbd70f3f95835ba41cebfac622276b','stopped','stopped',NULL,'stopped',NULL,4,'simulated-2','nova',NULL,'MANUAL','4bbbdfcd-0495-8bcc-bf1e-2118c35d5969','{"id":"4bbbe400-a97a-8882-8995-e56c88382132","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{}','r-d9056f49',0,NULL,'','',1795827763054129,NULL,4,1795827763032854,1795827763111611);
INSERT INTO "servers" VALUES('4bbbe4da-84e7-87cd-aa9f-7caa6cf1c222','4bbbd70f290d8fcb920dae5bbe421cd8','4bbbd70f3f95835ba41cebfac622276b','deleted','deleted',NULL,'deleted',NULL,0,NULL,'nova',NULL,'MANUAL','4bbbdfcd-0495-8bcc-bf1e-2118c35d5969','{"id":"4bbbe400-a97a-8882-8995-e56c88382132","name":"little","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"rxtx_factor":1.0,"is_public":true,"disabled":false,"description":null,"extra_specs":{"hw:cpu_policy":"shared"},"image_disk":0}','key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release',NULL,0,'{"made":"of old"}','[]','["old"]',0,NULL,NULL,'{}','r-40436084',0,NULL,'','',1795827763060623,1795827763117056,4,1795827763042641,1795827763117056);
CREATE TABLE signing_keys (
	id VARCHAR(36) NOT NULL, 
	secret TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_signing_keys PRIMARY KEY (id)
);
INSERT INTO "signing_keys" VALUES('4bbbd6fe9aa98f49abf3e00750bbf380','dd79cfe840c8129597e5583e46968e2389e57d26901b7353c2ac80e9a5c113fa',1795827762132102);
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
INSERT INTO "subnets" VALUES('4bbbe1c5-b6fb-8986-9086-70e8b11de83d','4bbbe1a1-1d4d-8fac-883f-54ffc8715ba7','4bbbd704b9918ddaae67b026c22e85df','','',4,'203.0.113.0/24',X'CB007101',1,NULL,NULL,'[{"start":"203.0.113.2","end":"203.0.113.254"}]','[]','[]','[]',1,1795827762836703,1795827762836703);
INSERT INTO "subnets" VALUES('4bbbe214-adef-88c8-9b3b-adc98647daaf','4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c','4bbbd70f290d8fcb920dae5bbe421cd8','','',4,'10.1.0.0/24',X'0A010001',1,NULL,NULL,'[{"start":"10.1.0.2","end":"10.1.0.254"}]','["9.9.9.9"]','[]','[]',1,1795827762859031,1795827762859031);
INSERT INTO "subnets" VALUES('4bbbe22a-fab6-8164-9432-9772940e8ad8','4bbbe1fe-7dfc-80a2-a468-5adc5204cc5c','4bbbd70f290d8fcb920dae5bbe421cd8','','',6,'2001:db8:1::/64',X'20010DB8000100000000000000000001',1,'slaac','slaac','[{"start":"2001:db8:1::2","end":"2001:db8:1:0:ffff:ffff:ffff:ffff"}]','[]','[]','[]',1,1795827762865741,1795827762865741);
INSERT INTO "subnets" VALUES('4bbbe3b4-9c96-8351-bb40-f5941bdc1671','4bbbe3a8-c1f2-80b7-80de-80353c351c14','4bbbd70f290d8fcb920dae5bbe421cd8','auto_allocated_subnet_v4','',4,'10.128.0.0/26',X'0A800001',1,NULL,NULL,'[{"start":"10.128.0.2","end":"10.128.0.62"}]','[]','[]','[]',1,1795827762960720,1795827762960720);
CREATE TABLE topics (
	topic VARCHAR(32) NOT NULL, 
	version BIGINT NOT NULL, 
	CONSTRAINT pk_topics PRIMARY KEY (topic)
)
 WITHOUT ROWID

;
INSERT INTO "topics" VALUES('standings',8);
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
INSERT INTO "users" VALUES('4bbbd704c8718573b89f286a57c0f7a9','default','admin','$argon2id$v=19$m=19456,t=2,p=1$rsm7DoFLzK4UG8s3+sWZrg$1L6+8b1UXNeiOiR0fCsdpwGd/rA92ewLXcgoSsG34VU',NULL,'',NULL,'{}',1,0);
INSERT INTO "users" VALUES('4bbbd70f3f95835ba41cebfac622276b','default','demo','$argon2id$v=19$m=19456,t=2,p=1$zPD0JccSzBpBUy5qJw4nCA$putnuW3V0jdXdYxAcj3wD4qiPN1FAzrhgbRraFSEbCw',NULL,'',NULL,'{}',1,0);
INSERT INTO "users" VALUES('4bbbdf5b6c2c86c7aa0ae10356a40914','4bbbdea5e732847daf86c13b721f4149','pilot','$argon2id$v=19$m=19456,t=2,p=1$IvCigT8xnDWtyZnaa8imtA$H4/bHRA56WxOlACc/1PE5xlCKEbCKrcesK6E8qve7Xw',NULL,'',NULL,'{}',1,0);
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
CREATE INDEX ix_events_object ON events (object_id, sequence);
CREATE INDEX ix_floating_ips_ip ON floating_ips (floating_ip);
CREATE INDEX ix_floating_ips_project ON floating_ips (project_id, id);
CREATE INDEX ix_floating_ips_router ON floating_ips (router_id);
CREATE INDEX ix_hosts_owner ON hosts (owner);
CREATE INDEX ix_hosts_room ON hosts (fullness, name) WHERE enabled AND up;
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
CREATE INDEX ix_image_bytes_in_hand ON image_bytes (state, name) WHERE state <> 'whole';
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
CREATE INDEX ix_ports_host ON ports (binding_host, id) WHERE binding_host <> '';
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
