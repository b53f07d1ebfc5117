ALTER TABLE events ADD COLUMN board_retired bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN events.board_retired IS 'The newest epoch whose board was taken from Redis because the event was over.';
CREATE INDEX events_with_board ON events (starts_at) WHERE board_epoch > board_retired;
