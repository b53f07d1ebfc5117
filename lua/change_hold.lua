#!lua
-- Adds seats to a live hold and removes others, all or nothing. Seats to add that the hold has, and
-- seats to remove that it has not, are done already: the same change again changes nothing.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] holders, KEYS[5] meta, KEYS[6] changes
-- ARGV[1] now in ms, or empty; ARGV[2] epoch, or empty; ARGV[3] version of the event
-- ARGV[4] hold id, ARGV[5] holder, ARGV[6] most seats a hold may have
-- ARGV[7] seats and prices to add: index:amount,…; ARGV[8] seats to remove: index,…
-- Returns status, epoch, revision, now, then
--   changed, ended: the hold's record; not_on_sale: the state of sales
--   conflicts: index:byte,…; limit_reached: the limit, and the seats that it counts
--   unknown_hold, empty, lapsed, wrong_version, wrong_epoch, not_loaded: nothing
local seats, holds, holders, meta = KEYS[1], KEYS[2], KEYS[4], KEYS[5]
local id, holder, time = ARGV[4], ARGV[5], redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'version', 'sales', 'closes_at',
  'seats_per_person_max', 'waiting')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local record = redis.call('HGET', holds, id) or ''
local state, owner, deadline, middle, quote =
  record:match('^(%a+)|([^|]*)|(%d+)|(%d+|%d+|%d+|[^|]*|[^|]*)|(.*)$')
if owner ~= holder then return { 'unknown_hold', epoch, revision, now } end
if state ~= 'held' or now >= tonumber(deadline) then return { 'ended', epoch, revision, now, record } end
if m[3] ~= ARGV[3] then return { 'wrong_version', epoch, revision, now } end
if m[4] ~= 'open' or now >= tonumber(m[5]) then
  return { 'not_on_sale', epoch, revision, now, m[4] }
end
local had, kept, taken, freed, conflicts = {}, {}, {}, {}, {}
local removes, n_removed = ',' .. ARGV[8] .. ',', 0
for index, amount in quote:gmatch('(%d+):(%d+)') do
  had[index] = true
  if not removes:find(',' .. index .. ',', 1, true) then kept[#kept + 1] = index .. ':' .. amount
  else
    n_removed = n_removed + 1
    -- A seat that has been repaired is not the hold's any more.
    if redis.call('GETRANGE', seats, index, index) == 'h' then freed[#freed + 1] = index end
  end
end
for index, amount in ARGV[7]:gmatch('(%d+):(%d+)') do
  local byte = not had[index] and redis.call('GETRANGE', seats, index, index)
  if byte then taken[#taken + 1], kept[#kept + 1] = index, index .. ':' .. amount end
  if byte and byte ~= '.' then conflicts[#conflicts + 1] = index .. ':' .. byte end
end
local n_had, n_more = tonumber(redis.call('HGET', holders, holder) or 0), #taken - #freed
if #kept == 0 then return { 'empty', epoch, revision, now } end
-- The limit may have been lowered since: a hold above it may still shrink.
if #taken > n_removed and #kept > tonumber(ARGV[6]) then
  return { 'limit_reached', epoch, revision, now, ARGV[6], #kept - #taken }
end
local is_over = n_more > 0 and n_had + n_more > tonumber(m[6])
if is_over or #conflicts > 0 then
  local due = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 1)
  if #due > 0 then return { 'lapsed', epoch, revision, now } end
  if is_over then return { 'limit_reached', epoch, revision, now, m[6], n_had } end
  return { 'conflicts', epoch, revision, now, table.concat(conflicts, ',') }
end
-- Who changes an offer has seen what the board has of it, and no older token says it better.
local is_loaded = middle:find('|offer|', 1, true)
if #taken + n_removed == 0 and not is_loaded then
  return { 'changed', epoch, revision, now, record }
end
table.sort(kept, function(a, b) return tonumber(a:match('%d+')) < tonumber(b:match('%d+')) end)
middle = middle:gsub('|offer|', '||')
record = ('held|%s|%s|%s|%s'):format(holder, deadline, middle, table.concat(kept, ','))
local free, n_has = tonumber(m[7] or 0) > 0 and 'w' or '.', math.max(0, n_had + n_more)
redis.call('HSET', holds, id, record)
if n_has > 0 then redis.call('HSET', holders, holder, n_has)
else redis.call('HDEL', holders, holder) end
for _, index in ipairs(freed) do redis.call('SETRANGE', seats, index, free) end
for _, index in ipairs(taken) do redis.call('SETRANGE', seats, index, 'h') end
revision = revision + 1
redis.call('HSET', meta, 'revision', ('%d'):format(revision))
redis.call('SPUBLISH', KEYS[6], ('{"epoch":%d,"revision":%d,"changes":{"%s":[%s],"h":[%s]}}')
  :format(epoch, revision, free, table.concat(freed, ','), table.concat(taken, ',')))
return { 'changed', epoch, revision, now, record }
