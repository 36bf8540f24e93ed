CREATE TABLE access_rules (
	id VARCHAR(36) NOT NULL, 
	user_id VARCHAR(36) NOT NULL, 
	service VARCHAR(64) NOT NULL, 
	path VARCHAR(255) NOT NULL, 
	method VARCHAR(8) NOT NULL, 
	CONSTRAINT pk_access_rules PRIMARY KEY (id), 
	CONSTRAINT fk_access_rules_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE address_groups (
	id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) DEFAULT '' NOT NULL, 
	description VARCHAR(255) DEFAULT '' NOT NULL, 
	addresses TEXT DEFAULT '[]' NOT NULL, 
	revision BIGINT DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_address_groups PRIMARY KEY (id)
);

CREATE TABLE address_scopes (
	id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) DEFAULT '' NOT NULL, 
	ip_version INTEGER NOT NULL, 
	CONSTRAINT pk_address_scopes PRIMARY KEY (id), 
	CONSTRAINT ck_address_scopes_ip_version CHECK (ip_version IN (4, 6))
);

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

CREATE TABLE admin_passwords (
	server_id VARCHAR(36) NOT NULL, 
	password TEXT NOT NULL, 
	CONSTRAINT pk_admin_passwords PRIMARY KEY (server_id), 
	CONSTRAINT fk_admin_passwords_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
);

CREATE TABLE aggregate_hosts (
	aggregate_id INTEGER NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_aggregate_hosts PRIMARY KEY (aggregate_id, host), 
	CONSTRAINT fk_aggregate_hosts_aggregate_id FOREIGN KEY(aggregate_id) REFERENCES aggregates (id), 
	CONSTRAINT fk_aggregate_hosts_host FOREIGN KEY(host) REFERENCES hosts (name)
);

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

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE application_credential_access_rules (
	application_credential_id VARCHAR(36) NOT NULL, 
	access_rule_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_application_credential_access_rules PRIMARY KEY (application_credential_id, access_rule_id), 
	CONSTRAINT fk_application_credential_access_rules_application_credential_id FOREIGN KEY(application_credential_id) REFERENCES application_credentials (id) ON DELETE CASCADE, 
	CONSTRAINT fk_application_credential_access_rules_access_rule_id FOREIGN KEY(access_rule_id) REFERENCES access_rules (id)
);

CREATE TABLE application_credential_roles (
	application_credential_id VARCHAR(36) NOT NULL, 
	role_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_application_credential_roles PRIMARY KEY (application_credential_id, role_id), 
	CONSTRAINT fk_application_credential_roles_application_credential_id FOREIGN KEY(application_credential_id) REFERENCES application_credentials (id) ON DELETE CASCADE, 
	CONSTRAINT fk_application_credential_roles_role_id FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE
);

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

CREATE TABLE catalog_regions (
	id VARCHAR(255) NOT NULL, 
	parent_region_id VARCHAR(255), 
	description TEXT DEFAULT '' NOT NULL, 
	extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_catalog_regions PRIMARY KEY (id)
);

CREATE TABLE catalog_services (
	id VARCHAR(36) NOT NULL, 
	type VARCHAR(255) NOT NULL, 
	name VARCHAR(255) DEFAULT '' NOT NULL, 
	description TEXT, 
	enabled BOOLEAN DEFAULT '1' NOT NULL, 
	extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_catalog_services PRIMARY KEY (id)
);

CREATE TABLE cloud (
	id INTEGER NOT NULL, 
	cloud_id VARCHAR(36) NOT NULL, 
	created_at BIGINT NOT NULL, image_place_id VARCHAR(36), 
	CONSTRAINT pk_cloud PRIMARY KEY (id), 
	CONSTRAINT ck_cloud_one_row CHECK (id = 1)
);

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

CREATE TABLE domains (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	enabled BOOLEAN DEFAULT '1' NOT NULL, tags TEXT DEFAULT '[]' NOT NULL, extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_domains PRIMARY KEY (id), 
	CONSTRAINT uq_domains_name UNIQUE (name)
);

