ALTER TABLE deliveries ADD COLUMN rank smallint NOT NULL DEFAULT 0;
COMMENT ON COLUMN deliveries.rank IS 'Mails of rank 0 go first; 1: one of many that all bookings of an event, or all who wait for it, are owed at once.';
CREATE INDEX deliveries_due_by_rank ON deliveries (channel, rank, due_at) WHERE state = 'due';
DROP INDEX deliveries_due;
