/* bank.c - clips: found among the operator's recordings, or read by a voice once and kept; encoded once for each codec.
 *
 * Where a clip comes from, in this order: <files>/prompts/<lang>/<name>.wav, <files>/prompts/<name>[.wav],
 * <files>/voice/<lang>/<name>-<hash of the text>.wav, which the voice writes when it is missing; music:<name> is
 * <files>/music/<name>.wav, else the music of the settings, else one made by rule. A media thread only
 * ever looks into the table; files and encoders are the worker's. A clip lives while anybody plays it. */
#include "media/media.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RATE 16000
#define FRAME (RATE / 50)
#define CACHE_MAX (64 << 20)
#define FILE_MAX (64 << 20)
#define TEXT_MAX 4000
#define WAITING 1024 /* clips asked for and not made yet */

enum { WANTED, READY, FAILED };
struct entry {
    struct entry *next;   /* in the queue */
    hl__want want;
    hl__clip clip;
    size_t size;
    uint32_t threads;     /* bits of those who wait */
    uint8_t state;
    char *text;
    char key[224];
};
struct spoken { struct spoken *next; char lang[16], name[128]; char text[]; }; /* a clip to be rendered ahead; a path */

struct hl__bank {
    hl__mem *mem;
    hl__logger *log;
    hl__bank_up up;
    pthread_mutex_t lock;
    pthread_cond_t more;
    pthread_t worker;
    bool is_running, is_stopping, said_mute, said_unkept;
    const char *files, *music;          /* texts of the two below */
    struct spoken *files_at, *music_at;
    struct spoken *gone;                /* paths no longer used, though perhaps by the job that runs */
    hl__names clips;
    struct entry *first, **last;
    uint32_t waiting;
    struct spoken *ahead;
    int32_t missing;
    uint32_t round; /* of settings: a clip begun before the last ones does not count among them */
    size_t cached;
};

/* keys, names of files */

static uint64_t text_hash(const char *lang, const char *text)
{
    uint64_t h = hl__fnv(0, lang, strlen(lang) + 1);
    return hl__fnv(h, text, strlen(text));
}

static bool is_name(const char *name)
{
    return name[0] && name[0] != '/' && name[0] != '.' && !strstr(name, "/.") && hl__text_ok(name, 127);
}

static void key_of(const hl__want *w, char *out, size_t room)
{
    (void)snprintf(out, room, "%d %d %s %016llx %s", (int)w->kind, (int)w->gain_db, w->lang,
                   (unsigned long long)text_hash(w->lang, w->text), w->name); /* the longest fits */
}

static void voice_path(const hl__bank *b, const hl__want *w, hl__buf *out)
{
    hl__buf_fmt(out, "%s/voice/%s/", b->files, w->lang);
    for (const char *p = w->name; *p; p++)
        hl__buf_char(out, *p == '/' ? '_' : *p);
    hl__buf_fmt(out, "-%016llx.wav", (unsigned long long)text_hash(w->lang, w->text));
}

/* sound of a clip, 16 kHz */

static int load(hl__bank *b, const char *path, hl__buf *pcm)
{
    hl__buf file;
    hl__wav w;
    hl__err err = { 0 };
    hl__buf_init(&file, b->mem);
    int r = hl__file_read(b->mem, path, FILE_MAX, &file);
    if (r == 0 && (r = hl__wav_read((const uint8_t *)file.data, file.len, &w, &err)) < 0)
        hl__log(b->log, HL_LOG_ERROR, "media: %s: %s", path, err.words);
    if (r == 0)
        r = hl__wav_mono(b->mem, &w, RATE, pcm);
    hl__buf_free(&file);
    return r;
}

static int load_fmt(hl__bank *b, hl__buf *pcm, const char *fmt, ...) HL__PRINTF(3, 4);
static int load_fmt(hl__bank *b, hl__buf *pcm, const char *fmt, ...)
{
    char path[1024];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(path, sizeof(path), fmt, args);
    va_end(args);
    return n > 0 && (size_t)n < sizeof(path) ? load(b, path, pcm) : HL_ENOENT;
}

