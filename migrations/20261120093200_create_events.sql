CREATE TABLE events (
    event_id                  uuid        PRIMARY KEY,
    owner_id                  uuid        NOT NULL REFERENCES accounts (account_id),
    venue_id                  uuid        NOT NULL,
    venue_version             integer     NOT NULL,
    name                      text        NOT NULL,
    starts_at                 timestamptz NOT NULL,
    state                     text        NOT NULL CONSTRAINT event_state_known
                              CHECK (state IN ('draft', 'on_sale', 'paused', 'closed', 'cancelled')),
    currency                  text        NOT NULL CONSTRAINT event_currency_is_iso CHECK (currency ~ '^[A-Z]{3}$'),
    hold_ttl_seconds          integer     NOT NULL CONSTRAINT event_hold_ttl_bounded
                              CHECK (hold_ttl_seconds BETWEEN 1 AND 86400),
    hold_lifetime_max_seconds integer     NOT NULL CONSTRAINT event_hold_lifetime_bounded
                              CHECK (hold_lifetime_max_seconds BETWEEN hold_ttl_seconds AND 604800),
    seats_per_hold_max        integer     NOT NULL CONSTRAINT event_seats_per_hold_bounded
                              CHECK (seats_per_hold_max BETWEEN 1 AND 50),
    seats_per_person_max      integer     NOT NULL CONSTRAINT event_seats_per_person_bounded
                              CHECK (seats_per_person_max BETWEEN 1 AND 10000),
    sales_open_at             timestamptz,
    sales_close_at            timestamptz CONSTRAINT event_sales_close_after_open
                              CHECK (sales_close_at > sales_open_at),
    version                   integer     NOT NULL DEFAULT 1,
    board_epoch               bigint      NOT NULL DEFAULT 0,
    opened_at                 timestamptz,
    closed_at                 timestamptz,
    cancelled_at              timestamptz,
    created_at                timestamptz NOT NULL DEFAULT now(),
    updated_at                timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (venue_id, venue_version) REFERENCES venue_versions (venue_id, version)
);
COMMENT ON TABLE events IS 'One performance in one venue, with the layout version it was made with.';
COMMENT ON COLUMN events.version IS 'Counts edits and state changes: the optimistic lock of the API, and what tells a stale copy.';
COMMENT ON COLUMN events.board_epoch IS 'Raised with each load of the board into Redis; a board of another epoch is not trusted.';
CREATE INDEX events_by_owner ON events (owner_id, event_id);
CREATE INDEX events_by_state ON events (state, event_id);

CREATE TABLE event_prices (
    event_id uuid           NOT NULL REFERENCES events (event_id),
    category text           NOT NULL,
    position integer        NOT NULL,
    name     text           NOT NULL,
    colour   text           NOT NULL,
    amount   numeric(16, 4) NOT NULL CONSTRAINT price_not_negative CHECK (amount >= 0),
    PRIMARY KEY (event_id, category)
);
COMMENT ON TABLE event_prices IS 'What a seat of a category costs, in the event''s currency.';
COMMENT ON COLUMN event_prices.position IS 'The category''s place in the layout; name and colour are the layout''s too, so that lists need not read layouts.';

CREATE TABLE seat_blocks (
    event_id   uuid        NOT NULL REFERENCES events (event_id),
    seat_id    uuid        NOT NULL,
    seat_index integer     NOT NULL,
    reason     text        NOT NULL,
    blocked_by uuid        NOT NULL,
    blocked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_id, seat_id)
);
COMMENT ON TABLE seat_blocks IS 'Seats taken off sale by the owner.';
COMMENT ON COLUMN seat_blocks.seat_index IS 'The seat''s place in the event''s frozen layout and on its board.';
