-- Uploads that are given up after too many attempts.

ALTER TABLE tiles ADD COLUMN upload_attempts integer NOT NULL DEFAULT 0
  CHECK (upload_attempts >= 0);

ALTER TABLE tiles
  DROP CONSTRAINT tiles_voting_status_check,
  ADD CONSTRAINT tiles_voting_status_check CHECK (
    voting_status IS NULL
    OR voting_status IN ('pending', 'trusted', 'rejected', 'upload_giveup')
  );
