#!lua
-- Marks the seats of a hold booked, after PostgreSQL has committed the booking. Again changes nothing.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] meta, KEYS[5] changes
-- ARGV[1] now in ms, or empty; ARGV[2] epoch; ARGV[3] hold id; ARGV[4] least ms to remember it
-- Returns status, epoch, revision, now
--   finished, ended, unknown_hold, wrong_epoch, not_loaded
local seats, holds, deadlines, meta, id = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[3]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local record = redis.call('HGET', holds, id) or ''
local state, holder, times, keep, asked, quote =
  record:match('^(%a+)|([^|]*)|(%d+|%d+)|%d+|(%d+)|([^|]*)|[^|]*|(.*)$')
if not state then return { 'unknown_hold', epoch, revision, now } end
-- A hold that an aborted attempt has put back is finished by the attempt that committed.
if state ~= 'confirming' and state ~= 'held' then return { 'ended', epoch, revision, now } end
local booked, n_seats = {}, redis.call('STRLEN', seats)
for index in quote:gmatch('(%d+):') do
  if tonumber(index) < n_seats then booked[#booked + 1] = index end
end
redis.call('ZADD', deadlines, now + math.max(tonumber(keep), tonumber(ARGV[4])), id)
redis.call('HSET', holds, id, ('confirmed|%s|%s|%.0f|%s|%s||%s')
  :format(holder, times, now, keep, asked, quote))
for _, index in ipairs(booked) do redis.call('SETRANGE', seats, index, 'b') end
revision = revision + 1
redis.call('HSET', meta, 'revision', ('%.0f'):format(revision))
redis.call('SPUBLISH', KEYS[5], ('{"epoch":%d,"revision":%d,"changes":{"b":[%s]}}')
  :format(epoch, revision, table.concat(booked, ',')))
return { 'finished', epoch, revision, now }
