CREATE TABLE notifications (
    event_id        uuid        NOT NULL,
    notification_id uuid        NOT NULL,
    caller_id       uuid        NOT NULL,
    kind            text        NOT NULL,
    subject_id      uuid        NOT NULL,
    happened_at     timestamptz NOT NULL,
    read_at         timestamptz,
    PRIMARY KEY (event_id, notification_id)
);
COMMENT ON TABLE notifications IS 'What people are told of in the pages: made from messages, as mails are.';
COMMENT ON COLUMN notifications.caller_id IS 'An account, or a guest by the id in the token.';
COMMENT ON COLUMN notifications.notification_id IS 'Derived from message and caller, so that a message is told once.';
CREATE INDEX notifications_by_caller ON notifications (caller_id, notification_id);
CREATE INDEX notifications_unread ON notifications (caller_id) WHERE read_at IS NULL;
CREATE INDEX notifications_by_age ON notifications USING brin (happened_at);

CREATE TABLE mail_opt_outs (
    email      text        NOT NULL,
    kind       text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (email, kind)
);
COMMENT ON TABLE mail_opt_outs IS 'Who does not want mails of a kind that can be done without.';
COMMENT ON COLUMN mail_opt_outs.email IS 'Lower case.';

ALTER TABLE events ADD COLUMN sold_out_at timestamptz;
COMMENT ON COLUMN events.sold_out_at IS 'When every seat that is not blocked was booked, as its owner was told; NULL once seats came back.';
CREATE INDEX events_by_start ON events (starts_at);
