CREATE TABLE idempotency_keys (
    caller_id       uuid        NOT NULL,
    idempotency_key text        NOT NULL,
    request_hash    bytea       NOT NULL,
    status          smallint,
    headers         jsonb,
    body            bytea,
    lease_until     timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (caller_id, idempotency_key),
    CONSTRAINT idempotent_answer_whole
        CHECK ((status IS NULL) = (body IS NULL) AND (status IS NULL) = (headers IS NULL))
);
COMMENT ON TABLE idempotency_keys IS 'First answers to requests with an Idempotency-Key, for 24 hours.';
COMMENT ON COLUMN idempotency_keys.request_hash IS 'SHA-256 of method, path and body.';
COMMENT ON COLUMN idempotency_keys.headers IS 'Those headers of the answer that belong to its body: an object of strings.';
COMMENT ON COLUMN idempotency_keys.lease_until IS 'A request that died without an answer may be run again from then on; also tells the runs of one key apart.';
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
