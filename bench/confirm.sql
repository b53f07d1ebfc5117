-- For pgbench: one booking of two seats in one transaction, with the rows that the service writes.
-- What the service checks besides (the event's state, epoch and lock, earlier outcomes) is left out.
WITH numbered AS (
    SELECT nextval('compared_bookings') AS n
), booking AS (
    SELECT '00000000-0000-7000-8000-000000000001'::uuid AS event_id,
        ('00000001-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS booking_id,
        ('00000002-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS hold_id,
        ('00000003-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS message_id,
        ('00000004-0000-7000-8000-' || lpad(to_hex(n % 50), 12, '0'))::uuid AS holder_id,
        n
    FROM numbered
), outcome AS (
    INSERT INTO hold_outcomes (event_id, hold_id, outcome, booking_id, ended_at)
    SELECT event_id, hold_id, 'confirmed', booking_id, clock_timestamp() FROM booking
), kept AS (
    INSERT INTO bookings (booking_id, event_id, hold_id, holder_id, reference, state,
        contact_name, contact_email, total, currency, confirmed_at)
    SELECT booking_id, event_id, hold_id, holder_id, lpad(to_hex(n), 10, '0'), 'confirmed',
        'Load', 'load@example.org', 50, 'EUR', clock_timestamp()
    FROM booking
), seats AS (
    INSERT INTO seat_bookings (event_id, booking_id, seat_id, seat_index, price)
    SELECT event_id, booking_id, md5(n || '-' || seat)::uuid, 2 * n + seat, 25
    FROM booking, generate_series(0, 1) AS seat
)
INSERT INTO outbox (event_id, message_id, kind, subject_id, body)
SELECT event_id, message_id, 'booking.confirmed', booking_id,
    jsonb_build_object('booking_id', booking_id, 'hold_id', hold_id)
FROM booking;
