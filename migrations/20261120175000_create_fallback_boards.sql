ALTER TABLE events ADD COLUMN board_mode text NOT NULL DEFAULT 'redis'
    CONSTRAINT event_board_mode_known CHECK (board_mode IN ('redis', 'postgres'));
COMMENT ON COLUMN events.board_mode IS 'Which store has the board in board_epoch; changes only together with it.';
CREATE INDEX events_fallen_back ON events (event_id) WHERE board_mode = 'postgres';

CREATE TABLE board_epochs (
    event_id uuid        NOT NULL,
    epoch    bigint      NOT NULL,
    mode     text        NOT NULL CONSTRAINT board_epoch_mode_known CHECK (mode IN ('redis', 'postgres')),
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT one_mode_per_epoch PRIMARY KEY (event_id, epoch),
    CONSTRAINT board_epoch_known_with_mode UNIQUE (event_id, epoch, mode)
);
COMMENT ON TABLE board_epochs IS 'Every epoch of every board, and which store had the board in it: written by a trigger with the epoch itself.';

CREATE FUNCTION record_board_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.board_epoch > OLD.board_epoch THEN
        INSERT INTO board_epochs (event_id, epoch, mode)
        VALUES (NEW.event_id, NEW.board_epoch, NEW.board_mode);
    ELSIF NEW.board_epoch < OLD.board_epoch OR NEW.board_mode <> OLD.board_mode THEN
        RAISE EXCEPTION 'the mode of a board changes with its epoch, and an epoch never goes back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_mode_per_epoch';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER board_epoch_is_recorded AFTER UPDATE OF board_epoch, board_mode ON events
    FOR EACH ROW EXECUTE FUNCTION record_board_epoch();
INSERT INTO board_epochs (event_id, epoch, mode)
SELECT event_id, board_epoch, board_mode FROM events WHERE board_epoch > 0;

CREATE TABLE instances (
    instance_id uuid        PRIMARY KEY,
    has_redis   boolean     NOT NULL,
    since       timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL
);
COMMENT ON TABLE instances IS 'Processes that serve, each seen every second, and whether they reach Redis: what decides the mode of boards.';
COMMENT ON COLUMN instances.since IS 'Since when it has had Redis, or lacked it, without interruption.';

CREATE TABLE fallback_boards (
    event_id             uuid        PRIMARY KEY,
    epoch                bigint      NOT NULL,
    mode                 text        NOT NULL DEFAULT 'postgres'
                         CONSTRAINT fallback_board_is_in_postgres CHECK (mode = 'postgres'),
    revision             bigint      NOT NULL DEFAULT 0,
    is_open              boolean     NOT NULL DEFAULT true,
    version              integer     NOT NULL,
    sales                text        NOT NULL
                         CONSTRAINT fallback_board_sales_known CHECK (sales IN ('open', 'paused', 'closed')),
    opens_at             timestamptz NOT NULL,
    closes_at            timestamptz NOT NULL,
    seats_per_person_max integer     NOT NULL,
    waiting_version      bigint      NOT NULL,
    n_waiting            bigint      NOT NULL,
    CONSTRAINT fallback_board_has_an_epoch_of_its_own
        FOREIGN KEY (event_id, epoch, mode) REFERENCES board_epochs (event_id, epoch, mode)
) WITH (fillfactor = 50);
COMMENT ON TABLE fallback_boards IS 'Boards that are not in Redis, because an instance does not reach it. Every change locks its board''s row first.';
COMMENT ON COLUMN fallback_boards.is_open IS 'False once the board has gone back to Redis: what is left is carried over there.';
COMMENT ON COLUMN fallback_boards.sales IS 'This and what follows is what meta is in Redis.';

CREATE TABLE fallback_holds (
    event_id  uuid        NOT NULL REFERENCES fallback_boards (event_id),
    hold_id   uuid        NOT NULL,
    holder_id uuid        NOT NULL,
    state     text        NOT NULL CONSTRAINT fallback_hold_state_known
              CHECK (state IN ('held', 'confirming', 'confirmed', 'released', 'expired')),
    deadline  timestamptz NOT NULL,
    placed_at timestamptz NOT NULL,
    since     timestamptz NOT NULL,
    memory_ms bigint      NOT NULL,
    asked     text        NOT NULL,
    attempts  text        NOT NULL,
    seats     integer[]   NOT NULL,
    amounts   bigint[]    NOT NULL,
    due_at    timestamptz NOT NULL,
    PRIMARY KEY (event_id, hold_id),
    CONSTRAINT fallback_hold_seats_have_prices CHECK (cardinality(seats) = cardinality(amounts))
);
COMMENT ON TABLE fallback_holds IS 'Holds of boards that are not in Redis, with the fields of a hold''s record there.';
COMMENT ON COLUMN fallback_holds.due_at IS 'When it expires; when its lease ends, while it is being confirmed; when it is forgotten, once it has ended.';
CREATE INDEX fallback_holds_by_due ON fallback_holds (event_id, due_at);

CREATE TABLE fallback_seats (
    event_id   uuid    NOT NULL REFERENCES fallback_boards (event_id),
    seat_index integer NOT NULL,
    state      text    NOT NULL CONSTRAINT fallback_seat_state_known CHECK (state IN ('h', 'c', 'b', 'x', 'w')),
    hold_id    uuid,
    holder_id  uuid,
    CONSTRAINT seat_held_once_per_event PRIMARY KEY (event_id, seat_index),
    CONSTRAINT fallback_seat_held_by_a_hold
        FOREIGN KEY (event_id, hold_id) REFERENCES fallback_holds (event_id, hold_id),
    CONSTRAINT fallback_seat_held_has_hold CHECK ((state IN ('h', 'c')) = (hold_id IS NOT NULL))
);
COMMENT ON TABLE fallback_seats IS 'Seats of boards that are not in Redis, by the byte that they would have there; a seat without a row is free.';
COMMENT ON COLUMN fallback_seats.holder_id IS 'Who has the seat held or booked, for the limit per person.';
CREATE INDEX fallback_seats_by_holder ON fallback_seats (event_id, holder_id);
CREATE INDEX fallback_seats_by_hold ON fallback_seats (event_id, hold_id) WHERE hold_id IS NOT NULL;
