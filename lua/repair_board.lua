#!lua
-- Sets seats to what PostgreSQL says, each only if it still has the byte that the reconciler saw.
-- What is free is kept while people wait.
-- KEYS[1] seats, KEYS[2] meta, KEYS[3] changes
-- ARGV[1] now in ms, or empty; ARGV[2] epoch; ARGV[3] repairs: index:seen:byte,…
-- Returns status, epoch, revision, now, then
--   repaired: number of seats set
--   wrong_epoch, not_loaded: nothing
local seats, meta = KEYS[1], KEYS[2]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'waiting')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local changes, n_repaired = {}, 0
local free = (tonumber(m[3]) or 0) > 0 and 'w' or '.'
for index, seen, byte in ARGV[3]:gmatch('(%d+):(.):(.)') do
  if byte == '.' then byte = free end
  if redis.call('GETRANGE', seats, index, index) == seen then
    redis.call('SETRANGE', seats, index, byte)
    changes[byte] = changes[byte] or {}
    table.insert(changes[byte], index)
    n_repaired = n_repaired + 1
  end
end
if n_repaired > 0 then
  revision = revision + 1
  redis.call('HSET', meta, 'revision', ('%d'):format(revision))
  local parts = {}
  for byte, indexes in pairs(changes) do
    parts[#parts + 1] = ('"%s":[%s]'):format(byte, table.concat(indexes, ','))
  end
  redis.call('SPUBLISH', KEYS[3], ('{"epoch":%d,"revision":%d,"changes":{%s}}')
    :format(epoch, revision, table.concat(parts, ',')))
end
return { 'repaired', epoch, revision, now, n_repaired }
