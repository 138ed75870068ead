-- test.lua - the Lua binding: one script for 5.1, 5.3, 5.4 and LuaJIT. One line of TAP per test.
local hotline = require 'hotline'
local which = arg[1] or _VERSION
local START = 1772413200000000
local DESK = [[{"hotline": 1,
  "queues": {"repair": {"title": "Repairs"}},
  "agents": {"wang": {"title": "Wang Fang", "queues": {"repair": {}}}}}]]
local failed = 0

local function test(name, f)
    local ok, words = xpcall(f, debug.traceback)
    print((ok and 'ok - ' or 'not ok - ') .. which .. ': ' .. name)
    if not ok then
        failed = failed + 1
        print((('\n' .. tostring(words)):gsub('\n', '\n# ')))
    end
end

local function same(a, b, what)
    if a ~= b then error((what or '') .. ' ' .. tostring(a) .. ' is not ' .. tostring(b), 2) end
end

local function desk()
    local hl = assert(hotline.open_sim(START))
    assert(hl:load(DESK))
    return hl
end

test('numbers and words are those of the header', function()
    same(hotline.EINVAL, -1)
    same(hotline.EV_OFFER_MADE, 26)
    same(hotline.AGENT_AVAILABLE, 1)
    same(hotline.strerror(hotline.ENOENT), 'no such object')
    for id, kind in pairs { [17] = 1, [18] = 2, [9007199254740990] = 14, [0] = 0, [-1] = 0, [31] = 0 } do
        same(hotline.kind(id), kind)
    end
end)

test('functions without an engine stand in the module', function()
    same(hotline.erlang_b(1, 1), 0.5)
    local row = assert(hotline.plan_staff({ calls = 100, handle_s = 180, target_s = 20 }, { level = 0.8 }))
    same(row.agents, 14)
    same(row.level > 0.88 and row.level < 0.89, true)
    local none, words, code = hotline.erlang_c(-1, 1)
    same(none, nil)
    same(words, '-1 and 1 must both be 0 to 1e+09')
    same(code, hotline.EINVAL)
    same(pcall(hotline.plan_at, { calls = 'many' }, 1), false)
end)

test('ids print without exponent', function()
    same(hotline.text(9007199254740990), '9007199254740990')
    same(hotline.text(-17), '-17')
    same(hotline.text(0), '0')
    same(('%.0f'):format(2 ^ 46), '70368744177664')
end)

test('time is what the simulation says', function()
    local hl = desk()
    same(hl:now(), START)
    assert(hl:advance(START + 5000000))
    same(hl:now(), START + 5000000)
    hl:close()
end)

test('a document loads once and is told as an event', function()
    local hl, seen = desk(), {}
    for event in hl:drain() do seen[event.type] = true end
    assert(seen[hotline.EV_LOADED])
    same(hl:load(DESK), 0)
    same(hl:next(), nil)
    same(hl:load(assert(hl:dump())), 0)
    hl:close()
end)

test('objects are found and listed by name', function()
    local hl, n = desk(), 0
    local queue = assert(hl:find(hotline.KIND_QUEUE, 'repair'))
    same(hotline.kind(queue), hotline.KIND_QUEUE)
    for o in hl:objects(hotline.KIND_QUEUE) do
        n = n + 1
        same(o.id, queue)
        same(o.name, 'repair')
        same(o.title, 'Repairs')
    end
    same(n, 1)
    for a in hl:agents(queue) do
        n = n + 1
        same(a.name, 'wang')
    end
    same(n, 2)
    hl:close()
end)

test('failure is nil, words, number', function()
    local hl = desk()
    local got, words, code = hl:find(hotline.KIND_QUEUE, 'nobody')
    same(got, nil)
    same(code, hotline.ENOENT)
    assert(#words > 0)
    got, words, code = hl:load('{"hotline": 1,\n "queue": {}}')
    same(got, nil)
    same(code, hotline.EPARSE)
    for finding in hl:findings() do
        same(finding.line, 2)
        break
    end
    same(select('#', hl:find(hotline.KIND_QUEUE, 'repair')), 2)
    hl:close()
end)

test('a programmer\'s mistake is an error', function()
    local hl = desk()
    local function bad(words, f, ...)
        local ok, said = pcall(f, ...)
        same(ok, false, words)
        assert(tostring(said):find(words, 1, true), said)
    end
    bad('no field is called', hl.contact_add, hl, { colour = 1 })
    bad('2^53', hl.agent_get, hl, 2 ^ 60)
    bad('number', hl.agent_get, hl, {})
    hl:close()
    bad('closed', hl.load, hl, DESK)
    hl:close()
end)

test('a contact is offered, accepted and connected', function()
    local hl = desk()
    local queue, agent = hl:find(hotline.KIND_QUEUE, 'repair'), hl:find(hotline.KIND_AGENT, 'wang')
    local contact = assert(hl:contact_add { queue = queue, number = '13800000000' })
    assert(hl:agent_go(agent, hotline.AGENT_AVAILABLE))
    assert(hl:advance(hl:now() + 1000000))
    local offer
    for event in hl:drain() do
        if event.type == hotline.EV_OFFER_MADE then offer = event end
    end
    same(offer.contact, contact)
    same(offer.agent, agent)
    assert(hl:offer_accept(offer.ref))
    assert(hl:advance(hl:now() + 1000000))
    same(assert(hl:contact_get(contact)).agent, agent)
    hl:close()
end)

test('coroutines may call and yield between calls', function()
    local hl = desk()
    local reader = coroutine.wrap(function()
        for event in hl:drain() do coroutine.yield(event.seq) end
    end)
    local last = 0
    for seq in reader do
        assert(seq > last)
        last = seq
    end
    assert(last > 0)
    hl:close()
end)

test('a coroutine waits for its contact', function()
    require 'hotline.sched'
    local hl, said = desk(), {}
    local queue = hl:find(hotline.KIND_QUEUE, 'repair')
    hl:go(function()
        local contact = assert(hl:contact_add { queue = queue })
        said[1] = hl:await(contact, hotline.EV_OFFER_MADE).contact == contact
        said[2] = hl:await(contact).type
    end)
    hl:agent_go(hl:find(hotline.KIND_AGENT, 'wang'), hotline.AGENT_AVAILABLE)
    hl:advance(hl:now() + 1000000)
    hl:dispatch()
    same(said[1], true)
    hl:advance(hl:now() + 60000000)
    hl:dispatch()
    same(said[2], hotline.EV_OFFER_ENDED)
    same(pcall(hl.await, hl, 1), false)
    hl:close()
end)

test('the collector closes what was forgotten', function()
    for _ = 1, 20 do desk() end
    collectgarbage()
    collectgarbage()
end)

test('a real engine has a descriptor and stops', function()
    local hl = assert(hotline.open {})
    assert(hl:fd() >= 0)
    same(hl:pollfd(), hl:fd())
    same(hl:events(), 'r')
    assert(hl:stop(0))
    local stopped
    for _ = 1, 50 do
        hl:poll(200)
        for event in hl:drain() do stopped = stopped or event.type == hotline.EV_STOPPED end
        if stopped then break end
    end
    assert(stopped)
    hl:close()
end)

os.exit(failed == 0 and 0 or 1)
