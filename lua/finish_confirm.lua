#!lua
-- Marks the seats of holds booked, after PostgreSQL has committed their bookings. Again changes
-- nothing.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] meta, KEYS[5] changes
-- ARGV[1] now in ms, or empty; ARGV[2] epoch; ARGV[3] hold ids: id,…
-- ARGV[4] least ms to remember them
-- Returns status, epoch, revision, now
--   finished: those that were live; ended: none was
--   wrong_epoch, not_loaded
local seats, holds, deadlines, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local booked, due, records, n_seats = {}, {}, {}, redis.call('STRLEN', seats)
for id in ARGV[3]:gmatch('[^,]+') do
  local record = redis.call('HGET', holds, id) or ''
  local state, holder, times, keep, asked, quote =
    record:match('^(%a+)|([^|]*)|(%d+|%d+)|%d+|(%d+)|([^|]*)|[^|]*|(.*)$')
  -- A hold that an aborted attempt has put back is finished by the attempt that committed.
  if state == 'confirming' or state == 'held' then
    due[#due + 1] = now + math.max(tonumber(keep), tonumber(ARGV[4]))
    due[#due + 1] = id
    records[#records + 1] = id
    records[#records + 1] = ('confirmed|%s|%s|%.0f|%s|%s||%s')
      :format(holder, times, now, keep, asked, quote)
    for index in quote:gmatch('(%d+):') do
      if tonumber(index) < n_seats then booked[#booked + 1] = index end
    end
  end
end
if #records == 0 then return { 'ended', epoch, revision, now } end
redis.call('ZADD', deadlines, unpack(due))
redis.call('HSET', holds, unpack(records))
for _, index in ipairs(booked) do redis.call('SETRANGE', seats, index, 'b') end
revision = revision + 1
redis.call('HSET', meta, 'revision', ('%.0f'):format(revision))
redis.call('SPUBLISH', KEYS[5], ('{"epoch":%d,"revision":%d,"changes":{"b":[%s]}}')
  :format(epoch, revision, table.concat(booked, ',')))
return { 'finished', epoch, revision, now }
