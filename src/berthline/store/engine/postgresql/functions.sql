-- Functions of the schema by which PostgreSQL runs statements that were written for SQLite as they are.
-- address_text and address_after are ours on both. The others are SQLite's, where what PostgreSQL has by that name, or by
-- another, is not the same. A process that starts makes them anew where their text is another, so they may be changed like
-- any other code.

-- The items of a JSON list, each as text, with their positions from 0.
CREATE OR REPLACE FUNCTION json_each(list text) RETURNS TABLE (key bigint, value text) LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10 AS $$
    SELECT ordinality - 1, item FROM json_array_elements_text(list::json) WITH ORDINALITY AS items (item, ordinality)
$$;

CREATE OR REPLACE FUNCTION json_item(list text, place integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT list::json ->> place
$$;

-- An item of a list that is an item itself: PostgreSQL has this for its own type of JSON alone.
DO $$ BEGIN
    CREATE OPERATOR ->> (LEFTARG = text, RIGHTARG = integer, FUNCTION = json_item);
EXCEPTION WHEN duplicate_function THEN NULL;
END $$;

CREATE OR REPLACE FUNCTION json_extract(document text, path text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT document::jsonb #>> string_to_array(substr(path, 3), '.')
$$;

CREATE OR REPLACE FUNCTION json_list(items text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_to_json(items)::text, '[]')
$$;

CREATE OR REPLACE FUNCTION instr(whole text, part text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT strpos(whole, part)
$$;

CREATE OR REPLACE FUNCTION substr(whole bytea, first bigint, many bigint) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT pg_catalog.substr(whole, first::integer, many::integer)
$$;

CREATE OR REPLACE FUNCTION hex(bytes bytea) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$ SELECT encode(bytes, 'hex') $$;

CREATE OR REPLACE FUNCTION address_text(packed bytea) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    -- What PostgreSQL writes with the four numbers of an IPv4 address at its end, Python does not.
    SELECT CASE WHEN length(packed) = 16 AND shown LIKE '%.%' THEN
        CASE WHEN get_byte(packed, 10) = 255 THEN '::ffff:' ELSE '::' END
        || to_hex(get_byte(packed, 12) * 256 + get_byte(packed, 13)) || ':'
        || to_hex(get_byte(packed, 14) * 256 + get_byte(packed, 15))
    ELSE shown END
    FROM (SELECT host(CASE length(packed)
        WHEN 4 THEN concat_ws('.', get_byte(packed, 0), get_byte(packed, 1), get_byte(packed, 2), get_byte(packed, 3))
        ELSE regexp_replace(encode(packed, 'hex'), '(....)(?=.)', '\1:', 'g')
    END::inet) AS shown) AS address
$$;

CREATE OR REPLACE FUNCTION address_after(packed bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS
$$
DECLARE
    place integer := length(packed) - 1;
BEGIN
    WHILE place >= 0 LOOP
        IF get_byte(packed, place) < 255 THEN
            RETURN set_byte(packed, place, get_byte(packed, place) + 1);
        END IF;
        packed := set_byte(packed, place, 0);
        place := place - 1;
    END LOOP;
    RETURN packed;
END
$$;

CREATE OR REPLACE FUNCTION comma_list(items text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT array_to_string(items, ',')
$$;

CREATE OR REPLACE AGGREGATE group_concat(text) (SFUNC = array_append, STYPE = text[], FINALFUNC = comma_list);

CREATE OR REPLACE AGGREGATE json_group_array(text) (
    SFUNC = array_append, STYPE = text[], INITCOND = '{}', FINALFUNC = json_list
);

-- Takes the first free address from one on, before another; null when there is none. Of two that choose the same at once
-- the later one waits for the other, and chooses again if that one stays.
CREATE OR REPLACE FUNCTION claim_address(subnet text, first bytea, beyond bytea, port text, place bigint) RETURNS bytea
LANGUAGE plpgsql AS $$
DECLARE
    chosen bytea;
BEGIN
    LOOP
        chosen := first;
        IF EXISTS (SELECT 1 FROM addresses WHERE subnet_id = subnet AND ip = first) THEN
            chosen := (
                SELECT address_after(used.ip) FROM addresses AS used
                WHERE used.subnet_id = subnet AND used.ip >= first AND used.ip < beyond AND NOT EXISTS (
                    SELECT 1 FROM addresses AS next WHERE next.subnet_id = subnet AND next.ip = address_after(used.ip)
                )
                ORDER BY used.ip LIMIT 1
            );
        END IF;
        IF chosen IS NULL THEN
            RETURN NULL;
        END IF;
        INSERT INTO addresses (subnet_id, ip, port_id, position) VALUES (subnet, chosen, port, place)
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            RETURN chosen;
        END IF;
    END LOOP;
END
$$;

-- One port: its row, the first free address from one on (where a subnet is named), its groups, its place in the quota, and
-- its event, by one statement: on a server each of them costs more than what it does. Where ``seen``, a text as
-- ``one_port.seen`` makes it, says by what the port was decided, the network is held here, and has to be as it was seen. It gives no row, and nothing is written, when it is
-- not, when the MAC or the name of the tap is taken, no address was found, or the quota did not count it: who asked goes
-- the long way then, which says why.
CREATE OR REPLACE FUNCTION add_port(
    new_id text, on_network text, of_project text, its_name text, its_description text, mac text, admin_up boolean,
    its_status text, device text, owner text, secured boolean, dns text, host text, vnic_type text, vif_type text,
    profile text, pairs text, options text, its_tags text, its_revision bigint, made_at bigint, changed_at bigint,
    subnet text, first bytea, beyond bytea, groups text[], most bigint, seen text
) RETURNS TABLE (address bytea) LANGUAGE plpgsql ROWS 1 AS $$
DECLARE
    network_revision bigint;
    subnet_revisions text;
BEGIN
    IF seen IS NOT NULL THEN
        SELECT revision INTO network_revision FROM networks WHERE id = on_network FOR KEY SHARE;
        SELECT string_agg(' ' || id || ':' || revision, '' ORDER BY id COLLATE "C") INTO subnet_revisions
        FROM subnets WHERE network_id = on_network;
        IF concat(network_revision, subnet_revisions) <> seen THEN
            RETURN;
        END IF;
    END IF;
    INSERT INTO ports (
        id, network_id, project_id, name, description, mac_address, admin_state_up, status, device_id, device_owner,
        port_security_enabled, dns_name, binding_host, binding_vnic_type, binding_vif_type, binding_profile,
        allowed_address_pairs, extra_dhcp_opts, tags, revision, created_at, updated_at
    ) VALUES (
        new_id, on_network, of_project, its_name, its_description, mac, admin_up, its_status, device, owner,
        secured, dns, host, vnic_type, vif_type, profile,
        pairs, options, its_tags, its_revision, made_at, changed_at
    ) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF subnet IS NOT NULL THEN
        INSERT INTO addresses (subnet_id, ip, port_id, position) VALUES (subnet, first, new_id, 0)
        ON CONFLICT DO NOTHING;
        address := first;
        IF NOT FOUND THEN
            address := claim_address(subnet, first, beyond, new_id, 0);
        END IF;
        IF address IS NULL THEN
            DELETE FROM ports WHERE id = new_id;
            RETURN;
        END IF;
    END IF;
    FOR place IN 1 .. cardinality(groups) LOOP
        INSERT INTO port_security_groups (port_id, security_group_id, position)
        VALUES (new_id, groups[place], place - 1);
    END LOOP;
    IF of_project <> '' THEN
        UPDATE quota_usage SET used = used + 1
        WHERE project_id = of_project AND resource = 'port' AND used + 1 <= coalesce(
            (SELECT CASE WHEN hard_limit < 0 THEN 9223372036854775807 ELSE hard_limit END FROM quota_limits
             WHERE project_id = of_project AND resource = 'port'),
            (SELECT CASE WHEN hard_limit < 0 THEN 9223372036854775807 ELSE hard_limit END FROM quota_class_limits
             WHERE class_name = 'default' AND resource = 'port'), most);
        IF NOT FOUND THEN
            DELETE FROM ports WHERE id = new_id;
            RETURN;
        END IF;
    END IF;
    INSERT INTO events (at, kind, object_id, project_id, revision, what, unit)
    VALUES (made_at, 'port', new_id, of_project, its_revision, 'created', 'port');
    RETURN NEXT;
END
$$;

-- Of the formats those that are asked for: days and times by their numbers.
CREATE OR REPLACE FUNCTION strftime(format text, seconds bigint, unit text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT to_char(to_timestamp(seconds) AT TIME ZONE 'UTC', replace(replace(replace(replace(replace(replace(
        format, '%Y', 'YYYY'), '%m', 'MM'), '%d', 'DD'), '%H', 'HH24'), '%M', 'MI'), '%S', 'SS'))
$$;

CREATE OR REPLACE FUNCTION lesser(one bytea, other bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT least(one, other) $$;

CREATE OR REPLACE AGGREGATE min(bytea) (SFUNC = lesser, STYPE = bytea, SORTOP = <);
