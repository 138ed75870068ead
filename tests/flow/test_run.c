/* test_run.c - callers walk through flows: nodes, handlers, limits, sub-flows, queues, secrets, results. */
#include "rig.h"

static const char prompts[] = "{'hello':{'zh-CN':{'text':'您好'},'en':{'text':'Hello'}},"
    "'main':{'zh-CN':{'text':'查询请按{1}，人工请按{0}'},'en':{'text':'Bill {1}, agent {0}'}},"
    "'bad':{'zh-CN':{'text':'错误'},'en':{'text':'Wrong'}},'bye':{'zh-CN':{'text':'再见'},'en':{'text':'Bye'}}}";

#define HEAD "'format':1,'langs':['zh-CN','en'],'tz':'Asia/Shanghai','on':{'error':'oops','hangup':'gone'},"
#define TAIL "'oops':{'do':'hangup','cause':41},'gone':{'do':'end'}"

/* A rig with prompts and one flow "f" of these members. */
static void setup(rig *to, const char *text)
{
    assert_int_equal(rig_new(to), 3);
    assert_int_equal(rig_load(to, "prompts", prompts), 0);
    int r = rig_load(to, "flows", text);
    if (r == HL_EPARSE) {
        hl__json *j = hl__json_read(quoted(text), strlen(text), &to->err), *one = hl__json_iter_value(hl__json_iter(j));
        binder b = { to->fl, NULL, false };
        graph *made;
        (void)hl__graph_new(&b, one, hl__json_iter_key(hl__json_iter(j)), &to->f, NULL, &made);
        hl_test_ok(0, "%s: %s", hl__findings_at(&to->f, 0)->pointer, hl__findings_at(&to->f, 0)->text);
    }
    assert_int_equal(r, 0);
}

static void teardown(rig *of)
{
    assert_int_equal(hl__flows_check(of->fl, &of->err), 0);
    rig_free(of);
}

static rig g; /* tests run one after the other */

static void a_menu_plays_listens_and_takes_the_exit_of_the_key(void **state)
{
    (void)state;
    setup(&g, "{'f':{'entry':'m'," HEAD "'nodes':{'m':{'do':'menu','prompt':[{'p':'hello'},{'p':'main','keys':true}],"
          "'keys':{'1':'one','0':'bye'},'noinput':'bye','nomatch':'bye'},'one':{'do':'play','prompt':[{'p':'bye'}],"
              "'next':'bye'},"
          "'bye':{'do':'hangup','prompt':[{'p':'bye'}]}," TAIL "}}}");
    assert_int_equal(rig_start(&g, "f"), 0);
    g.log[0] = 0, g.len = 0;
    rig_run(&g, 500);
    rig_press(&g, "1");
    expect(&g, "stop\nplay zh/bye\n");
    rig_run(&g, 3000);
    expect(&g, "play zh/bye\nhangup 16\nstop\nevent 63 code 1 text bye data {}\nended 1\n");
    assert_string_equal(hl__flow_keys(g.fl, CONTACT), "1");
    hl__flow_forget(g.fl, CONTACT);
    teardown(&g);
}

static void silence_and_wrong_keys_are_counted_apart(void **state)
{
    (void)state;
    setup(&g, "{'f':{'entry':'m'," HEAD "'nodes':{'m':{'do':'menu','prompt':[{'p':'hello'}],'tries':2,"
          "'retry':{'nomatch':[[{'p':'bad'}]]},'keys':{'1':'bye'},'noinput':'silent','nomatch':'wrong'},"
          "'silent':{'do':'event','name':'silent','next':'bye'},'wrong':{'do':'event','name':'wrong','next':'bye'},"
          "'bye':{'do':'end'}," TAIL "}}}");
    assert_int_equal(rig_start(&g, "f"), 0);
    expect_part(&g, "play zh/hello\n");
    rig_run(&g, 7000);
    expect(&g, "play zh/hello\n");
    rig_press(&g, "7");
    expect(&g, "stop\nplay zh/bad\n");
    rig_run(&g, 1000);
    rig_press(&g, "8");
    expect_part(&g, "text wrong data {}\n");
    hl__flow_forget(g.fl, CONTACT);
    assert_int_equal(rig_start(&g, "f"), 0);
    rig_run(&g, 14000);
    expect_part(&g, "text silent");
    teardown(&g);
}

