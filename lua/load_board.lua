#!lua
-- Loads a board in steps: begin, holders and holds as often as needed, end. Until the end there is
-- no board, and a load with a higher epoch takes over from one with a lower.
-- KEYS[1] seats, KEYS[2] holds, KEYS[3] deadlines, KEYS[4] holders, KEYS[5] meta, KEYS[6] changes
-- ARGV[1] epoch of the load; ARGV[2] step: begin, holders, holds or end
-- ARGV[3] begin: the seats, a byte each; holders: holder=count,…; holds: id=due=record;…, of
--   live holds and ended ones; end: version=…,sales=…,…
-- Returns status, epoch, revision, now
--   loading, loaded, superseded
local meta, load = KEYS[5], tonumber(ARGV[1])
local m = redis.call('HMGET', meta, 'epoch', 'loading')
local epoch, loading = tonumber(m[1]) or 0, tonumber(m[2]) or 0
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[2] == 'begin' then
  if load <= math.max(epoch, loading) then return { 'superseded', epoch, 0, now } end
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], meta)
  redis.call('HSET', meta, 'loading', load)
  redis.call('SET', KEYS[1], ARGV[3])
  return { 'loading', epoch, 0, now }
end
-- An end whose answer was lost has been taken, whatever has happened on the board since.
if load ~= loading then return { load == epoch and 'loaded' or 'superseded', epoch, 0, now } end
if ARGV[2] == 'holds' then
  for id, due, record in ARGV[3]:gmatch('([^=;]+)=(%d+)=([^;]*)') do
    redis.call('HSET', KEYS[2], id, record)
    redis.call('ZADD', KEYS[3], due, id)
  end
  return { 'loading', epoch, 0, now }
end
local target = ARGV[2] == 'holders' and KEYS[4] or meta
for name, value in ARGV[3]:gmatch('([^=,]+)=([^,]*)') do redis.call('HSET', target, name, value) end
if ARGV[2] == 'holders' then return { 'loading', epoch, 0, now } end
redis.call('HSET', meta, 'epoch', load, 'revision', 0)
redis.call('HDEL', meta, 'loading')
redis.call('SPUBLISH', KEYS[6], ('{"epoch":%d,"revision":0,"changes":{}}'):format(load))
return { 'loaded', load, 0, now }
