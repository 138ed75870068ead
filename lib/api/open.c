/* open.c - the only file that knows engine and drivers both: makes an engine, wires it, takes it apart. */
#include "api/enter.h"
#include "api/parts.h"
#include "io/io.h"
#include "store/store.h"
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_OPTIONS = 104 }; /* size of hl_options in the first release */

/* Words of this thread's last hl_open(), or other call without an engine that could keep them. */
static _Thread_local char open_words[512];

const char *hl__open_words(void)
{
    return open_words;
}

int hl__without_engine(const hl__err *err, int r)
{
    hl__copy(open_words, sizeof(open_words), r >= 0 ? "" : err && err->words[0] ? err->words : hl_strerror(r));
    return r;
}

void hl__wake(hl_t *hl)
{
    if (hl->shell->loop)
        hl__loop_wake(hl->shell->loop);
}

void *hl__lws(hl_t *hl)
{
    return hl->shell->loop ? hl__loop_lws(hl->shell->loop) : NULL;
}

void hl__until(int ms, struct timespec *out)
{
    hl__sleep_until(ms, out);
}

static int options_ok(const hl_options *o, hl__err *err)
{
    const char *const texts[] = { o->store, o->files, o->node, o->zoneinfo };

    for (size_t i = 0; i < HL__COUNT(texts); i++)
        if (texts[i] && !hl__text_ok(texts[i], 4000))
            return hl__fail(err, HL_EINVAL, "a text among the options is too long, or is not UTF-8");
    if (o->max_memory < 0 || o->after < -1 || o->log_level > HL_LOG_DEBUG || o->log_fd > INT32_MAX)
        return hl__fail(err, HL_EINVAL, "max_memory %lld, after %lld, log_level %u or log_fd %u is out of range",
                        (long long)o->max_memory, (long long)o->after, o->log_level, o->log_fd);
    return 0;
}

static int take_options(const hl_options *in, hl_options *out, hl__err *err)
{
    const unsigned char *at = (const unsigned char *)in;

    *out = (hl_options)HL_OPTIONS_INIT;
    if (!in)
        return 0;
    if (in->size < FIRST_OPTIONS || in->size > 4096)
        return hl__fail(err, HL_EINVAL, "size %u of hl_options is wrong; begin it with HL_OPTIONS_INIT", in->size);
    for (size_t i = sizeof(*in); i < in->size; i++)
        if (at[i])
            return hl__fail(err, HL_EVERSION, "an option is set that this library does not know");
    memcpy(out, in, in->size < sizeof(*out) ? in->size : sizeof(*out));
    return options_ok(out, err);
}

static hl_time real_time(hl_t *hl)
{
    return hl__loop_now(hl->shell->loop);
}

static hl_time store_ticks(void *ctx)
{
    return hl__loop_now(((hl_t *)ctx)->shell->loop);
}

static void store_moved(void *ctx, int fd, uint32_t what)
{
    (void)fd;
    (void)what;
    hl__store_seen(((hl_t *)ctx)->shell->store); /* the turn that follows looks at the number */
}

static int open_store(hl_t *hl, const char *url, hl__err *err)
{
    hl__store_conf conf = { .mem = &hl->mem, .log = &hl->core.log, .url = url, .ticks = store_ticks, .ctx = hl };
    hl__store_link link;
    hl__mark mark;
    int r;

    if (!url)
        return 0;
    if ((r = hl__store_open(&conf, err, &hl->shell->store)) < 0)
        return r;
    hl__store_link_to(hl->shell->store, &link);
    hl__store_mark(hl->shell->store, &mark);
    if ((r = hl__engine_store(hl, &link, &mark)) < 0)
        return r;
    return hl__watch_new(hl->shell->loop, hl__store_fd(hl->shell->store), HL__READ, store_moved, hl, &hl->shell->watch);
}

static int add_drivers(hl_t *hl, hl__err *err)
{
    int r = 0;

    for (size_t i = 0; hl__parts[i] && r >= 0; i++)
        r = hl__parts[i](hl, err);
    for (uint32_t i = 0; i < hl->drivers && r >= 0; i++) {
        const hl__driver *d = &hl->driver[i];
        r = hl__loop_driver(hl->shell->loop, d);
        if (r >= 0 && d->start)
            r = d->start(d->d, "{}");
    }
    return r;
}

static int after_of(hl_t *hl, hl_seq after)
{
    if (after == -1)
        hl->events.cursor = 1;
    else if (after > 0 && after < hl->events.next)
        hl->events.cursor = after + 1;
    return 0;
}