/* dtmf.json's five orders of failures: which exit, after how many tries, which prompt each. */
static void retry_order(const hl__json *one)
{
    const hl__json *results = hl__json_get(one, "results"), *want = hl__json_get(one, "prompts");
    char doc[2000], line[80];

    snprintf(doc, sizeof(doc), "{'f':{'entry':'m'," HEAD "'nodes':{'m':{'do':'menu','prompt':[{'p':'hello'}],"
        "'tries':%d,"
             "'retry':{'nomatch':[[{'t':{'zh-CN':'m0','en':'m'}}],[{'t':{'zh-CN':'m1','en':'m'}}]],"
             "'noinput':[[{'t':{'zh-CN':'i0','en':'i'}}],[{'t':{'zh-CN':'i1','en':'i'}}]]},"
             "'keys':{'1':'e_ok'},'noinput':'e_noinput','nomatch':'e_nomatch'},'e_ok':{'do':'event','name':'ok',"
                 "'next':'bye'},"
             "'e_noinput':{'do':'event','name':'noinput','next':'bye'},'e_nomatch':{'do':'event','name':'nomatch',"
                 "'next':'bye'},"
             "'bye':{'do':'end'}," TAIL "}}}", (int)hl__json_int(hl__json_get(one, "tries")));
    setup(&g, doc);
    assert_int_equal(rig_start(&g, "f"), 0);
    for (size_t i = 0; i < hl__json_size(results); i++) {
        const char *result = hl__json_text(hl__json_at(results, i)), *heard = hl__json_text(hl__json_at(want, i));
        char text[3] = { heard[6] == 'n' && heard[8] == 'i' ? 'i' : 'm', heard[strlen(heard) - 2], 0 };
        uint64_t hash = hl__fnv(0, text, 2);
        char hex[20];
        hl__hex((const uint8_t *)&hash, 8, hex);
        snprintf(line, sizeof(line), strcmp(heard, "prompt") == 0 ? "play zh/hello\n" : "play zh/t_%s\n", hex);
        hl_test_ok(strstr(g.log, line) != NULL, "try %d wants %s (%s), have %s", (int)i, heard, line, g.log);
        g.log[0] = 0, g.len = 0;
        rig_run(&g, 1000);
        if (strcmp(result, "noinput") == 0)
            rig_run(&g, 6000);
        else
            rig_press(&g, strcmp(result, "ok") == 0 ? "1" : "5");
    }
    snprintf(line, sizeof(line), "text %s data", hl__json_text(hl__json_get(one, "exit")));
    expect_part(&g, line);
    teardown(&g);
}

static void the_5_retry_orders_of_the_vector_hold(void **state)
{
    size_t len;
    char *text = hl_test_vector("dtmf.json", &len);
    hl__err err;
    hl__json *doc = hl__json_read(text, len, &err), *cases = hl__json_get(hl__json_get(doc, "retry"), "cases");
    (void)state;
    assert_int_equal(hl__json_size(cases), 5);
    for (size_t i = 0; i < hl__json_size(cases); i++)
        retry_order(hl__json_at(cases, i));
    hl__json_free(doc);
}

static const char account[] = "{'f':{'entry':'a'," HEAD
    "'vars':{'acct':{'type':'string','max':12},'pin':{'type':'string','max':6,'secret':true},"
    "'bill':{'fields':{'due':'money:CNY','by':'date'}}},'nodes':{"
    "'a':{'do':'collect','into':'acct','min':8,'max':12,'check':'mod11(acct)','prompt':[{'p':'hello'}],"
        "'retry':{'nomatch':[[{'p':'bad'}]]},"
    "'ok':'p','noinput':'oops','nomatch':'oops'},"
    "'p':{'do':'collect','into':'pin','min':6,'max':6,'prompt':[{'p':'main'}],'ok':'q','noinput':'oops',"
        "'nomatch':'oops'},"
    "'q':{'do':'ask','name':'bill','args':{'acct':'=acct','pin':'=reveal(pin)'},'into':'bill','timeout_ms':2500,"
    "'while':[{'p':'hello'}],'ok':'tell','status':{'403':'a2'}},"
    "'a2':{'do':'hangup','prompt':[{'p':'bad'}]},"
    "'tell':{'do':'hangup','prompt':[{'p':'hello'},{'say':'money','v':'=bill.due'},{'say':'date','v':'=bill.by'}]},"
        "" TAIL "}}}";

static void an_account_is_asked_checked_and_read_aloud(void **state)
{
    (void)state;
    setup(&g, account);
    assert_int_equal(rig_start(&g, "f"), 0);
    rig_run(&g, 1500);
    rig_press(&g, "12345675#");
    expect_part(&g, "play zh/bad\n");
    rig_press(&g, "12345674#");
    expect(&g, "stop\nlisten secret\nplay zh/main\n");
    rig_press(&g, "246810");
    expect(&g, "stop\nlisten open\nevent 62 code 1 text bill data {\"acct\":\"12345674\",\"pin\":\"246810\"}\nplay "
        "zh/hello\n");
    assert_int_equal(hl__flow_answer(g.fl, CONTACT, 7, 200, "{}"), HL_ECONFLICT);
    assert_int_equal(hl__flow_answer(g.fl, CONTACT, 1, 200, "{\"due\":\"123.45 CNY\",\"by\":\"2026-11-30\"}"), 0);
    assert_non_null(strstr(g.log, "stop\nplay zh/hello zh/"));
    g.log[0] = 0, g.len = 0;
    assert_int_equal(hl__flow_answer(g.fl, CONTACT, 1, 200, "{}"), HL_ECONFLICT);
    assert_string_equal(hl__flow_keys(g.fl, CONTACT), "12345675# 12345674# xxxxxx");
    rig_run(&g, 60000);
    expect_part(&g, "ended 1");
    teardown(&g);
}

static void answers_that_are_late_wrong_or_refused_take_their_exits(void **state)
{
    static const struct { int status; const char *json, *want; } rows[] = {
        { 200, "{\"due\":\"1\"}", "hangup 41" }, { 200, "nonsense", "hangup 41" }, { 500, NULL, "hangup 41" },
        { 403, NULL, "play zh/bad" }, { 200, NULL, "hangup 41" }, { 0, NULL, "hangup 41" },
    };
    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        setup(&g, account);
        assert_int_equal(rig_start(&g, "f"), 0);
        rig_press(&g, "12345674#");
        rig_press(&g, "246810");
        g.log[0] = 0, g.len = 0;
        if (rows[i].status)
            assert_int_equal(hl__flow_answer(g.fl, CONTACT, 1, rows[i].status, rows[i].json), 0);
        else
            rig_run(&g, 2600);
        expect_part(&g, rows[i].want);
        teardown(&g);
    }
}

