-- The tile cache at its beginning: what is known about tiles, flights, sectors, manifests, engines.

CREATE TABLE flights (
  flight_id uuid PRIMARY KEY,
  started_at timestamptz,
  ended_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tiles (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  zoom integer NOT NULL CHECK (zoom BETWEEN 0 AND 22),
  x integer NOT NULL CHECK (x >= 0),
  y integer NOT NULL CHECK (y >= 0),
  tile_size_px integer NOT NULL CHECK (tile_size_px > 0),
  source text NOT NULL CHECK (source ~ '^[a-z0-9_]{1,40}$'),
  -- Only tiles made in flight have one.
  flight_id uuid,
  -- Middle of the tile in degrees: advisory, x and y are the truth.
  latitude_deg double precision NOT NULL CHECK (latitude_deg BETWEEN -90 AND 90),
  longitude_deg double precision NOT NULL CHECK (longitude_deg BETWEEN -180 AND 180),
  -- Metres per pixel of the imagery that the tile was made from.
  source_gsd_m double precision NOT NULL CHECK (source_gsd_m > 0),
  -- When the ground looked like this; NULL when nobody knows.
  captured_at timestamptz,
  -- How much of the tile the imagery covers.
  coverage double precision NOT NULL DEFAULT 1 CHECK (coverage BETWEEN 0 AND 1),
  attribution text NOT NULL DEFAULT '',
  -- NULL: not judged.
  freshness_label text
    CONSTRAINT tiles_freshness_label_check
    CHECK (freshness_label IS NULL OR freshness_label IN ('fresh', 'stale')),
  -- NULL: not a tile that anybody votes on.
  voting_status text
    CONSTRAINT tiles_voting_status_check
    CHECK (voting_status IS NULL OR voting_status IN ('pending', 'trusted', 'rejected')),
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT tiles_within_zoom CHECK (x < (1 << zoom) AND y < (1 << zoom))
);

CREATE TABLE sector_classifications (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  classification text NOT NULL
    CHECK (classification IN ('active_conflict', 'stable_rear')),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE manifests (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  sha256 text NOT NULL UNIQUE CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  document jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE engine_cache_entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  engine_filename text NOT NULL UNIQUE,
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  created_at timestamptz NOT NULL DEFAULT now()
);
