CREATE TABLE idempotency_keys (
    caller_id       uuid        NOT NULL,
    idempotency_key text        NOT NULL,
    request_hash    bytea       NOT NULL,
    status          smallint,
    content_type    text,
    body            bytea,
    lease_until     timestamptz NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller_id, idempotency_key),
    CONSTRAINT idempotent_answer_whole CHECK ((status IS NULL) = (body IS NULL))
);
COMMENT ON TABLE idempotency_keys IS 'First answers to requests with an Idempotency-Key, for 24 hours.';
COMMENT ON COLUMN idempotency_keys.lease_until IS 'A request that died without an answer may be run again from then on.';
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