static void digits_typed_ahead_answer_the_next_menus(void **state)
{
    (void)state;
    setup(&g, "{'f':{'entry':'p'," HEAD "'nodes':{'p':{'do':'play','prompt':[{'p':'hello'}],'next':'m'},"
          "'m':{'do':'menu','prompt':[{'p':'main'}],'keys':{'1':'n'},'noinput':'e','nomatch':'e'},"
          "'n':{'do':'menu','prompt':[{'p':'main'}],'keys':{'2':'w'},'noinput':'e','nomatch':'e'},"
          "'w':{'do':'event','name':'both','next':'e'},'e':{'do':'end'}," TAIL "}}}");
    assert_int_equal(rig_start(&g, "f"), 0);
    g.log[0] = 0, g.len = 0;
    rig_press(&g, "1"); /* cuts the greeting and answers the first menu */
    expect(&g, "stop\nplay zh/main\n");
    rig_press(&g, "2");
    expect_part(&g, "text both data {}");
    teardown(&g);
}

static void the_pound_key_after_a_full_number_cuts_no_prompt(void **state)
{
    (void)state;
    setup(&g, "{'f':{'entry':'a'," HEAD "'vars':{'n':'string'},'nodes':{"
          "'a':{'do':'collect','into':'n','min':2,'max':2,'ok':'tell','noinput':'oops','nomatch':'oops'},"
          "'tell':{'do':'play','prompt':[{'p':'hello'}],'next':'bye'},"
          "'bye':{'do':'hangup','prompt':[{'p':'bye'}]}," TAIL "}}}");
    assert_int_equal(rig_start(&g, "f"), 0);
    rig_press(&g, "12");
    expect_part(&g, "play zh/hello\n");
    rig_run(&g, 300);
    rig_press(&g, "#");
    expect(&g, "");
    rig_press(&g, "#");
    expect(&g, "stop\nplay zh/bye\n");
    teardown(&g);
}

static void the_queue_tells_place_and_wait_and_ends_by_each_result(void **state)
{
    static const char doc[] = "{'f':{'entry':'q'," HEAD "'nodes':{'q':{'do':'queue','queue':'desk','priority':2,"
        "'music':'calm',"
        "'announce':{'position':true,'every_ms':30000},'keys':{'9':'key'},'offer_callback_after_ms':40000,"
            "'max_wait_ms':100000,"
        "'answered':'a','callback':'c','overflow':'o','timeout':'t','no_agents':'n'},"
        "'a':{'do':'event','name':'a','next':'gone'},'c':{'do':'event','name':'c','next':'gone'},'o':{'do':'event',"
            "'name':'o','next':'gone'},"
        "'t':{'do':'event','name':'t','next':'gone'},'n':{'do':'event','name':'n','next':'gone'},'key':{'do':'event',"
            "'name':'key','next':'gone'},"
        TAIL "}}}";
    static const char *const names[] = { "", "a", "o", "t", "n" };
    char line[40];
    (void)state;
    for (int how = HL__FLOW_ANSWERED; how <= HL__FLOW_NO_AGENTS; how++) {
        setup(&g, doc);
        g.place = 3;
        assert_int_equal(rig_start(&g, "f"), 0);
        expect_part(&g, "play loop zh/music:calm\nenqueue desk priority 2 need -\n");
        assert_int_equal(rig_tell(&g, (hl__flow_in){ .kind = HL__FLOW_RESULT, .ask = g.queue_ask + 1, .how = how }),
            HL_ESTATE);
        assert_int_equal(rig_tell(&g, (hl__flow_in){ .kind = HL__FLOW_RESULT, .ask = g.queue_ask, .how = how }), 0);
        snprintf(line, sizeof(line), "text %s data {}", names[how]);
        expect_part(&g, line);
        teardown(&g);
    }
    setup(&g, doc);
    g.place = 3;
    assert_int_equal(rig_start(&g, "f"), 0);
    g.log[0] = 0, g.len = 0;
    rig_run(&g, 1000);
    assert_non_null(strstr(g.log, "play zh/queue_ahead zh/"));
    assert_non_null(strstr(g.log, "zh/queue_wait zh/"));
    assert_non_null(strstr(g.log, "zh/queue_wait_to zh/"));
    rig_run(&g, 12000);
    expect_part(&g, "play loop zh/music:calm\n");
    g.place = 5; /* one that rises is not told */
    rig_run(&g, 25000);
    expect_part(&g, "play zh/queue_ahead zh/");
    assert_int_equal(((run *)hl__map_get(&g.fl->runs, CONTACT))->place, 3);
    rig_run(&g, 15000);
    expect_part(&g, "play zh/queue_callback\n");
    rig_press(&g, "1");
    expect_part(&g, "promise - in - from 0\nstop\nevent 62 code 0 text c data {}"); /* and keeps its place */
    teardown(&g);
    setup(&g, doc);
    assert_int_equal(rig_start(&g, "f"), 0);
    rig_press(&g, "9");
    expect_part(&g, "leave\nevent 62 code 0 text key");
    teardown(&g);
    setup(&g, doc);
    assert_int_equal(rig_start(&g, "f"), 0);
    rig_run(&g, 100000);
    expect_part(&g, "text t data {}");
    teardown(&g);
    setup(&g, doc);
    g.enqueue_fails = HL__FLOW_OVERFLOW;
    assert_int_equal(rig_start(&g, "f"), 0);
    expect_part(&g, "text o data {}");
    teardown(&g);
}

