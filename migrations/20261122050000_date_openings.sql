ALTER TABLE events ADD COLUMN last_opened_at timestamptz;
UPDATE events SET last_opened_at = opened_at;
COMMENT ON COLUMN events.last_opened_at IS 'When sales began or, after a pause, went on.';
