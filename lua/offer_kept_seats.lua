#!lua
-- Places the hold of a waitlist offer on seats that are kept or free: on all of them, or on none.
-- Refused once it is refused for good: the id is remembered as ended, without seats, so that a
-- delayed call cannot place it later. The same id again answers the hold as it now stands.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] holders, KEYS[5] meta, KEYS[6] changes
-- KEYS[7] told
-- ARGV[1] now in ms, or empty; ARGV[2] epoch; ARGV[3] hold id; ARGV[4] holder
-- ARGV[5] time to live in ms; ARGV[6] how long to remember the hold once it has ended, in ms
-- ARGV[7] seats and prices: index:amount,… in index order
-- Returns status, epoch, revision, now, then
--   placed, repeated: the hold's record
--   refused: why: not_on_sale, limit_reached or conflicts
--   lapsed, wrong_epoch, not_loaded: nothing
local seats, holds, deadlines, holders, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id, holder, keep, quote, time = ARGV[3], ARGV[4], ARGV[6], ARGV[7], redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'sales', 'opens_at', 'closes_at',
  'seats_per_person_max', 'told')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local record = redis.call('HGET', holds, id)
if record then return { 'repeated', epoch, revision, now, record } end
local indexes, refusal = {}, nil
for index in quote:gmatch('(%d+):%d+') do
  local byte = redis.call('GETRANGE', seats, index, index)
  indexes[#indexes + 1] = index
  if byte ~= 'w' and byte ~= '.' then refusal = 'conflicts' end
end
local n_had = tonumber(redis.call('HGET', holders, holder) or 0)
if n_had + #indexes > tonumber(m[6]) then
  local due = redis.call('ZRANGEBYSCORE', deadlines, '-inf', now, 'LIMIT', 0, 1)
  if #due > 0 then return { 'lapsed', epoch, revision, now } end
  refusal = 'limit_reached'
end
if m[3] ~= 'open' or now < tonumber(m[4]) or now >= tonumber(m[5]) then refusal = 'not_on_sale' end
if refusal then
  redis.call('ZADD', deadlines, now + tonumber(keep), id)
  redis.call('HSET', holds, id, ('released|%s|%d|%d|%d|%s|||')
    :format(holder, now, now, now, keep))
  return { 'refused', epoch, revision, now, refusal }
end
local deadline = now + tonumber(ARGV[5])
record = ('held|%s|%d|%d|0|%s|||%s'):format(holder, deadline, now, keep, quote)
redis.call('ZADD', deadlines, deadline, id)
redis.call('HSET', holds, id, record)
redis.call('HSET', holders, holder, n_had + #indexes)
for _, index in ipairs(indexes) do redis.call('SETRANGE', seats, index, 'h') end
revision = revision + 1
redis.call('HSET', meta, 'revision', ('%d'):format(revision))
redis.call('SPUBLISH', KEYS[6], ('{"epoch":%d,"revision":%d,"changes":{"h":[%s]}}')
  :format(epoch, revision, table.concat(indexes, ',')))
if m[7] then
  local told = (tonumber(m[7]) or 0) + 1
  redis.call('HSET', meta, 'told', ('%d'):format(told))
  redis.pcall('XADD', KEYS[7], 'MAXLEN', '~', 50000, ('%d-%d'):format(epoch, told), 'placed',
    ('%s|%d|%s|%s'):format(id, now, ('%d'):format(deadline), quote))
end
return { 'placed', epoch, revision, now, record }
