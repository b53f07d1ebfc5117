#!lua
-- Sweeps a batch of what is due: frees the seats of lapsed holds, forgets holds that ended a while
-- ago, and names the confirming holds whose lease has passed, which only the reconciler may end.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] holders, KEYS[5] meta, KEYS[6] changes
-- KEYS[7] told
-- ARGV[1] now in ms, or empty; ARGV[2] epoch, or empty; ARGV[3] most holds to sweep
-- ARGV[4] ms until a confirming hold is named again; ARGV[5] least ms to remember an expired hold
-- Returns status, epoch, revision, now, then
--   swept: number swept, ids of expired holds, ids of confirming holds, next deadline or empty
--   wrong_epoch, not_loaded: nothing
local seats, holds, deadlines, holders, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'waiting', 'told')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local free = tonumber(m[3] or 0) > 0 and 'w' or '.'
local due = redis.call('ZRANGEBYSCORE', deadlines, '-inf', now, 'LIMIT', 0, ARGV[3])
local freed, counts, records, expired, confirming, forgotten = {}, {}, {}, {}, {}, {}
for _, id in ipairs(due) do
  local record = redis.call('HGET', holds, id) or ''
  local state, holder, times, keep, asked, quote =
    record:match('^(%a+)|([^|]*)|(%d+|%d+)|%d+|(%d+)|([^|]*)|[^|]*|(.*)$')
  if state == 'held' then
    local n_freed = #freed
    -- A seat that has been repaired is not the hold's any more.
    for index in quote:gmatch('(%d+):%d+') do
      if redis.call('GETRANGE', seats, index, index) == 'h' then freed[#freed + 1] = index end
    end
    counts[holder] = counts[holder] or tonumber(redis.call('HGET', holders, holder)) or 0
    counts[holder] = math.max(0, counts[holder] - (#freed - n_freed))
    expired[#expired + 1] = id
    records[id] = { now + math.max(tonumber(keep), tonumber(ARGV[5])),
      ('expired|%s|%s|%d|%s|%s||%s'):format(holder, times, now, keep, asked, quote),
      ('%s|%d|%s|%s'):format(id, now, times:match('%d+'), quote) }
  elseif state == 'confirming' then
    confirming[#confirming + 1] = id
  else
    forgotten[#forgotten + 1] = id
  end
end
for id, one in pairs(records) do
  redis.call('ZADD', deadlines, one[1], id)
  redis.call('HSET', holds, id, one[2])
end
for _, id in ipairs(confirming) do redis.call('ZADD', deadlines, now + tonumber(ARGV[4]), id) end
for _, id in ipairs(forgotten) do
  redis.call('ZREM', deadlines, id)
  redis.call('HDEL', holds, id)
end
for holder, count in pairs(counts) do
  if count > 0 then redis.call('HSET', holders, holder, count)
  else redis.call('HDEL', holders, holder) end
end
for _, index in ipairs(freed) do redis.call('SETRANGE', seats, index, free) end
if #freed > 0 then
  revision = revision + 1
  redis.call('HSET', meta, 'revision', ('%d'):format(revision))
  redis.call('SPUBLISH', KEYS[6], ('{"epoch":%d,"revision":%d,"changes":{"%s":[%s]}}')
    :format(epoch, revision, free, table.concat(freed, ',')))
end
local n_told = tonumber(m[4]) or 0
if m[4] then redis.call('HSET', meta, 'told', ('%d'):format(n_told + #expired)) end
for n, id in ipairs(m[4] and expired or {}) do
  redis.pcall('XADD', KEYS[7], 'MAXLEN', '~', 50000, ('%d-%d'):format(epoch, n_told + n),
    'expired', records[id][3])
end
local next = redis.call('ZRANGE', deadlines, 0, 0, 'WITHSCORES')
return { 'swept', epoch, revision, now, #due, table.concat(expired, ','),
  table.concat(confirming, ','), next[2] or '' }
