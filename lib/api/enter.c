/* enter.c - how a public call comes in and goes out: the lock, and each thread's desk with its words and strings. */
#include "api/enter.h"
#include <string.h>

static hl__desk *desk_of_thread(hl_t *hl)
{
    hl_id key = (hl_id)(uintptr_t)pthread_self();
    hl__desk *desk = hl__map_get(&hl->shell->desks, key);

    if (desk)
        return desk;
    if (!(desk = hl__alloc(&hl->mem, sizeof(*desk))))
        return NULL;
    hl__findings_init(&desk->findings, &hl->mem);
    if (hl__map_put(&hl->shell->desks, key, desk) == 0)
        return desk;
    hl__free(&hl->mem, desk);
    return NULL;
}

static void desk_clear(hl_t *hl, hl__desk *desk)
{
    while (desk->kept) {
        hl__kept_text *k = desk->kept;
        desk->kept = k->next;
        hl__free(&hl->mem, k);
    }
    desk->failed = false;
    desk->err.code = 0;
    desk->err.words[0] = 0;
}

/* With the lock held: nothing of the engine is touched afterwards. */
static void step_out(hl__shell *sh)
{
    atomic_fetch_sub(&sh->inside, 1);
    if (sh->closing)
        pthread_cond_broadcast(&sh->changed);
    pthread_mutex_unlock(&sh->lock);
}

int hl__enter(hl_t *hl)
{
    hl__shell *sh;

    if (!hl)
        return HL_EINVAL;
    sh = hl->shell;
    if (*sh->alive != 1)
        return HL_ESTATE; /* a forked child: the lock may be held for ever */
    atomic_fetch_add(&sh->inside, 1);
    pthread_mutex_lock(&sh->lock);
    if (sh->closing || !(sh->desk = desk_of_thread(hl))) {
        int r = sh->closing ? HL_ESTATE : HL_ENOMEM;
        sh->no_desk |= !sh->closing;
        step_out(sh);
        return r;
    }
    desk_clear(hl, sh->desk);
    hl->core.err = &sh->desk->err;
    sh->command = false;
    return 0;
}

int hl__enter_command(hl_t *hl, bool new_work)
{
    int r = hl__enter(hl), may;

    if (r < 0)
        return r;
    r = hl__step_begin(hl, &hl->shell->desk->err);
    hl->shell->command = true;
    hl__shell_stop(hl);
    if ((may = hl__may_work(hl, new_work)) < 0)
        r = may;
    return r < 0 ? hl__leave(hl, r) : 0;
}

int hl__leave(hl_t *hl, int r)
{
    hl__shell *sh = hl->shell;

    if (r >= 0 && sh->desk->failed)
        r = HL_ENOMEM;
    if (r >= 0)
        sh->desk->err.words[0] = 0;
    else if (!sh->desk->err.words[0])
        hl__copy(sh->desk->err.words, sizeof(sh->desk->err.words), hl_strerror(r));
    if (sh->command) {
        hl__step_end(hl);
        hl__wake(hl); /* while the engine is there for certain */
    }
    hl->core.err = &hl->scratch;
    sh->desk = NULL;
    sh->command = false;
    step_out(sh);
    return r;
}

void hl__lock(hl_t *hl)
{
    pthread_mutex_lock(&hl->shell->lock);
    (void)hl__step_begin(hl, NULL); /* without memory a driver's news is taken all the same */
}

void hl__unlock(hl_t *hl)
{
    hl__step_end(hl);
    pthread_mutex_unlock(&hl->shell->lock);
}

const char *hl__keep(hl_t *hl, const char *text)
{
    hl__desk *desk = hl->shell->desk;
    size_t len;
    hl__kept_text *k;

    if (!text)
        return NULL;
    len = strlen(text);
    if (!(k = hl__realloc(&hl->mem, NULL, sizeof(*k) + len + 1))) {
        desk->failed = true;
        return NULL;
    }
    memcpy(k->text, text, len + 1);
    k->next = desk->kept;
    desk->kept = k;
    return k->text;
}

hl__findings *hl__desk_findings(hl_t *hl)
{
    return &hl->shell->desk->findings;
}

void hl__at_desk(hl_t *hl)
{
    hl__shell *sh = hl->shell;

    sh->desk = hl__map_get(&sh->desks, (hl_id)(uintptr_t)pthread_self());
    sh->command = false;
    hl->core.err = &sh->desk->err;
}

void hl__go_out(hl_t *hl)
{
    hl->shell->desk = NULL;
    hl->core.err = &hl->scratch;
    pthread_mutex_unlock(&hl->shell->lock);
}

void hl__come_in(hl_t *hl)
{
    pthread_mutex_lock(&hl->shell->lock);
    hl__at_desk(hl);
}