static void a_call_back_is_confirmed_or_refused(void **state)
{
    static const char doc[] = "{'f':{'entry':'q'," HEAD "'nodes':{'q':{'do':'queue','queue':'desk',"
        "'offer_callback_after_ms':1000,'answered':'gone','callback':'c','overflow':'c','timeout':'gone',"
        "'no_agents':'c'},'c':{'do':'callback','number':'=call.ani','queue':'leaks','confirm':[{'p':'hello'}],"
        "'ok':'k','refused':'r','error':'oops'},'k':{'do':'event','name':'ok','next':'gone'},"
        "'r':{'do':'event','name':'refused','next':'gone'},"
        TAIL "}}}";

    (void)state;
    setup(&g, doc);
    assert_int_equal(rig_start(&g, "f"), 0);
    rig_run(&g, 3000);
    g.promises = HL_EINVAL; /* the caller's own number cannot be called: it leaves the queue after all */
    rig_press(&g, "1");
    expect_part(&g, "promise - in - from 0\nstop\nleave\npromise 13800138000 in leaks from 0\n"
        "event 62 code 0 text refused");
    teardown(&g);
    setup(&g, doc);
    assert_int_equal(rig_start(&g, "f"), 0);
    assert_int_equal(rig_tell(&g, (hl__flow_in){ .kind = HL__FLOW_RESULT, .ask = g.queue_ask,
        .how = HL__FLOW_NO_AGENTS }), 0);
    expect_part(&g, "promise 13800138000 in leaks from 0\nplay zh/hello\n");
    rig_run(&g, 10000);
    expect_part(&g, "text ok data {}");
    teardown(&g);
}

static void an_agent_takes_over_and_the_survey_follows(void **state)
{
    (void)state;
    setup(&g, "{'f':{'entry':'q','limits':{'max_ms':60000}," HEAD "'vars':{'score':'int'},'nodes':{'q':{'do':'queue',"
        "'queue':'desk',"
          "'announce':{'position':true,'every_ms':30000},'answered':'s','overflow':'gone','timeout':'gone',"
              "'no_agents':'gone'},"
          "'s':{'do':'survey','key':'csat','into':'score','range':[1,5],'prompt':[{'p':'hello'}],'next':'bye'},"
          "'bye':{'do':'hangup','prompt':[{'p':'bye'}]}," TAIL "}}}");
    assert_int_equal(rig_start(&g, "f"), 0);
    rig_run(&g, 100000); /* max_ms does not count here */
    assert_int_equal(rig_tell(&g, (hl__flow_in){ .kind = HL__FLOW_CONNECTED }), 0);
    g.log[0] = 0, g.len = 0;
    rig_run(&g, 500000);
    expect(&g, "");
    assert_int_equal(rig_tell(&g, (hl__flow_in){ .kind = HL__FLOW_REQUEUED }), 0);
    expect(&g, "play loop zh/music:default\n");
    assert_int_equal(rig_tell(&g, (hl__flow_in){ .kind = HL__FLOW_CONNECTED }), 0);
    assert_int_equal(rig_tell(&g, (hl__flow_in){ .kind = HL__FLOW_RESULT, .ask = g.queue_ask,
        .how = HL__FLOW_ANSWERED }), 0);
    expect(&g, "stop\nplay zh/hello\n");
    rig_press(&g, "5");
    expect(&g, "stop\nplay zh/bye\n");
    rig_run(&g, 5000);
    assert_string_equal(hl__flow_result(g.fl, CONTACT), "{\"csat\":5}");
    assert_string_equal(hl__flow_keys(g.fl, CONTACT), "5");
    teardown(&g);
}

static void who_hangs_up_gets_his_ticket_and_hears_nothing_more(void **state)
{
    (void)state;
    setup(&g, "{'f':{'entry':'m','format':1,'langs':['zh-CN'],'on':{'error':'e','hangup':'t'},'vars':{'no':'string'},"
        "'nodes':{"
          "'m':{'do':'menu','prompt':[{'p':'hello'}],'keys':{'1':'e'},'noinput':'e','nomatch':'e'},"
          "'t':{'do':'ticket','op':'open','type':'water_repair','fields':{'phone':'=call.ani','n':5},'into':'no',"
              "'ok':'e'},'e':{'do':'end'}}}}");
    assert_int_equal(rig_start(&g, "f"), 0);
    g.log[0] = 0, g.len = 0;
    assert_int_equal(rig_tell(&g, (hl__flow_in){ .kind = HL__FLOW_HANGUP }), 0);
    expect(&g, "ticket open water_repair fields {\"phone\":\"13800138000\",\"n\":5} by -\n");
    assert_int_equal(rig_tell(&g, (hl__flow_in){ .kind = HL__FLOW_HANGUP }), 0);
    assert_int_equal(hl__flow_answer(g.fl, CONTACT, g.ticket_ask, 200, "{\"number\":\"X-1\"}"), 0);
    expect(&g, "event 63 code 2 text e data {}\nended 2\n");
    teardown(&g);
}

static void an_answer_within_the_step_waits_for_its_end(void **state)
{
    (void)state;
    setup(&g, "{'f':{'entry':'t','format':1,'langs':['zh-CN','en'],'on':{'error':'e'},'vars':{'no':'string'},"
        "'out':{'no':'string'},'nodes':{"
          "'t':{'do':'ticket','op':'find','by':{'phone':'=call.ani'},'into':'no','found':'p','none':'e'},"
          "'p':{'do':'play','prompt':[{'say':'digits','v':'=no'}],'next':'e'},'e':{'do':'end'}}}}");
    g.answers_tickets = true;
    g.forgets = true;
    assert_int_equal(rig_start(&g, "f"), 0);
    rig_run(&g, 60000);
    expect_part(&g, "data {\"no\":\"20261120-000001\"}\nended 1\n");
    assert_null(hl__flow_name(g.fl, CONTACT));
    teardown(&g);
}

