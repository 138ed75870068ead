/* bench_flow.c - flows and expressions: a condition, compiling and checking, inputs a second, memory of a run. */
#include "flow/rig.h"
#include <time.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static rig g;

static void condition(void)
{
    static const char text[] = "has(due) && due > money('500.00 CNY') || n % 7 == 3 && lang != 'en'";
    static const char types[] = "{\"due\":\"money:CNY\",\"n\":\"int\",\"lang\":\"string\"}";
    static hl__eval x;
    hl__json *j = hl__json_read(types, sizeof(types) - 1, &g.err);
    hl__val slots[3] = { { .kind = HL__V_MONEY, .ccy = "CNY", .u.i = 12345 }, { .kind = HL__V_INT },
        { .kind = HL__V_STRING,
        .len = 2, .u.s = "zh" } }, v;
    hl__expr_in in = { .text = text, .len = sizeof(text) - 1, .f = &g.f };
    hl__scope *s;
    hl__expr *e;
    enum { ROUNDS = 5000000 };
    int64_t yes = 0;

    assert_int_equal(hl__scope_new(&hl_test_mem, &s), 0);
    assert_true(hl__scope_add_all(s, j, &g.f, NULL) >= 0);
    assert_int_equal(hl__expr_new(s, &in, &e), 0);
    x.slots = slots;
    x.err = &g.err;
    double began = now();
    for (int i = 0; i < ROUNDS; i++) {
        slots[1].u.i = i;
        (void)hl__expr_eval(e, &x, &v);
        yes += v.u.i;
    }
    printf("expr: %.0f ns a condition of seven operators (true %lld times)\n", (now() - began) / ROUNDS * 1e9,
        (long long)yes);
    hl__expr_free(e);
    hl__scope_free(s);
    hl__json_free(j);
}

static void compile(int nodes)
{
    static char text[4 << 20];
    size_t len = (size_t)snprintf(text, sizeof(text), "{\"flow\":\"f\",\"format\":1,\"entry\":\"n0\","
        "\"langs\":[\"zh-CN\",\"en\"],"
                                  "\"vars\":{\"n\":{\"type\":\"int\",\"default\":0}},\"nodes\":{");
    hl_id id;

    for (int i = 0; i < nodes; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, i % 3 ? "\"n%d\":{\"do\":\"if\",\"when\":\"=n > %d && "
            "call.lang == 'en'\","
                                "\"then\":\"n%d\",\"else\":\"end\",\"error\":\"end\"}," :
                                "\"n%d\":{\"do\":\"menu\",\"prompt\":[{\"t\":{\"zh-CN\":\"a\",\"en\":\"b\"}}],"
                                    "\"tries\":%d,\"keys\":{\"1\":\"n%d\","
                                "\"2\":\"end\"},\"noinput\":\"end\",\"nomatch\":\"end\"},", i, i % 99 + 1, i + 1);
    (void)snprintf(text + len, sizeof(text) - len, "\"n%d\":{\"do\":\"end\"},\"end\":{\"do\":\"end\"}}}", nodes);
    double began = now();
    hl__findings_clear(&g.f);
    assert_true(hl__flow_add(g.fl, text, strlen(text), &g.f, &id) >= 0);
    printf("flow: %.1f ms to parse, compile, check and hash %d nodes\n", (now() - began) * 1e3, nodes);
    assert_int_equal(hl__flow_version_drop(g.fl, id), 0);
}

static void calls(void)
{
    enum { CALLS = 1000, ROUNDS = 1000 };
    int64_t bytes;

    assert_int_equal(rig_load(&g, "flows", "{'f':{'entry':'m','langs':['en'],'nodes':{'m':{'do':'menu',"
        "'prompt':[{'t':{'en':'a'}}],"
                     "'first_ms':600000,'keys':{'1':'s','2':'end'},'noinput':'end','nomatch':'end'},"
                     "'s':{'do':'set','values':{'n':'=n + 1'},'next':'m','error':'end'},'end':{'do':'end'}},"
                     "'vars':{'n':{'type':'int','default':0}}}}"), 0);
    hl_id id = hl__flow_find(g.fl, "f");
    bytes = hl_test_mem.used;
    for (int i = 1; i <= CALLS; i++)
        assert_int_equal(hl__flow_start(g.fl, HL__ID(i, HL_KIND_CONTACT), id, NULL, NULL, NULL), 0);
    printf("flow: %lld bytes a run that listens\n", (long long)(hl_test_mem.used - bytes) / CALLS);
    hl__flow_in in = { .kind = HL__FLOW_DIGIT, .key = '1' };
    double began = now();
    for (int r = 0; r < ROUNDS; r++)
        for (int i = 1; i <= CALLS; i++)
            (void)hl__flow_input(g.fl, HL__ID(i, HL_KIND_CONTACT), &in);
    printf("flow: %.2f million keys a second, each with a set, a prompt and a menu behind it\n",
           CALLS * ROUNDS / (now() - began) / 1e6);
}

int main(void)
{
    assert_int_equal(rig_new(&g), 3);
    g.is_quiet = true;
    condition();
    compile(10000);
    compile(250);
    calls();
    rig_free(&g);
    return 0;
}
