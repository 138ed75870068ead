/* pages.c - which file below a folder a path means. Nothing above the folder, nothing hidden, no devices. */
#include "gateway/gateway.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct { const char *end, *type; } types[] = {
    { ".html", "text/html; charset=utf-8" }, { ".js", "text/javascript; charset=utf-8" },
    { ".mjs", "text/javascript; charset=utf-8" }, { ".css", "text/css; charset=utf-8" },
    { ".json", "application/json" }, { ".map", "application/json" }, { ".txt", "text/plain; charset=utf-8" },
    { ".ts", "text/plain; charset=utf-8" }, { ".md", "text/plain; charset=utf-8" }, { ".svg", "image/svg+xml" },
    { ".png", "image/png" }, { ".jpg", "image/jpeg" }, { ".ico", "image/x-icon" }, { ".webp", "image/webp" },
    { ".woff2", "font/woff2" }, { ".wav", "audio/wav" }, { ".mp3", "audio/mpeg" }, { ".ogg", "audio/ogg" },
    { ".opus", "audio/ogg" }, { ".wasm", "application/wasm" },
};

const char *hl__page_type(const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < HL__COUNT(types); i++) {
        size_t n = strlen(types[i].end);
        if (len > n && strcmp(path + len - n, types[i].end) == 0) return types[i].type;
    }
    return "application/octet-stream";
}

/* Letters, digits and - _ . only, no part begins with a dot, none is empty: no escape can be spelled with these. */
static bool path_plain(const char *path)
{
    if (path[0] != '/' || strlen(path) > 512) return false;
    for (const char *p = path; *p; p++) {
        if (*p == '/' && (p[1] == '.' || p[1] == '/')) return false;
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
        if (!letter && !strchr("/-_.", *p)) return false;
    }
    return true;
}

/* A link may lead elsewhere: what counts is where the file really lies. */
static bool lies_below(const char *folder, const char *file)
{
    char top[PATH_MAX], real[PATH_MAX];
    struct stat st;
    if (!realpath(folder, top) || !realpath(file, real) || stat(real, &st) < 0) return false;
    size_t len = strlen(top);
    return S_ISREG(st.st_mode) && strncmp(real, top, len) == 0 && (real[len] == '/' || len == 1);
}

int hl__page_path(hl__buf *b, const char *folder, const char *path)
{
    static const char *const ends[] = { "", ".html" };
    if (!folder || !path_plain(path)) return HL_ENOENT;
    size_t len = strlen(path);
    for (size_t i = 0; i < HL__COUNT(ends); i++) {
        hl__buf_clear(b);
        hl__buf_fmt(b, "%s%s%s", folder, path, path[len - 1] == '/' ? "index.html" : ends[i]);
        if (b->failed) return HL_ENOMEM;
        if (lies_below(folder, b->data)) return 0;
    }
    return HL_ENOENT;
}
