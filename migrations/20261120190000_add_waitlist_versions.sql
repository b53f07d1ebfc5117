-- Two people who look after one event do not overwrite each other unseen.
ALTER TABLE waitlists ADD COLUMN terms_version integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN waitlists.terms_version IS 'Goes up with each change of the terms; 0 where they were never set. Whoever changes them names the one they have seen.';

ALTER TABLE waitlist_entries ADD COLUMN version integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN waitlist_entries.version IS 'Goes up with each decision of the event''s owner about the entry, and not with those of rounds, which come every second.';
