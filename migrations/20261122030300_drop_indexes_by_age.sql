-- Where old rows were deleted and new ones took their places, a range begins with what is gone: for
-- deleting what is old again, every range would have to be read.
DROP INDEX outbox_by_age;
DROP INDEX notifications_by_age;
