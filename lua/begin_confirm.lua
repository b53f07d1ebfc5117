#!lua
-- Takes holds from held to confirming, each if its deadline has not passed. From here no timer frees
-- their seats. Several confirms of one hold may be under way; each is an attempt of its own.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] meta, KEYS[5] changes
-- ARGV[1] now in ms, or empty; ARGV[2] epoch, or empty
-- ARGV[3] lease in ms; ARGV[4] most attempts of a hold at once
-- ARGV[5…] of each: hold id, holder, attempt in eight hexadecimal digits
-- Returns status, epoch, revision, now, then
--   begun, of each: confirming, too_many, ended and the hold's record; unknown_hold and nothing
--   wrong_epoch, not_loaded: nothing
local seats, holds, deadlines, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local lease, letters_max = ('%d'):format(now + tonumber(ARGV[3])), 9 * tonumber(ARGV[4])
local answers, rewritten, taken, runs, due, records = { 'begun' }, {}, {}, {}, {}, {}
local ids, following = {}, nil
for at = 5, #ARGV, 3 do ids[#ids + 1] = ARGV[at] end
local known = redis.call('HMGET', holds, unpack(ids))
for n, id in ipairs(ids) do
  local holder, attempt, status = ARGV[3 * n + 3], ARGV[3 * n + 4], 'confirming'
  local record = rewritten[id] or known[n] or ''
  local state, owner, times, deadline, since, memory, attempts, at =
    record:match('^(%a+)|([^|]*)|((%d+)|%d+)|(%d+)|(%d+|[^|]*)|([^|]*)|()')
  if owner ~= holder then
    status, record = 'unknown_hold', ''
  elseif state ~= 'confirming' and not (state == 'held' and now < tonumber(deadline)) then
    status = 'ended'
  else
    if not attempts:find(attempt, 1, true) then attempts = attempts .. attempt .. ' ' end
    if #attempts > letters_max then
      status = 'too_many'
    else
      local quote = record:sub(at)
      if state == 'held' then
        since = ('%d'):format(now)
        for index in quote:gmatch('(%d+):%d+') do
          local number = tonumber(index)
          -- A seat that has been repaired is not the hold's any more.
          if redis.call('GETRANGE', seats, index, index) == 'h' then
            if number ~= following then runs[#runs + 1], runs[#runs + 2] = index, '' end
            runs[#runs], following = runs[#runs] .. 'c', number + 1
            taken[#taken + 1] = index
          end
        end
      end
      record = 'confirming|' .. owner .. '|' .. times .. '|' .. since .. '|' .. memory .. '|'
        .. attempts .. '|' .. quote
      rewritten[id] = record
      due[#due + 1], due[#due + 2] = lease, id
      records[#records + 1], records[#records + 2] = id, record
    end
  end
  answers[#answers + 1], answers[#answers + 2] = status, record
end
if #due > 0 then
  redis.call('ZADD', deadlines, unpack(due))
  redis.call('HSET', holds, unpack(records))
end
if #taken > 0 then
  for at = 1, #runs, 2 do redis.call('SETRANGE', seats, runs[at], runs[at + 1]) end
  revision = revision + 1
  redis.call('HSET', meta, 'revision', ('%d'):format(revision))
  redis.call('SPUBLISH', KEYS[5], ('{"epoch":%d,"revision":%d,"changes":{"c":[%s]}}')
    :format(epoch, revision, table.concat(taken, ',')))
end
table.insert(answers, 2, epoch)
table.insert(answers, 3, revision)
table.insert(answers, 4, now)
return answers
