-- How wrong the place of a tile may be by the datum of its imagery.

ALTER TABLE tiles ADD COLUMN registration_error_m double precision
  CHECK (registration_error_m IS NULL OR registration_error_m >= 0);
