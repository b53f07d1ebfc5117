-- The planner takes an array for ten rows, and compared each row of a batch with each other one.
ALTER FUNCTION confirm_holds SET enable_nestloop = off;
