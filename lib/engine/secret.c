/* secret.c - passwords leave a dump as {"kept": digest}, and such a digest is taken back as "unchanged".
 *
 * The digest is keyed with the engine's seed: it is of no use to whoever would guess passwords from a dump, and only
 * the engine that wrote it knows it again. */
#include "engine/plan.h"
#include <string.h>

static const char *const sections[] = { "phones", "trunks" };
static const char *const keys[] = { "password", "ha1_md5", "ha1_sha256" };

static bool has_secrets(const char *section)
{
    for (size_t i = 0; i < HL__COUNT(sections); i++)
        if (strcmp(section, sections[i]) == 0)
            return true;
    return false;
}

/* of: "phones/desk1/password" */
static int digest(hl_t *hl, const char *const of[3], const char *secret, char out[65])
{
    uint8_t key[32], mac[32];
    hl__rand chance;
    hl__buf b;
    int r;

    hl__rand_init(&chance, (int64_t)hl->core.rand.seed, 9, 0);
    hl__rand_bytes(&chance, key, sizeof(key));
    hl__buf_init(&b, &hl->mem);
    for (int i = 0; i < 3; i++)
        hl__buf_add(&b, of[i], strlen(of[i]) + 1);
    hl__buf_str(&b, secret);
    r = b.failed ? HL_ENOMEM : hl__sign(key, sizeof(key), b.data, b.len, mac);
    if (r == 0)
        hl__hex(mac, sizeof(mac), out);
    if (b.data)
        explicit_bzero(b.data, b.len);
    hl__buf_free(&b);
    return r;
}

static void refuse(hl__planned *p, const char *const of[3], const char *words)
{
    hl__place top = { NULL, of[0], 0 }, object = { &top, of[1], 0 }, at = { &object, of[2], 0 };

    hl__error(p->f, HL__E_KEPT, &at, "%s", words);
}

static int take(hl__planned *p, const char *const of[3], const hl__json *before, hl__json *value)
{
    const char *kept = hl__json_text(hl__json_get(hl__json_get(value, of[2]), "kept"));
    const char *secret = hl__json_text(hl__json_get(before, of[2]));
    char mine[65];
    int r;

    if (!kept) {
        refuse(p, of, "a secret is text, or {\"kept\": ...} as it was dumped");
        return 0;
    }
    if (!secret) {
        refuse(p, of, "no such secret is kept here: give it again");
        return 0;
    }
    if ((r = digest(p->hl, of, secret, mine)) < 0)
        return r;
    if (strlen(kept) == 64 && hl__equal(kept, mine, 64))
        return hl__json_set_text(value, of[2], secret);
    refuse(p, of, "this is not the secret kept here: give it again");
    return 0;
}

int hl__secrets_take(hl__planned *p, const hl__room *room, const char *name, hl__json *value)
{
    const char *of[3] = { room->section.name, name, NULL };
    const hl__object *was = hl__names_get(&room->by_name, name);
    hl__json *before = NULL;
    int r = 0;

    if (!has_secrets(of[0]))
        return 0;
    for (size_t i = 0; i < HL__COUNT(keys) && r == 0; i++) {
        of[2] = keys[i];
        if (hl__json_type(hl__json_get(value, keys[i])) != HL__JOBJECT)
            continue;
        if (was && !before && !(before = hl__json_read(was->canon, strlen(was->canon), NULL)))
            r = HL_ENOMEM;
        else
            r = take(p, of, before, value);
    }
    hl__json_free(before);
    return r;
}

static int hide(hl_t *hl, const char *of[3], hl__json *value)
{
    int r = 0;

    for (size_t i = 0; i < HL__COUNT(keys) && r == 0; i++) {
        const char *secret = hl__json_text(hl__json_get(value, keys[i]));
        char mac[65];
        of[2] = keys[i];
        if (secret && (r = digest(hl, of, secret, mac)) == 0)
            r = hl__json_set_member(value, keys[i], "kept", mac);
    }
    return r;
}

int hl__secrets_hide(hl_t *hl, hl__json *doc)
{
    const char *of[3];
    int r = 0;

    for (size_t i = 0; i < HL__COUNT(sections); i++) {
        hl__json *section = hl__json_get(doc, sections[i]);
        of[0] = sections[i];
        for (void *it = hl__json_iter(section); it && r == 0; it = hl__json_iter_next(section, it)) {
            of[1] = hl__json_iter_key(it);
            r = hide(hl, of, hl__json_iter_value(it));
        }
    }
    return r;
}
