CREATE TABLE waitlists (
    event_id              uuid        PRIMARY KEY,
    version               bigint      NOT NULL DEFAULT 0,
    drained_version       bigint      NOT NULL DEFAULT 0,
    drained_epoch         bigint      NOT NULL DEFAULT 0,
    is_open               boolean     NOT NULL DEFAULT true,
    policy                text        NOT NULL DEFAULT 'first_that_fits' CONSTRAINT waitlist_policy_known
                          CHECK (policy IN ('strict', 'first_that_fits')),
    offer_ttl_seconds     integer     NOT NULL DEFAULT 900 CONSTRAINT waitlist_offer_ttl_bounded
                          CHECK (offer_ttl_seconds BETWEEN 60 AND 86400),
    quantity_max          integer     NOT NULL DEFAULT 6 CONSTRAINT waitlist_quantity_bounded
                          CHECK (quantity_max BETWEEN 1 AND 10),
    entries_max           integer     NOT NULL DEFAULT 10000 CONSTRAINT waitlist_entries_bounded
                          CHECK (entries_max BETWEEN 1 AND 20000),
    skips_max             integer     NOT NULL DEFAULT 10 CONSTRAINT waitlist_skips_bounded
                          CHECK (skips_max BETWEEN 1 AND 1000),
    waiting_max_seconds   integer     NOT NULL DEFAULT 259200 CONSTRAINT waitlist_waiting_bounded
                          CHECK (waiting_max_seconds BETWEEN 60 AND 31536000),
    verification_required boolean     NOT NULL DEFAULT false,
    quiet_from            time,
    quiet_until           time,
    updated_at            timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT waitlist_quiet_hours_whole
        CHECK (num_nulls(quiet_from, quiet_until) = 2 OR quiet_from <> quiet_until)
);
COMMENT ON TABLE waitlists IS 'The waitlist of an event: its terms, and what tells whether there is anything to do; made by the first entry or the first change of its terms.';
COMMENT ON COLUMN waitlists.version IS 'Goes up with each statement that changes who waits, so that a board never takes an older count for a newer one.';
COMMENT ON COLUMN waitlists.drained_version IS 'The version at which nobody waited and every kept seat had been let go on the board of drained_epoch; as long as both are the newest there is nothing to do.';
COMMENT ON COLUMN waitlists.quiet_from IS 'Local time of the venue; the time of an offer does not run from quiet_from until quiet_until.';

CREATE TABLE waitlist_entries (
    event_id     uuid           NOT NULL,
    entry_id     uuid           NOT NULL,
    holder_id    uuid           NOT NULL,
    name         text           NOT NULL,
    email        text           NOT NULL,
    quantity     integer        NOT NULL CONSTRAINT waitlist_entry_quantity_bounded CHECK (quantity BETWEEN 1 AND 10),
    is_together  boolean        NOT NULL,
    sections     text[],
    categories   text[],
    price_max    bigint         CONSTRAINT waitlist_entry_price_not_negative CHECK (price_max >= 0),
    state        text           NOT NULL CONSTRAINT waitlist_entry_state_known
                 CHECK (state IN ('unverified', 'waiting', 'offered', 'accepted', 'lapsed', 'left', 'removed')),
    priority     integer        NOT NULL DEFAULT 0 CONSTRAINT waitlist_entry_priority_bounded
                 CHECK (priority BETWEEN -1000 AND 1000),
    joined_at    timestamptz    NOT NULL,
    n_skips      integer        NOT NULL DEFAULT 0,
    skip_reason  text,
    retry_at     timestamptz,
    ended_at     timestamptz,
    PRIMARY KEY (event_id, entry_id),
    CONSTRAINT waitlist_entry_ended_has_time
        CHECK ((state IN ('unverified', 'waiting', 'offered')) = (ended_at IS NULL))
) WITH (fillfactor = 80);
COMMENT ON TABLE waitlist_entries IS 'Wishes for seats of a sold-out event, and what became of them.';
COMMENT ON COLUMN waitlist_entries.price_max IS 'In the smallest unit of the event''s currency.';
COMMENT ON COLUMN waitlist_entries.email IS 'As the person wrote it; compared in lower case.';
COMMENT ON COLUMN waitlist_entries.priority IS 'Higher goes first; equal ones by the time of joining.';
COMMENT ON COLUMN waitlist_entries.n_skips IS 'How often somebody behind was offered seats that came free.';
COMMENT ON COLUMN waitlist_entries.retry_at IS 'Not to be offered seats before: the last offer would have broken the limit per person.';
CREATE UNIQUE INDEX waitlist_person_waits_once ON waitlist_entries (event_id, holder_id)
    WHERE state IN ('unverified', 'waiting', 'offered');
