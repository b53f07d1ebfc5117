CREATE INDEX waitlist_log_by_entry ON waitlist_log (event_id, entry_id, log_id);
CREATE INDEX waitlist_log_by_kind ON waitlist_log (event_id, kind, log_id);
CREATE INDEX waitlist_entries_by_email ON waitlist_entries (event_id, lower(email));
