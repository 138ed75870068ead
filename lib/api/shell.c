/* shell.c - what stands around an engine: its lock, the descriptor that tells of events, the log, time zone files. */
#include "api/enter.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST_ZONE = 1 << 20 };

static void tell_readable(hl_t *hl, bool events)
{
    hl__shell *sh = hl->shell;
    uint64_t n = 1;

    if (events)
        pthread_cond_broadcast(&sh->changed);
    if (sh->fd < 0)
        return;
    if (events)
        (void)!write(sh->fd, &n, sizeof(n)); /* full: it is readable already */
    else
        (void)!read(sh->fd, &n, sizeof(n));  /* empty: it is not readable already */
}

void hl__shell_stop(hl_t *hl)
{
    int asked = atomic_exchange(&hl->shell->stop_ms, 0);

    if (!asked || hl->state > HL__DRAINING)
        return;
    hl->state = HL__DRAINING;
    hl->drain_until = hl->core.now + (asked - 1) * (hl_time)HL__US;
}

/* With the lock held, in each turn: what was only counted is done. */
static void tell_woken(hl_t *hl)
{
    hl__shell_stop(hl);
    if (atomic_load(&hl->shell->wakes) > 0)
        pthread_cond_broadcast(&hl->shell->changed);
}

/* Lines that would block are dropped; the next one says how many. */
static void log_line(void *ctx, int level, const char *text)
{
    static const char *const word[] = { "", "error", "warning", "info", "debug" };
    hl__shell *sh = ctx;
    struct pollfd at = { .fd = sh->log_fd, .events = POLLOUT }; /* a pipe says it has room for PIPE_BUF at least */
    long long dropped = atomic_load(&sh->log_dropped);
    char line[1200], lost[64] = "";
    int len;

    if (dropped)
        snprintf(lost, sizeof(lost), "(%lld lines dropped) ", dropped);
    len = snprintf(line, sizeof(line), "%s: %s%s\n", word[level], lost, text);
    if (poll(&at, 1, 0) != 1 || at.revents & (POLLERR | POLLNVAL | POLLHUP) || write(sh->log_fd, line, (size_t)len) < 0)
        atomic_fetch_add(&sh->log_dropped, 1);
    else
        atomic_fetch_sub(&sh->log_dropped, dropped);
}

static int make_locks(hl__shell *sh)
{
    pthread_condattr_t attr;
    void *page = mmap(NULL, sizeof(*sh->alive), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    pthread_mutex_init(&sh->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&sh->changed, &attr);
    pthread_condattr_destroy(&attr);
    if (page == MAP_FAILED)
        return HL_ENOMEM;
    sh->alive = page;
    *sh->alive = 1;
    (void)madvise(page, sizeof(*sh->alive), MADV_WIPEONFORK); /* an older kernel: a child is not noticed */
    return 0;
}

int hl__shell_new(hl_t *hl, const hl_options *opt)
{
    hl__shell *sh = hl__alloc(&hl->mem, sizeof(*sh));

    if (!sh)
        return HL_ENOMEM;
    hl->shell = sh;
    sh->fd = -1;
    hl__map_init(&sh->desks, &hl->mem);
    if (make_locks(sh) < 0)
        return HL_ENOMEM;
    if (!(sh->zoneinfo = hl__strdup(&hl->mem, opt->zoneinfo ? opt->zoneinfo : "/usr/share/zoneinfo")))
        return HL_ENOMEM;
    if (opt->log_fd) {
        sh->log_fd = (int)opt->log_fd;
        hl->core.log.line = log_line;
        hl->core.log.ctx = sh;
    }
    if (!hl->sim && (sh->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        return HL_EIO;
    hl->readable = tell_readable;
    hl->turned = tell_woken;
    return 0;
}

static void free_desks(hl_t *hl)
{
    hl__desk *desk;

    for (uint32_t at = 0; (desk = hl__map_at(&hl->shell->desks, &at));) {
        while (desk->kept) {
            hl__kept_text *k = desk->kept;
            desk->kept = k->next;
            hl__free(&hl->mem, k);
        }
        hl__findings_free(&desk->findings);
        hl__free(&hl->mem, desk->outlooks);
        hl__free(&hl->mem, desk);
    }
    hl__map_free(&hl->shell->desks);
}

static void zone_free(hl__mem *mem, hl__zone *z)
{
    if (!z)
        return;
    hl__free(mem, z->name);
    hl__free(mem, z->bytes);
    hl__free(mem, z);
}

void hl__shell_free(hl_t *hl)
{
    hl__shell *sh = hl->shell;

    if (!sh)
        return;
    free_desks(hl);
    while (sh->zones) {
        hl__zone *z = sh->zones;
        sh->zones = z->next;
        zone_free(&hl->mem, z);
    }
    if (sh->fd >= 0)
        close(sh->fd);
    if (sh->alive)
        munmap(sh->alive, sizeof(*sh->alive));
    pthread_cond_destroy(&sh->changed);
    pthread_mutex_destroy(&sh->lock);
    hl__free(&hl->mem, sh->zoneinfo);
    hl__free(&hl->mem, sh);
    hl->shell = NULL;
}

static bool zone_name_ok(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";

    return name[0] && name[0] != '/' && strspn(name, letters) == strlen(name) && strlen(name) < 200;
}

static bool read_all(int fd, char *bytes, size_t len)
{
    size_t got = 0;

    while (got < len) {
        ssize_t n = read(fd, bytes + got, len - got);
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

/* HL_ENOENT: no such file, or none of time zones' size. */
static int zone_load(hl_t *hl, const char *name, hl__zone **out)
{
    hl__zone *z = hl__alloc(&hl->mem, sizeof(*z));
    int fd = -1, r = HL_ENOENT;
    char path[5000];
    struct stat st;

    if (!z)
        return HL_ENOMEM;
    if (snprintf(path, sizeof(path), "%s/%s", hl->shell->zoneinfo, name) < (int)sizeof(path))
        fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size <= LARGEST_ZONE) {
        z->len = (size_t)st.st_size;
        z->name = hl__strdup(&hl->mem, name);
        z->bytes = hl__alloc(&hl->mem, z->len);
        r = !z->name || !z->bytes ? HL_ENOMEM : read_all(fd, z->bytes, z->len) ? 0 : HL_ENOENT;
    }
    if (fd >= 0)
        close(fd);
    if (r == 0)
        *out = z;
    else
        zone_free(&hl->mem, z);
    return r;
}

int hl__zone_read(void *engine, const char *name, const void **out, size_t *out_len)
{
    hl_t *hl = engine;
    hl__zone *z;
    int r;

    if (!zone_name_ok(name))
        return HL_ENOENT;
    for (z = hl->shell->zones; z && strcmp(z->name, name) != 0;)
        z = z->next;
    if (!z) {
        if ((r = zone_load(hl, name, &z)) < 0)
            return r;
        z->next = hl->shell->zones;
        hl->shell->zones = z;
    }
    *out = z->bytes;
    *out_len = z->len;
    return 0;
}
