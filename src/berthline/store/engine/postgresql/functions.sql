-- Functions of the schema by which PostgreSQL runs statements that were written for SQLite as they are.
-- address_text and address_after are ours on both. The others are SQLite's, where what PostgreSQL has by that name, or by
-- another, is not the same. They are made anew at each migration, so they may be changed like any other code.

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

CREATE OR REPLACE FUNCTION group_concat_more(before text, more text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(before || ',' || more, before, more)
$$;

CREATE OR REPLACE AGGREGATE group_concat(text) (SFUNC = group_concat_more, STYPE = text);

CREATE OR REPLACE AGGREGATE json_group_array(text) (
    SFUNC = array_append, STYPE = text[], INITCOND = '{}', FINALFUNC = json_list
);
