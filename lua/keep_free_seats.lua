#!lua
-- Keeps free seats for somebody on the waitlist for whom seats are collected. Seats in another state
-- are left.
-- KEYS[1] seats, KEYS[2] meta, KEYS[3] changes
-- ARGV[1] now in ms, or empty; ARGV[2] epoch; ARGV[3] version of the waitlist that asks
-- ARGV[4] seats: index,…
-- Returns status, epoch, revision, now, then
--   kept: number of seats
--   void, wrong_epoch, not_loaded: nothing
local seats, meta = KEYS[1], KEYS[2]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'waiting_version', 'waiting')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local is_old = (tonumber(m[3]) or 0) > tonumber(ARGV[3]) or (tonumber(m[4]) or 0) == 0
if is_old then return { 'void', epoch, revision, now } end
local kept = {}
for index in ARGV[4]:gmatch('%d+') do
  if redis.call('GETRANGE', seats, index, index) == '.' then kept[#kept + 1] = index end
end
if #kept > 0 then
  for _, index in ipairs(kept) do redis.call('SETRANGE', seats, index, 'w') end
  revision = revision + 1
  redis.call('HSET', meta, 'revision', ('%d'):format(revision))
  redis.call('SPUBLISH', KEYS[3], ('{"epoch":%d,"revision":%d,"changes":{"w":[%s]}}')
    :format(epoch, revision, table.concat(kept, ',')))
end
return { 'kept', epoch, revision, now, #kept }
