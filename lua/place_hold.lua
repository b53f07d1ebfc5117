#!lua
-- Places a hold on all the seats or on none. The same hold id and request again answer the hold as
-- it now stands.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] holders, KEYS[5] meta, KEYS[6] changes
-- KEYS[7] told
-- ARGV[1] now in ms, or empty for the clock of Redis
-- ARGV[2] epoch and ARGV[3] version of the event that the caller knows; an empty epoch fits any
-- ARGV[4] hold id, ARGV[5] holder, ARGV[6] time to live in ms
-- ARGV[7] how long to remember the hold once it has ended, in ms
-- ARGV[8] fingerprint of the request; an empty one fits any, and any fits an empty one
-- ARGV[9] seats and prices: index:amount,… in index order
-- Returns status, epoch, revision, now, then
--   placed, repeated: the hold's record
--   conflicts: index:byte,… of every seat that cannot be had
--   limit_reached: the limit, and the seats that the holder has
--   not_on_sale: the state of sales
--   other_request, lapsed, wrong_version, wrong_epoch, not_loaded: nothing
local seats, holds, deadlines, holders, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id, holder, asked, quote = ARGV[4], ARGV[5], ARGV[8], ARGV[9]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'version', 'sales', 'opens_at',
  'closes_at', 'seats_per_person_max', 'told')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local record = redis.call('HGET', holds, id)
if record then
  local owner, first = record:match('^%a+|([^|]*)|%d+|%d+|%d+|%d+|([^|]*)|')
  local is_same = owner == holder and (asked == '' or first == '' or asked == first)
  return { is_same and 'repeated' or 'other_request', epoch, revision, now, record }
end
if m[3] ~= ARGV[3] then return { 'wrong_version', epoch, revision, now } end
if m[4] ~= 'open' or now < tonumber(m[5]) or now >= tonumber(m[6]) then
  return { 'not_on_sale', epoch, revision, now, m[4] }
end
local conflicts, indexes = {}, {}
for index in quote:gmatch('(%d+):') do
  local byte = redis.call('GETRANGE', seats, index, index)
  indexes[#indexes + 1] = index
  if byte ~= '.' then conflicts[#conflicts + 1] = index .. ':' .. byte end
end
local n_had = tonumber(redis.call('HGET', holders, holder) or 0)
local is_over = n_had + #indexes > tonumber(m[7])
if is_over or #conflicts > 0 then
  local due = redis.call('ZRANGEBYSCORE', deadlines, '-inf', now, 'LIMIT', 0, 1)
  if #due > 0 then return { 'lapsed', epoch, revision, now } end
  if is_over then return { 'limit_reached', epoch, revision, now, m[7], n_had } end
  return { 'conflicts', epoch, revision, now, table.concat(conflicts, ',') }
end
local deadline = now + tonumber(ARGV[6])
record = ('held|%s|%.0f|%.0f|0|%s|%s||%s'):format(holder, deadline, now, ARGV[7], asked, quote)
redis.call('ZADD', deadlines, deadline, id)
redis.call('HSET', holds, id, record)
redis.call('HSET', holders, holder, n_had + #indexes)
for _, index in ipairs(indexes) do redis.call('SETRANGE', seats, index, 'h') end
revision = revision + 1
redis.call('HSET', meta, 'revision', ('%.0f'):format(revision))
redis.call('SPUBLISH', KEYS[6], ('{"epoch":%d,"revision":%d,"changes":{"h":[%s]}}')
  :format(epoch, revision, table.concat(indexes, ',')))
if m[8] then
  local told = (tonumber(m[8]) or 0) + 1
  redis.call('HSET', meta, 'told', ('%.0f'):format(told))
  redis.pcall('XADD', KEYS[7], 'MAXLEN', '~', 50000, ('%.0f-%.0f'):format(epoch, told), 'placed',
    ('%s|%.0f|%s|%s'):format(id, now, ('%.0f'):format(deadline), quote))
end
return { 'placed', epoch, revision, now, record }
