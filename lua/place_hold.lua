#!lua
-- Places holds one after the other, each on all its seats or on none. The same hold id and request
-- again answer the hold as it now stands.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] holders, KEYS[5] meta, KEYS[6] changes
-- KEYS[7] told
-- ARGV[1] now in ms, or empty for the clock of Redis; ARGV[2] epoch; an empty one fits any
-- ARGV[3…] of each: the version of the event that the caller knows, hold id, holder, ms to live,
-- ms to be remembered once it has ended, fingerprint of the request (an empty one fits any, and any
-- fits an empty one), seats and prices: index:amount,… in index order
-- Returns status, epoch, revision, now, then
--   done, of each: placed, repeated, other_request and the hold's record
--     conflicts and index:byte,… of every seat that cannot be had
--     limit_reached and the limit:the seats that the holder has
--     not_on_sale and the state of sales; lapsed, wrong_version and nothing
--   wrong_epoch, not_loaded: nothing
local seats, holds, deadlines, holders, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local time = redis.call('TIME')
local now = tonumber(ARGV[1]) or time[1] * 1000 + math.floor(time[2] / 1000)
local m = redis.call('HMGET', meta, 'epoch', 'revision', 'version', 'sales', 'opens_at',
  'closes_at', 'seats_per_person_max', 'told')
local epoch, revision = tonumber(m[1]), tonumber(m[2])
if not (epoch and revision) then return { 'not_loaded', 0, 0, now } end
if (tonumber(ARGV[2]) or epoch) ~= epoch then return { 'wrong_epoch', epoch, revision, now } end
local is_on_sale = m[4] == 'open' and now >= tonumber(m[5]) and now < tonumber(m[6])
local limit, lapsed, answers = tonumber(m[7]), nil, { 'done', epoch, revision, now }
local bytes, had, placed, due, records, counts, taken, news = {}, {}, {}, {}, {}, {}, {}, {}
for at = 3, #ARGV, 7 do
  local version, id, holder, ttl, memory, asked, quote = unpack(ARGV, at, at + 6)
  local status, value = nil, placed[id] or redis.call('HGET', holds, id)
  if value then
    local owner, first = value:match('^%a+|([^|]*)|%d+|%d+|%d+|%d+|([^|]*)|')
    local is_same = owner == holder and (asked == '' or first == '' or asked == first)
    status = is_same and 'repeated' or 'other_request'
  elseif version ~= m[3] then
    status, value = 'wrong_version', ''
  elseif not is_on_sale then
    status, value = 'not_on_sale', m[4]
  else
    local conflicts, indexes = {}, {}
    for index in quote:gmatch('(%d+):%d+') do
      local byte = bytes[index] or redis.call('GETRANGE', seats, index, index)
      bytes[index], indexes[#indexes + 1] = byte, index
      if byte ~= '.' then conflicts[#conflicts + 1] = index .. ':' .. byte end
    end
    local n_had = had[holder] or tonumber(redis.call('HGET', holders, holder) or 0)
    local is_over = n_had + #indexes > limit
    if is_over or #conflicts > 0 then
      lapsed = lapsed or redis.call('ZRANGEBYSCORE', deadlines, '-inf', now, 'LIMIT', 0, 1)
      if #lapsed > 0 then status, value = 'lapsed', ''
      elseif is_over then status, value = 'limit_reached', limit .. ':' .. n_had
      else status, value = 'conflicts', table.concat(conflicts, ',') end
    else
      local deadline = now + tonumber(ttl)
      status, value = 'placed', ('held|%s|%d|%d|0|%s|%s||%s')
        :format(holder, deadline, now, memory, asked, quote)
      placed[id], had[holder] = value, n_had + #indexes
      due[#due + 1], due[#due + 2] = deadline, id
      records[#records + 1], records[#records + 2] = id, value
      counts[#counts + 1], counts[#counts + 2] = holder, had[holder]
      news[#news + 1] = ('%s|%d|%d|%s'):format(id, now, deadline, quote)
      for _, index in ipairs(indexes) do bytes[index], taken[#taken + 1] = 'h', index end
    end
  end
  answers[#answers + 1], answers[#answers + 2] = status, value
end
if #records == 0 then return answers end
redis.call('ZADD', deadlines, unpack(due))
redis.call('HSET', holds, unpack(records))
redis.call('HSET', holders, unpack(counts))
for _, index in ipairs(taken) do redis.call('SETRANGE', seats, index, 'h') end
answers[3] = revision + 1
redis.call('HSET', meta, 'revision', ('%d'):format(revision + 1))
redis.call('SPUBLISH', KEYS[6], ('{"epoch":%d,"revision":%d,"changes":{"h":[%s]}}')
  :format(epoch, revision + 1, table.concat(taken, ',')))
local told = tonumber(m[8]) or 0
for n, text in ipairs(m[8] and news or {}) do
  redis.call('HSET', meta, 'told', ('%d'):format(told + n))
  redis.pcall('XADD', KEYS[7], 'MAXLEN', '~', 50000, ('%d-%d'):format(epoch, told + n),
    'placed', text)
end
return answers
