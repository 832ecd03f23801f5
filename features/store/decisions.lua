
-- What belongs to decisions: who makes one, what came of it, and what decisions are counted for. Each call is atomic.

-- keys: claim, kept, claim, kept, ...; args: dedupe ms, life ms, then partition, offset, append ms for each claim
-- A claim reads <partition>:<offset>@<append ms>, with a + behind it once its decision was counted. Its key outlives
-- dedupe ms by the longest lag, for what decides is append time.
-- answer, for each: {0 new | 1 own | 2 duplicate, kept verdict or false}
local function claim(keys, args)
  bind()
  local dedupe, answers = tonumber(args[1]), {}
  for i = 1, #keys, 2 do
    local at = (i - 1) / 2 * 3 + 3
    local place, append = args[at] .. ':' .. args[at + 1], args[at + 2]
    local held = redis.call('GET', keys[i])
    local answer
    if held then
      local held_place, held_append = string.match(held, '^(.*)@(-?%d+)%+?$')
      if held_place == place then
        answer = {1, redis.call('GET', keys[i + 1])}
      elseif math.abs(tonumber(append) - tonumber(held_append)) <= dedupe then
        answer = {2, false}
      end
    end
    if not answer then
      redis.call('SET', keys[i], place .. '@' .. append, 'PX', args[2])
      answer = {0, false}
    end
    answers[#answers + 1] = answer
  end
  return answers
end

-- A tally is a hash: bucket -> count, and `head`, the newest bucket. Buckets that left the window are dropped.
local function count_up(key, bucket, buckets, life)
  local head = tonumber(redis.call('HGET', key, 'head') or bucket)
  if bucket <= head - buckets then return end
  redis.call('HINCRBY', key, string.format('%d', bucket), 1)
  if bucket >= head then
    redis.call('HSET', key, 'head', string.format('%d', bucket))
    for b = head - buckets + 1, math.min(head, bucket - buckets) do
      redis.call('HDEL', key, string.format('%d', b))
    end
  end
  redis.call('PEXPIRE', key, life)
end

-- A track is {ms, decision id, ms, decision id, ...}: the last `most` in the order in which they came.
local function note(key, ms, id, most, life)
  local held = redis.call('GET', key)
  held = held and unpack_message(held) or {}
  held[#held + 1] = ms
  held[#held + 1] = id
  while #held > 2 * most do
    table.remove(held, 1)
    table.remove(held, 1)
  end
  redis.call('SET', key, pack(held), 'PX', life)
end

-- keys: for each where to keep it and its claim; then tallies and tracks. args: life ms; for each the verdict, and ''
-- or {ms, decision id, {{tally's key number, bucket, buckets, life ms}, ...}, {{track's key number, most, life ms}, ...}}
-- What a decision counts for is counted by its first keep alone, also where the verdict itself is kept no more.
-- answer: what is kept now, false for the one given
local function keep(keys, args)
  bind()
  local answers = {}
  for i = 1, (#args - 1) / 2 do
    local kept, claimed = keys[2 * i - 1], keys[2 * i]
    local verdict, moves = args[2 * i], args[2 * i + 1]
    answers[i] = false
    if not redis.call('SET', kept, verdict, 'NX', 'PX', args[1]) then
      answers[i] = redis.call('GET', kept)
    elseif moves ~= '' then
      local held = redis.call('GET', claimed)
      if not held or string.sub(held, -1) ~= '+' then
        if held then redis.call('SET', claimed, held .. '+', 'KEEPTTL') end
        local ms, id, tallies, tracks = unpack(unpack_message(moves))
        for _, tally in ipairs(tallies) do count_up(keys[tally[1]], tally[2], tally[3], tally[4]) end
        for _, track in ipairs(tracks) do note(keys[track[1]], ms, id, track[2], track[3]) end
      end
    end
  end
  return answers
end

-- keys: tallies, then tracks; args: how many tallies, then bucket and buckets of each
-- answer: {count, ...}, {track as it is packed, or false, ...}
local function recall(keys, args)
  local tallies = tonumber(args[1])
  local counts, tracks = {}, {}
  for i = 1, tallies do
    local bucket, buckets = tonumber(args[2 * i]), tonumber(args[2 * i + 1])
    local held, head, total = redis.call('HGETALL', keys[i]), bucket, 0
    for f = 1, #held, 2 do
      if held[f] == 'head' and tonumber(held[f + 1]) > head then head = tonumber(held[f + 1]) end
    end
    for f = 1, #held, 2 do
      local b = tonumber(held[f])
      if b and b > head - buckets and b <= head then total = total + tonumber(held[f + 1]) end
    end
    counts[i] = total
  end
  for i = tallies + 1, #keys do tracks[i - tallies] = redis.call('GET', keys[i]) end
  return {counts, tracks}
end

-- keys: tracks; args: the decision id to take out of each. answer: in how many it was
local function untrack(keys, args)
  bind()
  local found = 0
  for i = 1, #keys do
    local held = redis.call('GET', keys[i])
    held = held and unpack_message(held) or {}
    local left = {}
    for j = 1, #held, 2 do
      if held[j + 1] == args[i] then
        found = found + 1
      else
        left[#left + 1] = held[j]
        left[#left + 1] = held[j + 1]
      end
    end
    if #left == 0 then
      redis.call('DEL', keys[i])
    elseif #left < #held then
      redis.call('SET', keys[i], pack(left), 'KEEPTTL')
    end
  end
  return found
end

redis.register_function('@LIBRARY@_claim', claim)
redis.register_function('@LIBRARY@_keep', keep)
redis.register_function('@LIBRARY@_recall', recall)
redis.register_function('@LIBRARY@_untrack', untrack)
