-- Freshness: a sector has a whole box or none, and the latest time that this cache has seen.
-- Budget: what the tiles take on the disk, who is about to write, and what may not be put out.

-- NOT VALID: rows that are wrong already are told by name when they are loaded.
ALTER TABLE sector_classifications ADD CONSTRAINT sector_classifications_box_check CHECK (
  num_nulls(south_deg, west_deg, north_deg, east_deg) = 4
  OR (num_nulls(south_deg, west_deg, north_deg, east_deg) = 0
      AND south_deg < north_deg AND west_deg <> east_deg)
) NOT VALID;

-- A clock that stands before this one was set back, and tiles must not become young by it.
CREATE TABLE freshness_clock (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  latest_at timestamptz NOT NULL
);

ALTER TABLE tiles
  -- Bytes of the JSON and SHA-256 files beside the picture. NULL: written before they were counted.
  ADD COLUMN sidecar_bytes bigint CHECK (sidecar_bytes >= 0),
  -- How many missions hold the tile.
  ADD COLUMN pin_count integer NOT NULL DEFAULT 0 CHECK (pin_count >= 0);
CREATE INDEX tiles_sidecar_bytes_unknown ON tiles (id) WHERE sidecar_bytes IS NULL;

-- Least recently used first, of those that may go: no pending upload, no tile of a mission.
CREATE INDEX tiles_evictable ON tiles ((COALESCE(accessed_at, created_at)), id)
  WHERE pin_count = 0 AND NOT (
    source = 'onboard_ingest' AND COALESCE(voting_status, '') = 'pending' AND uploaded_at IS NULL
  );

-- Missions and the tiles that they need.
CREATE TABLE tile_pins (
  mission text NOT NULL CHECK (length(mission) BETWEEN 1 AND 200),
  tile_uuid uuid NOT NULL REFERENCES tiles (tile_uuid) ON DELETE CASCADE,
  pinned_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (mission, tile_uuid)
);
CREATE INDEX tile_pins_tile_uuid ON tile_pins (tile_uuid);

CREATE FUNCTION count_tile_pins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE tiles SET pin_count = pin_count + n
    FROM (SELECT tile_uuid, count(*) AS n FROM changed GROUP BY 1) AS c
    WHERE tiles.tile_uuid = c.tile_uuid;
  ELSE
    UPDATE tiles SET pin_count = pin_count - n
    FROM (SELECT tile_uuid, count(*) AS n FROM changed GROUP BY 1) AS c
    WHERE tiles.tile_uuid = c.tile_uuid;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER tile_pins_inserted AFTER INSERT ON tile_pins
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_tile_pins();
CREATE TRIGGER tile_pins_deleted AFTER DELETE ON tile_pins
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_tile_pins();

-- Sums over all tiles, kept in the transaction that changes them. A writer holds its row while its
-- files are written, so there are several: each takes one that nobody holds. Only their sum means
-- something; a single row may be negative.
CREATE TABLE cache_usage (
  slot integer PRIMARY KEY,
  tiles bigint NOT NULL,
  disk_bytes bigint NOT NULL
) WITH (fillfactor = 50);
INSERT INTO cache_usage SELECT slot, 0, 0 FROM generate_series(1, 31) AS slot;
INSERT INTO cache_usage
  SELECT 0, count(*), COALESCE(sum(COALESCE(disk_bytes, 0) + COALESCE(sidecar_bytes, 0)), 0)
  FROM tiles;

CREATE FUNCTION add_cache_usage(more_tiles bigint, more_bytes bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE mine integer;
BEGIN
  IF more_tiles = 0 AND more_bytes = 0 THEN RETURN; END IF;
  SELECT slot INTO mine FROM cache_usage ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED;
  UPDATE cache_usage SET tiles = tiles + more_tiles, disk_bytes = disk_bytes + more_bytes
  WHERE slot = COALESCE(mine, 0);
END $$;

CREATE FUNCTION count_tiles() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE n bigint; bytes bigint;
BEGIN
  SELECT count(*), COALESCE(sum(COALESCE(disk_bytes, 0) + COALESCE(sidecar_bytes, 0)), 0)
  INTO n, bytes FROM changed;
  IF TG_OP = 'INSERT' THEN PERFORM add_cache_usage(n, bytes);
  ELSE PERFORM add_cache_usage(-n, -bytes);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER tiles_inserted AFTER INSERT ON tiles
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_tiles();
CREATE TRIGGER tiles_deleted AFTER DELETE ON tiles
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_tiles();

-- A stamp of use, a vote or a pin changes no size and does not come here.
CREATE FUNCTION count_tile_resize() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM add_cache_usage(0, COALESCE(NEW.disk_bytes, 0) + COALESCE(NEW.sidecar_bytes, 0)
    - COALESCE(OLD.disk_bytes, 0) - COALESCE(OLD.sidecar_bytes, 0));
  RETURN NULL;
END $$;
CREATE TRIGGER tiles_resized AFTER UPDATE OF disk_bytes, sidecar_bytes ON tiles
  FOR EACH ROW EXECUTE FUNCTION count_tile_resize();

-- Room that open caches have taken: one row each, which ends when its owner no longer renews it.
CREATE TABLE cache_reservations (
  owner_id uuid PRIMARY KEY,
  -- For tiles on their way in.
  writing_bytes bigint NOT NULL CHECK (writing_bytes >= 0),
  -- Of tiles whose rows are deleted and whose files are still there.
  leaving_bytes bigint NOT NULL CHECK (leaving_bytes >= 0),
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Adds to (or with negative numbers takes from) an owner's room. Losing it in a crash of the server
-- loses nothing: the write that it is for is lost as well. So it does not wait for the disk.
CREATE FUNCTION change_reservation(
  owner uuid, writing bigint, leaving bigint, lease_s double precision
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cache_reservations AS r
  VALUES (owner, greatest(0, writing), greatest(0, leaving),
          clock_timestamp() + make_interval(secs => lease_s))
  ON CONFLICT (owner_id) DO UPDATE SET
    writing_bytes = greatest(0, r.writing_bytes + writing),
    leaving_bytes = greatest(0, r.leaving_bytes + leaving),
    expires_at = EXCLUDED.expires_at;
END $$;

-- True, and the room is the owner's, when the disk has it; reservations come one after another.
CREATE FUNCTION reserve_headroom(
  owner uuid, wanted bigint, budget bigint, lease_s double precision
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE taken bigint;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  PERFORM pg_advisory_xact_lock(6155301862297149003);
  SELECT (SELECT sum(disk_bytes) FROM cache_usage) + COALESCE((
    SELECT sum(writing_bytes + leaving_bytes) FROM cache_reservations
    WHERE expires_at > clock_timestamp()), 0)
  INTO taken;
  IF taken + wanted > budget THEN RETURN false; END IF;
  PERFORM change_reservation(owner, wanted, 0, lease_s);
  RETURN true;
END $$;