CREATE TABLE drained_servers (
	host VARCHAR(255) NOT NULL, 
	server_id VARCHAR(36) NOT NULL, 
	state VARCHAR(8) NOT NULL, 
	migration_id VARCHAR(36), 
	reason TEXT, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_drained_servers PRIMARY KEY (host, server_id), 
	CONSTRAINT fk_drained_servers_host FOREIGN KEY(host) REFERENCES host_drains (host) ON DELETE CASCADE, 
	CONSTRAINT fk_drained_servers_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE, 
	CONSTRAINT ck_drained_servers_state CHECK (state IN ('moving', 'moved', 'left')), 
	CONSTRAINT ck_drained_servers_migration CHECK (state <> 'moving' OR migration_id IS NOT NULL), 
	CONSTRAINT ck_drained_servers_reason CHECK ((state = 'left') = (reason IS NOT NULL))
);

CREATE TABLE enrolled_hosts (
	name VARCHAR(255) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	options TEXT NOT NULL, 
	revision INTEGER DEFAULT '1' NOT NULL, 
	enrolled_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	fate VARCHAR(8), 
	removed_at BIGINT, lost_at BIGINT, 
	CONSTRAINT pk_enrolled_hosts PRIMARY KEY (name), 
	CONSTRAINT ck_enrolled_hosts_kind CHECK (kind IN ('libvirt', 'simulated')), 
	CONSTRAINT ck_enrolled_hosts_fate CHECK (fate IS NULL OR fate IN ('error', 'delete'))
);

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

CREATE TABLE flavor_projects (
	flavor_id VARCHAR(255) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_flavor_projects PRIMARY KEY (flavor_id, project_id), 
	CONSTRAINT fk_flavor_projects_flavor_id FOREIGN KEY(flavor_id) REFERENCES flavors (id) ON DELETE CASCADE
);

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

CREATE TABLE guest_passwords (
	server_id VARCHAR(36) NOT NULL, 
	password TEXT NOT NULL, 
	CONSTRAINT pk_guest_passwords PRIMARY KEY (server_id), 
	CONSTRAINT fk_guest_passwords_server_id_servers FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
);

CREATE TABLE host_drains (
	host VARCHAR(255) NOT NULL, 
	at_once INTEGER NOT NULL, 
	user_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	request_id VARCHAR(64) NOT NULL, 
	started_at BIGINT NOT NULL, 
	cancelled_at BIGINT, 
	ended_at BIGINT, 
	revision INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_host_drains PRIMARY KEY (host), 
	CONSTRAINT fk_host_drains_host FOREIGN KEY(host) REFERENCES hosts (name) ON DELETE CASCADE, 
	CONSTRAINT ck_host_drains_at_once CHECK (at_once > 0)
);

CREATE TABLE host_losses (
	host VARCHAR(255) NOT NULL, 
	stage VARCHAR(8) NOT NULL, 
	fence VARCHAR(8) NOT NULL, 
	at_once INTEGER NOT NULL, 
	user_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	request_id VARCHAR(64) NOT NULL, 
	started_at BIGINT NOT NULL, 
	fenced_at BIGINT, 
	ended_at BIGINT, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	reason TEXT, 
	revision INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_host_losses PRIMARY KEY (host), 
	CONSTRAINT fk_host_losses_host FOREIGN KEY(host) REFERENCES hosts (name) ON DELETE CASCADE, 
	CONSTRAINT ck_host_losses_stage CHECK (stage IN ('fencing', 'moving', 'ended', 'failed')), 
	CONSTRAINT ck_host_losses_fence CHECK (fence IN ('person', 'command', 'redfish')), 
	CONSTRAINT ck_host_losses_at_once CHECK (at_once > 0)
);

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
	updated_at BIGINT DEFAULT '0' NOT NULL, fullness BIGINT GENERATED ALWAYS AS (memory_mb_used - memory_mb) VIRTUAL, physical_vcpus INTEGER DEFAULT '0' NOT NULL, physical_memory_mb BIGINT DEFAULT '0' NOT NULL, physical_disk_gb BIGINT DEFAULT '0' NOT NULL, disabled_reason VARCHAR(255), forced_down BOOLEAN DEFAULT '0' NOT NULL, answers BOOLEAN DEFAULT '1' NOT NULL, owner VARCHAR(36), owner_epoch BIGINT DEFAULT '0' NOT NULL, availability_zone VARCHAR(255) DEFAULT 'nova' NOT NULL, traits TEXT DEFAULT '' NOT NULL, booted_at BIGINT, physical_networks TEXT, gateway BOOLEAN DEFAULT '1' NOT NULL, free_disk_gb BIGINT, 
	CONSTRAINT pk_hosts PRIMARY KEY (name), 
	CONSTRAINT ck_hosts_running_vms CHECK (running_vms >= 0), 
	CONSTRAINT ck_hosts_used CHECK (vcpus_used >= 0 AND memory_mb_used >= 0 AND disk_gb_used >= 0)
);

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

