#!lua name=@LIBRARY@

-- The feature store's atomic operations, one call a shard and micro-batch. The same definitions in readable
-- form stand in memory.py; the contract suite holds both against each other.
--
-- An entity is one msgpack value: {newest_ms, oldest_ms, {measure id -> ring or set}}.
--   ring: {head bucket, cell, cell, ...}, bucket b in cell 1 + b % buckets
--   set:  {bucket, hash, bucket, hash, ...}

-- While the library loads, cmsgpack and math do not exist yet (Redis 7.0): they are bound on the first call.
local pack, unpack_message, floor, max, min

local function bind()
  if not pack then
    pack, unpack_message = cmsgpack.pack, cmsgpack.unpack
    floor, max, min = math.floor, math.max, math.min
  end
end

local function read_ring(cells, buckets, head)
  if not cells then return 0 end
  local first, total = max(head, cells[1]) - buckets + 1, 0
  if first > cells[1] - buckets + 1 then
    for b = first, cells[1] do total = total + cells[2 + b % buckets] end
  else
    for i = 2, buckets + 1 do total = total + cells[i] end
  end
  return total
end

local function add_to_ring(measures, ring, head, bucket, weight)
  local buckets = ring[3]
  local cells = measures[ring[1]]
  if not cells then
    cells = {head}
    for i = 2, buckets + 1 do cells[i] = 0 end
    measures[ring[1]] = cells
  end
  for passed = max(cells[1], head - buckets) + 1, head do cells[2 + passed % buckets] = 0 end
  if head > cells[1] then cells[1] = head end
  if bucket > head - buckets then
    local i = 2 + bucket % buckets
    cells[i] = cells[i] + weight
  end
end

local function find(held, hash)
  for i = 2, #held, 2 do
    if held[i] == hash then return i end
  end
end

local function add_to_set(measures, values, bucket, hash, at)
  local held = measures[values[1]]
  if not held then
    held = {}
    measures[values[1]] = held
  end
  if at then
    if bucket > held[at - 1] then held[at - 1] = bucket end
    return
  end
  local n = #held
  held[n + 1], held[n + 2] = bucket, hash
  if n / 2 >= values[3] then
    local least = 2
    for i = 4, n + 2, 2 do
      if held[i - 1] < held[least - 1] or (held[i - 1] == held[least - 1] and held[i] < held[least]) then
        least = i
      end
    end
    held[least - 1], held[least] = held[n + 1], held[n + 2]
    held[n + 1], held[n + 2] = nil, nil
  end
end

local function count_set(held, width, multiple, buckets, newest)
  if not held then return 0 end
  local oldest, total = floor(newest / (width * multiple)) - buckets, 0
  for i = 1, #held, 2 do
    if floor(held[i] / multiple) > oldest then total = total + 1 end
  end
  return total
end

-- update: {key, plan, time, partition, offset, weight of each ring..., hash of each set (-1: none)...}
-- answer: {repeated, newest before, oldest before (false: new), late, sums..., counts..., known...}
local function observe_one(states, dirty, plan, update, apply)
  local rings, sets, horizon = plan[1], plan[2], plan[3]
  local key, t = update[1], update[3]
  local state = states[key]
  if state and t - state[1] > horizon then state = false end
  local answer = {apply and 0 or 1, state and state[1], state and state[2], 0}
  local newest = state and max(state[1], t) or t
  if not state then state = {t, t, {}} end
  local measures = state[3]
  if apply then
    state[1], state[2] = newest, min(state[2], t)
    states[key] = state
    dirty[key] = update[2]
  end
  local n, input = 4, 5
  for i = 1, #rings do
    local ring = rings[i]
    local head, bucket = floor(newest / ring[2]), floor(t / ring[2])
    if bucket <= head - ring[3] then answer[4] = 1 end
    if apply then add_to_ring(measures, ring, head, bucket, update[input + i]) end
    n = n + 1
    answer[n] = read_ring(measures[ring[1]], ring[3], head)
  end
  input = input + #rings
  local first_known = n
  for i = 1, #sets do first_known = first_known + #sets[i][4] / 2 end
  for i = 1, #sets do
    local values, hash = sets[i], update[input + i]
    local held = measures[values[1]]
    local at = hash >= 0 and held and find(held, hash)
    if apply and hash >= 0 then add_to_set(measures, values, floor(t / values[2]), hash, at) end
    held = measures[values[1]]
    local spans = values[4]
    for s = 1, #spans, 2 do
      n = n + 1
      answer[n] = count_set(held, values[2], spans[s], spans[s + 1], newest)
    end
    answer[first_known + i] = (hash < 0 or at) and 1 or 0
  end
  return answer
end

-- keys: marks, entities...; request: {plans, partitions, updates}
--   plan: {rings {id, bucket ms, buckets}, sets {id, bucket ms, cap, {multiple, buckets, ...}}, horizon ms, life ms}
--   partition: {name, mark that the caller saw (-1: none), mark to set, origin ms or false}
-- answer: {1, {{mark, origin}, ...}, answers} or, if a mark is behind, {0, {mark, ...}}
local function observe(keys, args)
  bind()
  local request = unpack_message(args[1])
  local plans, partitions, updates = request[1], request[2], request[3]
  local marks, now, behind = {}, {}, false
  for i = 1, #partitions do
    local mark = redis.call('HGET', keys[1], partitions[i][1])
    marks[i] = tonumber(mark or -1)
    if marks[i] < partitions[i][2] then behind = true end
  end
  if behind then return pack({0, marks}) end

  local states, dirty = {}, {}
  for from = 2, #keys, 1000 do
    local to = min(from + 999, #keys)
    local values = redis.call('MGET', unpack(keys, from, to))
    for i = from, to do
      local value = values[i - from + 1]
      states[i] = value and unpack_message(value)
    end
  end
  local answers = {}
  for i = 1, #updates do
    local update = updates[i]
    answers[i] = observe_one(states, dirty, plans[update[2]], update, update[5] > marks[update[4]])
  end
  for key, plan in pairs(dirty) do
    redis.call('SET', keys[key], pack(states[key]), 'PX', string.format('%d', plans[plan][4]))
  end
  for i = 1, #partitions do
    local name, origin = partitions[i][1], partitions[i][4]
    if partitions[i][3] > marks[i] then
      marks[i] = partitions[i][3]
      redis.call('HSET', keys[1], name, string.format('%d', marks[i]))
    end
    if origin then redis.call('HSETNX', keys[1], 'origin:' .. name, string.format('%d', origin)) end
    now[i] = {marks[i], tonumber(redis.call('HGET', keys[1], 'origin:' .. name)) or false}
  end
  return pack({1, now, answers})
end

-- keys: claim, kept, claim, kept, ...; args: dedupe ms, life ms, then partition, offset, append ms for each claim
-- A claim's key outlives dedupe ms by the longest lag, for what decides is append time.
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
      local held_place, held_append = string.match(held, '^(.*)@(-?%d+)$')
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

-- keys: where to keep; args: life ms, then the verdicts. answer: what is kept now, false for the one given
local function keep(keys, args)
  local answers = {}
  for i = 1, #keys do
    if redis.call('SET', keys[i], args[i + 1], 'NX', 'PX', args[1]) then
      answers[i] = false
    else
      answers[i] = redis.call('GET', keys[i])
    end
  end
  return answers
end

redis.register_function('@LIBRARY@_observe', observe)
redis.register_function('@LIBRARY@_claim', claim)
redis.register_function('@LIBRARY@_keep', keep)
