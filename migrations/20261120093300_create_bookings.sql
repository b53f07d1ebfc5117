CREATE TABLE hold_outcomes (
    event_id   uuid        NOT NULL,
    hold_id    uuid        NOT NULL,
    outcome    text        NOT NULL CONSTRAINT hold_outcome_known CHECK (outcome IN ('confirmed', 'expired')),
    booking_id uuid,
    n_repeats  integer     NOT NULL DEFAULT 0,
    ended_at   timestamptz NOT NULL,
    CONSTRAINT hold_ends_once PRIMARY KEY (event_id, hold_id),
    CONSTRAINT hold_confirmed_has_booking CHECK ((outcome = 'confirmed') = (booking_id IS NOT NULL))
);
COMMENT ON TABLE hold_outcomes IS 'Whether a hold became a booking: inserted once, so confirm and expire can race in any order.';
COMMENT ON COLUMN hold_outcomes.n_repeats IS 'A repeated confirm writes here: with a synchronous standby, an answer from a read could be lost (F12).';

CREATE TABLE bookings (
    booking_id        uuid           NOT NULL,
    event_id          uuid           NOT NULL,
    hold_id           uuid           NOT NULL,
    holder_id         uuid           NOT NULL,
    reference         text           NOT NULL,
    state             text           NOT NULL CONSTRAINT booking_state_known
                      CHECK (state IN ('confirmed', 'partly_cancelled', 'cancelled')),
    contact_name      text           NOT NULL,
    contact_email     text           NOT NULL,
    payment_reference text,
    total             numeric(16, 4) NOT NULL CONSTRAINT booking_total_not_negative CHECK (total >= 0),
    currency          text           NOT NULL,
    version           integer        NOT NULL DEFAULT 1,
    confirmed_at      timestamptz    NOT NULL,
    cancelled_at      timestamptz,
    PRIMARY KEY (booking_id, event_id),
    CONSTRAINT booking_reference_unique UNIQUE (reference, event_id),
    CONSTRAINT booking_cancelled_has_time CHECK ((state = 'confirmed') = (cancelled_at IS NULL))
);
COMMENT ON TABLE bookings IS 'The records of confirmed holds.';
COMMENT ON COLUMN bookings.event_id IS 'No foreign key: the confirming statement reads the event, and a key would lock its row for every booking.';
COMMENT ON COLUMN bookings.total IS 'What was paid; refunds are in refunds.';
CREATE INDEX bookings_by_event ON bookings (event_id, booking_id);
CREATE INDEX bookings_by_holder ON bookings (holder_id, booking_id);

CREATE TABLE seat_bookings (
    event_id   uuid           NOT NULL,
    booking_id uuid           NOT NULL,
    seat_id    uuid           NOT NULL,
    seat_index integer        NOT NULL,
    price      numeric(16, 4) NOT NULL CONSTRAINT seat_price_not_negative CHECK (price >= 0),
    PRIMARY KEY (event_id, booking_id, seat_id),
    CONSTRAINT seat_booked_once_per_event UNIQUE (seat_id, event_id)
);
COMMENT ON TABLE seat_bookings IS 'Seats that are booked now. The unique constraint is the last word on who has a seat.';

CREATE TABLE cancelled_seats (
    event_id     uuid           NOT NULL,
    booking_id   uuid           NOT NULL,
    seat_id      uuid           NOT NULL,
    seat_index   integer        NOT NULL,
    price        numeric(16, 4) NOT NULL,
    refund       numeric(16, 4) NOT NULL,
    refund_id    uuid           NOT NULL,
    cancelled_at timestamptz    NOT NULL,
    PRIMARY KEY (event_id, booking_id, seat_id),
    CONSTRAINT refund_within_price CHECK (refund BETWEEN 0 AND price)
);
COMMENT ON TABLE cancelled_seats IS 'Seats that were booked: a row moves here from seat_bookings when it is cancelled, once.';

CREATE TABLE refunds (
    event_id   uuid           NOT NULL,
    refund_id  uuid           NOT NULL,
    booking_id uuid           NOT NULL,
    amount     numeric(16, 4) NOT NULL CONSTRAINT refund_not_negative CHECK (amount >= 0),
    currency   text           NOT NULL,
    reason     text,
    created_at timestamptz    NOT NULL,
    PRIMARY KEY (event_id, refund_id)
);
COMMENT ON TABLE refunds IS 'One row for each cancellation; its amount is the sum over its cancelled_seats.';
CREATE INDEX refunds_by_booking ON refunds (event_id, booking_id);