CREATE TABLE image_backups (
	image_id VARCHAR(36) NOT NULL, 
	server_id VARCHAR(36) NOT NULL, 
	backup_type VARCHAR(255) NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_image_backups PRIMARY KEY (image_id), 
	CONSTRAINT fk_image_backups_image_id FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);

CREATE TABLE image_bytes (
	name VARCHAR(64) NOT NULL, 
	image_id VARCHAR(36) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	owner VARCHAR(36), 
	until BIGINT, 
	CONSTRAINT pk_image_bytes PRIMARY KEY (name), 
	CONSTRAINT ck_image_bytes_ck_image_bytes_state CHECK (state IN ('writing', 'staged', 'whole', 'unwanted')), 
	CONSTRAINT ck_image_bytes_ck_image_bytes_owned_while_written CHECK ((state = 'writing') = (owner IS NOT NULL AND until IS NOT NULL))
);

CREATE TABLE image_members (
	image_id VARCHAR(36) NOT NULL, 
	member_id VARCHAR(36) NOT NULL, 
	status VARCHAR(16) DEFAULT 'pending' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_image_members PRIMARY KEY (image_id, member_id), 
	CONSTRAINT fk_image_members_image_id FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);

CREATE TABLE image_processes (
	id VARCHAR(36) NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	secret VARCHAR(32) NOT NULL, 
	turn BIGINT NOT NULL, 
	until BIGINT NOT NULL, 
	CONSTRAINT pk_image_processes PRIMARY KEY (id)
);

CREATE TABLE image_tags (
	image_id VARCHAR(36) NOT NULL, 
	tag VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_image_tags PRIMARY KEY (image_id, tag), 
	CONSTRAINT fk_image_tags_image_id FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);

CREATE TABLE image_tasks (
	id VARCHAR(36) NOT NULL, 
	image_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	user_id VARCHAR(36) NOT NULL, 
	request_id VARCHAR(64) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	request TEXT NOT NULL, 
	message TEXT DEFAULT '' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	expires_at BIGINT, 
	CONSTRAINT pk_image_tasks PRIMARY KEY (id), 
	CONSTRAINT ck_image_tasks_status CHECK (status IN ('processing', 'success', 'failure')), 
	CONSTRAINT ck_image_tasks_kept_for_a_while CHECK ((status = 'processing') = (expires_at IS NULL))
);

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
	updated_at BIGINT NOT NULL, null_properties TEXT DEFAULT '[]' NOT NULL, import_result VARCHAR(8) CONSTRAINT ck_images_import_result CHECK (import_result IN ('done', 'failed')), 
	CONSTRAINT pk_images PRIMARY KEY (id), 
	CONSTRAINT ck_images_status CHECK (status IN ('queued', 'saving', 'uploading', 'importing', 'active', 'killed', 'deactivated')), 
	CONSTRAINT ck_images_visibility CHECK (visibility IN ('public', 'private', 'shared', 'community'))
);

CREATE TABLE implied_roles (
	prior_role_id VARCHAR(36) NOT NULL, 
	implied_role_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_implied_roles PRIMARY KEY (prior_role_id, implied_role_id), 
	CONSTRAINT fk_implied_roles_prior_role_id_roles FOREIGN KEY(prior_role_id) REFERENCES roles (id) ON DELETE CASCADE, 
	CONSTRAINT fk_implied_roles_implied_role_id_roles FOREIGN KEY(implied_role_id) REFERENCES roles (id) ON DELETE CASCADE
);

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

CREATE TABLE left_guests (
	host VARCHAR(255) NOT NULL, 
	server_id VARCHAR(36) NOT NULL, 
	vcpus INTEGER NOT NULL, 
	memory_mb BIGINT NOT NULL, 
	disk_gb BIGINT NOT NULL, 
	keeps_disks BOOLEAN DEFAULT '1' NOT NULL, 
	left_at BIGINT NOT NULL, 
	CONSTRAINT pk_left_guests PRIMARY KEY (host, server_id), 
	CONSTRAINT fk_left_guests_host FOREIGN KEY(host) REFERENCES hosts (name) ON DELETE CASCADE
);

