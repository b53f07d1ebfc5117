CREATE TABLE outbox (
    event_id   uuid        NOT NULL,
    message_id uuid        NOT NULL,
    kind       text        NOT NULL,
    subject_id uuid        NOT NULL,
    body       jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_id, message_id)
);
COMMENT ON TABLE outbox IS 'What happened, written in the transaction in which it happened; mails and webhooks are made from it.';
COMMENT ON COLUMN outbox.subject_id IS 'The booking or hold that it happened to; messages are ordered per subject.';