CREATE UNIQUE INDEX waitlist_mail_waits_once ON waitlist_entries (event_id, lower(email))
    WHERE state IN ('unverified', 'waiting', 'offered');
CREATE INDEX waitlist_entries_in_order ON waitlist_entries (event_id, priority DESC, joined_at, entry_id)
    WHERE state IN ('unverified', 'waiting', 'offered');
CREATE INDEX waitlist_entries_by_holder ON waitlist_entries (event_id, holder_id, entry_id);

CREATE TABLE waitlist_offers (
    event_id   uuid        NOT NULL,
    hold_id    uuid        NOT NULL,
    entry_id   uuid        NOT NULL,
    state      text        NOT NULL CONSTRAINT waitlist_offer_state_known
               CHECK (state IN ('live', 'accepted', 'declined', 'lapsed', 'withdrawn')),
    seats      integer[]   NOT NULL,
    amounts    bigint[]    NOT NULL,
    offered_at timestamptz NOT NULL,
    placed_at  timestamptz,
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz,
    PRIMARY KEY (event_id, hold_id),
    CONSTRAINT waitlist_offer_ended_has_time CHECK ((state = 'live') = (ended_at IS NULL)),
    CONSTRAINT waitlist_offer_seats_priced CHECK (cardinality(seats) = cardinality(amounts))
);
COMMENT ON TABLE waitlist_offers IS 'Holds that were placed for people on the waitlist: the hold is the offer.';
COMMENT ON COLUMN waitlist_offers.placed_at IS 'When the board was found to have the hold; the person is told in the same statement, once.';
COMMENT ON COLUMN waitlist_offers.expires_at IS 'The board decides when the hold ends; with this it comes back should the board be lost.';
CREATE UNIQUE INDEX waitlist_entry_offered_once ON waitlist_offers (event_id, entry_id) WHERE state = 'live';
CREATE INDEX waitlist_offers_live ON waitlist_offers (event_id) WHERE state = 'live';

CREATE TABLE waitlist_offer_seats (
    event_id   uuid    NOT NULL,
    seat_index integer NOT NULL,
    hold_id    uuid    NOT NULL,
    CONSTRAINT waitlist_seat_offered_once PRIMARY KEY (event_id, seat_index)
);
COMMENT ON TABLE waitlist_offer_seats IS 'The seats of live offers; the key is what keeps one seat from being offered twice.';
CREATE INDEX waitlist_offer_seats_by_hold ON waitlist_offer_seats (event_id, hold_id);

CREATE TABLE waitlist_log (
    event_id  uuid        NOT NULL,
    log_id    bigint      GENERATED ALWAYS AS IDENTITY,
    kind      text        NOT NULL,
    entry_id  uuid,
    hold_id   uuid,
    seats     integer[],
    reason    text,
    actor_id  uuid,
    logged_at timestamptz NOT NULL,
    PRIMARY KEY (event_id, log_id)
);
COMMENT ON TABLE waitlist_log IS 'Each decision about the waitlist and its reason, for the event''s owner; kept for 90 days.';
CREATE INDEX waitlist_log_by_age ON waitlist_log (logged_at);
