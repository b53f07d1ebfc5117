#!lua
-- Reads several holds as of one moment.
-- KEYS[1] holds, KEYS[2] meta
-- ARGV[1] now in ms, or empty; ARGV[2] epoch, or empty; ARGV[3] hold ids: id,…
-- Returns status, epoch, revision, now, then
--   holds: each hold's record, empty where there is none
--   wrong_epoch, not_loaded: nothing
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', KEYS[2], 'epoch', 'revision')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local answer = { 'holds', epoch, revision, now }
for id in ARGV[3]:gmatch('[^,]+') do
  answer[#answer + 1] = redis.call('HGET', KEYS[1], id) or ''
end
return answer
