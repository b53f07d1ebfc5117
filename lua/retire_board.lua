#!lua
-- Takes the board of an event that is over from memory. Whoever wants it after that loads it anew.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] holders, KEYS[5] meta, KEYS[6] told
-- ARGV[1] now in ms, or empty; ARGV[2] epoch
-- Returns status, epoch
--   retired; superseded: there is, or will be, a board of a newer epoch
--   selling: its event has been put off since, or a clock is wrong
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', KEYS[5], 'epoch', 'loading', 'sales', 'closes_at')
local epoch = math.max(tonumber(m[1]) or 0, tonumber(m[2]) or 0)
if epoch > tonumber(ARGV[2]) then return { 'superseded', epoch } end
if m[3] ~= 'closed' and now < (tonumber(m[4]) or 0) then return { 'selling', epoch } end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6])
return { 'retired', epoch }
