ALTER TABLE waitlist_entries ADD COLUMN n_limited integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN waitlist_entries.n_limited IS 'How often an offer would have broken the limit per person: the oftener, the longer until the next (retry_at).';
