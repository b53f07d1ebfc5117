#!lua
-- Reads every seat's state as of one revision.
-- KEYS[1] seats, KEYS[2] meta
-- ARGV[1] now in ms, or empty; ARGV[2] epoch, or empty
-- Returns status, epoch, revision, now, then
--   board: the seats, a byte each; the version of the event
--   wrong_epoch, not_loaded: nothing
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', KEYS[2], 'epoch', 'revision', 'version')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local seats = redis.call('GET', KEYS[1])
if not seats then return { 'not_loaded', 0, 0, now } end
return { 'board', epoch, revision, now, seats, m[3] }
