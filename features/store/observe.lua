#!lua name=@LIBRARY@

-- The feature store's atomic operations, one call a shard and micro-batch. The same definitions in readable
-- form stand in memory.py; the contract suite holds both against each other.
--
-- An entity is one msgpack array: {layout, newest ms, oldest ms, rings..., sets..., registers..., others}
--   ring:      {total, cell, cell, ...} lying flat, bucket b in cell b % buckets; totals and cells are those of
--              the buckets that end with the newest time's
--   set:       a table {bucket, hash, bucket, hash, ...}, counted: {bucket, hash, count, ...}
--   register:  a table {time, value, ...} or {}
--   others:    only where workers with other features wrote too: measure id -> {newest ms then, ring or table}
-- A layout's description, kept beside the entities under its name: {{measure id, size, bucket ms or 0}, ...}

-- While the library loads, cmsgpack and math do not exist yet (Redis 7.0): they are bound on the first call.
local pack, unpack_message, min

local function bind()
  if not pack then
    pack, unpack_message, min = cmsgpack.pack, cmsgpack.unpack, math.min
  end
end

-- Empty the cells that the newest time has passed: of the ring at s[r], from bucket `from` (exclusive) to `to`.
local function pass(s, r, n, from, to)
  if to - from >= n then
    for i = r, r + n do s[i] = 0 end
    return
  end
  for b = from + 1, to do
    local i = r + 1 + b % n
    local cell = s[i]
    if cell ~= 0 then
      s[r] = s[r] - cell
      s[i] = 0
    end
  end
end

local function blank(plan, t)
  local s = {plan.layout, t, t}
  for i = 4, plan.first_table - 1 do s[i] = 0 end
  for i = plan.first_table, plan.length do s[i] = {} end
  return s
end

-- A state that was written with another layout, in this plan's; what this plan does not know goes to `others`.
local function convert(s, plan, describe)
  local parts, known = {}, describe(s[1])
  local at = 4
  for _, measure in ipairs(known or {}) do
    local id, size, w = measure[1], measure[2], measure[3]
    if w > 0 then
      local ring = {}
      for i = 1, size do ring[i] = s[at + i - 1] end
      parts[id] = {s[2], ring}
      at = at + size
    else
      parts[id] = {s[2], s[at]}
      at = at + 1
    end
  end
  for id, part in pairs(known and s[at] or {}) do
    if s[2] - part[1] <= plan.horizon then parts[id] = part end
  end
  local result = blank(plan, s[2])
  result[3] = s[3]
  at = 4
  for _, measure in ipairs(unpack_message(plan.description)) do
    local id, size, w = measure[1], measure[2], measure[3]
    local part = parts[id]
    parts[id] = nil
    if w > 0 then
      if part then
        local then_ms, ring = part[1], part[2]
        local from, to = (then_ms - then_ms % w) / w, (s[2] - s[2] % w) / w
        if to > from then pass(ring, 1, size - 1, from, to) end
        for i = 1, size do result[at + i - 1] = ring[i] end
      end
      at = at + size
    else
      if part then result[at] = part[2] end
      at = at + 1
    end
  end
  if next(parts) then result[at] = parts end
  return result
end

-- Counts of a set at `newest`, and its value's place. Spans are {multiple, buckets} from the fifth item on.
local function scan(held, set, newest, hash)
  local w, stride, spans = set[2], set[4], set[5]
  local t1, t2, t3 = 1/0, 1/0, 1/0
  if spans > 0 then
    local m = set[7]
    t1 = ((newest - newest % (w * m)) / (w * m) - set[8] + 1) * m
  end
  if spans > 1 then
    local m = set[9]
    t2 = ((newest - newest % (w * m)) / (w * m) - set[10] + 1) * m
  end
  if spans > 2 then
    local m = set[11]
    t3 = ((newest - newest % (w * m)) / (w * m) - set[12] + 1) * m
  end
  local c1, c2, c3, total, at = 0, 0, 0, 0, nil
  for i = 1, #held, stride do
    local bucket = held[i]
    if bucket >= t1 then c1 = c1 + 1 end
    if bucket >= t2 then c2 = c2 + 1 end
    if bucket >= t3 then c3 = c3 + 1 end
    if held[i + 1] == hash then at = i end
    if stride == 3 then total = total + held[i + 2] end
  end
  return c1, c2, c3, total, at, t1, t2, t3
end

