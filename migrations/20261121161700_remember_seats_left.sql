ALTER TABLE events ADD COLUMN seats_left bigint;
COMMENT ON COLUMN events.seats_left IS 'As many seats at least are neither booked nor blocked once all messages have been derived; NULL: not counted yet. Whoever derives keeps it, to see that an event has not sold out.';
