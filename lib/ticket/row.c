/* row.c - a ticket's row and what is made of it: the API's struct, JSON, a query's yes or no; and of an event's. */
#include "ticket/inside.h"
#include <string.h>

static const char *const categories[] = { "new", "active", "waiting", "done", "void" };

hl__value hl__of_int(int64_t n)
{
    return (hl__value) { HL__INT, 8, { .i = n } };
}

hl__value hl__of_text(const char *text)
{
    if (text == NULL) return (hl__value) { HL__NULL, 0, { 0 } };
    return (hl__value) { HL__TEXT, (uint32_t)strlen(text), { .p = text } };
}

const char *hl__row_text(const hl__value *row, int column)
{
    return row[column].type == HL__TEXT ? row[column].u.p : NULL;
}

static int64_t number(const hl__value *row, int column)
{
    return row[column].type == HL__INT ? row[column].u.i : 0;
}

void hl__ticket_of_row(const hl__value *row, hl_ticket *out)
{
    uint32_t size = out->size;
    *out = (hl_ticket) {
        .size = size, .category = (int32_t)number(row, HL__T_CATEGORY), .id = number(row, HL__T_ID),
        .changed = number(row, HL__T_CHANGED), .owner = number(row, HL__T_OWNER), .contact = number(row, HL__T_CONTACT),
        .created = number(row, HL__T_CREATED), .updated = number(row, HL__T_UPDATED),
        .closed = number(row, HL__T_CLOSED), .priority = (int32_t)number(row, HL__T_PRIORITY),
        .flags = (int32_t)number(row, HL__T_FLAGS), .number = hl__row_text(row, HL__T_NUMBER),
        .type = hl__row_text(row, HL__T_TYPE), .state = hl__row_text(row, HL__T_STATE),
        .title = hl__row_text(row, HL__T_TITLE), .phone = hl__row_text(row, HL__T_PHONE),
        .fields = hl__row_text(row, HL__T_FIELDS),
    };
}

void hl__event_of_row(const hl__value *row, hl_event *out)
{
    uint32_t size = out->size;
    *out = (hl_event) {
        .size = size, .type = (uint32_t)number(row, 2), .seq = number(row, 0), .time = number(row, 1),
        .contact = number(row, 3), .leg = number(row, 4), .queue = number(row, 5), .agent = number(row, 6),
        .ticket = number(row, 7), .ref = number(row, 8), .code = (int32_t)number(row, 9),
        .detail = (int32_t)number(row, 10), .text = hl__row_text(row, 11), .data = hl__row_text(row, 12),
    };
}

static void member_int(hl__buf *b, const char *name, int64_t n)
{
    hl__buf_fmt(b, ",\"%s\":%lld", name, (long long)n);
}

static void member_text(hl__buf *b, const char *name, const char *text)
{
    if (text == NULL) return;
    hl__buf_fmt(b, ",\"%s\":", name);
    hl__buf_json(b, text);
}

void hl__row_json(hl__buf *b, const hl__value *row)
{
    static const struct { int column; const char *name; } ints[] = {
        { HL__T_PRIORITY, "priority" }, { HL__T_CREATED, "created" }, { HL__T_UPDATED, "updated" },
        { HL__T_CLOSED, "closed" }, { HL__T_CHANGED, "changed" }, { HL__T_CONTACT, "contact" },
        { HL__T_OWNER, "owner" },
    };
    static const struct { int column; const char *name; } texts[] = {
        { HL__T_NUMBER, "number" }, { HL__T_TYPE, "type" }, { HL__T_STATE, "state" }, { HL__T_TITLE, "title" },
        { HL__T_PHONE, "phone" },
    };
    int64_t category = number(row, HL__T_CATEGORY);
    const char *fields = hl__row_text(row, HL__T_FIELDS);
    hl__buf_fmt(b, "\"id\":%lld", (long long)number(row, HL__T_ID));
    for (size_t i = 0; i < HL__COUNT(texts); i++) member_text(b, texts[i].name, hl__row_text(row, texts[i].column));
    if (category >= 0 && category < (int64_t)HL__COUNT(categories)) member_text(b, "category", categories[category]);
    for (size_t i = 0; i < HL__COUNT(ints); i++) {
        int64_t n = number(row, ints[i].column);
        if (n != 0) member_int(b, ints[i].name, n);
    }
    hl__buf_str(b, ",\"fields\":");
    hl__buf_str(b, fields != NULL ? fields : "{}");
}

