/* test_pick.c - laws and picks: what each of them means to callers and agents. test_oracle.c proves the matching. */
#include "bed.h"

static void open_with(bed *b, const char *doc)
{
    bed_open(b);
    assert_int_equal(bed_load(b, doc), 0);
}

static void scores_of_the_laws_are_whole_numbers_known_before(void **state)
{
    hl__qconf conf = { .law = HL__LAW_slope, .power = 2, .handle_ms = 180000 };
    hl__queue q = { .conf = &conf, .slope = 2500 };

    (void)state;
    assert_true(hl__score_of(&q, 7) == 17500 && hl__score_of(&q, -7) == -17500);
    conf.law = HL__LAW_cost;
    q.slope = 1000;
    assert_true(hl__score_of(&q, 60000) == 699050666);
    conf.power = 3;
    assert_true(hl__score_of(&q, 60000) == INT64_C(62914560000000));
    conf.handle_ms = 7000;
    q.slope = 250;
    assert_true(hl__score_of(&q, 123457) == INT64_C(1712358033120109));
    assert_true(hl__score_of(&q, -5) == -1250);
    conf.handle_ms = 1000;
    q.slope = 1000000;
    assert_true(hl__score_of(&q, INT64_C(1) << 42) > hl__score_of(&q, (INT64_C(1) << 42) - 1));
    assert_true(hl__score_of(&q, INT64_MAX) > 0); /* and beyond it does not turn over */
}

static void with_law_cost_quick_work_comes_first_and_long_waits_overtake(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"long\":{\"order\":{\"law\":\"cost\"},\"handle_ms\":600000,\"wrapup_ms\":0},"
        "\"quick\":{\"order\":{\"law\":\"cost\"},\"handle_ms\":60000,\"wrapup_ms\":0}},"
        "\"agents\":{\"ann\":{\"queues\":{\"long\":{},\"quick\":{}}}}}");
    hl_id first = bed_add(&b, "long", NULL);
    bed_to(&b, 30000);
    hl_id second = bed_add(&b, "quick", NULL);
    bed_to(&b, 60000);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_int_equal(bed_offered(&b, "ann"), second); /* 30 s / 60 s before 60 s / 600 s */
    bed_go(&b, "ann", HL_AGENT_AUX);
    assert_int_equal(hl__acd_end(b.acd, second, HL_OUTCOME_WITHDRAWN), 0);
    bed_to(&b, 400000);
    bed_add(&b, "quick", NULL);
    bed_to(&b, 430000);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_int_equal(bed_offered(&b, "ann"), first); /* 430 s / 600 s before 30 s / 60 s */
    bed_close(&b);
}

/* Ten callers of each queue come and go; those of `late` are answered when their goal is past. */
static void serve_all(bed *b, const char *queue, const char *agent, int wait_ms)
{
    for (int i = 0; i < 10; i++) {
        hl_id c = bed_add(b, queue, NULL);
        if (wait_ms)
            bed_to(b, (b->core.now - b->start) / HL__US + wait_ms);
        bed_go(b, agent, HL_AGENT_AVAILABLE);
        assert_int_equal(hl__acd_accept(b->acd, bed_offer(b, agent)), 0);
        assert_int_equal(hl__acd_connected(b->acd, c), 0);
        assert_int_equal(hl__acd_talk_end(b->acd, c), 0);
        bed_go(b, agent, HL_AGENT_AUX);
    }
}

static hl__queue *queue_of(bed *b, const char *name)
{
    return hl__map_get(&b->acd->queues, bed_q(b, name));
}

#define GOALS "{\"queues\":{\"late\":{\"order\":{\"law\":\"goal\"},\"wrapup_ms\":0,\"goal\":{\"target_ms\":20000}}," \
    "\"soon\":{\"order\":{\"law\":\"goal\"},\"wrapup_ms\":0},\"other\":{\"order\":{\"law\":\"goal\"},\"goal\":{" \
    "\"target_ms\":60000,\"level\":0.95}}},\"agents\":{\"ann\":{\"queues\":{\"late\":{}}}," \
    "\"ben\":{\"queues\":{\"soon\":{}}}}}"