CREATE TABLE lost_servers (
	host VARCHAR(255) NOT NULL, 
	server_id VARCHAR(36) NOT NULL, 
	state VARCHAR(8) NOT NULL, 
	migration_id VARCHAR(36), 
	reason TEXT, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_lost_servers PRIMARY KEY (host, server_id), 
	CONSTRAINT fk_lost_servers_host FOREIGN KEY(host) REFERENCES host_losses (host) ON DELETE CASCADE, 
	CONSTRAINT fk_lost_servers_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE, 
	CONSTRAINT ck_lost_servers_state CHECK (state IN ('moving', 'moved', 'left')), 
	CONSTRAINT ck_lost_servers_reason CHECK ((state = 'left') = (reason IS NOT NULL))
);

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

CREATE TABLE networks (
	id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) DEFAULT '' NOT NULL, 
	description VARCHAR(255) DEFAULT '' NOT NULL, 
	admin_state_up BOOLEAN DEFAULT '1' NOT NULL, 
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

CREATE TABLE outbox (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind VARCHAR(16) NOT NULL, 
	object_id VARCHAR(36) NOT NULL, 
	revision BIGINT NOT NULL, 
	at BIGINT NOT NULL
);

CREATE TABLE port_address_pairs (
	network_id VARCHAR(36) NOT NULL, 
	ip BLOB NOT NULL, 
	port_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_port_address_pairs PRIMARY KEY (network_id, ip, port_id), 
	CONSTRAINT fk_port_address_pairs_port_id FOREIGN KEY(port_id) REFERENCES ports (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;

CREATE TABLE port_moves (
	port_id VARCHAR(36) NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_port_moves PRIMARY KEY (port_id), 
	CONSTRAINT fk_port_moves_port_id_ports FOREIGN KEY(port_id) REFERENCES ports (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;

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

CREATE TABLE postponements (
	subject_id VARCHAR(36) NOT NULL, 
	tries INTEGER NOT NULL, 
	until BIGINT NOT NULL, 
	CONSTRAINT pk_postponements PRIMARY KEY (subject_id)
);

CREATE TABLE projections (
	kind VARCHAR(16) NOT NULL, 
	object_id VARCHAR(36) NOT NULL, 
	revision BIGINT NOT NULL, 
	projected_at BIGINT NOT NULL, 
	CONSTRAINT pk_projections PRIMARY KEY (kind, object_id)
)
 WITHOUT ROWID

;

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

CREATE TABLE quota_class_limits (
	class_name VARCHAR(255) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	hard_limit BIGINT NOT NULL, 
	CONSTRAINT pk_quota_class_limits PRIMARY KEY (class_name, resource), 
	CONSTRAINT ck_quota_class_limits_hard_limit CHECK (hard_limit >= -1)
);

CREATE TABLE quota_limits (
	project_id VARCHAR(36) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	hard_limit BIGINT NOT NULL, 
	CONSTRAINT pk_quota_limits PRIMARY KEY (project_id, resource), 
	CONSTRAINT ck_quota_limits_hard_limit CHECK (hard_limit >= -1)
);

CREATE TABLE quota_usage (
	project_id VARCHAR(36) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	used BIGINT NOT NULL, 
	CONSTRAINT pk_quota_usage PRIMARY KEY (project_id, resource), 
	CONSTRAINT ck_quota_usage_used CHECK (used >= 0)
);

CREATE TABLE quota_user_limits (
	project_id VARCHAR(36) NOT NULL, 
	user_id VARCHAR(255) NOT NULL, 
	resource VARCHAR(64) NOT NULL, 
	hard_limit BIGINT NOT NULL, 
	CONSTRAINT pk_quota_user_limits PRIMARY KEY (project_id, user_id, resource), 
	CONSTRAINT ck_quota_user_limits_hard_limit CHECK (hard_limit >= -1)
);

CREATE TABLE rbac_policies (
	id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	object_type VARCHAR(32) NOT NULL, 
	object_id VARCHAR(36) NOT NULL, 
	action VARCHAR(32) NOT NULL, 
	target_project VARCHAR(36) NOT NULL, 
	network_id VARCHAR(36), 
	security_group_id VARCHAR(36), 
	subnetpool_id VARCHAR(36), 
	address_scope_id VARCHAR(36), 
	address_group_id VARCHAR(36), 
	CONSTRAINT pk_rbac_policies PRIMARY KEY (id), 
	CONSTRAINT fk_rbac_policies_network_id FOREIGN KEY(network_id) REFERENCES networks (id), 
	CONSTRAINT fk_rbac_policies_security_group_id FOREIGN KEY(security_group_id) REFERENCES security_groups (id), 
	CONSTRAINT fk_rbac_policies_subnetpool_id FOREIGN KEY(subnetpool_id) REFERENCES subnet_pools (id), 
	CONSTRAINT fk_rbac_policies_address_scope_id FOREIGN KEY(address_scope_id) REFERENCES address_scopes (id), 
	CONSTRAINT fk_rbac_policies_address_group_id FOREIGN KEY(address_group_id) REFERENCES address_groups (id), 
	CONSTRAINT ck_rbac_policies_object CHECK (object_id = coalesce(network_id, security_group_id, subnetpool_id, address_scope_id, address_group_id)), 
	CONSTRAINT ck_rbac_policies_action CHECK (action IN ('access_as_shared', 'access_as_external'))
);

CREATE TABLE remote_network_info (
	server_id VARCHAR(36) NOT NULL, 
	generation BIGINT NOT NULL, 
	info TEXT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_remote_network_info PRIMARY KEY (server_id), 
	CONSTRAINT fk_remote_network_info_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
);

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

CREATE TABLE remote_released (
	server_id VARCHAR(36) NOT NULL, 
	mac_address VARCHAR(17) NOT NULL, 
	released_at BIGINT NOT NULL, 
	nic TEXT NOT NULL, 
	CONSTRAINT pk_remote_released PRIMARY KEY (server_id, mac_address)
);

CREATE TABLE revoked_tokens (
	token_id VARCHAR(64) NOT NULL, 
	expires_at BIGINT NOT NULL, 
	CONSTRAINT pk_revoked_tokens PRIMARY KEY (token_id)
);

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

CREATE TABLE roles (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	domain_id VARCHAR(36), 
	description TEXT, extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_roles PRIMARY KEY (id), 
	CONSTRAINT fk_roles_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id)
);

CREATE TABLE router_interfaces (
	port_id VARCHAR(36) NOT NULL, 
	router_id VARCHAR(36) NOT NULL, 
	subnet_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_router_interfaces PRIMARY KEY (port_id, subnet_id), 
	CONSTRAINT fk_router_interfaces_port_id FOREIGN KEY(port_id) REFERENCES ports (id), 
	CONSTRAINT fk_router_interfaces_router_id FOREIGN KEY(router_id) REFERENCES routers (id), 
	CONSTRAINT fk_router_interfaces_subnet_id FOREIGN KEY(subnet_id) REFERENCES subnets (id)
);

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
	updated_at BIGINT NOT NULL, remote_address_group_id VARCHAR(36) CONSTRAINT fk_security_group_rules_remote_address_group_id REFERENCES address_groups (id), 
	CONSTRAINT pk_security_group_rules PRIMARY KEY (id), 
	CONSTRAINT ck_security_group_rules_direction CHECK (direction IN ('ingress', 'egress')), 
	CONSTRAINT ck_security_group_rules_ethertype CHECK (ethertype IN ('IPv4', 'IPv6')), 
	CONSTRAINT ck_security_group_rules_one_remote CHECK (remote_ip_prefix IS NULL OR remote_group_id IS NULL), 
	CONSTRAINT fk_security_group_rules_remote_group_id FOREIGN KEY(remote_group_id) REFERENCES security_groups (id) ON DELETE CASCADE, 
	CONSTRAINT fk_security_group_rules_security_group_id FOREIGN KEY(security_group_id) REFERENCES security_groups (id) ON DELETE CASCADE
);

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

CREATE TABLE server_group_members (
	server_id VARCHAR(36) NOT NULL, 
	group_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_server_group_members PRIMARY KEY (server_id), 
	CONSTRAINT fk_server_group_members_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE, 
	CONSTRAINT fk_server_group_members_group_id FOREIGN KEY(group_id) REFERENCES server_groups (id) ON DELETE CASCADE
);

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

CREATE TABLE signing_keys (
	id VARCHAR(36) NOT NULL, 
	secret TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_signing_keys PRIMARY KEY (id)
);

CREATE TABLE stored_credentials (
	id VARCHAR(64) NOT NULL, 
	user_id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36), 
	type VARCHAR(255) NOT NULL, 
	blob TEXT NOT NULL, 
	extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_stored_credentials PRIMARY KEY (id), 
	CONSTRAINT fk_stored_credentials_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT fk_stored_credentials_project_id FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);

CREATE TABLE stored_policies (
	id VARCHAR(36) NOT NULL, 
	type VARCHAR(255) NOT NULL, 
	blob TEXT NOT NULL, 
	extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_stored_policies PRIMARY KEY (id)
);

CREATE TABLE subnet_pools (
	id VARCHAR(36) NOT NULL, 
	project_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description VARCHAR(255) DEFAULT '' NOT NULL, 
	ip_version INTEGER NOT NULL, 
	prefixes TEXT NOT NULL, 
	default_prefixlen INTEGER NOT NULL, 
	min_prefixlen INTEGER NOT NULL, 
	max_prefixlen INTEGER NOT NULL, 
	default_quota INTEGER, 
	is_default BOOLEAN DEFAULT '0' NOT NULL, 
	address_scope_id VARCHAR(36), 
	tags TEXT DEFAULT '[]' NOT NULL, 
	revision BIGINT DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_subnet_pools PRIMARY KEY (id), 
	CONSTRAINT fk_subnet_pools_address_scope_id FOREIGN KEY(address_scope_id) REFERENCES address_scopes (id), 
	CONSTRAINT ck_subnet_pools_ip_version CHECK (ip_version IN (4, 6)), 
	CONSTRAINT ck_subnet_pools_min_prefixlen CHECK (min_prefixlen BETWEEN 0 AND default_prefixlen), 
	CONSTRAINT ck_subnet_pools_max_prefixlen CHECK (max_prefixlen >= default_prefixlen)
);

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
	updated_at BIGINT NOT NULL, subnetpool_id VARCHAR(36) CONSTRAINT fk_subnets_subnetpool_id REFERENCES subnet_pools (id), 
	CONSTRAINT pk_subnets PRIMARY KEY (id), 
	CONSTRAINT ck_subnets_ip_version CHECK (ip_version IN (4, 6)), 
	CONSTRAINT fk_subnets_network_id FOREIGN KEY(network_id) REFERENCES networks (id)
);

