#!lua
-- Tells a board how many people wait for its seats, unless it has been told something newer.
-- KEYS[1] meta
-- ARGV[1] now in ms, or empty; ARGV[2] epoch, or empty; ARGV[3] version of the waitlist
-- ARGV[4] number of people waiting
-- Returns status, epoch, revision, now
--   set, newer, wrong_epoch, not_loaded
local meta, time = KEYS[1], redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'waiting_version')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
if (tonumber(m[3]) or 0) > tonumber(ARGV[3]) then return { 'newer', epoch, revision, now } end
redis.call('HSET', meta, 'waiting_version', ARGV[3], 'waiting', ARGV[4])
return { 'set', epoch, revision, now }