static void a_goal_that_is_missed_leads_more_each_minute(void **state)
{
    bed b;

    (void)state;
    open_with(&b, GOALS);
    assert_int_equal(queue_of(&b, "late")->slope, 1000);
    assert_int_equal(queue_of(&b, "other")->slope, 333); /* a goal three times as far ages a third as fast */
    serve_all(&b, "soon", "ben", 0);
    b.core.now += 10; /* the minute is not over */
    for (int i = 0; i < 10; i++)
        hl__goal_count(b.acd, queue_of(&b, "late"), 20001, true);
    hl__goal_count(b.acd, queue_of(&b, "late"), 19000, false); /* gave up early: nobody's fault */
    bed_to(&b, 60000);
    /* levels 4/15, 14/15, 0.95; leads 4/15, -1/15, 0, each less the mean 1/15 */
    assert_int_equal(queue_of(&b, "late")->slope, 1221);
    assert_int_equal(queue_of(&b, "soon")->slope, 875);
    assert_int_equal(queue_of(&b, "other")->slope, 312);
    for (int i = 0; i < 1000; i++)
        hl__goal_count(b.acd, queue_of(&b, "late"), 20001, true);
    bed_to(&b, 3600000);
    assert_int_equal(queue_of(&b, "late")->slope, 8000); /* never more than eight times */
    bed_close(&b);
}

static void the_law_goal_counts_what_calls_did(void **state)
{
    bed b;

    (void)state;
    open_with(&b, GOALS);
    serve_all(&b, "late", "ann", 21000);
    serve_all(&b, "soon", "ben", 1000);
    assert_true(queue_of(&b, "late")->lead.met == 0 && queue_of(&b, "late")->lead.all == 10);
    assert_true(queue_of(&b, "soon")->lead.met == 10 && queue_of(&b, "soon")->lead.all == 10);
    hl_id gone = bed_add(&b, "soon", NULL);
    bed_to(&b, 300000);
    assert_int_equal(hl__acd_end(b.acd, gone, HL_OUTCOME_ABANDONED), 0);
    assert_true(queue_of(&b, "soon")->lead.all == 11);
    bed_to(&b, 1800001 + 300000);
    hl__goal_count(b.acd, queue_of(&b, "soon"), 1, true);
    assert_true(queue_of(&b, "soon")->lead.all == 6.5); /* halved each half hour */
    bed_close(&b);
}

#define TWO(pick, ann, ben) "{\"queues\":{\"desk\":{\"pick\":\"" pick "\",\"wrapup_ms\":0},\"side\":{}},\"agents\":{" \
    "\"ann\":{" ann "},\"ben\":{" ben "}}}"

static void the_least_occupied_is_who_worked_least_of_late_not_in_all(void **state)
{
    bed b;

    (void)state;
    open_with(&b, TWO("least_occupied", "\"queues\":{\"desk\":{}}", "\"queues\":{\"desk\":{}}"));
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_add(&b, "desk", NULL);
    bed_serve(&b, "ann", 300000); /* five minutes, then twenty of rest: 0.28 has faded to 0.075 */
    bed_go(&b, "ann", HL_AGENT_AUX);
    bed_go(&b, "ben", HL_AGENT_AVAILABLE);
    bed_to(&b, 1380000);
    bed_add(&b, "desk", NULL);
    bed_serve(&b, "ben", 120000); /* two minutes, just over: 0.125 */
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_offered(&b, "ann"), c);
    hl__agent *ann = hl__map_get(&b.acd->agents, bed_a(&b, "ann"));
    hl__agent *ben = hl__map_get(&b.acd->agents, bed_a(&b, "ben"));
    hl_test_ok(ann->occupied > 0.0746 && ann->occupied < 0.0748, "%f", ann->occupied);
    hl_test_ok(ben->occupied > 0.1247 && ben->occupied < 0.1249, "%f", ben->occupied);
    bed_close(&b);
}

static void the_best_skilled_is_asked_in_what_the_need_names(void **state)
{
    bed b;

    (void)state;
    open_with(&b, TWO("best_skill", "\"skills\":{\"zh\":40,\"en\":90},\"queues\":{\"desk\":{}}",
        "\"skills\":{\"zh\":60,\"en\":10},\"queues\":{\"desk\":{}}"));
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_to(&b, 1000);
    bed_go(&b, "ben", HL_AGENT_AVAILABLE);
    hl_id zh = bed_add(&b, "desk", "skill.zh >= 1");
    assert_int_equal(bed_offered(&b, "ben"), zh); /* ann is idle longer and knows more in all */
    assert_int_equal(hl__acd_end(b.acd, zh, HL_OUTCOME_WITHDRAWN), 0);
    hl_id both = bed_add(&b, "desk", "skill.zh + skill.en > 9");
    assert_int_equal(bed_offered(&b, "ann"), both);
    bed_close(&b);
}