CREATE TABLE topics (
	topic VARCHAR(32) NOT NULL, 
	version BIGINT NOT NULL, 
	CONSTRAINT pk_topics PRIMARY KEY (topic)
)
 WITHOUT ROWID

;

CREATE TABLE user_group_members (
	user_id VARCHAR(36) NOT NULL, 
	group_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_user_group_members PRIMARY KEY (user_id, group_id), 
	CONSTRAINT fk_user_group_members_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT fk_user_group_members_group_id FOREIGN KEY(group_id) REFERENCES user_groups (id) ON DELETE CASCADE
);

CREATE TABLE user_groups (
	id VARCHAR(36) NOT NULL, 
	domain_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	extra TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_user_groups PRIMARY KEY (id), 
	CONSTRAINT fk_user_groups_domain_id FOREIGN KEY(domain_id) REFERENCES domains (id)
);

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

CREATE TABLE worker_leases (
	name VARCHAR(255) NOT NULL, 
	owner VARCHAR(36) NOT NULL, epoch BIGINT DEFAULT '0' NOT NULL, place VARCHAR(255) DEFAULT '' NOT NULL, told VARCHAR(255) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_worker_leases PRIMARY KEY (name)
);

CREATE TABLE workers (
	id VARCHAR(36) NOT NULL, 
	epoch BIGINT NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	drives BOOLEAN DEFAULT '1' NOT NULL, 
	joined_at BIGINT NOT NULL, 
	until BIGINT NOT NULL, 
	CONSTRAINT pk_workers PRIMARY KEY (id)
);

