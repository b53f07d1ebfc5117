COMMENT ON TABLE board_epochs IS 'Every epoch of every board, and which store had the board in it: written by a trigger with the epoch itself. Of an event that is over the last one is kept.';
