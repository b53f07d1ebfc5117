ALTER TABLE events ADD COLUMN reminded_for timestamptz;
COMMENT ON COLUMN events.reminded_for IS 'The start that all bookings were last reminded of; NULL: of none yet.';