CREATE INDEX ix_address_groups_project ON address_groups (project_id, id);

CREATE INDEX ix_address_scopes_project ON address_scopes (project_id, id);

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

CREATE INDEX ix_drained_servers_server ON drained_servers (server_id);

CREATE INDEX ix_events_object ON events (object_id, sequence);

CREATE INDEX ix_floating_ips_ip ON floating_ips (floating_ip);

CREATE INDEX ix_floating_ips_project ON floating_ips (project_id, id);

CREATE INDEX ix_floating_ips_router ON floating_ips (router_id);

CREATE INDEX ix_group_role_assignments_target ON group_role_assignments (scope, target_id);

CREATE INDEX ix_host_drains_under_way ON host_drains (host) WHERE ended_at IS NULL;

CREATE INDEX ix_host_losses_under_way ON host_losses (host) WHERE ended_at IS NULL;

CREATE INDEX ix_hosts_owner ON hosts (owner);

CREATE INDEX ix_hosts_room ON hosts (fullness, name) WHERE enabled AND up;

CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE INDEX ix_image_backups_server ON image_backups (server_id, backup_type, created_at);

CREATE INDEX ix_image_bytes_in_hand ON image_bytes (state, name) WHERE state <> 'whole';

CREATE INDEX ix_image_tasks_created ON image_tasks (created_at, id);

