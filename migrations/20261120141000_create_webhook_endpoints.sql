CREATE TABLE webhook_endpoints (
    endpoint_id    uuid        PRIMARY KEY,
    owner_id       uuid        NOT NULL REFERENCES accounts (account_id),
    url            text        NOT NULL,
    description    text        NOT NULL,
    kinds          text[]      NOT NULL CONSTRAINT endpoint_has_kinds CHECK (cardinality(kinds) > 0),
    state          text        NOT NULL DEFAULT 'enabled' CONSTRAINT endpoint_state_known
                   CHECK (state IN ('enabled', 'disabled')),
    disabled_because text,
    secret_version integer     NOT NULL DEFAULT 1 CONSTRAINT endpoint_secret_version_positive
                   CHECK (secret_version > 0),
    old_secret_until timestamptz,
    n_failures     integer     NOT NULL DEFAULT 0,
    paused_until   timestamptz,
    created_at     timestamptz NOT NULL
);
COMMENT ON TABLE webhook_endpoints IS 'Where an owner of events is told of what happens to them.';
COMMENT ON COLUMN webhook_endpoints.secret_version IS 'Secrets are derived from the service''s own and this number; none is stored.';
COMMENT ON COLUMN webhook_endpoints.old_secret_until IS 'Until then deliveries are signed with the secret before, too.';
COMMENT ON COLUMN webhook_endpoints.n_failures IS 'Attempts that failed in a row: the circuit breaker''s count.';
COMMENT ON COLUMN webhook_endpoints.paused_until IS 'The breaker is open: nothing is attempted before.';
CREATE INDEX webhook_endpoints_by_owner ON webhook_endpoints (owner_id, endpoint_id);
