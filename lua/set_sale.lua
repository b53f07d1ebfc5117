#!lua
-- Brings an event's state and limits to its board, unless the board has newer ones.
-- KEYS[1] meta
-- ARGV[1] now in ms, or empty; ARGV[2] epoch, or empty; ARGV[3] version of the event
-- ARGV[4] sales: open, paused or closed; ARGV[5], ARGV[6] sales open and close, in ms
-- ARGV[7] most seats a person may have
-- Returns status, epoch, revision, now
--   set, newer, wrong_epoch, not_loaded
local meta, time = KEYS[1], redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'version')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
if (tonumber(m[3]) or 0) > tonumber(ARGV[3]) then return { 'newer', epoch, revision, now } end
redis.call('HSET', meta, 'version', ARGV[3], 'sales', ARGV[4], 'opens_at', ARGV[5],
  'closes_at', ARGV[6], 'seats_per_person_max', ARGV[7])
return { 'set', epoch, revision, now }
