-- They are asked for by their ids, and listed in the order of those, whatever their events.
ALTER TABLE deliveries DROP CONSTRAINT deliveries_pkey;
ALTER TABLE deliveries ADD PRIMARY KEY (delivery_id, event_id);
-- Those that are few among many.
CREATE INDEX deliveries_given_up ON deliveries (state, delivery_id) WHERE state IN ('dead', 'dropped');
DROP INDEX deliveries_dead;
