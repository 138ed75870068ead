/* work.c - one worker thread for what would hold up the control thread. Jobs lie in their askers' structs. */
#include "io/loop.h"
#include <signal.h>

#define WAITING 64

struct hl__workers {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    hl__job *first, **last, *ready, **ready_last; /* to run; to be told */
    int count, stop;
    hl__loop *loop;
};

static void push(hl__job ***last, hl__job *job)
{
    job->next = NULL;
    **last = job;
    *last = &job->next;
}

static hl__job *pop(hl__job **first, hl__job ***last)
{
    hl__job *job = *first;
    if (!job) return NULL;
    *first = job->next;
    if (!*first) *last = first;
    return job;
}

static void *work(void *arg)
{
    struct hl__workers *w = arg;
    (void)pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        hl__job *job = pop(&w->first, &w->last);
        if (!job) {
            (void)pthread_cond_wait(&w->more, &w->lock);
            continue;
        }
        (void)pthread_mutex_unlock(&w->lock);
        job->run(job);
        job->ran = 1;
        (void)pthread_mutex_lock(&w->lock);
        push(&w->ready_last, job);
        hl__loop_wake(w->loop);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

static int begin(hl__loop *l)
{
    struct hl__workers *w = hl__alloc(l->mem, sizeof *w);
    if (!w) return HL_ENOMEM;
    w->loop = l;
    w->last = &w->first;
    w->ready_last = &w->ready;
    (void)pthread_mutex_init(&w->lock, NULL); /* cannot fail on Linux */
    (void)pthread_cond_init(&w->more, NULL);
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&w->thread, NULL, work, w);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0) {
        (void)pthread_cond_destroy(&w->more);
        (void)pthread_mutex_destroy(&w->lock);
        hl__free(l->mem, w);
        return HL_EIO;
    }
    l->work = w;
    return 0;
}

int hl__loop_work(hl__loop *l, hl__job *job)
{
    if (!l->work) {
        int r = begin(l);
        if (r < 0) return r;
    }
    struct hl__workers *w = l->work;
    if (w->count >= WAITING) return HL_ELIMIT;
    w->count++;
    job->ran = 0;
    (void)pthread_mutex_lock(&w->lock);
    push(&w->last, job);
    (void)pthread_cond_signal(&w->more);
    (void)pthread_mutex_unlock(&w->lock);
    return 0;
}

void hl__work_take(hl__loop *l)
{
    struct hl__workers *w = l->work;
    for (;;) {
        if (!w) return;
        (void)pthread_mutex_lock(&w->lock);
        hl__job *job = pop(&w->ready, &w->ready_last);
        (void)pthread_mutex_unlock(&w->lock);
        if (!job) return;
        w->count--;
        job->done(job);
    }
}

void hl__work_stop(hl__loop *l)
{
    struct hl__workers *w = l->work;
    if (!w) return;
    (void)pthread_mutex_lock(&w->lock);
    w->stop = 1;
    (void)pthread_cond_signal(&w->more);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    hl__work_take(l);
    for (hl__job *job; (job = pop(&w->first, &w->last)) != NULL;) job->done(job);
    (void)pthread_cond_destroy(&w->more);
    (void)pthread_mutex_destroy(&w->lock);
    hl__free(l->mem, w);
    l->work = NULL;
}
