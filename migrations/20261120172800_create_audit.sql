CREATE TABLE audit_passes (
    is_only          boolean     PRIMARY KEY DEFAULT true CONSTRAINT audit_pass_is_only CHECK (is_only),
    is_running       boolean     NOT NULL DEFAULT false,
    began_at         timestamptz NOT NULL DEFAULT '-infinity',
    last_finished_at timestamptz,
    last_event_id    uuid,
    n_checks_done    integer     NOT NULL DEFAULT 0
);
COMMENT ON TABLE audit_passes IS 'How far the background audit has come: one row, locked by the instance that works on it.';
COMMENT ON COLUMN audit_passes.last_event_id IS 'The event that is being audited, or the last one that was; events go by id.';
COMMENT ON COLUMN audit_passes.n_checks_done IS 'Checks of that event that are done.';
INSERT INTO audit_passes DEFAULT VALUES;

CREATE TABLE audit_findings (
    event_id  uuid        NOT NULL,
    check_nth integer     NOT NULL,
    invariant text        NOT NULL,
    rule      text        NOT NULL,
    subject   text        NOT NULL,
    found_at  timestamptz NOT NULL,
    PRIMARY KEY (event_id, check_nth, rule, subject)
);
COMMENT ON TABLE audit_findings IS 'Breaches of invariants that the background audit has found and that its last look still found.';
COMMENT ON COLUMN audit_findings.event_id IS 'All zero for what is true of the whole database.';
COMMENT ON COLUMN audit_findings.check_nth IS 'The check that found it: its next look settles whether it is still there.';
