/* test_check.c - what is wrong with a document is found: each code by a fault put into a good flow, and no more. */
#include "rig.h"

/* A good flow; marks @1 @2 ... are places where a fault goes in. */
static const char good[] = "{'flow':'f','format':1,'entry':'m','langs':['zh-CN','en'],'tz':'Asia/Shanghai',"
    "'on':{'error':'oops','hangup':'gone'},"
    "'vars':{'acct':{'type':'string','max':12},'pin':{'type':'string','max':6,'secret':true},'n':{'type':'int',"
        "'default':1},'due':'money:CNY'},"
    "'defaults':{'menu':{'first_ms':5000}},'nodes':{"
    "'m':{'do':'menu','prompt':[{'p':'main','keys':true}],'keys':{'1':'a','0':'q'},'noinput':'q','nomatch':'q'},"
    "'a':{'do':'collect','into':'acct','min':8,'max':12,'prompt':[{'p':'hello'}],'check':'mod11(acct)','ok':'k',"
        "'noinput':'q','nomatch':'q'},"
    "'k':{'do':'ask','name':'bill','args':{'acct':'=acct'},'into':'due','timeout_ms':1000,'ok':'t',"
        "'status':{'404':'m2'}},"
    "'m2':{'do':'play','prompt':[{'p':'hello'}],'max_visits':3,'exhausted':'q','next':'m'},"
    "'t':{'do':'play','prompt':[{'p':'hello'},{'say':'money','v':'=due'}],'next':'h'},"
    "'h':{'do':'hours','calendar':'desk','open':'q','closed':'oops'},"
    "'q':{'do':'queue','queue':'desk','max_visits':2,'exhausted':'oops','priority':'=n','answered':'s',"
        "'overflow':'oops','timeout':'oops','no_agents':'oops','error':'oops'},"
    "'s':{'do':'survey','key':'csat','range':[1,5],'prompt':[{'p':'hello'}],'next':'oops'},"
    "'oops':{'do':'hangup','prompt':[{'p':'hello'}]},'gone':{'do':'end'}}}";
static const char prompts[] = "{'hello':{'zh-CN':{'text':'您好'},'en':{'text':'Hello'}},"
    "'main':{'zh-CN':{'text':'查询请按{1}，人工请按{0}'},'en':{'text':'Bill {1}, agent {0}'}},'only_zh':{'zh-CN':{'text':'您好'}},"
    "'wrong_keys':{'zh-CN':{'text':'{1}{7}'},'en':{'text':'{1}{0}'}}}";

static rig g;

/* Compiles a text strictly; the findings stay in g.f. */
static int compile(const char *text)
{
    hl__err err;
    hl__json *j = hl__json_read(text, strlen(text), &err);
    binder b = { g.fl, NULL, true };
    graph *made = NULL;
    int r;

    hl_test_ok(j != NULL, "no JSON: %s: %s", err.words, text);
    hl__findings_clear(&g.f);
    r = hl__graph_new(&b, j, NULL, &g.f, NULL, &made);
    hl__graph_free(made);
    hl__json_free(j);
    return r;
}

static bool found(int code, const char *pointer)
{
    for (uint32_t i = 0; i < g.f.count; i++) {
        const hl__finding *f = hl__findings_at(&g.f, i);
        if (f->code == code && (!pointer || strcmp(f->pointer, pointer) == 0))
            return true;
    }
    return false;
}

static void tell(char *out, size_t room)
{
    size_t len = 0;

    out[0] = 0;
    for (uint32_t i = 0; i < g.f.count && len + 200 < room; i++) {
        const hl__finding *f = hl__findings_at(&g.f, i);
        len += (size_t)snprintf(out + len, room - len, "\n  %d %s %s", f->code, f->pointer, f->text);
    }
}

typedef struct fault { const char *from, *to; int code; const char *pointer; } fault;

static void put_in(const fault *x)
{
    static char text[32768], all[4096];
    const char *base = quoted(good), *from = quoted(x->from), *at = strstr(base, from);

    hl_test_ok(at != NULL, "%s is not in the flow", x->from);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - base), base, quoted(x->to), at + strlen(from));
    int r = compile(text);
    tell(all, sizeof(all));
    hl_test_ok(found(x->code, x->pointer), "%s -> %s: no finding %d at %s, but %s", x->from, x->to, x->code,
               x->pointer ? x->pointer : "any place", all);
    hl_test_ok((x->code >= 650) == (r == 0), "%s -> %s: result %d %s", x->from, x->to, r, all);
}

