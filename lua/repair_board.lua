#!lua
-- Sets seats to what PostgreSQL says, each only if it still has the byte that the reconciler saw.
-- What is free is kept while people wait. A seat that is set counts no more for whose it was, and
-- for whose it is from now on.
-- KEYS[1] seats, KEYS[2] holders, KEYS[3] meta, KEYS[4] changes
-- ARGV[1] now in ms, or empty; ARGV[2] epoch
-- ARGV[3] repairs: index:seen:byte:whose it was, or empty:whose it is, or empty,…
-- Returns status, epoch, revision, now, then
--   repaired: number of seats set
--   wrong_epoch, not_loaded: nothing
local seats, holders, meta = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'waiting')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local changes, counts, n_repaired = {}, {}, 0
local free = (tonumber(m[3]) or 0) > 0 and 'w' or '.'
local function count(holder, n_more)
  if holder == '' then return end
  counts[holder] = counts[holder] or tonumber(redis.call('HGET', holders, holder)) or 0
  counts[holder] = counts[holder] + n_more
end
for index, seen, byte, was, is in ARGV[3]:gmatch('(%d+):(.):(.):([^:,]*):([^:,]*)') do
  if byte == '.' then byte = free end
  if redis.call('GETRANGE', seats, index, index) == seen then
    changes[byte] = changes[byte] or {}
    table.insert(changes[byte], index)
    count(was, -1)
    count(is, 1)
    n_repaired = n_repaired + 1
  end
end
if n_repaired > 0 then
  revision = revision + 1
  redis.call('HSET', meta, 'revision', ('%d'):format(revision))
  for holder, n in pairs(counts) do
    if n > 0 then redis.call('HSET', holders, holder, n)
    else redis.call('HDEL', holders, holder) end
  end
  local parts = {}
  for byte, indexes in pairs(changes) do
    for _, index in ipairs(indexes) do redis.call('SETRANGE', seats, index, byte) end
    parts[#parts + 1] = ('"%s":[%s]'):format(byte, table.concat(indexes, ','))
  end
  redis.call('SPUBLISH', KEYS[4], ('{"epoch":%d,"revision":%d,"changes":{%s}}')
    :format(epoch, revision, table.concat(parts, ',')))
end
return { 'repaired', epoch, revision, now, n_repaired }
