CREATE FUNCTION confirm_holds(locks bigint[], event_ids uuid[], hold_ids uuid[], holder_ids uuid[],
    epochs bigint[], booking_ids uuid[], message_ids uuid[], booking_references text[],
    contact_names text[], contact_emails text[], payment_references text[], totals numeric[],
    currencies text[], not_after timestamptz[], seat_bookings_of uuid[], seat_ids uuid[],
    seat_indexes integer[], seat_prices numeric[], imposed_now timestamptz)
RETURNS TABLE (event_id uuid, hold_id uuid, state text, board_epoch bigint, outcome text,
    booking_id uuid, ended_at timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    -- A statement of its own: the next one must see the event as it is once the lock is there (F40).
    PERFORM pg_advisory_xact_lock_shared(key) FROM unnest(locks) AS key;
    RETURN QUERY
    WITH asked AS (
        SELECT * FROM unnest(event_ids, hold_ids, holder_ids, epochs, booking_ids, message_ids,
            booking_references, contact_names, contact_emails, payment_references, totals,
            currencies, not_after)
        AS t (event_id, hold_id, holder_id, epoch, booking_id, message_id, reference, contact_name,
            contact_email, payment_reference, total, currency, not_after)
    ), event AS MATERIALIZED (
        SELECT event_id, state, board_epoch FROM events WHERE event_id = ANY (event_ids)
    ), admitted AS (
        SELECT asked.*, COALESCE(imposed_now, clock_timestamp()) AS at
        FROM asked JOIN event USING (event_id)
        WHERE event.state = 'on_sale' AND event.board_epoch = asked.epoch
          AND asked.not_after > COALESCE(imposed_now, clock_timestamp())
    ), ended AS (
        INSERT INTO hold_outcomes AS known (event_id, hold_id, outcome, booking_id, ended_at)
        SELECT event_id, hold_id, 'confirmed', booking_id, at FROM admitted
        ORDER BY event_id, hold_id
        ON CONFLICT ON CONSTRAINT hold_ends_once DO UPDATE SET n_repeats = known.n_repeats + 1
        RETURNING event_id, hold_id, outcome, booking_id, ended_at, n_repeats
    ), won AS (
        -- Who asks again, since the first answer was lost, has its booking already.
        SELECT admitted.* FROM admitted JOIN ended USING (event_id, hold_id, booking_id)
        WHERE ended.n_repeats = 0
    ), inserted_bookings AS (
        INSERT INTO bookings (booking_id, event_id, hold_id, holder_id, reference, state,
            contact_name, contact_email, payment_reference, total, currency, confirmed_at)
        SELECT booking_id, event_id, hold_id, holder_id, reference, 'confirmed',
            contact_name, contact_email, payment_reference, total, currency, at
        FROM won
    ), inserted_seats AS (
        INSERT INTO seat_bookings (event_id, booking_id, seat_id, seat_index, price)
        SELECT won.event_id, booking_id, seat.seat_id, seat.seat_index, seat.price
        FROM unnest(seat_bookings_of, seat_ids, seat_indexes, seat_prices)
            AS seat (booking_id, seat_id, seat_index, price)
        JOIN won USING (booking_id)
        ORDER BY won.event_id, seat.seat_index
    ), inserted_messages AS (
        INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
        SELECT event_id, message_id, 'booking.confirmed', booking_id,
            jsonb_build_object('booking_id', booking_id, 'hold_id', hold_id), at
        FROM won
    )
    SELECT asked.event_id, asked.hold_id, event.state, event.board_epoch, ended.outcome,
        ended.booking_id, ended.ended_at
    FROM asked
    JOIN event USING (event_id)
    LEFT JOIN ended USING (event_id, hold_id);
END $$;
COMMENT ON FUNCTION confirm_holds IS 'Confirms a batch of holds, all or none of those admitted, in one call. No hold twice; locks are those of its events, in order; arrays have an element for each hold, the last four one for each seat.';
