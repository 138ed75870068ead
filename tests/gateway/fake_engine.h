/* fake_engine.h - an engine of straw: answers operations by a rule of the test, at the next tick, without the lock. */
#ifndef FAKE_ENGINE_H
#define FAKE_ENGINE_H
#include "hl_test.h"
#include "gateway/gateway.h"
#include "io/io.h"
#include <pthread.h>

#define FAKE_ASKED 4096
struct fake_op { hl_id session; int64_t id; int op; char *json; };
static struct fake {
    pthread_mutex_t lock;
    hl_id last;
    hl__driver driver;
    hl__loop *loop;
    hl__logger log;
    struct fake_op asked[FAKE_ASKED];
    int count, told;
    char log_text[4096];
    int (*rule)(const struct fake_op *op, char *out, size_t room); /* the code; out: JSON or words. NULL: {} */
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER };

hl__mem *hl__mem_of(hl_t *hl)
{
    (void)hl;
    return &hl_test_mem;
}
hl__logger *hl__log_of(hl_t *hl)
{
    (void)hl;
    return &fake.log;
}
uint64_t hl__seed_of(hl_t *hl)
{
    (void)hl;
    return 7;
}
void hl__lock(hl_t *hl)
{
    (void)hl;
    assert_int_equal(pthread_mutex_lock(&fake.lock), 0);
}
void hl__unlock(hl_t *hl)
{
    (void)hl;
    assert_int_equal(pthread_mutex_unlock(&fake.lock), 0);
}
hl_id hl__id_new(hl_t *hl, int kind)
{
    (void)hl;
    return HL__ID(++fake.last, kind);
}
hl_id hl__id_of(hl_t *hl, int kind, const char *name)
{
    (void)hl;
    return kind == HL_KIND_AGENT && strcmp(name, "anna") == 0 ? HL__ID(5, kind) : 0;
}
void *hl__lws(hl_t *hl)
{
    (void)hl;
    return fake.loop ? hl__loop_lws(fake.loop) : NULL;
}
void hl__wake(hl_t *hl)
{
    (void)hl;
    if (fake.loop) hl__loop_wake(fake.loop);
}
void hl__session_op(hl_t *hl, hl_id session, int64_t id, int op, const char *json, size_t len)
{
    (void)hl;
    assert_true(fake.count < FAKE_ASKED);
    assert_int_not_equal(pthread_mutex_trylock(&fake.lock), 0); /* the lock is held */
    char *copy = malloc(len + 1);
    memcpy(copy, json, len);
    copy[len] = 0;
    fake.asked[fake.count++] = (struct fake_op){ session, id, op, copy };
}
hl_time hl__due(hl_t *hl)
{
    (void)hl;
    hl__lock(hl);
    hl_time due = fake.told < fake.count ? 0 : INT64_MAX;
    hl__unlock(hl);
    return due;
}
void hl__tick(hl_t *hl, hl_time now)
{
    (void)now;
    for (;;) {
        char out[70000] = "{}";
        hl__lock(hl);
        int at = fake.told < fake.count ? fake.told++ : -1;
        hl__unlock(hl);
        if (at < 0) return;
        const struct fake_op *op = &fake.asked[at];
        int code = fake.rule ? fake.rule(op, out, sizeof out) : 0;
        if (op->id && fake.driver.sessions && code != 1)
            fake.driver.sessions->reply(fake.driver.d, op->session, op->id, code, out, strlen(out));
    }
}

static void fake_log(void *ctx, int level, const char *text)
{
    (void)ctx;
    (void)level;
    size_t used = strlen(fake.log_text);
    (void)snprintf(fake.log_text + used, sizeof fake.log_text - used, "%s\n", text);
}

static void fake_reset(void)
{
    for (int i = 0; i < fake.count; i++) free(fake.asked[i].json);
    fake.count = fake.told = 0;
    fake.rule = NULL;
    fake.log_text[0] = 0;
    fake.log = (hl__logger){ .line = fake_log, .level = HL_LOG_DEBUG };
}

/* With sockets: the gateway listens on a free port of loopback as `settings` say (a JSON object). */
static inline void fake_open(const char *settings)
{
    hl__loop_options opt = { .mem = &hl_test_mem, .log = &fake.log };
    fake_reset();
    assert_int_equal(hl__loop_new(&opt, &fake.loop), 0);
    assert_int_equal(hl__gateway_driver(NULL, &fake.driver), 0);
    assert_int_equal(fake.driver.start(fake.driver.d, "{}"), 0);
    assert_int_equal(fake.driver.set(fake.driver.d, settings), 0);
    assert_int_equal(hl__loop_driver(fake.loop, &fake.driver), 0);
    assert_int_equal(hl__loop_start(fake.loop), 0);
}

static inline void fake_close(void)
{
    hl__loop_stop(fake.loop);
    fake.driver.end(fake.driver.d);
    hl__loop_free(fake.loop);
    fake.loop = NULL;
    fake_reset();
}
#endif