static void decisions_follow_values(void **state)
{
    (void)state;
    setup(&g, "{'f':{'entry':'s'," HEAD "'vars':{'n':{'type':'int','default':0},'w':'string'},'nodes':{"
          "'s':{'do':'set','values':{'w':'==x','n':'=n + 1'},'next':'i'},"
          "'i':{'do':'if','when':'=w == `=x` && n == 1','then':'l','else':'oops'},"
          "'l':{'do':'lang','to':'en','next':'c'},"
          "'c':{'do':'switch','on':'=n','cases':{'1':'p','2':'oops'},'else':'oops'},"
          "'p':{'do':'split','by':'=call.ani','parts':[{'pct':100,'to':'lo'},{'pct':0,'to':'oops'}]},"
          "'lo':{'do':'loop','times':2,'again':'ev','done':'wa'},'ev':{'do':'event','name':'again',"
              "'args':{'lang':'=call.lang','l':[1]},'next':'lo'},"
          "'wa':{'do':'wait','ms':5000,'music':'calm','next':'gone'}," TAIL "}}}");
    assert_int_equal(rig_start(&g, "f"), 0);
    assert_non_null(strstr(g.log, "data {\"lang\":\"en\",\"l\":[1]}\nevent 62 code 0 text again"));
    expect_part(&g, "play loop en/music:calm\n");
    assert_int_equal(((run *)hl__map_get(&g.fl->runs, CONTACT))->steps, 11);
    rig_run(&g, 5000);
    expect(&g, "stop\nstop\nevent 63 code 1 text gone data {}\nended 1\n");
    teardown(&g);
}

static void a_sub_flow_takes_arguments_and_gives_values_back(void **state)
{
    (void)state;
    setup(&g, "{'sub':{'entry':'x','format':1,'langs':['zh-CN','en'],'in':{'who':'string'},'out':{'no':'string'},"
        "'exits':['fine','not'],"
          "'nodes':{'x':{'do':'set','values':{'no':'=who + `!`'},'next':'r'},'r':{'do':'return','exit':'fine'},"
          "'n':{'do':'return','exit':'not'}},'on':{'error':'n'}}}");
    assert_int_equal(rig_load(&g, "flows", "{'f':{'entry':'c','vars':{'v':'string'}," HEAD "'nodes':{"
             "'c':{'do':'call','flow':'sub','args':{'who':'=call.ani'},'out':{'v':'no'},'fine':'e','not':'oops'},"
             "'e':{'do':'event','name':'back','args':{'v':'=v'},'next':'gone'}," TAIL "}}}"), 0);
    assert_int_equal(rig_start(&g, "f"), 0);
    expect_part(&g, "text back data {\"v\":\"13800138000!\"}");
    teardown(&g);
}

static void an_error_in_a_sub_flow_comes_out_of_the_call(void **state)
{
    (void)state;
    setup(&g, "{'sub':{'entry':'x','format':1,'langs':['zh-CN','en'],'vars':{'n':'int'},'nodes':{"
          "'x':{'do':'set','values':{'n':'=1 / 0'},'next':'r'},'r':{'do':'return'}}}}");
    assert_int_equal(rig_load(&g, "flows", "{'f':{'entry':'c','trace':true," HEAD "'nodes':{"
             "'c':{'do':'call','flow':'sub','return':'gone','error':'e'},'e':{'do':'event','name':'out',"
                 "'next':'gone'}," TAIL "}}}"), 0);
    assert_int_equal(rig_start(&g, "f"), 0);
    assert_non_null(strstr(g.log, "event 61 code 0 text c:error"));
    expect_part(&g, "text out data {}");
    hl__section *s = section_of(&g, "flows");
    assert_int_equal(s->users(s->domain, hl__flow_find(g.fl, "f")), 0);
    assert_int_equal(s->apply(s->domain, hl__flow_find(g.fl, "f"), "f", NULL), 0);
    assert_int_equal(hl__flow_find(g.fl, "f"), 0);
    teardown(&g);
}

static void max_ms_is_taken_once(void **state)
{
    (void)state;
    setup(&g, "{'f':{'entry':'m','format':1,'langs':['zh-CN','en'],'limits':{'max_ms':10000},'on':{'max_ms':'late',"
        "'error':'e'},'nodes':{"
          "'m':{'do':'menu','prompt':[{'p':'hello'}],'first_ms':60000,'keys':{'1':'e'},'noinput':'e','nomatch':'e'},"
          "'late':{'do':'menu','prompt':[{'p':'bad'}],'first_ms':60000,'keys':{'1':'e'},'noinput':'e','nomatch':'e'},"
              "'e':{'do':'end'}}}}");
    assert_int_equal(rig_start(&g, "f"), 0);
    g.log[0] = 0, g.len = 0;
    rig_run(&g, 10000);
    expect(&g, "stop\nplay zh/bad\n");
    rig_run(&g, 30000);
    expect(&g, "");
    assert_int_equal(hl__flow_stop(g.fl, CONTACT), 0);
    expect_part(&g, "event 63 code 6");
    teardown(&g);
}

static void more_than_64_silent_steps_are_an_error_then_the_end(void **state)
{
    (void)state;
    setup(&g, "{'f':{'entry':'l'," HEAD "'nodes':{'l':{'do':'loop','times':1000,'again':'l','done':'gone','error':'x'},"
          "'x':{'do':'loop','times':1000,'again':'x','done':'gone'}," TAIL "}}}");
    assert_int_equal(rig_start(&g, "f"), 0);
    expect_part(&g, "event 63 code 4");
    teardown(&g);
}

