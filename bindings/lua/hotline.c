/* hotline.c - the Lua binding, one file for Lua 5.1, 5.2, 5.3, 5.4 and LuaJIT.
 *
 * An engine is a userdata with one pointer; its methods are the functions of the C library without hl_. Failure is
 * nil, words, number; a programmer's mistake is error(). hl:agents(queue) lists what hl:agent_next(queue, row) steps
 * through. No C resource is held across a call that may raise, nothing yields across C: coroutines work everywhere. */
#include <hotline.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <string.h>

#define ENGINE "hotline.engine"

typedef struct engine_box { hl_t *hl; } engine_box;

static hl_t *engine(lua_State *L)
{
    engine_box *box = luaL_checkudata(L, 1, ENGINE);
    if (!box->hl) luaL_error(L, "the engine is closed");
    return box->hl;
}

static int failure(lua_State *L, const hl_t *hl, int r)
{
    const char *words = hl_error(hl);
    lua_pushnil(L);
    lua_pushstring(L, words && *words ? words : hl_strerror(r));
    lua_pushinteger(L, r);
    return 3;
}

/* Numbers: integers where Lua has 64 bits of them, else doubles; ids and times stay below 2^53. */
static void push_int(lua_State *L, int64_t n)
{
    if (sizeof(lua_Integer) >= sizeof n && LUA_VERSION_NUM >= 503) lua_pushinteger(L, (lua_Integer)n);
    else lua_pushnumber(L, (lua_Number)n);
}

static int64_t to_int(lua_State *L, int at, const char *what)
{
    lua_Number n = lua_tonumber(L, at);
    if (!lua_isnumber(L, at)) luaL_error(L, "%s: a number is wanted, not %s", what, luaL_typename(L, at));
    if (!(n >= -9007199254740992.0 && n <= 9007199254740992.0)) luaL_error(L, "%s: a number beyond 2^53", what);
    return (int64_t)n;
}

static int64_t arg_int(lua_State *L, int at)
{
    return lua_isnoneornil(L, at) ? 0 : to_int(L, at, "argument");
}

/* Not every release has a function or row with a real number. */
__attribute__((unused)) static double arg_real(lua_State *L, int at)
{
    return luaL_optnumber(L, at, 0);
}

static void push_text(lua_State *L, const char *text)
{
    if (text) lua_pushstring(L, text);
    else lua_pushnil(L);
}

/* Rows are tables. */
static void put_int(lua_State *L, const char *name, int64_t n)
{
    push_int(L, n);
    lua_setfield(L, -2, name);
}

__attribute__((unused)) static void put_real(lua_State *L, const char *name, double n)
{
    lua_pushnumber(L, n);
    lua_setfield(L, -2, name);
}

static void put_text(lua_State *L, const char *name, const char *text)
{
    if (!text) return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static int64_t get_int(lua_State *L, int at, const char *name)
{
    int64_t n = 0;
    lua_getfield(L, at, name);
    if (lua_isboolean(L, -1)) n = lua_toboolean(L, -1);
    else if (!lua_isnil(L, -1)) n = to_int(L, -1, name);
    lua_pop(L, 1);
    return n;
}

__attribute__((unused)) static double get_real(lua_State *L, int at, const char *name)
{
    double n;
    lua_getfield(L, at, name);
    n = lua_tonumber(L, -1);
    if (!lua_isnil(L, -1) && !lua_isnumber(L, -1)) luaL_error(L, "%s: a number is wanted", name);
    lua_pop(L, 1);
    return n;
}

/* The table keeps the text alive for as long as the caller's argument does: for the whole call. */
static const char *get_text(lua_State *L, int at, const char *name)
{
    const char *text;
    lua_getfield(L, at, name);
    if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "%s: text is wanted", name);
    text = lua_tostring(L, -1);
    lua_pop(L, 1);
    return text;
}

/* A key that is no field is a misspelling. */
static void only(lua_State *L, int at, const char *const *names)
{
    luaL_checktype(L, at, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, at); lua_pop(L, 1)) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "(no text)";
        const char *const *n = names;
        while (*n && strcmp(*n, key)) n++;
        if (!*n) luaL_error(L, "no field is called '%s'", key);
    }
}

#include "lua_calls.h"

/* for row in hl:agents(queue): upvalues are the function, the engine and its arguments; the last row is the control. */
static int list_step(lua_State *L)
{
    int n = (int)lua_tointeger(L, lua_upvalueindex(1));
    lua_settop(L, 2);
    luaL_checkstack(L, n + 4, "too many arguments");
    for (int i = 0; i < n; i++) lua_pushvalue(L, lua_upvalueindex(2 + i));
    lua_pushvalue(L, 2);
    lua_call(L, n, 3);
    if (lua_isnil(L, -3) && !lua_isnil(L, -2)) luaL_error(L, "%s", lua_tostring(L, -2));
    lua_pop(L, 2);
    return 1;
}