CREATE INDEX ix_image_tasks_expires ON image_tasks (expires_at) WHERE expires_at IS NOT NULL;

CREATE INDEX ix_image_tasks_image ON image_tasks (image_id, created_at, id);

CREATE INDEX ix_images_created ON images (created_at, id);

CREATE INDEX ix_images_project ON images (project_id, created_at, id);

CREATE INDEX ix_implied_roles_implied_role_id ON implied_roles (implied_role_id);

CREATE INDEX ix_inherited_group_role_assignments_target ON inherited_group_role_assignments (target_id);

CREATE INDEX ix_inherited_role_assignments_target ON inherited_role_assignments (target_id);

CREATE INDEX ix_left_guests_server ON left_guests (server_id);

CREATE INDEX ix_lost_servers_server ON lost_servers (server_id);

CREATE INDEX ix_migrations_created ON migrations (created_at, number);

CREATE INDEX ix_migrations_finished ON migrations (updated_at) WHERE status = 'finished';

CREATE INDEX ix_migrations_server ON migrations (server_id, number);

CREATE INDEX ix_networks_name ON networks (name);

CREATE INDEX ix_networks_project ON networks (project_id, id);

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

CREATE INDEX ix_rbac_policies_address_group ON rbac_policies (address_group_id) WHERE address_group_id IS NOT NULL;

CREATE INDEX ix_rbac_policies_address_scope ON rbac_policies (address_scope_id) WHERE address_scope_id IS NOT NULL;

CREATE INDEX ix_rbac_policies_network ON rbac_policies (network_id) WHERE network_id IS NOT NULL;

CREATE INDEX ix_rbac_policies_project ON rbac_policies (project_id, id);

CREATE INDEX ix_rbac_policies_security_group ON rbac_policies (security_group_id) WHERE security_group_id IS NOT NULL;

CREATE INDEX ix_rbac_policies_subnetpool ON rbac_policies (subnetpool_id) WHERE subnetpool_id IS NOT NULL;

CREATE INDEX ix_rbac_policies_target ON rbac_policies (target_project, object_type, action, object_id);

CREATE INDEX ix_remote_released_released_at ON remote_released (released_at);

CREATE INDEX ix_revoked_tokens_expires_at ON revoked_tokens (expires_at);

CREATE INDEX ix_role_assignments_target ON role_assignments (scope, target_id);

CREATE INDEX ix_router_interfaces_subnet ON router_interfaces (subnet_id);

CREATE INDEX ix_routers_gateway_network ON routers (gateway_network_id);

CREATE INDEX ix_routers_project ON routers (project_id, id);

CREATE INDEX ix_sagas_finished ON sagas (updated_at, id) WHERE state IN ('done', 'undone');

CREATE INDEX ix_sagas_runnable ON sagas (wake_at) WHERE state IN ('forward', 'unwinding');

CREATE INDEX ix_sagas_subject ON sagas (subject_id, created_at);

CREATE INDEX ix_security_group_rules_addresses ON security_group_rules (remote_address_group_id) WHERE remote_address_group_id IS NOT NULL;

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

CREATE INDEX ix_servers_halted ON servers (power_state) WHERE power_state IN (3, 6) AND vm_state <> 'paused' AND deleted_at IS NULL;

