ALTER TABLE outbox
    ADD COLUMN position   bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN derived_at timestamptz;
COMMENT ON COLUMN outbox.position IS 'Order of what happened to one subject, whose writers take turns; says nothing across subjects.';
COMMENT ON COLUMN outbox.derived_at IS 'When its deliveries were made; NULL: still to be done. A row is found by this, however late it commits.';
-- What happened before there was a sender is not told now.
UPDATE outbox SET derived_at = created_at;
CREATE INDEX outbox_underived ON outbox (position) WHERE derived_at IS NULL;
CREATE INDEX outbox_by_age ON outbox USING brin (created_at);

CREATE TABLE deliveries (
    event_id           uuid        NOT NULL,
    delivery_id        uuid        NOT NULL,
    message_id         uuid        NOT NULL,
    channel            text        NOT NULL CONSTRAINT delivery_channel_known
                       CHECK (channel IN ('mail', 'webhook')),
    recipient_id       uuid        NOT NULL,
    subject_id         uuid        NOT NULL,
    position           bigint      NOT NULL,
    state              text        NOT NULL DEFAULT 'due' CONSTRAINT delivery_state_known
                       CHECK (state IN ('due', 'sent', 'dead', 'dropped')),
    n_attempts         integer     NOT NULL DEFAULT 0,
    n_attempts_before  integer     NOT NULL DEFAULT 0,
    due_at             timestamptz NOT NULL,
    attempted_at       timestamptz,
    answer             text,
    settled_at         timestamptz,
    PRIMARY KEY (event_id, delivery_id),
    CONSTRAINT message_delivered_once_to_recipient
        UNIQUE (event_id, message_id, channel, recipient_id),
    CONSTRAINT delivery_of_message FOREIGN KEY (event_id, message_id)
        REFERENCES outbox (event_id, message_id) ON DELETE CASCADE,
    CONSTRAINT delivery_settled_has_time CHECK ((state = 'due') = (settled_at IS NULL))
);
COMMENT ON TABLE deliveries IS 'What is owed to whom: one message to one recipient by one channel.';
COMMENT ON COLUMN deliveries.delivery_id IS 'Derived from message, channel and recipient: the Message-ID of a mail, the same in every attempt.';
COMMENT ON COLUMN deliveries.recipient_id IS 'A mail: the booking or waitlist entry whose contact gets it. A webhook: the endpoint.';
COMMENT ON COLUMN deliveries.subject_id IS 'With channel and recipient it names a lane, in which nothing overtakes.';
COMMENT ON COLUMN deliveries.due_at IS 'When it may be attempted; an attempt moves it ahead by a lease, so that nobody else tries at once.';
COMMENT ON COLUMN deliveries.n_attempts IS 'Tells the attempts apart: who was stopped for longer than the lease settles nothing.';
COMMENT ON COLUMN deliveries.n_attempts_before IS 'Attempts before it was sent anew; they do not count against the limit.';
COMMENT ON COLUMN deliveries.answer IS 'What came of the last attempt, or why nothing was sent.';
CREATE INDEX deliveries_due ON deliveries (channel, due_at) WHERE state = 'due';
CREATE INDEX deliveries_by_lane ON deliveries (recipient_id, subject_id, position) WHERE state = 'due';
CREATE INDEX deliveries_by_recipient ON deliveries (recipient_id, delivery_id);
CREATE INDEX deliveries_dead ON deliveries (delivery_id) WHERE state = 'dead';

-- Sorts by the time of the message (the first 48 bits of a UUIDv7), and is the same however often
-- it is asked for.
CREATE FUNCTION delivery_id_of(message_id uuid, channel text, recipient_id uuid) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN overlay(overlay(md5(message_id::text || channel || recipient_id::text)
        PLACING left(replace(message_id::text, '-', ''), 12) || '8' FROM 1 FOR 13)
        PLACING '8' FROM 17 FOR 1)::uuid;
COMMENT ON FUNCTION delivery_id_of IS 'A UUIDv8 (RFC 9562, 5.8).';
