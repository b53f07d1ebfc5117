#!lua
-- Takes one permit from a subject's rate limit, or says when the next one is due.
--
-- KEYS[1]  arrival: when the subject's permits would all be back, in microseconds since 1970
-- ARGV[1]  interval: microseconds until one permit is back
-- ARGV[2]  window: microseconds until all permits are back, when all are taken
-- ARGV[3]  now, in microseconds since 1970; empty for the server's own clock
-- Returns  {'taken', microseconds until all permits are back}
--          {'refused', microseconds until all permits are back, microseconds until the next one is}
local arrival_key = KEYS[1]
local interval = tonumber(ARGV[1])
local window = tonumber(ARGV[2])
local now = tonumber(ARGV[3])

if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local arrival = tonumber(redis.call('GET', arrival_key)) or now
-- No arrival lies more than a window ahead, so this one was written by a clock set back since.
if arrival < now or arrival > now + window then
  arrival = now
end

local next_arrival = arrival + interval
if next_arrival > now + window then
  return { 'refused', arrival - now, next_arrival - window - now }
end

-- Lua prints large numbers with 14 digits; an instant in microseconds has 16.
local until_full_ms = math.ceil((next_arrival - now) / 1000)
redis.call('SET', arrival_key, string.format('%d', next_arrival), 'PX', until_full_ms)
return { 'taken', next_arrival - now }
