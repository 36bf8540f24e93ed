"""Projects, users, roles, assignments, revoked tokens, signing keys, quotas."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from berthline.store.tables.base import Id, Json, Name, flag, metadata, where

domains = Table(
    "domains",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Name, nullable=False, unique=True),
    Column("description", Text, nullable=False, server_default=""),
    flag("enabled", default=True),
    Column("tags", Json, nullable=False, server_default="[]"),
    Column("extra", Json, nullable=False, server_default="{}"),
)

projects = Table(
    "projects",
    metadata,
    Column("id", Id, primary_key=True),
    Column("domain_id", Id, ForeignKey("domains.id"), nullable=False),
    Column("parent_id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    flag("enabled", default=True),
    Column("tags", Json, nullable=False, server_default="[]"),
    Column("extra", Json, nullable=False, server_default="{}"),
    Index("uq_projects_domain_name", "domain_id", "name", unique=True),
    Index("ix_projects_parent", "parent_id"),
)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("domain_id", Id, ForeignKey("domains.id"), nullable=False),
    Column("name", Name, nullable=False),
    Column("password_hash", Text),
    Column("default_project_id", Id),
    Column("description", Text, nullable=False, server_default=""),
    Column("email", Name),
    Column("extra", Json, nullable=False, server_default="{}"),
    flag("enabled", default=True),
    Column("tokens_generation", BigInteger, nullable=False, server_default="0"),
    Index("uq_users_domain_name", "domain_id", "name", unique=True),
)

roles = Table(
    "roles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Name, nullable=False),
    Column("domain_id", Id, ForeignKey("domains.id")),
    Column("description", Text),
    Column("extra", Json, nullable=False, server_default="{}"),
    Index("uq_roles_name_global", "name", unique=True, **where("domain_id IS NULL")),
    Index("uq_roles_name_domain", "domain_id", "name", unique=True),
)

implied_roles = Table(
    "implied_roles",
    metadata,
    Column("prior_role_id", Id, ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    Column("implied_role_id", Id, ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_implied_roles_implied_role_id", "implied_role_id"),
)

role_assignments = Table(
    "role_assignments",
    metadata,
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", Id, ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    Column("scope", String(8), primary_key=True),
    Column("target_id", Id, primary_key=True),
    CheckConstraint("scope IN ('project', 'domain', 'system')", name="scope"),
    Index("ix_role_assignments_target", "scope", "target_id"),
)

application_credentials = Table(
    "application_credentials",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("project_id", Id, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("name", Name, nullable=False),
    Column("description", Text),
    Column("secret_hash", Text, nullable=False),
    flag("unrestricted", default=False),
    Column("expires_at", BigInteger),
    Index("uq_application_credentials_user_name", "user_id", "name", unique=True),
    Index("ix_application_credentials_project", "project_id"),
)

application_credential_roles = Table(
    "application_credential_roles",
    metadata,
    Column(
        "application_credential_id", Id, ForeignKey("application_credentials.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("role_id", Id, ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_application_credential_roles_role", "role_id"),
)

access_rules = Table(
    "access_rules",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("service", String(64), nullable=False),
    Column("path", Name, nullable=False),
    Column("method", String(8), nullable=False),
    Index("uq_access_rules_user_request", "user_id", "service", "path", "method", unique=True),
)

application_credential_access_rules = Table(
    "application_credential_access_rules",
    metadata,
    Column(
        "application_credential_id", Id, ForeignKey("application_credentials.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("access_rule_id", Id, ForeignKey("access_rules.id"), primary_key=True),
    Index("ix_application_credential_access_rules_rule", "access_rule_id"),
)
"""A rule that a credential goes by cannot be deleted: the credential would be good for more, or for nothing."""

user_groups = Table(
    "user_groups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("domain_id", Id, ForeignKey("domains.id"), nullable=False),
    Column("name", Name, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("extra", Json, nullable=False, server_default="{}"),
    Index("uq_user_groups_domain_name", "domain_id", "name", unique=True),
)

user_group_members = Table(
    "user_group_members",
    metadata,
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", Id, ForeignKey("user_groups.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_user_group_members_group", "group_id"),
)

group_role_assignments = Table(
    "group_role_assignments",
    metadata,
    Column("group_id", Id, ForeignKey("user_groups.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", Id, ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    Column("scope", String(8), primary_key=True),
    Column("target_id", Id, primary_key=True),
    CheckConstraint("scope IN ('project', 'domain', 'system')", name="scope"),
    Index("ix_group_role_assignments_target", "scope", "target_id"),
)

inherited_role_assignments = Table(
    "inherited_role_assignments",
    metadata,
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", Id, ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    Column("scope", String(8), primary_key=True),
    Column("target_id", Id, primary_key=True),
    CheckConstraint("scope IN ('project', 'domain')", name="scope"),
    Index("ix_inherited_role_assignments_target", "target_id"),
)
"""These hold on every project below the target and not on the target itself; so they are no rows of the other table."""

inherited_group_role_assignments = Table(
    "inherited_group_role_assignments",
    metadata,
    Column("group_id", Id, ForeignKey("user_groups.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", Id, ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    Column("scope", String(8), primary_key=True),
    Column("target_id", Id, primary_key=True),
    CheckConstraint("scope IN ('project', 'domain')", name="scope"),
    Index("ix_inherited_group_role_assignments_target", "target_id"),
)

stored_credentials = Table(
    "stored_credentials",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("project_id", Id, ForeignKey("projects.id", ondelete="CASCADE")),
    Column("type", Name, nullable=False),
    Column("blob", Text, nullable=False),
    Column("extra", Json, nullable=False, server_default="{}"),
    Index("ix_stored_credentials_user", "user_id", "type"),
    Index("ix_stored_credentials_project", "project_id"),
)
"""What other services and clients keep with a user. The id of an EC2 credential is the digest of its access key."""

stored_policies = Table(
    "stored_policies",
    metadata,
    Column("id", Id, primary_key=True),
    Column("type", Name, nullable=False),
    Column("blob", Text, nullable=False),
    Column("extra", Json, nullable=False, server_default="{}"),
)
"""Texts that other services keep here; none of them says anything to this cloud."""

catalog_regions = Table(
    "catalog_regions",
    metadata,
    Column("id", Name, primary_key=True),
    Column("parent_region_id", Name),
    Column("description", Text, nullable=False, server_default=""),
    Column("extra", Json, nullable=False, server_default="{}"),
)
"""Beside the cloud's own, which are in its settings; a parent, and an endpoint's region, may be one of these."""

catalog_services = Table(
    "catalog_services",
    metadata,
    Column("id", Id, primary_key=True),
    Column("type", Name, nullable=False),
    Column("name", Name, nullable=False, server_default=""),
    Column("description", Text),
    flag("enabled", default=True),
    Column("extra", Json, nullable=False, server_default="{}"),
)

catalog_endpoints = Table(
    "catalog_endpoints",
    metadata,
    Column("id", Id, primary_key=True),
    Column("service_id", Id, ForeignKey("catalog_services.id", ondelete="CASCADE"), nullable=False),
    Column("interface", String(8), nullable=False),
    Column("region_id", Name),
    Column("url", Text, nullable=False),
    flag("enabled", default=True),
    Column("extra", Json, nullable=False, server_default="{}"),
    CheckConstraint("interface IN ('public', 'internal', 'admin')", name="interface"),
    Index("ix_catalog_endpoints_service", "service_id"),
)

revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("token_id", String(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("secret", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

quota_limits = Table(
    "quota_limits",
    metadata,
    Column("project_id", Id, primary_key=True),
    Column("resource", String(64), primary_key=True),
    Column("hard_limit", BigInteger, nullable=False),
    CheckConstraint("hard_limit >= -1", name="hard_limit"),
)

quota_class_limits = Table(
    "quota_class_limits",
    metadata,
    Column("class_name", Name, primary_key=True),
    Column("resource", String(64), primary_key=True),
    Column("hard_limit", BigInteger, nullable=False),
    CheckConstraint("hard_limit >= -1", name="hard_limit"),
)
"""Those of the class ``default`` are every project's that has none of its own. Nothing hangs on other classes."""

quota_user_limits = Table(
    "quota_user_limits",
    metadata,
    Column("project_id", Id, primary_key=True),
    Column("user_id", Name, primary_key=True),
    Column("resource", String(64), primary_key=True),
    Column("hard_limit", BigInteger, nullable=False),
    CheckConstraint("hard_limit >= -1", name="hard_limit"),
)
"""Those of one user within a project, beside the project's own."""

quota_usage = Table(
    "quota_usage",
    metadata,
    Column("project_id", Id, primary_key=True),
    Column("resource", String(64), primary_key=True),
    Column("used", BigInteger, nullable=False),
    CheckConstraint("used >= 0", name="used"),
)

schema_facts = Table(
    "cloud",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cloud_id", Id, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("image_place_id", Id),
    CheckConstraint("id = 1", name="one_row"),
)
