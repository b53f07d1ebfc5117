#!lua
-- Puts kept seats that nobody on the waitlist wants back on sale. Seats in another state are left.
-- KEYS[1] seats, KEYS[2] meta, KEYS[3] changes
-- ARGV[1] now in ms, or empty; ARGV[2] epoch; ARGV[3] version of the waitlist that was asked
-- ARGV[4] the call is void from then on, in ms; ARGV[5] seats: index,…
-- Returns status, epoch, revision, now, then
--   let_go: number of seats
--   void, wrong_epoch, not_loaded: nothing
local seats, meta = KEYS[1], KEYS[2]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'waiting_version')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
-- Somebody may have joined, or the seat come back, since it was found that nobody wants it.
local is_old = (tonumber(m[3]) or 0) > tonumber(ARGV[3]) or now >= tonumber(ARGV[4])
if is_old then return { 'void', epoch, revision, now } end
local freed = {}
for index in ARGV[5]:gmatch('%d+') do
  if redis.call('GETRANGE', seats, index, index) == 'w' then freed[#freed + 1] = index end
end
if #freed > 0 then
  for _, index in ipairs(freed) do redis.call('SETRANGE', seats, index, '.') end
  revision = revision + 1
  redis.call('HSET', meta, 'revision', ('%d'):format(revision))
  redis.call('SPUBLISH', KEYS[3], ('{"epoch":%d,"revision":%d,"changes":{".":[%s]}}')
    :format(epoch, revision, table.concat(freed, ',')))
end
return { 'let_go', epoch, revision, now, #freed }
