#!lua
-- Ends an attempt to confirm that certainly did not commit. With the last attempt the hold is held
-- again, with the time that was left; seats that PostgreSQL says are booked leave it, and count for
-- who booked them.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] holders, KEYS[5] meta, KEYS[6] changes
-- KEYS[7] told
-- ARGV[1] now in ms, or empty; ARGV[2] epoch; ARGV[3] hold id; ARGV[4] attempt
-- ARGV[5] seats that PostgreSQL says are booked, and by whom: index:holder,…
-- Returns status, epoch, revision, now
--   aborted, other_attempts, ended, unknown_hold, wrong_epoch, not_loaded
local seats, holds, deadlines, meta, id = KEYS[1], KEYS[2], KEYS[3], KEYS[5], ARGV[3]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'told')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local record = redis.call('HGET', holds, id) or ''
local state, holder, deadline, placed_at, since, keep, asked, attempts, quote =
  record:match('^(%a+)|([^|]*)|(%d+)|(%d+)|(%d+)|(%d+)|([^|]*)|([^|]*)|(.*)$')
if not state then return { 'unknown_hold', epoch, revision, now } end
if state ~= 'confirming' then return { 'ended', epoch, revision, now } end
attempts = attempts:gsub(ARGV[4] .. ' ', '')
if attempts ~= '' then
  redis.call('HSET', holds, id, ('confirming|%s|%s|%s|%s|%s|%s|%s|%s')
    :format(holder, deadline, placed_at, since, keep, asked, attempts, quote))
  return { 'other_attempts', epoch, revision, now }
end
local booked_by, kept, held, taken, counts = {}, {}, {}, {}, {}
local function count(of, n_more)
  counts[of] = counts[of] or tonumber(redis.call('HGET', KEYS[4], of)) or 0
  counts[of] = counts[of] + n_more
end
for index, of in ARGV[5]:gmatch('(%d+):([^,]+)') do booked_by[index] = of end
for index, amount in quote:gmatch('(%d+):(%d+)') do
  local of = booked_by[index]
  if not of then kept[#kept + 1] = index .. ':' .. amount end
  -- A seat that has been repaired is not the hold's any more.
  if redis.call('GETRANGE', seats, index, index) == 'c' then
    if of then
      taken[#taken + 1] = index
      count(holder, -1)
      count(of, 1)
    else
      held[#held + 1] = index
    end
  end
end
deadline = now + math.max(0, tonumber(deadline) - tonumber(since))
state = #kept > 0 and 'held' or 'released'
redis.call('ZADD', deadlines, #kept > 0 and deadline or now + tonumber(keep), id)
redis.call('HSET', holds, id, ('%s|%s|%d|%s|0|%s|%s||%s')
  :format(state, holder, deadline, placed_at, keep, asked, table.concat(kept, ',')))
for of, n in pairs(counts) do
  if n > 0 then redis.call('HSET', KEYS[4], of, n) else redis.call('HDEL', KEYS[4], of) end
end
for _, index in ipairs(held) do redis.call('SETRANGE', seats, index, 'h') end
for _, index in ipairs(taken) do redis.call('SETRANGE', seats, index, 'b') end
revision = revision + 1
redis.call('HSET', meta, 'revision', ('%d'):format(revision))
redis.call('SPUBLISH', KEYS[6], ('{"epoch":%d,"revision":%d,"changes":{"h":[%s],"b":[%s]}}')
  :format(epoch, revision, table.concat(held, ','), table.concat(taken, ',')))
if #kept == 0 and m[3] then
  local told = (tonumber(m[3]) or 0) + 1
  redis.call('HSET', meta, 'told', ('%d'):format(told))
  redis.pcall('XADD', KEYS[7], 'MAXLEN', '~', 50000, ('%d-%d'):format(epoch, told), 'released',
    ('%s|%d|%s|%s'):format(id, now, ('%d'):format(deadline), quote))
end
return { 'aborted', epoch, revision, now }
