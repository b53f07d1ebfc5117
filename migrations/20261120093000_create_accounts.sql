CREATE TABLE accounts (
    account_id    uuid        PRIMARY KEY,
    email         text        NOT NULL CONSTRAINT account_email_taken_once UNIQUE,
    name          text        NOT NULL,
    password_hash text        NOT NULL,
    role          text        NOT NULL CONSTRAINT account_role_known
                              CHECK (role IN ('customer', 'venue_admin', 'admin')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE accounts IS 'People who can sign in; guests have no row.';
COMMENT ON COLUMN accounts.email IS 'Lower case; compared as stored.';
COMMENT ON COLUMN accounts.password_hash IS 'argon2id, PHC string.';
