-- What orthorectification knows of a tile made in flight; what waits for its upload.

ALTER TABLE tiles ADD COLUMN quality jsonb
  CHECK (quality IS NULL OR jsonb_typeof(quality) = 'object');

CREATE INDEX tiles_pending_uploads ON tiles (flight_id, id)
  WHERE source = 'onboard_ingest' AND voting_status = 'pending' AND uploaded_at IS NULL;