static int recorded(hl__bank *b, const hl__want *w, hl__buf *pcm)
{
    if (!b->files || !is_name(w->name) || strstr(w->lang, "..") || strchr(w->lang, '/'))
        return HL_ENOENT;
    int r = w->lang[0] ? load_fmt(b, pcm, "%s/prompts/%s/%s.wav", b->files, w->lang, w->name) : HL_ENOENT;
    if (r < 0 && r != HL_ENOMEM)
        r = load_fmt(b, pcm, "%s/prompts/%s.wav", b->files, w->name);
    if (r < 0 && r != HL_ENOMEM)
        r = load_fmt(b, pcm, "%s/prompts/%s", b->files, w->name);
    return r;
}

/* All directories above the file. */
static void make_folders(char *path)
{
    for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = 0;
        (void)mkdir(path, 0777); /* is there, or opening the file will tell */
        *p = '/';
    }
}

static bool write_all(int fd, const void *data, size_t len)
{
    const char *p = data;
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

/* Kept for the next start; without it the voice reads again. A half-written file is never seen: it is renamed. */
static void keep(hl__bank *b, char *path, const hl__buf *pcm)
{
    char part[1100];
    uint8_t head[44];
    int n = snprintf(part, sizeof(part), "%s.part", path);
    if (n < 0 || (size_t)n >= sizeof(part))
        return;
    make_folders(path);
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        if (!b->said_unkept)
            hl__log(b->log, HL_LOG_WARN, "media: cannot write %s: %s; the voice reads anew at each start", part,
                    strerror(errno));
        b->said_unkept = true;
        return;
    }
    hl__wav_head(head, RATE, (uint32_t)pcm->len);
    bool ok = write_all(fd, head, sizeof(head)) && write_all(fd, pcm->data, pcm->len);
    ok = close(fd) == 0 && ok;
    if (!ok || rename(part, path) < 0)
        (void)unlink(part); /* it is of no use */
}

static int spoken_sound(hl__bank *b, const hl__want *w, hl__buf *pcm)
{
    hl__buf path;
    hl__buf_init(&path, b->mem);
    bool has_place = b->files && is_name(w->name) && !strstr(w->lang, "..") && !strchr(w->lang, '/');
    if (has_place)
        voice_path(b, w, &path);
    int r = path.failed ? HL_ENOMEM : has_place ? load(b, path.data, pcm) : HL_ENOENT;
    if (r < 0 && r != HL_ENOMEM) {
        hl__buf_clear(pcm);
        r = w->text[0] ? hl__voice_render(b->mem, w->lang, w->text, pcm) : HL_ENOENT;
        if (r == 0 && has_place)
            keep(b, path.data, pcm);
        if (r == HL_ENOTSUP && !b->said_mute) {
            b->said_mute = true;
            hl__log(b->log, HL_LOG_WARN, "media: no voice: install espeak-ng, or put recordings into %s/prompts",
                    b->files ? b->files : "<files>");
        }
    }
    hl__buf_free(&path);
    return r;
}

/* The setting's music, or the one made by rule. */
static int plain_music(hl__bank *b, hl__buf *pcm)
{
    if (b->music) {
        int r = b->music[0] == '/' ? load(b, b->music, pcm)
                                   : load_fmt(b, pcm, "%s/%s", b->files ? b->files : ".", b->music);
        if (r == 0 || r == HL_ENOMEM)
            return r;
        hl__log(b->log, HL_LOG_WARN, "media: music %s cannot be read: the built-in music plays", b->music);
    }
    return hl__tone_make("music", pcm);
}

/* Music by name, as a flow asks for it: the operator's file, else the plain one. Nobody waits in silence. */
static int named_music(hl__bank *b, const char *name, hl__buf *pcm)
{
    int r = b->files && is_name(name) ? load_fmt(b, pcm, "%s/music/%s.wav", b->files, name) : HL_ENOENT;
    if (r == 0 || r == HL_ENOMEM)
        return r;
    hl__buf_clear(pcm);
    return plain_music(b, pcm);
}

static int sound_of(hl__bank *b, const hl__want *w, hl__buf *pcm)
{
    if (!strncmp(w->name, "music:", 6))
        return named_music(b, w->name + 6, pcm);
    if (!strcmp(w->name, "tone:music"))
        return plain_music(b, pcm);
    if (!strncmp(w->name, "tone:", 5))
        return hl__tone_make(w->name + 5, pcm);
    int r = recorded(b, w, pcm);
    return r == 0 || r == HL_ENOMEM ? r : spoken_sound(b, w, pcm);
}

/* encoding */