static void start(void)
{
    char all[4096];

    assert_int_equal(rig_new(&g), 3);
    assert_int_equal(rig_load(&g, "prompts", prompts), 0);
    assert_int_equal(rig_load(&g, "flows", "{'sub':{'entry':'c','langs':['en'],'on':{'error':'e'},'nodes':{"
                                           "'c':{'do':'call','flow':'f','return':'e'},'e':{'do':'return'}}},"
                                           "'one':{'entry':'e','langs':['en'],'nodes':{'e':{'do':'return'}}}}"), 0);
    int r = compile(quoted(good));
    tell(all, sizeof(all));
    hl_test_ok(r == 0 && g.f.errors == 0, "the good flow is refused:%s", all);
}

static void every_fault_is_found_where_it_is(void **state)
{
    static const fault faults[] = {
        { "'closed':'oops'", "'closed':'ops'", 601, "/nodes/h/closed" }, { "'entry':'m'", "'entry':'x'", 601,
            "/entry" },
        { "'hangup':'gone'", "'hangup':'nobody'", 601, "/on/hangup" }, { "'404':'m2'", "'404':'none'", 601,
            "/nodes/k/status/404" },
        { "'noinput':'q','nomatch':'q'},'a'", "'nomatch':'q'},'a'", 602, "/nodes/m" },
        { "'next':'h'},", "'max_visits':2,'next':'h'},", 602, "/nodes/t" },
        { "'gone':{'do':'end'}", "'gone':{'do':'end'},'lone':{'do':'end'}", 603, "/nodes/lone" },
        { "'oops':{'do':'hangup','prompt':[{'p':'hello'}]}", "'oops':{'do':'play','prompt':[{'p':'hello'}],"
            "'next':'oops'}", 604, NULL },
        { "'oops':{'do':'hangup','prompt':[{'p':'hello'}]}", "'oops':{'do':'set','values':{'n':2},'next':'o2'},"
            "'o2':{'do':'if','when':'=n > 5','then':'gone','else':'oops'}", 605, NULL },
        { "'max_visits':3,'exhausted':'q','next':'m'", "'next':'k'", 606, NULL },
        { "'oops':{'do':'hangup','prompt':[{'p':'hello'}]}", "'oops':{'do':'wait','ms':10,'next':'o2'},"
            "'o2':{'do':'if','when':'=n > 5','then':'gone','else':'oops'}", 606, "/nodes/oops" },
        { "'keys':{'1':'a','0':'q'}", "'inter_ms':0,'keys':{'1':'a','12':'q','0':'q'}", 607, "/nodes/m/keys" },
        { "'p':'hello'},{'say'", "'p':'only_zh'},{'say'", 608, "/nodes/t/prompt/0/p" },
        { "{'p':'hello'},{'say'", "{'t':{'en':'Hi'}},{'say'", 608, "/nodes/t/prompt/0/t" },
        { "'args':{'acct':'=acct'},", "'args':{'acct':'=acct','due':'=due'},", 609, "/nodes/k" },
        { "'v':'=due'", "'v':'=n'", 610, "/nodes/t/prompt/1/v" },
        { "'priority':'=n'", "'priority':'=acct'", 610, "/nodes/q/priority" }, { "'into':'due'", "'into':'nix'", 610,
            "/nodes/k/into" },
        { "'check':'mod11(acct)'", "'check':'mod11(acc)'", 610, "/nodes/a/check" }, { "'into':'acct'", "'into':'n'",
            610, "/nodes/a/into" },
        { "'default':1", "'default':'x'", 610, "/vars/n" }, { "'into':'acct'", "'into':'call'", 610, "/nodes/a/into" },
        { "'v':'=due'", "'v':'=pin'", 611, "/nodes/t/prompt/1/v" }, { "'args':{'acct':'=acct'}",
            "'args':{'acct':'=pin'}", 611, "/nodes/k/args/acct" },
        { "'timeout_ms':1000,", "", 612, "/nodes/k" }, { "'on':{'error':'oops',", "'on':{", 612, "/nodes/k" },
        { "'h':{'do':'hours','calendar':'desk','open':'q','closed':'oops'}",
            "'h':{'do':'split','parts':[{'pct':50,'to':'q'},{'pct':49,'to':'oops'}]}", 615, "/nodes/h/parts" },
        { "'gone':{'do':'end'}", "'gone':{'do':'return','exit':'nix'}", 614, "/nodes/gone/exit" },
        { "{'p':'main','keys':true}", "{'p':'wrong_keys','keys':true}", 616, "/nodes/m/prompt" },
        { "'keys':{'1':'a','0':'q'}", "'keys':{'1':'a','0':'q','5':'q'}", 616, "/nodes/m/prompt" },
        { "'gone':{'do':'end'}", "'gone':{'do':'call','flow':'sub','return':'oops'}", 613, "/nodes/gone" },
        { "'gone':{'do':'end'}", "'gone':{'do':'call','flow':'one','args':{'x':1},'back':'oops'}", 614,
            "/nodes/gone/args/x" },
        { "'gone':{'do':'end'}", "'gone':{'do':'call','flow':'one','back':'oops'}", 614, "/nodes/gone/back" },
        { "'min':8,'max':12", "'min':8,'max':7", 618, "/nodes/a/max" }, { "'check':'mod11(acct)'", "'pattern':'[0-9'",
            618, "/nodes/a/pattern" },
        { "'hangup':'gone'", "'hangup':'t'", 619, "/nodes/t" },
        { "'do':'hours'", "'do':'hour'", 620, "/nodes/h/do" }, { "'do':'hours'", "'do':'http'", 620, "/nodes/h/do" },
        { "'range':[1,5]", "'range':[5,1]", 620, "/nodes/s/range" }, { "'range':[1,5]", "'ranges':[1,5]", 620,
            "/nodes/s/ranges" },
        { "'closed':'oops'", "'closed':7", 620, "/nodes/h/closed" }, { "'say':'money'", "'say':'mony'", 620,
            "/nodes/t/prompt/1/say" },
        { "'langs':['zh-CN','en']", "'langs':[]", 620, "/langs" }, { "'format':1", "'format':2", 620, "/format" },
        { "'keys':{'1':'a','0':'q'}", "'keys':{'1':'a','0':'q','x':'q'}", 621, "/nodes/m/keys/x" },
        { "'menu':{'first_ms'", "'meno':{'first_ms'", 620, "/defaults/meno" },
        { "'first_ms':5000", "'frist_ms':5000", 620, "/defaults/menu/frist_ms" },
        { "'oops':{", "'Oops':{'do':'end'},'oops':{", 621, "/nodes/Oops" },
        { "'queue':'desk'", "'queue':'nowhere'", 622, "/nodes/q/queue" }, { "'calendar':'desk'",
            "'calendar':'nowhere'", 617, "/nodes/h/calendar" },
        { "{'p':'hello'}],'check'", "{'p':'nobody'}],'check'", 622, "/nodes/a/prompt/0/p" },
        { "'queue':'desk'", "'queue':'=acct'", 622, NULL },
        { "'keys':{'1':'a','0':'q'}", "'keys':{'1':'a','0':'q','01':'q'}", 616, NULL },
        { "'do':'play','prompt':[{'p':'hello'},{'say'", "'do':'play','repeat':2,'barge':false,'prompt':[{'p':'hello'},"
            "{'say'", 656, "/nodes/t" },
    };
    (void)state;
    start();
    for (size_t i = 0; i < HL__COUNT(faults); i++)
        put_in(&faults[i]);
    rig_free(&g);
}