-- Put the value in; the numbers of what came in less what went out at or after each threshold.
local function insert(held, set, bucket, hash, at, t1, t2, t3)
  local cap, stride = set[3], set[4]
  local d1, d2, d3 = 0, 0, 0
  if at then
    local old = held[at]
    if stride == 3 then held[at + 2] = held[at + 2] + 1 end
    if bucket <= old then return 0, 0, 0 end
    held[at] = bucket
    if bucket >= t1 and old < t1 then d1 = 1 end
    if bucket >= t2 and old < t2 then d2 = 1 end
    if bucket >= t3 and old < t3 then d3 = 1 end
    return d1, d2, d3
  end
  local n = #held
  local place = n + 1
  if n >= cap * stride then
    local least, least_bucket, least_hash = 1, held[1], held[2]
    for i = 1 + stride, n, stride do
      local b = held[i]
      if b < least_bucket or (b == least_bucket and held[i + 1] < least_hash) then
        least, least_bucket, least_hash = i, b, held[i + 1]
      end
    end
    if bucket < least_bucket or (bucket == least_bucket and hash < least_hash) then return 0, 0, 0 end
    place = least
    if least_bucket >= t1 then d1 = -1 end
    if least_bucket >= t2 then d2 = -1 end
    if least_bucket >= t3 then d3 = -1 end
  end
  held[place], held[place + 1] = bucket, hash
  if stride == 3 then held[place + 2] = 1 end
  if bucket >= t1 then d1 = d1 + 1 end
  if bucket >= t2 then d2 = d2 + 1 end
  if bucket >= t3 then d3 = d3 + 1 end
  return d1, d2, d3
end

-- Add an event (inputs in u after c) to state s whose cells are moved to `newest`, and read it into out after o.
local function add(out, o, s, plan, t, newest, u, c)
  local flags, groups = 0, plan.groups
  for g = 1, #groups do
    local group = groups[g]
    local w, n = group[1], group[2]
    local bucket = (t - t % w) / w
    local head, at, open = bucket, 1 + bucket % n, true
    if newest > t then
      head = (newest - newest % w) / w
      open = bucket > head - n
      if not open then flags = 2 end
    end
    for i = 3, #group, 3 do
      local r = group[i]
      local total = s[r]
      if open then
        local weight = u[c + group[i + 1]]
        if weight ~= 0 then
          total = total + weight
          s[r] = total
          s[r + at] = s[r + at] + weight
        end
      end
      o = o + 1
      out[o] = total
      if group[i + 2] == 1 then
        for b = head, head - n + 1, -1 do
          o = o + 1
          out[o] = s[r + 1 + b % n]
        end
      end
    end
  end
  local sets = plan.sets
  for i = 1, #sets do
    local set = sets[i]
    local held, hash, spans = s[set[1]], u[c + set[6]], set[5]
    local c1, c2, c3, total, at, t1, t2, t3 = scan(held, set, newest, hash < -1 and -2 - hash or hash)
    local count = set[4] == 3 and (at and held[at + 2] or 0)
    if hash >= 0 then
      local d1, d2, d3 = insert(held, set, (t - t % set[2]) / set[2], hash, at, t1, t2, t3)
      c1, c2, c3 = c1 + d1, c2 + d2, c3 + d3
    end
    if spans > 0 then o = o + 1; out[o] = c1 end
    if spans > 1 then o = o + 1; out[o] = c2 end
    if spans > 2 then o = o + 1; out[o] = c3 end
    o = o + 1
    if count then
      out[o] = count
      o = o + 1
      out[o] = total
    else
      out[o] = (hash < 0 or at) and 1 or 0
    end
  end
  local registers = plan.registers
  for i = 1, #registers do
    local register = registers[i]
    local held, width, input = s[register[1]], register[2], c + register[3]
    out[o + 1] = held[1] and 1 or 0
    for j = 1, width + 1 do out[o + 1 + j] = held[j] or 0 end
    o = o + 2 + width
    if u[input] >= 0 and (not held[1] or t >= held[1]) then
      held[1] = t
      for j = 1, width do held[j + 1] = u[input + j - 1] end
    end
  end
  return o, flags
end

-- Read a state (false: there is none) as it would be with an event at t, and change nothing.
local function peek(out, o, s, plan, t, newest, u, c)
  local groups, before = plan.groups, s and s[2] or newest
  local flags = 0
  for g = 1, #groups do
    local group = groups[g]
    local w, n = group[1], group[2]
    local from, head = (before - before % w) / w, (newest - newest % w) / w
    if (t - t % w) / w <= head - n then flags = 2 end
    for i = 3, #group, 3 do
      local r = group[i]
      local total = 0
      if s and head - from < n then
        total = s[r]
        for b = from + 1, head do total = total - s[r + 1 + b % n] end
      end
      o = o + 1
      out[o] = total
      if group[i + 2] == 1 then
        for b = head, head - n + 1, -1 do
          o = o + 1
          out[o] = s and b <= from and s[r + 1 + b % n] or 0
        end
      end
    end
  end
  local sets = plan.sets
  for i = 1, #sets do
    local set = sets[i]
    local held, hash, spans = s and s[set[1]] or {}, u and u[c + set[6]] or -1, set[5]
    local c1, c2, c3, total, at = scan(held, set, newest, hash < -1 and -2 - hash or hash)
    if spans > 0 then o = o + 1; out[o] = c1 end
    if spans > 1 then o = o + 1; out[o] = c2 end
    if spans > 2 then o = o + 1; out[o] = c3 end
    o = o + 1
    if set[4] == 3 then
      out[o] = at and held[at + 2] or 0
      o = o + 1
      out[o] = total
    else
      out[o] = (hash < 0 or at) and 1 or 0
    end
  end
  local registers = plan.registers
  for i = 1, #registers do
    local register = registers[i]
    local held, width = s and s[register[1]] or {}, register[2]
    out[o + 1] = held[1] and 1 or 0
    for j = 1, width + 1 do out[o + 1 + j] = held[j] or 0 end
    o = o + 2 + width
  end
  return o, flags
