#!lua
-- Takes free seats off sale: all or none. Seats that are blocked already count as done.
-- KEYS[1] seats, KEYS[2] deadlines, KEYS[3] meta, KEYS[4] changes
-- ARGV[1] now in ms, or empty; ARGV[2] epoch, or empty; ARGV[3] seats: index,…
-- Returns status, epoch, revision, now, then
--   conflicts: index:byte,… of every seat that is not free
--   blocked, lapsed, wrong_epoch, not_loaded: nothing
local seats, meta = KEYS[1], KEYS[3]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local conflicts, blocked = {}, {}
for index in ARGV[3]:gmatch('%d+') do
  local byte = redis.call('GETRANGE', seats, index, index)
  if byte == '.' then blocked[#blocked + 1] = index
  elseif byte ~= 'x' then conflicts[#conflicts + 1] = index .. ':' .. byte end
end
if #conflicts > 0 then
  local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1)
  if #due > 0 then return { 'lapsed', epoch, revision, now } end
  return { 'conflicts', epoch, revision, now, table.concat(conflicts, ',') }
end
if #blocked > 0 then
  for _, index in ipairs(blocked) do redis.call('SETRANGE', seats, index, 'x') end
  revision = revision + 1
  redis.call('HSET', meta, 'revision', ('%d'):format(revision))
  redis.call('SPUBLISH', KEYS[4], ('{"epoch":%d,"revision":%d,"changes":{"x":[%s]}}')
    :format(epoch, revision, table.concat(blocked, ',')))
end
return { 'blocked', epoch, revision, now }
