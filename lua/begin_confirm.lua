#!lua
-- Takes a hold from held to confirming, if its deadline has not passed. From here no timer frees its
-- seats. Several confirms of one hold may be under way; each is an attempt of its own.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] meta, KEYS[5] changes
-- ARGV[1] now in ms, or empty; ARGV[2] epoch, or empty; ARGV[3] hold id; ARGV[4] holder
-- ARGV[5] attempt: eight hexadecimal digits; ARGV[6] lease in ms; ARGV[7] most attempts at once
-- Returns status, epoch, revision, now, then
--   confirming, too_many, ended: the hold's record
--   unknown_hold, wrong_epoch, not_loaded: nothing
local seats, holds, deadlines, meta, id, attempt = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[3], ARGV[5]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local record = redis.call('HGET', holds, id) or ''
local state, owner, deadline, placed_at, since, memory, attempts, quote =
  record:match('^(%a+)|([^|]*)|(%d+)|(%d+)|(%d+)|(%d+|[^|]*)|([^|]*)|(.*)$')
if owner ~= ARGV[4] then return { 'unknown_hold', epoch, revision, now } end
local is_live = state == 'held' and now < tonumber(deadline)
if state ~= 'confirming' and not is_live then return { 'ended', epoch, revision, now, record } end
if not attempts:find(attempt, 1, true) then attempts = attempts .. attempt .. ' ' end
if #attempts > 9 * tonumber(ARGV[7]) then return { 'too_many', epoch, revision, now, record } end
local taken, n_seats = {}, redis.call('STRLEN', seats)
if state == 'held' then
  since = ('%.0f'):format(now)
  for index in quote:gmatch('(%d+):') do
    if tonumber(index) < n_seats then taken[#taken + 1] = index end
  end
end
record = ('confirming|%s|%s|%s|%s|%s|%s|%s')
  :format(owner, deadline, placed_at, since, memory, attempts, quote)
redis.call('ZADD', deadlines, now + tonumber(ARGV[6]), id)
redis.call('HSET', holds, id, record)
if #taken > 0 then
  for _, index in ipairs(taken) do redis.call('SETRANGE', seats, index, 'c') end
  revision = revision + 1
  redis.call('HSET', meta, 'revision', ('%.0f'):format(revision))
  redis.call('SPUBLISH', KEYS[5], ('{"epoch":%d,"revision":%d,"changes":{"c":[%s]}}')
    :format(epoch, revision, table.concat(taken, ',')))
end
return { 'confirming', epoch, revision, now, record }
