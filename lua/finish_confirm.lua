#!lua
-- Marks the seats of holds booked, after PostgreSQL has committed their bookings; those that have
-- been cancelled since come free, or are kept. Again changes nothing.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] meta, KEYS[5] changes, KEYS[6] holders
-- ARGV[1] now in ms, or empty; ARGV[2] epoch; ARGV[3] hold ids: id,…
-- ARGV[4] least ms to remember them; ARGV[5] the same where they were placed with a key
-- ARGV[6] seats of the only hold that are cancelled: index,… or empty
-- Returns status, epoch, revision, now
--   finished: those that were live; ended: none was
--   wrong_epoch, not_loaded
local seats, holds, deadlines, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'waiting')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local finished_at = ('%d'):format(now)
local ids, booked, runs, due, records = {}, {}, {}, {}, {}
local n_seats, following = redis.call('STRLEN', seats), nil
local free, cancelled, freed, of, n_had = tonumber(m[3] or 0) > 0 and 'w' or '.', {}, {}, nil, 0
for index in ARGV[6]:gmatch('%d+') do cancelled[index] = true end
for id in ARGV[3]:gmatch('[^,]+') do ids[#ids + 1] = id end
local known = redis.call('HMGET', holds, unpack(ids))
for n, id in ipairs(ids) do
  local record = known[n] or ''
  local state, holder, times, keep, asked, at =
    record:match('^(%a+)|([^|]*)|(%d+|%d+)|%d+|(%d+)|([^|]*)|[^|]*|()')
  -- A hold that an aborted attempt has put back is finished by the attempt that committed.
  if state == 'confirming' or state == 'held' then
    local quote = record:sub(at)
    local least = tonumber(asked == '' and ARGV[4] or ARGV[5])
    due[#due + 1] = ('%d'):format(now + math.max(tonumber(keep), least))
    due[#due + 1] = id
    records[#records + 1] = id
    records[#records + 1] = 'confirmed|' .. holder .. '|' .. times .. '|' .. finished_at .. '|'
      .. keep .. '|' .. asked .. '||' .. quote
    local byte = state == 'held' and 'h' or 'c'
    for index in quote:gmatch('(%d+):%d+') do
      local number = tonumber(index)
      if cancelled[index] then
        -- A seat that has been repaired is not the hold's any more.
        if redis.call('GETRANGE', seats, index, index) == byte then freed[#freed + 1] = index end
      elseif number < n_seats then
        if number ~= following then runs[#runs + 1], runs[#runs + 2] = index, '' end
        runs[#runs], following = runs[#runs] .. 'b', number + 1
        booked[#booked + 1] = index
      end
    end
  end
end
if #records == 0 then return { 'ended', epoch, revision, now } end
if #freed > 0 then
  of = records[2]:match('^%a+|([^|]*)')
  n_had = tonumber(redis.call('HGET', KEYS[6], of)) or 0
end
redis.call('ZADD', deadlines, unpack(due))
redis.call('HSET', holds, unpack(records))
for at = 1, #runs, 2 do redis.call('SETRANGE', seats, runs[at], runs[at + 1]) end
for _, index in ipairs(freed) do redis.call('SETRANGE', seats, index, free) end
if n_had > #freed then redis.call('HSET', KEYS[6], of, n_had - #freed)
elseif of then redis.call('HDEL', KEYS[6], of) end
revision = revision + 1
redis.call('HSET', meta, 'revision', ('%d'):format(revision))
redis.call('SPUBLISH', KEYS[5], ('{"epoch":%d,"revision":%d,"changes":{"b":[%s],"%s":[%s]}}')
  :format(epoch, revision, table.concat(booked, ','), free, table.concat(freed, ',')))
return { 'finished', epoch, revision, now }