end

-- plan on the wire: {layout, horizon ms, life ms (false: it only reads), inputs, groups, sets, registers,
--   first table, length, description}
--   group: {bucket ms, buckets, then for each ring its place, its input, 1 if its cells are asked}
--   The input of a set is a hash, -1 for none, and of a counted set -2 - hash for one to be looked up and not put in.
--   set: {place, bucket ms, cap, numbers a value, spans, input, multiple, buckets, ...}; register: {place, width, input}
local function named(wire)
  return {
    layout = wire[1], horizon = wire[2], life = wire[3], inputs = wire[4], groups = wire[5], sets = wire[6],
    registers = wire[7], first_table = wire[8], length = wire[9], description = wire[10],
  }
end

-- keys: marks, layouts, rebuilding, entities...
-- request: {plans, partitions, events {t, partition, offset, ...}, ms for which this shard counts as being rebuilt or
--   false, updates {key, plan, event from 0, inputs..., ...}}
--   partition: {name, mark that the caller saw (-1: none), mark to set, origin ms or false}
-- answer: {1, {{mark, origin}, ...}, readings, one after another} or, if a mark is behind, {0, {mark, ...}}
local function observe(keys, args)
  bind()
  local request = unpack_message(args[1])
  local plans, partitions, events, u = request[1], request[2], request[3], request[5]
  local marks, now, behind = {}, {}, false
  for i = 1, #partitions do
    local mark = redis.call('HGET', keys[1], partitions[i][1])
    marks[i] = tonumber(mark or -1)
    if marks[i] < partitions[i][2] then behind = true end
  end
  if behind then return pack({0, marks}) end

  if request[4] then redis.call('SET', keys[3], '1', 'PX', request[4]) end
  local rebuilding = redis.call('EXISTS', keys[3]) * 8

  for i = 1, #plans do
    plans[i] = named(plans[i])
    local plan = plans[i]
    if plan.life then redis.call('HSETNX', keys[2], plan.layout, plan.description) end
  end
  local described = {}
  local function describe(layout)
    if described[layout] == nil then
      local description = redis.call('HGET', keys[2], layout)
      described[layout] = description and unpack_message(description)
    end
    return described[layout]
  end

  local states, dirty, dirty_keys = {}, {}, {}
  for from = 4, #keys, 1000 do
    local to = min(from + 999, #keys)
    local values = redis.call('MGET', unpack(keys, from, to))
    for i = from, to do states[i] = values[i - from + 1] end
  end

  local out, o, c, n = {}, 0, 1, #u
  while c <= n do
    local key, plan, event = u[c], plans[u[c + 1]], u[c + 2] * 3
    local t, apply = events[event + 1], plan.life and events[event + 3] > marks[events[event + 2]]
    c = c + 2
    local s = states[key]
    if type(s) == 'string' then
      s = unpack_message(s)
      if s[1] ~= plan.layout then s = convert(s, plan, describe) end
      states[key] = s
    end
    if s and t - s[2] > plan.horizon then s = false end
    local at, flags = o + 1, nil
    if s then
      out[o + 2], out[o + 3] = s[2], s[3]
      flags = 0
    else
      out[o + 2], out[o + 3] = 0, 0
      flags = 4
    end
    local late
    if apply then
      if not s then
        s = blank(plan, t)
        states[key] = s
      elseif t > s[2] then
        local before, groups = s[2], plan.groups
        for g = 1, #groups do
          local group = groups[g]
          local w, buckets = group[1], group[2]
          local from, to = (before - before % w) / w, (t - t % w) / w
          if to > from then
            for i = 3, #group, 3 do pass(s, group[i], buckets, from, to) end
          end
        end
        s[2] = t
      elseif t < s[3] then
        s[3] = t
      end
      if not dirty[key] then
        dirty[key] = plan
        dirty_keys[#dirty_keys + 1] = key
      end
      o, late = add(out, o + 3, s, plan, t, s[2], u, c)
    else
      local newest = s and s[2] > t and s[2] or t
      o, late = peek(out, o + 3, s, plan, t, newest, plan.life and u, c)
      if plan.life then flags = flags + 1 else late = 0 end
    end
    out[at] = flags + late + rebuilding
    c = c + 1 + plan.inputs
  end

  for i = 1, #dirty_keys do
    local key = dirty_keys[i]
    redis.call('SET', keys[key], pack(states[key]), 'PX', dirty[key].life)
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
  return pack({1, now, out})
end

redis.register_function('@LIBRARY@_observe', observe)