static void all_faults_of_a_document_are_told_at_once(void **state)
{
    static const char text[] = "{'flow':'F!','format':3,'entry':'zz','langs':['en'],'nodes':{'a':{'do':'plai'},"
        "'b':{'do':'play'},'c':{'do':'menu','keys':{}}}}";
    (void)state;
    start();
    assert_int_equal(compile(quoted(text)), HL_EPARSE);
    assert_true(found(620, "/flow") && found(620, "/format") && found(601, "/entry") && found(620, "/nodes/a/do"));
    assert_true(found(602, "/nodes/b") && found(620, "/nodes/b/prompt") && found(620, "/nodes/c/keys") && found(603,
        "/nodes/a"));
    for (uint32_t i = 0; i < g.f.count; i++)
        if (hl__findings_at(&g.f, i)->code == 620 && strcmp(hl__findings_at(&g.f, i)->pointer, "/nodes/a/do") == 0)
            assert_non_null(strstr(hl__findings_at(&g.f, i)->text, "did you mean \"play\"?"));
    rig_free(&g);
}

static void a_way_to_the_fault_is_told(void **state)
{
    static const fault x = { "'hangup':'gone'", "'hangup':'h'", 619, "/nodes/q" };
    (void)state;
    start();
    put_in(&x);
    for (uint32_t i = 0; i < g.f.count; i++)
        if (hl__findings_at(&g.f, i)->code == 619 && strcmp(hl__findings_at(&g.f, i)->pointer, "/nodes/q") == 0)
            assert_non_null(strstr(hl__findings_at(&g.f, i)->text, "h > q"));
    rig_free(&g);
}

