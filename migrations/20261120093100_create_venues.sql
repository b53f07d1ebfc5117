CREATE TABLE venues (
    venue_id     uuid        PRIMARY KEY,
    owner_id     uuid        REFERENCES accounts (account_id),
    built_in_key text        CONSTRAINT venue_built_in_once UNIQUE,
    name         text        NOT NULL,
    version      integer     NOT NULL CONSTRAINT venue_version_positive CHECK (version > 0),
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE venues IS 'Places; what they look like is in venue_versions.';
COMMENT ON COLUMN venues.owner_id IS 'NULL for a built-in venue, which only admins may change.';
COMMENT ON COLUMN venues.version IS 'The newest version of the template.';
CREATE INDEX venues_by_owner ON venues (owner_id, venue_id);

CREATE TABLE venue_versions (
    venue_id   uuid        NOT NULL REFERENCES venues (venue_id),
    version    integer     NOT NULL CONSTRAINT venue_version_positive CHECK (version > 0),
    name       text        NOT NULL,
    time_zone  text        NOT NULL,
    seat_count integer     NOT NULL CONSTRAINT venue_has_seats CHECK (seat_count BETWEEN 1 AND 150000),
    sections   jsonb       NOT NULL,
    document   text        NOT NULL,
    media_type text        NOT NULL,
    layout     text        NOT NULL,
    etag       text        NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (venue_id, version)
);
COMMENT ON TABLE venue_versions IS 'Templates as uploaded and the layouts they generated; never changed.';
COMMENT ON COLUMN venue_versions.sections IS 'Summary for lists: key, name, kind, seat_count of each section.';
COMMENT ON COLUMN venue_versions.layout IS 'The layout document, JSON as served: what was sold must not move when the generator changes.';
COMMENT ON COLUMN venue_versions.time_zone IS 'IANA name.';

CREATE TABLE seats (
    seat_id  uuid NOT NULL PRIMARY KEY,
    venue_id uuid NOT NULL REFERENCES venues (venue_id),
    label    text NOT NULL,
    CONSTRAINT seat_label_unique_in_venue UNIQUE (venue_id, label)
);
COMMENT ON TABLE seats IS 'Every seat that any version of a venue has had.';
COMMENT ON COLUMN seats.seat_id IS 'UUIDv5 of venue and label: the same label is the same seat in every version.';
