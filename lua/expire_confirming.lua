#!lua
-- Ends a confirming hold as expired, after PostgreSQL has recorded that it did not become a booking.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] holders, KEYS[5] meta, KEYS[6] changes
-- KEYS[7] told
-- ARGV[1] now in ms, or empty; ARGV[2] epoch; ARGV[3] hold id
-- ARGV[4] least ms to remember it; ARGV[5] the same where it was placed with a key
-- Returns status, epoch, revision, now
--   expired, ended, unknown_hold, wrong_epoch, not_loaded
local seats, holds, deadlines, holders, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id, time = ARGV[3], redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'waiting', 'told')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local record = redis.call('HGET', holds, id) or ''
local state, holder, times, keep, asked, quote =
  record:match('^(%a+)|([^|]*)|(%d+|%d+)|%d+|(%d+)|([^|]*)|[^|]*|(.*)$')
if not state then return { 'unknown_hold', epoch, revision, now } end
-- An aborted attempt may have put it back to held; PostgreSQL has ended it all the same.
if state ~= 'confirming' and state ~= 'held' then return { 'ended', epoch, revision, now } end
local free, freed = tonumber(m[3] or 0) > 0 and 'w' or '.', {}
local n_had = tonumber(redis.call('HGET', holders, holder)) or 0
-- A seat that has been repaired is not the hold's any more.
local byte = state == 'held' and 'h' or 'c'
for index in quote:gmatch('(%d+):%d+') do
  if redis.call('GETRANGE', seats, index, index) == byte then freed[#freed + 1] = index end
end
local least = tonumber(asked == '' and ARGV[4] or ARGV[5])
redis.call('ZADD', deadlines, now + math.max(tonumber(keep), least), id)
redis.call('HSET', holds, id, ('expired|%s|%s|%d|%s|%s||%s')
  :format(holder, times, now, keep, asked, quote))
if n_had > #freed then redis.call('HSET', holders, holder, n_had - #freed)
else redis.call('HDEL', holders, holder) end
for _, index in ipairs(freed) do redis.call('SETRANGE', seats, index, free) end
revision = revision + 1
redis.call('HSET', meta, 'revision', ('%d'):format(revision))
redis.call('SPUBLISH', KEYS[6], ('{"epoch":%d,"revision":%d,"changes":{"%s":[%s]}}')
  :format(epoch, revision, free, table.concat(freed, ',')))
if m[4] then
  local told = (tonumber(m[4]) or 0) + 1
  redis.call('HSET', meta, 'told', ('%d'):format(told))
  redis.pcall('XADD', KEYS[7], 'MAXLEN', '~', 50000, ('%d-%d'):format(epoch, told), 'expired',
    ('%s|%d|%s|%s'):format(id, now, times:match('%d+'), quote))
end
return { 'expired', epoch, revision, now }