/* The example of the design: nodes of later issues are refused by name, nothing else is; its hash is known. */
static void the_water_flow_has_its_hash_and_only_later_nodes_are_refused(void **state)
{
    size_t len;
    char *text = hl_test_vector("water_main.flow.json", &len), hex[65];
    hl__err err;
    hl__json *j = hl__json_read(text, len, &err), *nodes = hl__json_get(j, "nodes");
    uint8_t sum[32];
    int later = 0, refused = 0;
    hl__buf out;
    (void)state;
    start();
    hl__buf_init(&out, &hl_test_mem);
    assert_int_equal(hl__flow_canonical(j, "water.main", &hl_test_mem, &out), 0);
    assert_int_equal(out.len, 3383);
    assert_int_equal(hl__sha256(out.data, out.len, sum), 0);
    hl__hex(sum, 32, hex);
    assert_string_equal(hex, "470b61ec3c399f3eaba887a7f76940fb6e170e2098cfa04eedd86ef0c4f21a5a");
    for (void *it = hl__json_iter(nodes); it; it = hl__json_iter_next(nodes, it)) {
        const char *kind = hl__json_text(hl__json_get(hl__json_iter_value(it), "do"));
        later += strcmp(kind, "http") == 0 || strcmp(kind, "sms") == 0;
    }
    hl__findings_clear(&g.f);
    hl_id id = 0;
    assert_int_equal(hl__flow_add(g.fl, text, len, &g.f, &id), HL_EPARSE);
    for (uint32_t i = 0; i < g.f.count; i++) {
        const hl__finding *f = hl__findings_at(&g.f, i);
        if (f->level != 1)
            continue;
        bool is_later = f->code == 620 && strstr(f->text, "is not available in this build");
        bool is_prompt_of_later = f->code == 609; /* what http would have set nobody sets */
        hl_test_ok(is_later || is_prompt_of_later, "%d %s %s", f->code, f->pointer, f->text);
        refused += is_later;
    }
    assert_int_equal(refused, later);
    assert_int_equal(later, 2);
    hl__buf_free(&out);
    hl__json_free(j);
    rig_free(&g);
}

static int check_all(void *ctx)
{
    int r = rig_new(&g);

    if (r >= 0)
        r = rig_load(&g, "prompts", prompts);
    if (r >= 0) {
        hl__json *j = hl__json_read(ctx, strlen(ctx), &g.err);
        binder b = { g.fl, NULL, true };
        graph *made = NULL;
        r = j ? hl__graph_new(&b, j, NULL, &g.f, NULL, &made) : HL_ENOMEM;
        hl__graph_free(made);
        hl__json_free(j);
    }
    if (g.fl)
        rig_free(&g);
    else
        hl__findings_free(&g.f);
    return r;
}

static void memory_may_fail_anywhere_in_a_check(void **state)
{
    static char text[32768];
    (void)state;
    snprintf(text, sizeof(text), "%s", quoted(good));
    g.fl = NULL;
    assert_true(hl_test_oom(check_all, text) > 50);
}

/* Nodes by the thousand: every pass is linear. */
static void ten_thousand_nodes_are_checked_in_no_time(void **state)
{
    enum { NODES = 10000 };
    static char text[NODES * 120];
    size_t len = 0;
    (void)state;
    start();
    len += (size_t)snprintf(text, sizeof(text), "{\"flow\":\"f\",\"format\":1,\"entry\":\"n0\",\"langs\":[\"zh-CN\"],"
        "\"vars\":{\"n\":{\"type\":\"int\",\"default\":0}},"
                            "\"nodes\":{");
    for (int i = 0; i < NODES; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "\"n%d\":{\"do\":\"if\",\"when\":\"=n > %d\","
            "\"then\":\"n%d\",\"else\":\"n%d\",\"error\":\"end\"},",
                                i, i, i + 1 < NODES ? i + 1 : i, i + 2 < NODES ? i + 2 : i);
    (void)snprintf(text + len, sizeof(text) - len, "\"end\":{\"do\":\"end\"}}}");
    assert_int_equal(compile(text), HL_EPARSE); /* the last two lead to themselves: that is E05, and nothing else */
    for (uint32_t i = 0; i < g.f.count; i++)
        assert_int_equal(hl__findings_at(&g.f, i)->code, 605);
    rig_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(every_fault_is_found_where_it_is), HL_TEST(all_faults_of_a_document_are_told_at_once),
        HL_TEST(a_way_to_the_fault_is_told), HL_TEST(the_water_flow_has_its_hash_and_only_later_nodes_are_refused),
        HL_TEST(memory_may_fail_anywhere_in_a_check), HL_TEST(ten_thousand_nodes_are_checked_in_no_time),
    };
    return HL_TEST_MAIN(tests);
}