static int list_begin(lua_State *L)
{
    int wanted = (int)lua_tointeger(L, lua_upvalueindex(2)), n = 1 + wanted;
    lua_settop(L, n);
    lua_pushinteger(L, n + 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    for (int i = 1; i <= n; i++) lua_pushvalue(L, i);
    lua_pushcclosure(L, list_step, n + 2);
    return 1;
}

static int engine_close(lua_State *L)
{
    engine_box *box = luaL_checkudata(L, 1, ENGINE);
    hl_t *hl = box->hl;
    box->hl = NULL;
    hl_close(hl);
    return 0;
}

static int engine_next(lua_State *L)
{
    hl_t *hl = engine(L);
    hl_event row = HL_EVENT_INIT;
    int r = hl_next(hl, &row);
    if (r < 0) return failure(L, hl, r);
    if (r == 0) return 0;
    push_hl_event(L, &row);
    return 1;
}

static int engine_drain(lua_State *L) /* for event in hl:drain(): what is unread now */
{
    (void)engine(L);
    lua_getfield(L, 1, "next");
    lua_pushvalue(L, 1);
    return 2;
}

static int engine_fd(lua_State *L)
{
    hl_t *hl = engine(L);
    int r = hl_fd(hl);
    if (r < 0) return failure(L, hl, r);
    lua_pushinteger(L, r);
    return 1;
}

static int engine_wants(lua_State *L) /* what cqueues asks an object it waits for */
{
    (void)engine(L);
    lua_pushliteral(L, "r");
    return 1;
}

static int engine_timeout(lua_State *L)
{
    (void)engine(L);
    return 0;
}

static int engine_text(lua_State *L)
{
    engine_box *box = luaL_checkudata(L, 1, ENGINE);
    lua_pushfstring(L, "hotline.engine: %p", (void *)box->hl);
    return 1;
}

static const struct luaL_Reg by_hand[] = {
    { "close", engine_close }, { "next", engine_next }, { "drain", engine_drain }, { "fd", engine_fd },
    { "pollfd", engine_fd }, { "events", engine_wants }, { "timeout", engine_timeout }, { NULL, NULL }
};

static int open_as(lua_State *L, int is_sim)
{
    int at = is_sim ? 2 : 1, r;
    hl_time start = is_sim ? to_int(L, 1, "start") : 0;
    hl_options opt;
    engine_box *box = lua_newuserdata(L, sizeof *box);
    box->hl = NULL;
    luaL_getmetatable(L, ENGINE);
    lua_setmetatable(L, -2);
    pull_hl_options(L, at, &opt);
    r = is_sim ? hl_open_sim(&opt, start, &box->hl) : hl_open(&opt, &box->hl);
    return r < 0 ? failure(L, NULL, r) : 1;
}

static int module_open(lua_State *L)
{
    lua_settop(L, 1);
    return open_as(L, 0);
}

static int module_open_sim(lua_State *L)
{
    lua_settop(L, 2);
    return open_as(L, 1);
}

static int module_version(lua_State *L)
{
    int n = hl_version();
    lua_pushfstring(L, "%d.%d.%d", n >> 16 & 255, n >> 8 & 255, n & 255);
    return 1;
}

static int module_features(lua_State *L)
{
    lua_pushstring(L, hl_features());
    return 1;
}

static int module_strerror(lua_State *L)
{
    lua_pushstring(L, hl_strerror((int)luaL_checkinteger(L, 1)));
    return 1;
}

static int module_kind(lua_State *L)
{
    lua_pushinteger(L, hl_kind((hl_id)luaL_checknumber(L, 1)));
    return 1;
}

static int module_text(lua_State *L) /* an id or a time in decimal: 5.1 and LuaJIT would write 1e+15 */
{
    char text[32];
    double n = luaL_checknumber(L, 1);
    int len = 0;
    int64_t rest = (int64_t)n;
    if (!(n >= -9007199254740992.0 && n <= 9007199254740992.0)) return luaL_error(L, "a number beyond 2^53");
    for (uint64_t left = rest < 0 ? 0 - (uint64_t)rest : (uint64_t)rest; left || !len; left /= 10)
        text[sizeof text - 1 - (size_t)len++] = (char)('0' + left % 10);
    if (rest < 0) text[sizeof text - 1 - (size_t)len++] = '-';
    lua_pushlstring(L, text + sizeof text - (size_t)len, (size_t)len);
    return 1;
}

static const struct luaL_Reg module[] = {
    { "open", module_open }, { "open_sim", module_open_sim }, { "version", module_version },
    { "features", module_features }, { "strerror", module_strerror }, { "kind", module_kind },
    { "text", module_text }, { NULL, NULL }
};

static void add(lua_State *L, const struct luaL_Reg *list)
{
    for (; list->name; list++) {
        lua_pushcfunction(L, list->func);
        lua_setfield(L, -2, list->name);
    }
}

__attribute__((visibility("default"))) int luaopen_hotline(lua_State *L);

int luaopen_hotline(lua_State *L)
{
    luaL_newmetatable(L, ENGINE);
    lua_newtable(L); /* the methods */
    add(L, calls);
    for (size_t n = 0; n < sizeof lists / sizeof lists[0]; n++) {
        lua_pushcfunction(L, lists[n].call);
        lua_pushinteger(L, lists[n].arguments);
        lua_pushcclosure(L, list_begin, 2);
        lua_setfield(L, -2, lists[n].name);
    }
    add(L, by_hand); /* last: cqueues wants events() to be its own */
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, engine_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, engine_close);
    lua_setfield(L, -2, "__close");
    lua_pushcfunction(L, engine_text);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 1);
    lua_newtable(L);
    add(L, module);
    add(L, free_calls);
    for (size_t n = 0; n < sizeof constants / sizeof constants[0]; n++)
        put_int(L, constants[n].name, constants[n].value);
    return 1;
}
