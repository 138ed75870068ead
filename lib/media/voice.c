/* voice.c - a development voice: the program espeak-ng reads a text into a pipe. Never linked, never by a shell.
 *
 * It is run by the bank's worker, so that no media thread waits for it. Studio recordings replace it file by file. */
#include "media/media.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 10000   /* a voice that says nothing for so long is stopped */
#define SOUND_MAX (16 << 20)

static const char *const programs[] = { "/usr/bin/espeak-ng", "/usr/local/bin/espeak-ng" };

static const char *voice_of(const char *lang)
{
    if (!strncmp(lang, "zh", 2) || !strncmp(lang, "cmn", 3))
        return "cmn-latn-pinyin";
    return "en";
}

static int prepare(posix_spawn_file_actions_t *files, posix_spawnattr_t *attr, int out)
{
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGCHLD);
    int bad = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
    bad |= posix_spawn_file_actions_adddup2(files, out, 1);
    bad |= posix_spawn_file_actions_addopen(files, 2, "/dev/null", O_WRONLY, 0);
    bad |= posix_spawnattr_setsigmask(attr, &none);
    bad |= posix_spawnattr_setsigdefault(attr, &usual);
    bad |= posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return bad ? HL_EIO : 0;
}

static int start(const char *lang, const char *text, int out, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    const char *const env[] = { "LANG=C.UTF-8", NULL };
    const char *const args[] = { "espeak-ng", "-v", voice_of(lang), "-s", "150", "-b", "1", "--stdout", "--", text,
        NULL };
    if (posix_spawn_file_actions_init(&files))
        return HL_ENOMEM;
    if (posix_spawnattr_init(&attr)) {
        (void)posix_spawn_file_actions_destroy(&files); /* nothing to be done about it */
        return HL_ENOMEM;
    }
    int r = prepare(&files, &attr, out);
    if (r == 0) {
        r = HL_ENOTSUP;
        for (size_t i = 0; i < HL__COUNT(programs) && r < 0; i++)
            if (!access(programs[i], X_OK)
                && !posix_spawn(pid, programs[i], &files, &attr, (char **)(uintptr_t)args, (char **)(uintptr_t)env))
                r = 0;
    }
    (void)posix_spawnattr_destroy(&attr); /* as above */
    (void)posix_spawn_file_actions_destroy(&files);
    return r;
}

static int collect(int fd, hl__buf *out)
{
    char part[16384];
    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int ready = poll(&p, 1, PATIENCE_MS);
        ssize_t n = ready > 0 ? read(fd, part, sizeof(part)) : ready;
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 && ready > 0)
            return out->failed ? HL_ENOMEM : 0;
        if (n <= 0 || out->len + (size_t)n > SOUND_MAX)
            return HL_EIO;
        hl__buf_add(out, part, (size_t)n);
    }
}

static int speak(const char *lang, const char *text, hl__buf *out)
{
    int fds[2], r;
    pid_t pid = 0;
    if (pipe2(fds, O_CLOEXEC) < 0)
        return HL_EIO;
    r = start(lang, text, fds[1], &pid);
    (void)close(fds[1]); /* the child has it */
    if (r == 0 && (r = collect(fds[0], out)) < 0)
        (void)kill(pid, SIGKILL); /* it may be gone already */
    (void)close(fds[0]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return r;
}

int hl__voice_render(hl__mem *mem, const char *lang, const char *text, hl__buf *pcm)
{
    hl__buf file;
    hl__wav w;
    hl__buf_init(&file, mem);
    int r = speak(lang, text, &file);
    if (r == 0)
        r = hl__wav_read((const uint8_t *)file.data, file.len, &w, NULL);
    if (r == 0)
        r = w.n ? hl__wav_mono(mem, &w, 16000, pcm) : HL_EIO;
    if (r == 0)
        r = hl__level(pcm);
    hl__buf_free(&file);
    return r;
}
