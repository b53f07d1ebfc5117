#!lua
-- Frees seats of a cancelled booking, or blocked seats: they become free, or kept while people wait.
-- Seats in another state are left alone.
-- KEYS[1] seats, KEYS[2] holders, KEYS[3] meta, KEYS[4] changes
-- ARGV[1] now in ms, or empty; ARGV[2] epoch; ARGV[3] byte of the seats to free: b or x
-- ARGV[4] holder whose seats they were, or empty; ARGV[5] the call is void from then on, in ms
-- ARGV[6] seats: index,…
-- Returns status, epoch, revision, now, then
--   freed: number freed
--   void, wrong_epoch, not_loaded: nothing
local seats, holders, meta, holder = KEYS[1], KEYS[2], KEYS[3], ARGV[4]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'waiting')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
-- A delayed call must not free a seat that has been booked again since.
if now >= tonumber(ARGV[5]) then return { 'void', epoch, revision, now } end
local free, freed = tonumber(m[3] or 0) > 0 and 'w' or '.', {}
for index in ARGV[6]:gmatch('%d+') do
  if redis.call('GETRANGE', seats, index, index) == ARGV[3] then freed[#freed + 1] = index end
end
local n_had = holder ~= '' and tonumber(redis.call('HGET', holders, holder) or 0) or 0
if #freed == 0 then return { 'freed', epoch, revision, now, 0 } end
if n_had > #freed then redis.call('HSET', holders, holder, n_had - #freed)
elseif n_had > 0 then redis.call('HDEL', holders, holder) end
for _, index in ipairs(freed) do redis.call('SETRANGE', seats, index, free) end
revision = revision + 1
redis.call('HSET', meta, 'revision', ('%d'):format(revision))
redis.call('SPUBLISH', KEYS[4], ('{"epoch":%d,"revision":%d,"changes":{"%s":[%s]}}')
  :format(epoch, revision, free, table.concat(freed, ',')))
return { 'freed', epoch, revision, now, #freed }
