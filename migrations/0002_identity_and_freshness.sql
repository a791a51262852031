-- Strictly additive: stable identities, content hashes, sizes, times of use; boxes of sectors; rules
-- of freshness. The new columns may be NULL, for a row of 0001 cannot have them.

ALTER TABLE tiles
  ADD COLUMN tile_uuid uuid UNIQUE,
  ADD COLUMN location_hash uuid,
  ADD COLUMN content_sha256 text CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
  ADD COLUMN disk_bytes bigint CHECK (disk_bytes > 0),
  ADD COLUMN accessed_at timestamptz,
  ADD COLUMN uploaded_at timestamptz;

CREATE INDEX tiles_location_hash ON tiles (location_hash);
CREATE INDEX tiles_zoom_y_x ON tiles (zoom, y, x);
CREATE INDEX tiles_accessed_at ON tiles (accessed_at);
CREATE INDEX tiles_voting_status_uploaded_at ON tiles (voting_status, uploaded_at);

CREATE UNIQUE INDEX tiles_natural_key ON tiles (
  zoom, x, y, tile_size_px, source,
  COALESCE(flight_id, '00000000-0000-0000-0000-000000000000'::uuid)
);

ALTER TABLE tiles
  DROP CONSTRAINT tiles_freshness_label_check,
  ADD CONSTRAINT tiles_freshness_label_check CHECK (
    freshness_label IS NULL OR freshness_label IN ('fresh', 'stale', 'downgraded', 'rejected')
  );

ALTER TABLE sector_classifications
  ADD COLUMN south_deg double precision CHECK (south_deg BETWEEN -90 AND 90),
  ADD COLUMN west_deg double precision CHECK (west_deg BETWEEN -180 AND 180),
  ADD COLUMN north_deg double precision CHECK (north_deg BETWEEN -90 AND 90),
  ADD COLUMN east_deg double precision CHECK (east_deg BETWEEN -180 AND 180);

CREATE TABLE tile_freshness_rules (
  classification text PRIMARY KEY
    CHECK (classification IN ('active_conflict', 'stable_rear')),
  -- A tile older than this is stale.
  max_age_s bigint NOT NULL CHECK (max_age_s > 0)
);

INSERT INTO tile_freshness_rules (classification, max_age_s) VALUES
  ('active_conflict', 183 * 86400),
  ('stable_rear', 365 * 86400);
