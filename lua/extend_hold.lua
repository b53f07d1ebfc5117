#!lua
-- Moves a live hold's deadline to a full time to live from now, within its longest lifetime.
-- KEYS[1] holds, KEYS[2] deadlines, KEYS[3] meta, KEYS[4] told
-- ARGV[1] now in ms, or empty; ARGV[2] epoch, or empty; ARGV[3] hold id; ARGV[4] holder
-- ARGV[5] time to live in ms; ARGV[6] longest lifetime in ms, from when the hold was placed
-- Returns status, epoch, revision, now, then
--   extended, at_cap, ended: the hold's record
--   not_on_sale: the state of sales
--   unknown_hold, wrong_epoch, not_loaded: nothing
local holds, deadlines, id, holder = KEYS[1], KEYS[2], ARGV[3], ARGV[4]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', KEYS[3], 'epoch', 'revision', 'sales', 'told')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local record = redis.call('HGET', holds, id) or ''
local state, owner, deadline, placed_at, rest =
  record:match('^(%a+)|([^|]*)|(%d+)|(%d+)|(.*)$')
if owner ~= holder then return { 'unknown_hold', epoch, revision, now } end
if state ~= 'held' or now >= tonumber(deadline) then
  return { 'ended', epoch, revision, now, record }
end
if m[3] == 'closed' then return { 'not_on_sale', epoch, revision, now, m[3] } end
local cap = tonumber(placed_at) + tonumber(ARGV[6])
if tonumber(deadline) >= cap then return { 'at_cap', epoch, revision, now, record } end
local was = tonumber(deadline)
deadline = math.max(was, math.min(now + tonumber(ARGV[5]), cap))
record = ('held|%s|%d|%s|%s'):format(holder, deadline, placed_at, rest)
redis.call('ZADD', deadlines, deadline, id)
redis.call('HSET', holds, id, record)
if deadline > was and m[4] then
  local told = (tonumber(m[4]) or 0) + 1
  redis.call('HSET', KEYS[3], 'told', ('%d'):format(told))
  redis.pcall('XADD', KEYS[4], 'MAXLEN', '~', 50000, ('%d-%d'):format(epoch, told), 'extended',
    ('%s|%d|%s|%s'):format(id, now, ('%d'):format(deadline), rest:match('[^|]*$')))
end
return { 'extended', epoch, revision, now, record }
