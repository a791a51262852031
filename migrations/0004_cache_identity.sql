-- Which folder of files belongs to this database: a folder that is opened with another database must
-- be refused, or reconciliation would take every file of it for an orphan.

CREATE TABLE cache_identity (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  cache_id uuid NOT NULL
);