static int build(hl_t *hl, const hl_options *opt, hl__err *err)
{
    hl__loop_options loop = { .hl = hl, .mem = &hl->mem, .log = &hl->core.log, .pretend = opt->pretend };
    int r;

    if ((r = hl__loop_new(&loop, &hl->shell->loop)) < 0)
        return r;
    hl->clock = real_time;
    hl->core.now = hl__loop_now(hl->shell->loop);
    if ((r = open_store(hl, opt->store, err)) < 0)
        return r;
    hl__lock(hl);
    r = add_drivers(hl, err);
    if (r >= 0)
        r = hl__engine_recover(hl);
    if (r >= 0)
        r = after_of(hl, opt->after);
    hl__unlock(hl);
    return r < 0 ? r : hl__loop_start(hl->shell->loop);
}

static void take_apart(hl_t *hl)
{
    if (hl->shell && hl->shell->loop)
        hl__loop_stop(hl->shell->loop);
    for (uint32_t i = 0; i < hl->drivers; i++)
        if (hl->driver[i].end)
            hl->driver[i].end(hl->driver[i].d);
    if (hl->shell) {
        hl__watch_free(hl->shell->watch);
        hl__store_close(hl->shell->store);
        hl__loop_free(hl->shell->loop);
    }
    hl__shell_free(hl);
    hl__engine_free(hl);
}

static int make(const hl_options *opt, bool sim, hl_time start, hl__err *err, hl_t **out)
{
    hl_t *hl;
    int r = hl__engine_new(opt, start, hl__zone_read, err, &hl);

    if (r < 0)
        return r;
    hl->sim = sim;
    if ((r = hl__shell_new(hl, opt)) < 0) {
        take_apart(hl);
        return hl__fail(err, r, "no memory for an engine");
    }
    *out = hl;
    return 0;
}

int hl_open(const hl_options *options, hl_t **out)
{
    hl__err err = { 0 };
    hl_options opt;
    hl_t *hl;
    int r = out ? take_options(options, &opt, &err) : hl__fail(&err, HL_EINVAL, "no place for the engine was given");

    if (r == 0 && opt.alloc)
        r = hl__fail(&err, HL_EINVAL, "alloc is for simulations: a real engine has threads of its own");
    if (r == 0 && opt.seed == 0 && getrandom(&opt.seed, sizeof(opt.seed), 0) != sizeof(opt.seed))
        r = hl__fail(&err, HL_EIO, "the kernel has no random numbers");
    if (r == 0)
        r = make(&opt, false, 0, &err, &hl);
    if (r == 0 && (r = build(hl, &opt, &err)) < 0)
        take_apart(hl);
    (void)hl__without_engine(&err, r);
    if (r < 0)
        return r;
    *out = hl;
    return 0;
}

int hl_open_sim(const hl_options *options, hl_time start, hl_t **out)
{
    hl__err err = { 0 };
    hl_options opt;
    hl_t *hl;
    int r = out ? take_options(options, &opt, &err) : hl__fail(&err, HL_EINVAL, "no place for the engine was given");

    if (r == 0 && opt.store)
        r = hl__fail(&err, HL_EINVAL, "a simulation has no store");
    if (r == 0 && (start < 0 || start > HL__LAST_TIME))
        r = hl__fail(&err, HL_EINVAL, "a simulation starts between 1970 and the year 9999");
    if (r == 0)
        r = make(&opt, true, start, &err, &hl);
    (void)hl__without_engine(&err, r);
    if (r < 0)
        return r;
    hl__lock(hl);
    r = hl__sim_part(hl, &err);
    if (r >= 0)
        r = hl__engine_recover(hl);
    hl__unlock(hl);
    if (r < 0) {
        take_apart(hl);
        (void)hl__without_engine(&err, r);
        return r;
    }
    *out = hl;
    return 0;
}

void hl_close(hl_t *hl)
{
    hl__shell *sh;

    if (!hl)
        return;
    sh = hl->shell;
    if (*sh->alive != 1)
        return; /* a forked child owns nothing of it; its memory goes with the process */
    pthread_mutex_lock(&sh->lock);
    sh->closing = true;
    pthread_cond_broadcast(&sh->changed);
    while (atomic_load(&sh->inside) > 0)
        pthread_cond_wait(&sh->changed, &sh->lock);
    pthread_mutex_unlock(&sh->lock);
    take_apart(hl);
}