static void generalists_stay_free(void **state)
{
    bed b;

    (void)state;
    open_with(&b, TWO("least_flexible", "\"queues\":{\"desk\":{},\"side\":{}}", "\"queues\":{\"desk\":{}}"));
    hl_id side = bed_add(&b, "side", NULL); /* ann alone could take it */
    bed_add(&b, "desk", "tier > 5"); /* nobody can: it counts for neither */
    assert_int_equal(hl__acd_hangup(b.acd, side), 0); /* its place is kept, so it counts */
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_to(&b, 1000);
    bed_go(&b, "ben", HL_AGENT_AVAILABLE);
    hl_id plain = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_offered(&b, "ben"), plain); /* though ann is idle longer */
    assert_int_equal(hl__acd_end(b.acd, side, HL_OUTCOME_WITHDRAWN), 0);
    assert_int_equal(hl__acd_end(b.acd, plain, HL_OUTCOME_WITHDRAWN), 0);
    plain = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_offered(&b, "ann"), plain); /* now both are as flexible as the other */
    bed_close(&b);
}

static void lots_fall_by_weight_and_fall_again_alike(void **state)
{
    enum { MANY = 4000 };
    int ann[2] = { 0, 0 };

    (void)state;
    for (int run = 0; run < 2; run++) {
        bed b;
        open_with(&b, TWO("weighted", "\"queues\":{\"desk\":{\"weight\":1}}", "\"queues\":{\"desk\":{\"weight\":3}}"));
        b.is_quiet = true;
        bed_go(&b, "ann", HL_AGENT_AVAILABLE);
        bed_go(&b, "ben", HL_AGENT_AVAILABLE);
        for (int i = 0; i < MANY; i++) {
            hl_id c = bed_add(&b, "desk", NULL);
            ann[run] += bed_offered(&b, "ann") == c;
            assert_int_equal(hl__acd_end(b.acd, c, HL_OUTCOME_WITHDRAWN), 0);
        }
        bed_close(&b);
    }
    hl_test_ok(ann[0] > 910 && ann[0] < 1090, "%d of %d, not a quarter", ann[0], MANY); /* 3.3 deviations */
    assert_int_equal(ann[0], ann[1]);
}

static void a_goal_nobody_can_meet_is_refused(void **state)
{
    bed b;

    (void)state;
    bed_open(&b);
    assert_string_equal(bed_findings(&b, "{\"queues\":{\"q\":{\"goal\":{\"level\":1}}}}"),
        "520 /queues/q/goal/level: a level is a share from 0.001 to 0.999, as 0.8: nobody can promise "
        "more\n");
    assert_non_null(strstr(bed_findings(&b, "{\"queues\":{\"q\":{\"goal\":{\"level\":\"most\"}}}}"),
        "from 0.001 to 0.999"));
    assert_non_null(strstr(bed_findings(&b, "{\"queues\":{\"q\":{\"goal\":{\"target_ms\":-1}}}}"),
        "/goal/target_ms: "));
    assert_non_null(strstr(bed_findings(&b, "{\"queues\":{\"q\":{\"order\":{\"law\":\"cost\",\"power\":4}}}}"),
        "/order/power: "));
    assert_non_null(strstr(bed_findings(&b, "{\"queues\":{\"q\":{\"goal\":{\"formula\":\"early\"}}}}"),
        "/goal/formula: "));
    bed_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(scores_of_the_laws_are_whole_numbers_known_before),
        HL_TEST(with_law_cost_quick_work_comes_first_and_long_waits_overtake),
        HL_TEST(a_goal_that_is_missed_leads_more_each_minute), HL_TEST(the_law_goal_counts_what_calls_did),
        HL_TEST(the_least_occupied_is_who_worked_least_of_late_not_in_all),
        HL_TEST(the_best_skilled_is_asked_in_what_the_need_names), HL_TEST(generalists_stay_free),
        HL_TEST(lots_fall_by_weight_and_fall_again_alike), HL_TEST(a_goal_nobody_can_meet_is_refused),
    };

    return HL_TEST_MAIN(tests);
}
