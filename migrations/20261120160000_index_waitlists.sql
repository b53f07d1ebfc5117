CREATE FUNCTION count_waitlist_entries(of_event uuid) RETURNS bigint
LANGUAGE sql VOLATILE STRICT
RETURN (SELECT count(*) FROM waitlist_entries
        WHERE event_id = of_event AND state IN ('unverified', 'waiting', 'offered'));
COMMENT ON FUNCTION count_waitlist_entries IS 'How many are on the waitlist of an event now: a volatile function sees what was committed while the statement that calls it waited for a lock, which the statement itself does not.';

CREATE INDEX waitlist_entries_unverified ON waitlist_entries (event_id, joined_at) WHERE state = 'unverified';
CREATE INDEX waitlist_offers_by_entry ON waitlist_offers (event_id, entry_id);
