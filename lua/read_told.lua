#!lua
-- Answers what has happened to holds since a position, for webhooks, and forgets what happened up
-- to there. Has the scripts tell of holds where somebody is to be told, and no more where nobody is.
-- KEYS[1] meta, KEYS[2] told
-- ARGV[1] now in ms, or empty; ARGV[2] epoch, or empty
-- ARGV[3] whether somebody is to be told: 1 or 0
-- ARGV[4] epoch and ARGV[5] number of the entry up to which all is taken; ARGV[6] most entries
-- Returns status, epoch, revision, now, then
--   told: how many entries there have been in this epoch, and epoch-number=kind=text;… of those
--     asked for, each text being id|at|deadline|seats
--   untold, wrong_epoch, not_loaded: nothing
local meta, told, time = KEYS[1], KEYS[2], redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'told')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
if ARGV[3] ~= '1' then
  redis.call('HDEL', meta, 'told')
  redis.call('DEL', told)
  return { 'untold', epoch, revision, now }
end
local last_epoch, last_n = 0, 0
if redis.call('TYPE', told).ok == 'stream' then
  local facts = redis.call('XINFO', 'STREAM', told)
  for i = 1, #facts, 2 do
    if facts[i] == 'last-generated-id' then
      last_epoch, last_n = facts[i + 1]:match('(%d+)-(%d+)')
      last_epoch, last_n = tonumber(last_epoch), tonumber(last_n)
    end
  end
end
-- Nothing could be added to a stream that is ahead of the board, nor to another thing.
if last_epoch == 0 or last_epoch > epoch then redis.call('DEL', told) end
-- Numbers go on where they were, whatever has become of the count.
local n_told = tonumber(m[3]) or tonumber(ARGV[4]) == epoch and tonumber(ARGV[5]) or 0
if last_epoch == epoch then n_told = math.max(n_told, last_n) end
if n_told ~= tonumber(m[3]) then redis.call('HSET', meta, 'told', ('%d'):format(n_told)) end
-- A position ahead of the count is one of data that Redis has lost: nothing is known to be taken.
local is_known = tonumber(ARGV[4]) ~= epoch or tonumber(ARGV[5]) <= n_told
if is_known then
  redis.call('XTRIM', told, 'MINID', ('%s-%d'):format(ARGV[4], tonumber(ARGV[5]) + 1))
end
local parts = {}
local entries = redis.call('XRANGE', told, '(' .. ARGV[4] .. '-' .. ARGV[5], '+', 'COUNT', ARGV[6])
for n, entry in ipairs(entries) do
  parts[n] = ('%s=%s=%s'):format(entry[1], entry[2][1], entry[2][2])
end
return { 'told', epoch, revision, now, ('%d'):format(n_told), table.concat(parts, ';') }