CREATE INDEX ix_servers_host ON servers (host) WHERE deleted_at IS NULL;

CREATE INDEX ix_servers_launched ON servers (project_id, id) WHERE launched_at IS NOT NULL;

CREATE INDEX ix_servers_name ON servers (name) WHERE deleted_at IS NULL;

CREATE INDEX ix_servers_project ON servers (project_id, created_at, id, name, deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX ix_servers_project_state ON servers (project_id, vm_state, created_at, id, deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX ix_servers_shelved ON servers (shelved_at, id) WHERE vm_state = 'shelved';

CREATE INDEX ix_servers_soft_deleted ON servers (soft_deleted_at, id) WHERE soft_deleted_at IS NOT NULL;

CREATE INDEX ix_servers_state ON servers (vm_state, created_at, id, deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX ix_servers_task ON servers (task_state) WHERE task_state IS NOT NULL;

CREATE INDEX ix_stored_credentials_project ON stored_credentials (project_id);

CREATE INDEX ix_stored_credentials_user ON stored_credentials (user_id, type);

CREATE INDEX ix_subnet_pools_project ON subnet_pools (project_id, id);

CREATE INDEX ix_subnet_pools_scope ON subnet_pools (address_scope_id) WHERE address_scope_id IS NOT NULL;

CREATE INDEX ix_subnets_network ON subnets (network_id);

CREATE INDEX ix_subnets_pool ON subnets (subnetpool_id) WHERE subnetpool_id IS NOT NULL;

CREATE INDEX ix_subnets_project ON subnets (project_id, id);

CREATE INDEX ix_user_group_members_group ON user_group_members (group_id);

CREATE UNIQUE INDEX uq_access_rules_user_request ON access_rules (user_id, service, path, method);

CREATE UNIQUE INDEX uq_application_credentials_user_name ON application_credentials (user_id, name);

CREATE UNIQUE INDEX uq_floating_ips_address ON floating_ips (floating_network_id, floating_ip);

CREATE UNIQUE INDEX uq_floating_ips_fixed ON floating_ips (fixed_port_id, fixed_ip, floating_network_id) WHERE fixed_port_id IS NOT NULL;

CREATE UNIQUE INDEX uq_image_bytes_image ON image_bytes (image_id) WHERE state <> 'unwanted';

CREATE UNIQUE INDEX uq_image_tasks_unfinished ON image_tasks (image_id) WHERE expires_at IS NULL;

CREATE UNIQUE INDEX uq_networks_default ON networks (is_default) WHERE is_default AND external;

CREATE UNIQUE INDEX uq_networks_flat ON networks (physical_network) WHERE network_type = 'flat';

CREATE UNIQUE INDEX uq_networks_geneve ON networks (segmentation_id) WHERE network_type = 'geneve';

CREATE UNIQUE INDEX uq_networks_segment ON networks (network_type, physical_network, segmentation_id) WHERE segmentation_id IS NOT NULL;

CREATE UNIQUE INDEX uq_ports_network_mac ON ports (network_id, mac_address);

CREATE UNIQUE INDEX uq_ports_tap ON ports (binding_host, tap) WHERE binding_host <> '';

CREATE UNIQUE INDEX uq_projects_domain_name ON projects (domain_id, name);

CREATE UNIQUE INDEX uq_rbac_policies_object ON rbac_policies (object_id, action, target_project);

CREATE UNIQUE INDEX uq_roles_name_domain ON roles (domain_id, name);

CREATE UNIQUE INDEX uq_roles_name_global ON roles (name) WHERE domain_id IS NULL;

CREATE UNIQUE INDEX uq_router_interfaces_router_subnet ON router_interfaces (router_id, subnet_id);

CREATE UNIQUE INDEX uq_security_groups_default ON security_groups (project_id) WHERE is_default;

CREATE UNIQUE INDEX uq_subnet_pools_default ON subnet_pools (ip_version) WHERE is_default;

CREATE UNIQUE INDEX uq_subnets_network_cidr ON subnets (network_id, cidr);

CREATE UNIQUE INDEX uq_user_groups_domain_name ON user_groups (domain_id, name);

CREATE UNIQUE INDEX uq_users_domain_name ON users (domain_id, name);

CREATE UNIQUE INDEX ux_migrations_held ON migrations (server_id) WHERE held;