static void a_node_visited_too_often_is_left_by_exhausted(void **state)
{
    (void)state;
    setup(&g, "{'f':{'entry':'p'," HEAD "'nodes':{'p':{'do':'play','prompt':[{'p':'hello'}],'max_visits':2,'next':'p',"
        "'exhausted':'x'},"
          "'x':{'do':'event','name':'enough','next':'gone'}," TAIL "}}}");
    assert_int_equal(rig_start(&g, "f"), 0);
    rig_run(&g, 2000);
    expect_part(&g, "text enough");
    teardown(&g);
}

static void running_calls_keep_their_version(void **state)
{
    hl_flow_version row = HL_FLOW_VERSION_INIT;
    hl_flow_run r = HL_FLOW_RUN_INIT;
    static const char one[] = "{'f':{'entry':'p'," HEAD "'nodes':{'p':{'do':'play','prompt':[{'p':'hello'}],"
        "'next':'gone'}," TAIL "}}}";
    static const char two[] = "{'f':{'entry':'p'," HEAD "'nodes':{'p':{'do':'play','prompt':[{'p':'bad'}],"
        "'next':'gone'}," TAIL "}}}";
    (void)state;
    setup(&g, one);
    assert_int_equal(rig_start(&g, "f"), 0);
    assert_int_equal(hl__flow_run_get(g.fl, CONTACT, &r), 0);
    assert_string_equal(r.node, "p");
    assert_int_equal(r.state, HL_FLOW_PLAYING);
    assert_int_equal(rig_load(&g, "flows", two), 0);
    int n = 0;
    for (; hl__flow_version_next(g.fl, 0, &row) == 1; n++)
        hl_test_ok(strcmp(row.aliases, n ? "live" : "") == 0 && row.runs == (n ? 0 : 1), "version %d: %s %d", n,
            row.aliases, row.runs);
    assert_int_equal(n, 2);
    rig_run(&g, 2000);
    row.id = 0;
    assert_int_equal(hl__flow_version_next(g.fl, 0, &row), 1);
    assert_int_equal(hl__flow_version_next(g.fl, 0, &row), 0); /* the old one went with its last call */
    assert_int_equal(rig_load(&g, "flows", one), 0);
    assert_int_equal(rig_load(&g, "flows", one), 0);
    row.id = 0;
    assert_int_equal(hl__flow_version_next(g.fl, 0, &row), 1);
    assert_int_equal(hl__flow_version_next(g.fl, 0, &row), 0);
    teardown(&g);
}

static void versions_added_by_themselves_stay_until_dropped(void **state)
{
    static const char text[] = "{'flow':'own','entry':'p','format':1,'langs':['zh-CN','en'],"
        "'nodes':{'p':{'do':'hangup','prompt':[{'p':'hello'},{'p':'%s'}]}}}";
    char one[400];
    hl_id a = 0, b = 0, got = 0;
    hl__buf out;
    (void)state;
    setup(&g, "{}");
    snprintf(one, sizeof(one), text, "bye");
    const char *json = quoted(one);
    assert_int_equal(hl__flow_add(g.fl, json, strlen(json), &g.f, &a), 0);
    assert_int_equal(hl__flow_add(g.fl, json, strlen(json), &g.f, &b), 0);
    assert_true(a == b);
    snprintf(one, sizeof(one), text, "nobody");
    json = quoted(one);
    assert_int_equal(hl__flow_add(g.fl, json, strlen(json), &g.f, &b), 1); /* a warning: the name may still come */
    assert_int_equal(hl__flow_publish(g.fl, b, "live", &g.f), HL_EPARSE);
    assert_int_equal(hl__flow_publish(g.fl, a, "live", &g.f), 0);
    assert_int_equal(hl__flow_alias_get(g.fl, hl__flow_find(g.fl, "own"), "live", &got), 0);
    assert_true(got == a);
    assert_int_equal(hl__flow_version_drop(g.fl, a), HL_ESTATE);
    assert_int_equal(hl__flow_version_drop(g.fl, b), 0);
    assert_int_equal(hl__flow_version_drop(g.fl, b), HL_ENOENT);
    hl__buf_init(&out, &hl_test_mem);
    assert_int_equal(hl__flow_export(g.fl, a, HL_FLOW_JSON, &out), 0);
    assert_non_null(strstr(out.data, "{\"entry\":\"p\",\"flow\":\"own\""));
    assert_int_equal(hl__flow_export(g.fl, a, HL_FLOW_DOT, &out), 0);
    assert_int_equal(hl__flow_export(g.fl, a, HL_FLOW_MERMAID, &out), 0);
    hl__buf_free(&out);
    teardown(&g);
}

static void values_are_read_and_set_from_outside_but_no_secret(void **state)
{
    hl__buf out;
    (void)state;
    setup(&g, account);
    assert_int_equal(rig_start(&g, "f"), 0);
    hl__buf_init(&out, &hl_test_mem);
    assert_int_equal(hl__flow_value_set(g.fl, CONTACT, "acct", "\"12345674\""), 0);
    assert_int_equal(hl__flow_value_get(g.fl, CONTACT, "acct", &out), 0);
    assert_string_equal(out.data, "\"12345674\"");
    assert_int_equal(hl__flow_value_set(g.fl, CONTACT, "acct", "5"), HL_EINVAL);
    assert_int_equal(hl__flow_value_set(g.fl, CONTACT, "acct", "\"1234567890123\""), HL_EINVAL);
    assert_int_equal(hl__flow_value_set(g.fl, CONTACT, "call", "{}"), HL_EDENIED);
    assert_int_equal(hl__flow_value_set(g.fl, CONTACT, "none", "1"), HL_ENOENT);
    assert_int_equal(hl__flow_value_set(g.fl, CONTACT, "pin", "\"1\""), 0);
    assert_int_equal(hl__flow_value_get(g.fl, CONTACT, "pin", &out), HL_EDENIED);
    hl__buf_free(&out);
    teardown(&g);
}