static void amplify(hl__buf *pcm, int db)
{
    int32_t gain = 4096; /* of 4096; 6 dB double it */
    for (int i = 0; i < db; i++)
        gain = gain * 1149 / 1024;
    for (int i = 0; i > db; i--)
        gain = gain * 913 / 1024;
    int16_t *x = (int16_t *)(void *)pcm->data;
    for (size_t i = 0; db && i < pcm->len / 2; i++) {
        int64_t v = (int64_t)x[i] * gain / 4096;
        x[i] = (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
    }
}

static int encode_frames(hl__coder *c, const hl__buf *pcm, hl__buf *at, hl__buf *data)
{
    const int16_t *x = (const int16_t *)(const void *)pcm->data;
    size_t n = pcm->len / 2;
    uint8_t body[HL__PACKET_MAX];
    for (size_t i = 0; i < n; i += FRAME) {
        int16_t frame[FRAME] = { 0 };
        uint32_t start = (uint32_t)data->len;
        memcpy(frame, x + i, 2 * (n - i < FRAME ? n - i : FRAME));
        int len = hl__encode(c, frame, FRAME, body, sizeof(body));
        if (len < 0)
            return len;
        hl__buf_add(at, &start, sizeof(start));
        hl__buf_add(data, body, (size_t)len);
    }
    uint32_t end = (uint32_t)data->len;
    hl__buf_add(at, &end, sizeof(end));
    return at->failed || data->failed ? HL_ENOMEM : 0;
}

static int make_clip(hl__bank *b, const hl__want *w, hl__clip *out, size_t *size)
{
    hl__buf pcm, at, data;
    hl__coder *c = NULL;
    hl__buf_init(&pcm, b->mem);
    hl__buf_init(&at, b->mem);
    hl__buf_init(&data, b->mem);
    int r = sound_of(b, w, &pcm);
    if (r == 0)
        r = hl__coder_new(b->mem, w->kind, RATE, true, &c);
    if (r == 0) {
        amplify(&pcm, w->gain_db);
        hl__coder_effort(c, 9, 0);
        r = encode_frames(c, &pcm, &at, &data);
    }
    hl__coder_free(c);
    hl__buf_free(&pcm);
    if (r < 0) {
        hl__buf_free(&at);
        hl__buf_free(&data);
        return r;
    }
    out->n = (uint32_t)(at.len / sizeof(uint32_t) - 1);
    out->at = (const uint32_t *)(void *)at.data;
    out->data = (const uint8_t *)data.data;
    *size = at.room + data.room;
    return 0;
}

/* the table */

static void entry_free(hl__bank *b, struct entry *e)
{
    hl__free(b->mem, (void *)(uintptr_t)e->clip.at);
    hl__free(b->mem, (void *)(uintptr_t)e->clip.data);
    hl__free(b->mem, e->text);
    hl__free(b->mem, e);
}

/* The oldest that nobody plays go first. */
static void shrink(hl__bank *b)
{
    uint32_t pos = 0;
    for (struct entry *e; b->cached > CACHE_MAX && (e = hl__names_at(&b->clips, &pos));) {
        if (e->state == WANTED || atomic_load(&e->clip.users) > 0)
            continue;
        (void)hl__names_del(&b->clips, e->key); /* it is this one */
        b->cached -= e->size;
        entry_free(b, e);
    }
}

static struct entry *entry_new(hl__bank *b, const hl__want *w, const char *key)
{
    if (b->waiting >= WAITING || strlen(w->text) > TEXT_MAX)
        return NULL;
    struct entry *e = hl__alloc(b->mem, sizeof(*e));
    if (!e || !(e->text = hl__strdup(b->mem, w->text))) {
        hl__free(b->mem, e);
        return NULL;
    }
    e->want = *w;
    e->want.text = e->text;
    (void)hl__copy(e->key, sizeof(e->key), key); /* made for this room */
    if (hl__names_put(&b->clips, e->key, e) < 0) {
        entry_free(b, e);
        return NULL;
    }
    *b->last = e;
    b->last = &e->next;
    b->waiting++;
    return e;
}

int hl__bank_get(hl__bank *b, const hl__want *w, int thread, hl__clip **out)
{
    char key[224];
    int r = HL_ENOENT;
    key_of(w, key, sizeof(key));
    pthread_mutex_lock(&b->lock);
    struct entry *e = hl__names_get(&b->clips, key);
    if (!e && (e = entry_new(b, w, key)))
        pthread_cond_signal(&b->more);
    if (e && e->state == WANTED) {
        e->threads |= 1u << thread;
        r = 0;
    } else if (e && e->state == READY) {
        atomic_fetch_add(&e->clip.users, 1);
        *out = &e->clip;
        r = 1;
    }
    pthread_mutex_unlock(&b->lock);
    return r;
}

void hl__clip_drop(hl__clip *c)
{
    if (c)
        atomic_fetch_sub(&c->users, 1);
}

/* the worker */

static void settle(hl__bank *b, struct entry *e, int r, size_t size)
{
    e->state = r == 0 ? READY : FAILED;
    e->size = size;
    b->cached += size;
    b->waiting--;
    if (r < 0)
        hl__log(b->log, HL_LOG_WARN, "media: clip %s (%s) cannot be played: nothing recorded, nothing to read",
                e->want.name, e->want.lang);
    if (r == HL_ENOMEM) { /* may go better next time */
        (void)hl__names_del(&b->clips, e->key);
        entry_free(b, e);
        return;
    }
    shrink(b);
}

static void make_one(hl__bank *b)
{
    struct entry *e = b->first;
    size_t size = 0;
    hl__clip clip = { 0 };
    b->first = e->next;
    if (!b->first)
        b->last = &b->first;
    pthread_mutex_unlock(&b->lock);
    int r = make_clip(b, &e->want, &clip, &size);
    pthread_mutex_lock(&b->lock);
    uint32_t threads = e->threads;
    e->clip.n = clip.n;
    e->clip.at = clip.at;
    e->clip.data = clip.data;
    settle(b, e, r, size);
    pthread_mutex_unlock(&b->lock);
    for (int i = 0; i < 32; i++)
        if (threads >> i & 1)
            b->up.ready(b->up.ctx, i);
    pthread_mutex_lock(&b->lock);
}

static void speak_one(hl__bank *b)
{
    struct spoken *s = b->ahead;
    hl__want w = { .text = s->text };
    hl__buf pcm;
    uint32_t round = b->round;
    b->ahead = s->next;
    pthread_mutex_unlock(&b->lock);
    (void)hl__copy(w.lang, sizeof(w.lang), s->lang); /* from fields of the same size */
    (void)hl__copy(w.name, sizeof(w.name), s->name);
    hl__buf_init(&pcm, b->mem);
    int r = recorded(b, &w, &pcm);
    if (r < 0)
        r = spoken_sound(b, &w, &pcm);
    hl__buf_free(&pcm);
    hl__free(b->mem, s);
    if (r < 0 && r != HL_ENOTSUP)
        hl__log(b->log, HL_LOG_WARN, "media: clip %s (%s) has no recording and cannot be read aloud", w.name, w.lang);
    pthread_mutex_lock(&b->lock);
    b->missing -= round == b->round; /* also one that cannot be had: nobody is to wait for it */
    int missing = b->missing;
    bool is_last = !b->ahead;
    pthread_mutex_unlock(&b->lock);
    if (is_last || missing % 16 == 0)
        b->up.voiced(b->up.ctx, missing);
    pthread_mutex_lock(&b->lock);
}

static void spoken_free(hl__bank *b, struct spoken *s)
{
    while (s) {
        struct spoken *next = s->next;
        hl__free(b->mem, s);
        s = next;
    }
}

static bool one_job(hl__bank *b)
{
    spoken_free(b, b->gone);
    b->gone = NULL;
    if (b->first)
        make_one(b);
    else if (b->ahead)
        speak_one(b);
    else
        return false;
    return true;
}

int hl__bank_work(hl__bank *b)
{
    pthread_mutex_lock(&b->lock);
    bool did = one_job(b);
    pthread_mutex_unlock(&b->lock);
    return did;
}

static void *work(void *arg)
{
    hl__bank *b = arg;
    pthread_mutex_lock(&b->lock);
    while (!b->is_stopping)
        if (!one_job(b))
            pthread_cond_wait(&b->more, &b->lock);
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

/* life */

int hl__bank_new(hl__mem *mem, hl__logger *log, const hl__bank_up *up, hl__bank **out)
{
    hl__bank *b = hl__alloc(mem, sizeof(*b));
    if (!b)
        return HL_ENOMEM;
    b->mem = mem;
    b->log = log;
    b->up = *up;
    b->last = &b->first;
    hl__names_init(&b->clips, mem);
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->more, NULL);
    *out = b;
    return 0;
}

int hl__bank_start(hl__bank *b)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    b->is_running = pthread_create(&b->worker, NULL, work, b) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return b->is_running ? 0 : HL_EIO;
}