static bool ends_with(const char *text, const char *end)
{
    size_t have = text == NULL ? 0 : strlen(text), want = strlen(end);
    return have >= want && strcmp(text + have - want, end) == 0;
}

static bool is_equal(const char *have, const char *want)
{
    return want == NULL || (have != NULL && strcmp(have, want) == 0);
}

static bool has_words(const hl__value *row, const char *words)
{
    static const int columns[] = { HL__T_TITLE, HL__T_NUMBER, HL__T_FIELDS, HL__T_PHONE };
    for (size_t i = 0; i < HL__COUNT(columns); i++) {
        const char *text = hl__row_text(row, columns[i]);
        if (text != NULL && strstr(text, words) != NULL) return true;
    }
    return false;
}

bool hl__row_matches(const hl__value *row, const hl_ticket_query *q)
{
    hl_time created = number(row, HL__T_CREATED);
    if (q->categories != 0 && !(q->categories >> number(row, HL__T_CATEGORY) & 1)) return false;
    if (q->from != 0 && created < q->from) return false;
    if (q->to != 0 && created >= q->to) return false;
    if (!is_equal(hl__row_text(row, HL__T_TYPE), q->type)) return false;
    if (!is_equal(hl__row_text(row, HL__T_STATE), q->state)) return false;
    if (q->phone != NULL) {
        const char *phone = hl__row_text(row, HL__T_PHONE);
        bool is_tail = strlen(q->phone) < 7;
        if (is_tail ? !ends_with(phone, q->phone) : !is_equal(phone, q->phone)) return false;
    }
    return q->words == NULL || has_words(row, q->words);
}

static int element(hl__buf *b)
{
    hl__buf_str(b, "},");
    return b->failed ? HL_ENOMEM : 0;
}

int hl__note_json(void *buf, int table, const hl__value *row, uint32_t n)
{
    hl__buf *b = buf;
    (void)table, (void)n; /* NOTE: id ticket actor at text */
    hl__buf_fmt(b, "{\"id\":%lld,\"at\":%lld", (long long)number(row, 0), (long long)number(row, 3));
    if (number(row, 2) != 0) member_int(b, "agent", number(row, 2));
    member_text(b, "text", hl__row_text(row, 4));
    return element(b);
}

int hl__part_json(void *buf, int table, const hl__value *row, uint32_t n)
{
    hl__buf *b = buf;
    (void)table, (void)n; /* PART: id ticket kind state actor at due data */
    hl__buf_fmt(b, "{\"id\":%lld,\"at\":%lld", (long long)number(row, 0), (long long)number(row, 5));
    member_text(b, "kind", hl__row_text(row, 2));
    member_text(b, "state", hl__row_text(row, 3));
    if (number(row, 4) != 0) member_int(b, "agent", number(row, 4));
    return element(b);
}

static const char *event_word(uint32_t type)
{
    switch (type) {
    case HL_EV_TICKET_NEW: return "new";
    case HL_EV_TICKET_MOVED: return "moved";
    case HL_EV_TICKET_ASSIGNED: return "assigned";
    case HL_EV_TICKET_NOTE: return "note";
    default: return "other";
    }
}

int hl__event_json(void *buf, int table, const hl__value *row, uint32_t n)
{
    hl__buf *b = buf;
    hl_event ev = HL_EVENT_INIT;
    (void)table, (void)n; /* EV */
    hl__event_of_row(row, &ev);
    hl__buf_fmt(b, "{\"seq\":%lld,\"at\":%lld", (long long)ev.seq, (long long)ev.time);
    member_text(b, "what", event_word(ev.type));
    if (ev.agent != 0) member_int(b, "agent", ev.agent);
    if (ev.contact != 0) member_int(b, "contact", ev.contact);
    if (ev.ref != 0) member_int(b, "ref", ev.ref);
    member_text(b, "text", ev.text);
    if (ev.data != NULL) {
        hl__buf_str(b, ",\"data\":");
        hl__buf_str(b, ev.data);
    }
    return element(b);
}

void hl__list_close(hl__buf *b)
{
    if (!b->failed && b->len > 0 && b->data[b->len - 1] == ',') b->data[b->len - 1] = ']';
    else hl__buf_char(b, ']');
}