static void numbers_find_their_flow_and_the_star_takes_the_rest(void **state)
{
    hl_id id = 0;
    const char *name = NULL;
    (void)state;
    setup(&g, account);
    assert_int_equal(hl__flow_number(g.fl, "96332", &id, &name), HL_ENOENT);
    assert_int_equal(rig_load(&g, "numbers", "{'96332':{'flow':'f','alias':'test'},'*':{'flow':'f'}}"), 0);
    assert_int_equal(hl__flow_number(g.fl, "96332", &id, &name), 0);
    assert_true(id == hl__flow_find(g.fl, "f"));
    assert_string_equal(name, "test");
    assert_int_equal(hl__flow_number(g.fl, "110", &id, &name), 0);
    assert_string_equal(name, "live");
    teardown(&g);
}

static void everything_that_may_be_said_is_listed_once(void **state)
{
    hl__buf out;
    (void)state;
    setup(&g, account);
    hl__buf_init(&out, &hl_test_mem);
    assert_int_equal(hl__flow_clips(g.fl, &out), 0);
    const char *first = strstr(out.data, "zh-CN\thello\t您好\n");
    assert_non_null(first);
    assert_null(strstr(first + 1, "zh-CN\thello\t"));
    assert_non_null(strstr(out.data, "en\tmain\tBill 1, agent 0\n"));
    hl__buf_clear(&out);
    assert_int_equal(rig_load(&g, "prompts", "{'hello':{'en':{'clip':'old/hello.wav'}}}"), 0);
    assert_int_equal(hl__flow_clips(g.fl, &out), 0);
    assert_non_null(strstr(out.data, "en\told/hello.wav\t\n"));
    hl__buf_free(&out);
    teardown(&g);
}

/* A PIN by random calls: nothing that leaves the flow holds five of its digits (a time in ms may have four), but the
 * question that reveals it on purpose. */
static void a_pin_is_never_told(void **state)
{
    static const char doc[] = "{'f':{'entry':'m','trace':true," HEAD "'vars':{'pin':{'type':'string','max':6,"
        "'secret':true},'ok':'bool'},'nodes':{"
        "'m':{'do':'menu','prompt':[{'p':'hello'}],'keys':{'1':'p','2':'s'},'noinput':'p','nomatch':'p'},"
        "'p':{'do':'collect','into':'pin','min':6,'max':6,'tries':2,'prompt':[{'p':'main'}],'check':'pin != `000000`',"
            "'ok':'s','noinput':'gone','nomatch':'gone'},"
        "'s':{'do':'set','values':{'ok':'=has(pin) && luhn(pin)'},'next':'e'},"
        "'e':{'do':'event','name':'done','args':{'ok':'=ok','n':'=has(pin) ? size(pin) : 0'},'next':'w'},"
            "'w':{'do':'wait','ms':100,'next':'gone'}," TAIL "}}}";
    static const char *const ways[] = { "246810", "246810#", "24", "#", "7", "1", "*", "" };
    hl__rand x;
    hl__buf out;
    (void)state;
    setup(&g, doc);
    hl__rand_init(&x, (int64_t)hl_test_seed(), 2, 0);
    hl__buf_init(&out, &hl_test_mem);
    for (int i = 0; i < 10000; i++) {
        g.len = 0;
        assert_int_equal(rig_start(&g, "f"), 0);
        rig_press(&g, "1");
        for (uint32_t k = 1 + hl__rand_below(&x, 5); k > 0; k--) {
            const char *keys = ways[hl__rand_below(&x, HL__COUNT(ways))];
            if (*keys)
                (void)hl__flow_press(g.fl, CONTACT, keys); /* the flow may have ended */
            rig_run(&g, hl__rand_below(&x, 9000));
        }
        assert_null(strstr(g.log, "24681"));
        assert_null(strstr(hl__flow_keys(g.fl, CONTACT), "24681"));
        hl__buf_clear(&out);
        (void)hl__flow_value_get(g.fl, CONTACT, "pin", &out); /* refused, or no flow any more */
        assert_true(!out.data || !strstr(out.data, "24681"));
        (void)hl__flow_stop(g.fl, CONTACT);
        assert_int_equal(hl__flows_check(g.fl, &g.err), 0);
        hl__flow_forget(g.fl, CONTACT);
    }
    hl__buf_free(&out);
    teardown(&g);
}

