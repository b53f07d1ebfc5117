COMMENT ON COLUMN idempotency_keys.body IS
    'Sealed with a key that is derived from the service''s secret.';
