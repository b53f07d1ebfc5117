CREATE TABLE account_mail_opt_outs (
    account_id uuid        NOT NULL REFERENCES accounts (account_id),
    kind       text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, kind)
);
COMMENT ON TABLE account_mail_opt_outs IS
    'Which mails an account can do without, of those about what it holds itself. Its mail address it has not shown to be its own, so it says nothing for others who use that.';