/* Every stimulus in every state: never a crash, a pair outside the table changes nothing. */
static void every_stimulus_meets_every_state(void **state)
{
    static const char doc[] = "{'f':{'entry':'c'," HEAD "'nodes':{'c':{'do':'switch','on':'=right(call.dnis, 1)',"
        "'cases':{'1':'play','2':'listen','4':'ask','5':'queue','7':'time'},'else':'gone'},"
        "'play':{'do':'play','prompt':[{'p':'hello'}],'next':'gone','barge':false},'listen':{'do':'menu',"
            "'prompt':[{'p':'hello'}],'keys':{'1':'gone'},'noinput':'gone','nomatch':'gone'},"
        "'ask':{'do':'ask','name':'x','timeout_ms':1000,'ok':'gone'},'queue':{'do':'queue','queue':'d',"
            "'answered':'gone','overflow':'gone','timeout':'gone','no_agents':'gone'},"
        "'time':{'do':'wait','ms':1000,'next':'gone'}," TAIL "}}}";
    static const int states[] = { 1, 2, 4, 5, 6, 7 };
    /* DIGIT PLAYED ANSWER CONNECTED REQUEUED RESULT ANNOUNCE HANGUP: 1 taken, 0 refused; a stale PLAYED is no error. */
    static const char *const table[] = { [1] = "11000001", [2] = "11000001", [4] = "11100001", [5] = "11010111",
        [6] = "11001101", [7] = "11000001" };
    char dnis[8];
    (void)state;
    for (size_t s = 0; s < HL__COUNT(states); s++)
        for (int kind = HL__FLOW_DIGIT; kind <= HL__FLOW_HANGUP; kind++) {
            hl__flow_in in = { .kind = kind, .key = '7', .play = 99, .how = HL__FLOW_ANSWERED, .status = 200,
                .place = 2 };
            hl__flow_call call = { .dnis = dnis };
            hl_flow_run before = HL_FLOW_RUN_INIT, after = HL_FLOW_RUN_INIT;
            setup(&g, doc);
            snprintf(dnis, sizeof(dnis), "%d", states[s] == 6 ? 5 : states[s]);
            assert_int_equal(hl__flow_start(g.fl, CONTACT, hl__flow_find(g.fl, "f"), NULL, NULL, &call), 0);
            if (states[s] == 6)
                assert_int_equal(rig_tell(&g, (hl__flow_in){ .kind = HL__FLOW_CONNECTED }), 0);
            assert_int_equal(hl__flow_run_get(g.fl, CONTACT, &before), 0);
            assert_int_equal(before.state, states[s]);
            in.ask = ((run *)hl__map_get(&g.fl->runs, CONTACT))->ask;
            int r = rig_tell(&g, in);
            hl_test_ok((r == 0) == (table[states[s]][kind - 1] == '1'), "state %d stimulus %d gives %d", states[s],
                kind, r);
            if (r < 0) {
                assert_true(r == HL_ESTATE || r == HL_ECONFLICT);
                assert_int_equal(hl__flow_run_get(g.fl, CONTACT, &after), 0);
                assert_memory_equal(&before, &after, sizeof(after));
            }
            teardown(&g);
        }
}

static int whole_call(void *ctx)
{
    int r = rig_new(&g);

    (void)ctx;
    if (r >= 0)
        r = rig_load(&g, "prompts", prompts);
    if (r >= 0)
        r = rig_load(&g, "flows", account);
    if (r >= 0)
        r = rig_start(&g, "f");
    if (r >= 0) {
        (void)hl__flow_press(g.fl, CONTACT, "12345674#");
        (void)hl__flow_press(g.fl, CONTACT, "246810");
        (void)hl__flow_answer(g.fl, CONTACT, 1, 200, "{\"due\":\"123.45 CNY\",\"by\":\"2026-11-30\"}");
        rig_run(&g, 60000);
        r = strstr(g.log, "ended") ? 0 : HL_ESTATE;
        r = r == 0 && !strstr(g.log, "ended 1") ? HL_ENOMEM : r;
        if (strstr(g.log, "hangup 41"))
            r = HL_ENOMEM; /* what lacked memory was an error of its node, and the call went on by its handler */
    }
    if (g.fl)
        hl__flows_free(g.fl);
    hl__findings_free(&g.f);
    return r;
}

static void memory_may_fail_anywhere_in_a_call(void **state)
{
    (void)state;
    g.fl = NULL;
    assert_true(hl_test_oom(whole_call, NULL) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_menu_plays_listens_and_takes_the_exit_of_the_key), HL_TEST(silence_and_wrong_keys_are_counted_apart),
        HL_TEST(the_5_retry_orders_of_the_vector_hold), HL_TEST(an_account_is_asked_checked_and_read_aloud),
        HL_TEST(answers_that_are_late_wrong_or_refused_take_their_exits),
            HL_TEST(digits_typed_ahead_answer_the_next_menus),
        HL_TEST(the_pound_key_after_a_full_number_cuts_no_prompt),
        HL_TEST(the_queue_tells_place_and_wait_and_ends_by_each_result),
            HL_TEST(a_call_back_is_confirmed_or_refused),
        HL_TEST(an_agent_takes_over_and_the_survey_follows),
        HL_TEST(who_hangs_up_gets_his_ticket_and_hears_nothing_more),
            HL_TEST(an_answer_within_the_step_waits_for_its_end),
        HL_TEST(decisions_follow_values), HL_TEST(a_sub_flow_takes_arguments_and_gives_values_back),
        HL_TEST(an_error_in_a_sub_flow_comes_out_of_the_call), HL_TEST(max_ms_is_taken_once),
        HL_TEST(more_than_64_silent_steps_are_an_error_then_the_end),
            HL_TEST(a_node_visited_too_often_is_left_by_exhausted),
        HL_TEST(running_calls_keep_their_version), HL_TEST(versions_added_by_themselves_stay_until_dropped),
        HL_TEST(values_are_read_and_set_from_outside_but_no_secret),
            HL_TEST(numbers_find_their_flow_and_the_star_takes_the_rest),
        HL_TEST(everything_that_may_be_said_is_listed_once), HL_TEST(a_pin_is_never_told),
        HL_TEST(every_stimulus_meets_every_state), HL_TEST(memory_may_fail_anywhere_in_a_call),
    };
    return HL_TEST_MAIN(tests);
}
