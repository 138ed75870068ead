--- sched.lua - coroutines that wait for what happens to a contact.
--
--   require 'hotline.sched'
--   hl:go(function()
--       local contact = assert(hl:contact_add { queue = queue })
--       local event = hl:await(contact, hotline.EV_CONTACT_CONNECTED)
--   end)
--   hl:loop()                     -- or hl:dispatch() from a loop of one's own when hl:fd() is readable
--
-- Nothing yields across C, so this works on every Lua.
local hotline = require 'hotline'
local sched = {}
local waiting = setmetatable({}, { __mode = 'k' }) -- engine -> list of { thread, contact, type }

local function resume(thread, ...)
    local ok, words = coroutine.resume(thread, ...)
    if not ok then error(words, 0) end
end

--- Starts f(...) as a coroutine; it runs until it first waits.
function sched.go(hl, f, ...)
    resume(coroutine.create(f), ...)
    return hl
end

--- The next event of this contact (nil: of any), of this type (nil: of any). Only inside go().
function sched.await(hl, contact, kind)
    local thread, main = coroutine.running()
    if not thread or main then error('await() works inside go() only', 2) end
    waiting[hl] = waiting[hl] or {}
    table.insert(waiting[hl], { thread = thread, contact = contact, kind = kind })
    return coroutine.yield()
end

--- Takes the unread events, hands each to those who wait for it; how many, and whether the engine has stopped.
function sched.dispatch(hl)
    local n, stopped = 0, false
    for event in hl:drain() do
        n = n + 1
        stopped = stopped or event.type == hotline.EV_STOPPED
        local list = waiting[hl] or {}
        waiting[hl] = {}
        local due = {}
        for _, w in ipairs(list) do
            local fits = (not w.contact or w.contact == event.contact) and (not w.kind or w.kind == event.type)
            table.insert(fits and due or waiting[hl], w)
        end
        for _, w in ipairs(due) do resume(w.thread, event) end
    end
    return n, stopped
end

--- Dispatches until the engine has stopped.
function sched.loop(hl)
    local stopped
    repeat
        hl:poll(-1)
        stopped = select(2, sched.dispatch(hl))
    until stopped
end

local methods = debug.getregistry()['hotline.engine'].__index
for name, f in pairs(sched) do methods[name] = f end
return sched
