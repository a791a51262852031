-- What a provider called the version of a tile that it gave (HTTP ETag), for asking again later.
-- Beside the tiles, not in their rows: nobody but a refresh reads it, and losing it costs a fetch.

CREATE TABLE tile_validators (
  tile_uuid uuid PRIMARY KEY REFERENCES tiles (tile_uuid) ON DELETE CASCADE,
  -- Of the picture that it was given with: a tile that was renewed since has none.
  content_sha256 text NOT NULL,
  -- Hash of the URL that tiles came from: marks of another provider, layer or version say nothing.
  origin text NOT NULL CHECK (length(origin) BETWEEN 1 AND 300),
  etag text NOT NULL CHECK (length(etag) BETWEEN 2 AND 300)
);
