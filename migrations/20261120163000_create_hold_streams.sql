CREATE TABLE hold_streams (
    event_id  uuid   PRIMARY KEY REFERENCES events (event_id) ON DELETE CASCADE,
    stream_id uuid   NOT NULL DEFAULT gen_random_uuid(),
    epoch     bigint NOT NULL DEFAULT 0,
    n         bigint NOT NULL DEFAULT 0,
    n_lost    bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE hold_streams IS 'How far what Redis tells of an event''s holds has been taken into the outbox; there while somebody is to be told.';
COMMENT ON COLUMN hold_streams.stream_id IS 'Tells a stream from one that was begun anew.';
COMMENT ON COLUMN hold_streams.epoch IS 'With n, the last entry taken: changed with the rows that were made of it, by whoever still finds it as they read it.';
COMMENT ON COLUMN hold_streams.n_lost IS 'Entries that Redis had dropped before they were taken.';

-- Messages about holds are many, and deleted sooner than others.
CREATE INDEX outbox_of_holds ON outbox (created_at) WHERE kind LIKE 'hold.%';

-- Many are told of holds, and an endpoint that was away for long is owed much: what is due of it is
-- found in order, without looking at the rest.
CREATE INDEX deliveries_due_to_recipient ON deliveries (recipient_id, due_at) WHERE state = 'due';

-- As before, but sorted by when it happened: not every message's own id says so.
CREATE FUNCTION delivery_id_of(message_id uuid, channel text, recipient_id uuid, at timestamptz)
    RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN overlay(overlay(md5(message_id::text || channel || recipient_id::text)
        PLACING lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '8' FROM 1 FOR 13)
        PLACING '8' FROM 17 FOR 1)::uuid;
COMMENT ON FUNCTION delivery_id_of(uuid, text, uuid, timestamptz) IS 'A UUIDv8 (RFC 9562, 5.8).';
