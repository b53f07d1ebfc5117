#!lua
-- Releases a live hold for its holder; refused while it is being confirmed. Again answers the same.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] holders, KEYS[5] meta, KEYS[6] changes
-- KEYS[7] told
-- ARGV[1] now in ms, or empty; ARGV[2] epoch, or empty; ARGV[3] hold id; ARGV[4] holder
-- Returns status, epoch, revision, now, then
--   released, ended, confirming: the hold's record
--   unknown_hold, wrong_epoch, not_loaded: nothing
local seats, holds, holders, meta, id, holder = KEYS[1], KEYS[2], KEYS[4], KEYS[5], ARGV[3], ARGV[4]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'waiting', 'told')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local record = redis.call('HGET', holds, id) or ''
local state, owner, deadline, placed_at, keep, asked, quote =
  record:match('^(%a+)|([^|]*)|(%d+)|(%d+)|%d+|(%d+)|([^|]*)|[^|]*|(.*)$')
if owner ~= holder then return { 'unknown_hold', epoch, revision, now } end
if state == 'confirming' then return { 'confirming', epoch, revision, now, record } end
-- A lapsed hold has expired, swept or not: it has one outcome, whoever looks when.
if state ~= 'held' or now >= tonumber(deadline) then
  return { 'ended', epoch, revision, now, record }
end
local n_had = tonumber(redis.call('HGET', holders, holder)) or 0
local free, freed = tonumber(m[3] or 0) > 0 and 'w' or '.', {}
-- A seat that has been repaired is not the hold's any more.
for index in quote:gmatch('(%d+):%d+') do
  if redis.call('GETRANGE', seats, index, index) == 'h' then freed[#freed + 1] = index end
end
record = ('released|%s|%s|%s|%d|%s|%s||%s')
  :format(holder, deadline, placed_at, now, keep, asked, quote)
redis.call('ZADD', KEYS[3], now + tonumber(keep), id)
redis.call('HSET', holds, id, record)
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
  redis.pcall('XADD', KEYS[7], 'MAXLEN', '~', 50000, ('%d-%d'):format(epoch, told), 'released',
    ('%s|%d|%s|%s'):format(id, now, deadline, quote))
end
return { 'released', epoch, revision, now, record }