static int spoken_new(hl__bank *b, const char *lang, const char *name, const char *text, struct spoken **out)
{
    *out = NULL;
    if (!lang || !name || !text || !text[0] || strlen(lang) > 15 || strlen(name) > 127 || strlen(text) > TEXT_MAX)
        return 0;
    struct spoken *s = hl__alloc(b->mem, sizeof(*s) + strlen(text) + 1);
    if (!s)
        return HL_ENOMEM;
    (void)hl__copy(s->lang, sizeof(s->lang), lang); /* their lengths were compared above */
    (void)hl__copy(s->name, sizeof(s->name), name);
    memcpy(s->text, text, strlen(text) + 1);
    *out = s;
    return 0;
}

static void forget_clips(hl__bank *b)
{
    uint32_t pos = 0;
    for (struct entry *e; (e = hl__names_at(&b->clips, &pos));) {
        if (e->state == WANTED || atomic_load(&e->clip.users) > 0)
            continue;
        (void)hl__names_del(&b->clips, e->key); /* it is this one */
        b->cached -= e->size;
        entry_free(b, e);
    }
}

static int read_clips(hl__bank *b, const hl__json *clips, struct spoken **out, int32_t *count)
{
    struct spoken **end = out;
    int r = 0;
    for (size_t i = 0; r == 0 && i < hl__json_size(clips); i++) {
        const hl__json *row = hl__json_at(clips, i);
        r = spoken_new(b, hl__json_text(hl__json_at(row, 0)), hl__json_text(hl__json_at(row, 1)),
                       hl__json_text(hl__json_at(row, 2)), end);
        if (r < 0 || !*end)
            continue;
        end = &(*end)->next;
        ++*count;
    }
    return r;
}

