/* data.c - what a need may read of an agent and of a contact: names, their types, one's values. */
#include "acd/inner.h"
#include <string.h>

#define TEXT_MAX 255

static const struct kind { int json, value; const char *word; } kinds[HL__FIELD_KINDS] = {
    { HL__JBOOL, HL__V_BOOL, "bool" }, { HL__JINT, HL__V_INT, "int" }, { HL__JTEXT, HL__V_STRING, "string" },
};

/* Places in kinds; -1: none. */
static int kind_of_value(const hl__json *value)
{
    for (int i = 0; i < HL__FIELD_KINDS; i++)
        if (hl__json_type(value) == kinds[i].json)
            return i;
    return -1;
}

static int kind_of_word(const char *text)
{
    for (int i = 0; text && i < HL__FIELD_KINDS; i++)
        if (strcmp(text, kinds[i].word) == 0)
            return i;
    return -1;
}

static int kind_known(const hl__fields *f, const char *name)
{
    for (int i = 0; i < HL__FIELD_KINDS; i++)
        if (hl__names_get(&f->of[i], name))
            return i;
    return -1;
}

bool hl__need_name_ok(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    return len > 0 && len < 64 && name[len] == 0 && !(name[0] >= '0' && name[0] <= '9');
}

void hl__fields_init(hl__fields *f, hl__mem *mem)
{
    for (int i = 0; i < HL__FIELD_KINDS; i++)
        hl__names_init(&f->of[i], mem);
    hl__buf_init(&f->text, mem);
}

void hl__fields_free(hl__fields *f)
{
    for (int i = 0; i < HL__FIELD_KINDS; i++)
        hl__names_free(&f->of[i]);
    hl__buf_free(&f->text);
}

int hl__fields_add(hl__fields *f, const hl__json *data, bool is_types)
{
    for (void *it = hl__json_iter(data); it; it = hl__json_iter_next(data, it)) {
        const char *key = hl__json_iter_key(it);
        const hl__json *v = hl__json_iter_value(it);
        int kind = is_types ? kind_of_word(hl__json_text(v)) : kind_of_value(v);
        if (kind < 0 || !hl__need_name_ok(key) || kind_known(f, key) >= 0)
            continue;
        if (hl__names_put(&f->of[kind], key, f) < 0)
            return HL_ENOMEM;
        hl__buf_fmt(&f->text, "%s\"%s\":\"%s\"", f->text.len ? "," : "", key, kinds[kind].word);
    }
    return f->text.failed ? HL_ENOMEM : 0;
}

void hl__fields_check(const hl__fields *known, const hl__json *data, bool is_types, hl__findings *f,
                      const hl__place *at)
{
    for (void *it = hl__json_iter(data); it; it = hl__json_iter_next(data, it)) {
        const char *key = hl__json_iter_key(it);
        const hl__json *v = hl__json_iter_value(it);
        int kind = is_types ? kind_of_word(hl__json_text(v)) : kind_of_value(v), other = kind_known(known, key);
        hl__place item = { at, key, 0 };
        if (!hl__need_name_ok(key))
            hl__error(f, 520, &item, "a name that a need reads is letters, digits and _, and begins with a letter");
        else if (kind < 0)
            hl__error(f, 520, &item, is_types ? "\"bool\", \"int\" or \"string\": a need reads no other types" :
                      "true, false, an integer or a text: a need reads nothing else");
        else if (hl__json_text_len(v) > TEXT_MAX)
            hl__error(f, 520, &item, "a text of at most %d bytes", TEXT_MAX);
        else if (other >= 0 && other != kind)
            hl__error(f, 520, &item, "\"%s\" is %s here and %s elsewhere: a name has one type", key, kinds[kind].word,
                      kinds[other].word);
    }
}

static const hl__type *type_of(const hl__acd *acd, const char *object)
{
    int slot = acd->scope ? hl__scope_find(acd->scope, object, strlen(object)) : -1;

    return slot >= 0 ? hl__scope_at(acd->scope, (uint32_t)slot)->type : NULL;
}

static bool suits(const hl__field *field, const hl__json *v)
{
    int kind = kind_of_value(v);

    return kind >= 0 && kinds[kind].value == field->type->kind && hl__json_text_len(v) <= TEXT_MAX;
}

static hl__val value_of(const hl__field *field, const hl__json *v)
{
    hl__val out = { .kind = HL__V_NONE };

    if (!suits(field, v))
        return out;
    out.kind = field->type->kind;
    if (out.kind == HL__V_STRING) {
        out.len = (uint32_t)hl__json_text_len(v);
        out.u.s = hl__json_text(v);
    } else {
        out.u.i = out.kind == HL__V_BOOL ? hl__json_true(v) : hl__json_int(v);
    }
    return out;
}

int hl__data_bind(hl__acd *acd, const char *object, hl__data *d)
{
    const hl__type *type = type_of(acd, object);
    hl__val *value = NULL;

    if (type && !(value = hl__alloc_array(acd->core->mem, type->n, sizeof(*value))))
        return HL_ENOMEM;
    hl__free(acd->core->mem, d->value);
    d->value = value;
    d->n = type ? type->n : 0;
    for (uint32_t i = 0; i < d->n; i++)
        value[i] = value_of(&type->fields[i], hl__json_get(d->json, type->fields[i].name));
    return 0;
}

void hl__data_free(hl__mem *mem, hl__data *d)
{
    hl__json_free(d->json);
    hl__free(mem, d->value);
}

int hl__data_text(hl__acd *acd, const char *data, hl__buf *out)
{
    const hl__type *type = type_of(acd, "contact");
    hl__json *j = type && data ? hl__json_read(data, strlen(data), NULL) : NULL;
    int r = 0;

    for (uint32_t i = 0; j && i < type->n && r == 0; i++) {
        const hl__field *field = &type->fields[i];
        const hl__json *v = hl__json_get(j, field->name);
        if (!v || hl__json_type(v) == HL__JNULL)
            continue;
        if (!suits(field, v)) {
            r = hl__fail(acd->core->err, HL_EPARSE, "data: \"%s\" is to be %s", field->name,
                         field->type->kind == HL__V_STRING ? "a text of at most 255 bytes" :
                         field->type->kind == HL__V_INT ? "an integer" : "true or false");
            continue;
        }
        hl__buf_fmt(out, "%s\"%s\":", out->len ? "," : "{", field->name);
        (void)hl__json_canonical(out, v); /* a scalar; memory is seen by out->failed */
    }
    if (out->len)
        hl__buf_char(out, '}');
    hl__json_free(j);
    return r == 0 && out->failed ? HL_ENOMEM : r;
}
