/* fuzz_expr.c - any text as an expression: it compiles or has one finding; its evaluation allocates nothing, gives the
 * same value twice, and what it gives can be written as JSON and read back. */
#include "expr/expr.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char names[] = "{\"a\":\"int\",\"b\":\"int\",\"s\":\"string\",\"pin\":{\"type\":\"string\","
    "\"secret\":true},"
    "\"flag\":\"bool\",\"due\":\"money:CNY\",\"any\":\"money\",\"by\":\"date\",\"t\":\"time\",\"at\":\"timestamp\","
    "\"span\":\"duration\",\"list\":\"list of int\",\"none\":\"string\",\"bill\":{\"fields\":{\"due\":\"money:CNY\","
    "\"who\":{\"fields\":{\"name\":\"string\"}}}},\"rows\":{\"list\":{\"fields\":{\"n\":\"int\"}}}}";
static const char values[] = "{\"a\":7,\"b\":-2,\"s\":\"\\u4f60\\u597d\",\"pin\":\"246810\",\"flag\":true,"
    "\"due\":\"123.45 CNY\",\"any\":\"1.50 USD\",\"by\":\"2026-11-30\",\"t\":\"14:05\",\"at\":\"2026-11-20T10:00:00Z\","
    "\"span\":\"1h30m\",\"list\":[1,2,3],\"bill\":{\"due\":\"500.01 CNY\"},\"rows\":[{\"n\":5},{\"n\":6}]}";

static hl__mem mem;

static void json_of(hl__buf *b, const hl__expr *e, const hl__val *v)
{
    hl__buf_char(b, '[');
    hl__val_json(b, hl__expr_type(e), v);
    hl__buf_char(b, ']');
}

static void evaluate(const hl__expr *e, const hl__val *slots)
{
    static hl__eval x;
    hl__err err = { 0 };
    hl__val v;
    hl__buf one, two;
    int64_t blocks = mem.blocks;

    x.slots = slots;
    x.err = &err;
    x.now = 1795140000000000;
    int r = hl__expr_eval(e, &x, &v);
    if (mem.blocks != blocks || (r < 0) != (err.words[0] != 0)) abort();
    if (r < 0)
        return;
    hl__buf_init(&one, &mem);
    hl__buf_init(&two, &mem);
    json_of(&one, e, &v);
    if (hl__expr_eval(e, &x, &v) < 0) abort();
    json_of(&two, e, &v);
    if (strcmp(one.data, two.data) != 0) abort();
    hl__json *j = hl__json_read(one.data, one.len, &err);
    if (!j && !strstr(err.words, "2^53")) abort(); /* such a number is written, and not taken back */
    hl__json_free(j);
    hl__buf_free(&one);
    hl__buf_free(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static hl__eval room;
    hl__val slots[32] = { { 0 } };
    hl__findings f;
    hl__scope *s = NULL;
    hl__expr *e = NULL;
    hl__err err;
    hl__json *types = hl__json_read(names, sizeof(names) - 1, &err), *given = hl__json_read(values, sizeof(values) - 1,
        &err);
    char *text = malloc(size + 1); /* to the byte, so that one read too far is seen */

    if (!types || !given || !text) abort();
    memcpy(text, data, size);
    hl__findings_init(&f, &mem);
    if (hl__scope_new(&mem, &s) < 0 || hl__scope_add_all(s, types, &f, NULL) < 0) abort();
    room.used = 0;
    room.err = &err;
    for (uint32_t i = 0; i < hl__scope_size(s); i++)
        if (hl__val_json_in(&room, hl__scope_at(s, i)->type, hl__json_get(given, hl__scope_at(s, i)->name),
            &slots[i]) < 0)
            abort();
    hl__expr_in in = { .text = text, .len = size, .may_be_secret = true, .f = &f };
    int r = hl__expr_new(s, &in, &e);
    if ((r < 0) != (f.count == 1) || f.count > 1) abort();
    if (r == 0)
        evaluate(e, slots);
    hl__expr_free(e);
    hl__scope_free(s);
    hl__findings_free(&f);
    hl__json_free(types);
    hl__json_free(given);
    free(text);
    if (mem.blocks) abort();
    return 0;
}