static void bury(hl__bank *b, struct spoken *s)
{
    if (!s)
        return;
    s->next = b->gone;
    b->gone = s;
}

int hl__bank_set(hl__bank *b, const char *files, const char *music, const hl__json *clips)
{
    struct spoken *list = NULL, *new_files = NULL, *new_music = NULL;
    int32_t n = 0;
    int r = read_clips(b, clips, &list, &n);
    if (r == 0)
        r = spoken_new(b, "", "", files, &new_files);
    if (r == 0)
        r = spoken_new(b, "", "", music, &new_music);
    if (r < 0) {
        spoken_free(b, list);
        spoken_free(b, new_files);
        return r;
    }
    pthread_mutex_lock(&b->lock);
    struct spoken *old = b->ahead;
    bury(b, b->files_at);
    bury(b, b->music_at);
    b->files_at = new_files;
    b->music_at = new_music;
    b->files = new_files ? new_files->text : NULL;
    b->music = new_music ? new_music->text : NULL;
    b->ahead = list;
    b->missing = n;
    b->round++;
    forget_clips(b); /* another recording may stand in their place now */
    pthread_cond_signal(&b->more);
    pthread_mutex_unlock(&b->lock);
    spoken_free(b, old);
    if (n == 0)
        b->up.voiced(b->up.ctx, 0);
    return 0;
}

void hl__bank_stop(hl__bank *b)
{
    pthread_mutex_lock(&b->lock);
    b->is_stopping = true;
    pthread_cond_signal(&b->more);
    pthread_mutex_unlock(&b->lock);
    if (b->is_running)
        (void)pthread_join(b->worker, NULL); /* it was made and is waited for once */
    b->is_running = false;
}

void hl__bank_free(hl__bank *b)
{
    uint32_t pos = 0;
    if (!b)
        return;
    hl__bank_stop(b);
    for (struct entry *e; (e = hl__names_at(&b->clips, &pos));)
        entry_free(b, e);
    hl__names_free(&b->clips);
    spoken_free(b, b->ahead);
    spoken_free(b, b->gone);
    hl__free(b->mem, b->files_at);
    hl__free(b->mem, b->music_at);
    pthread_cond_destroy(&b->more);
    pthread_mutex_destroy(&b->lock);
    hl__free(b->mem, b);
}
