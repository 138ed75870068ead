/* rows.c - what the tests of the store share: events and rows with content one can recognise. */
#include "store/rows.h"

hl__value hl_test_int(int64_t n)
{
    return (hl__value) { HL__INT, 8, { .i = n } };
}

hl__value hl_test_text(const char *words)
{
    if (words == NULL) return (hl__value) { HL__NULL, 0, { 0 } };
    return (hl__value) { HL__TEXT, (uint32_t)strlen(words), { .p = words } };
}

void hl_test_event(hl__batch *b, hl_seq seq, hl_id ticket, const char *words)
{
    hl__value row[HL__EV_COLUMNS];
    for (int i = 0; i < HL__EV_COLUMNS; i++) row[i] = hl_test_int(0);
    row[0] = hl_test_int(seq);
    row[1] = hl_test_int(1767225600000000 + seq);
    row[2] = hl_test_int(HL_EV_TICKET_NOTE);
    row[7] = hl_test_int(ticket);
    row[11] = hl_test_text(words);
    row[12] = hl_test_text(NULL);
    assert_int_equal(hl__batch_row(b, HL__OP_EVENT, HL__TABLE_EV, row, HL__EV_COLUMNS), 0);
}

void hl_test_idem(hl__batch *b, int op, const char *key, int64_t ref)
{
    hl__value row[] = { hl_test_text(key), hl_test_int(7), hl_test_int(ref), hl_test_int(9) };
    assert_int_equal(hl__batch_row(b, op, HL__TABLE_IDEM, row, op == HL__OP_DEL ? 1 : 4), 0);
}

hl__batch *hl_test_batch(uint64_t number, hl_seq seq)
{
    hl__batch *b = NULL;
    assert_int_equal(hl__batch_new(&hl_test_mem, 0, &b), 0);
    hl__mark mark = { 0, number, seq, (hl_time)number * 10, (hl_time)number * 20, (int64_t)number * 2 };
    hl__batch_seal(b, &mark);
    return b;
}

void hl_test_append(hl__store *s, uint64_t number)
{
    char key[32];
    hl__batch *b = hl_test_batch(number, (hl_seq)number);
    snprintf(key, sizeof key, "k%llu", (unsigned long long)number);
    hl_test_event(b, (hl_seq)number, number % 5 == 0 ? 0 : HL__ID(number % 5, HL_KIND_TICKET), key);
    hl_test_idem(b, HL__OP_ADD, key, (int64_t)number);
    assert_int_equal(hl__store_append(s, b), 0);
}

hl__store *hl_test_store(const char *url, hl__disk *disk)
{
    hl__store *s = NULL;
    hl__err err = { 0 };
    hl__store_conf conf = { .mem = &hl_test_mem, .url = url, .disk = disk, .ballast_mib = -1, .queue = 1000 };
    int r = hl__store_open(&conf, &err, &s);
    hl_test_ok(r == 0, "%s: %d %s", url, r, err.words);
    return s;
}

static int count_row(void *ctx, int table, const hl__value *row, uint32_t n)
{
    (void)table, (void)row, (void)n;
    ++*(int64_t *)ctx;
    return 0;
}

int64_t hl_test_count(hl__store *s, const hl__scan *q)
{
    int64_t n = 0;
    hl__visit v = { count_row, &n };
    int r = hl__store_scan(s, q, &v);
    hl_test_ok(r == 0, "scan of table %d: %d", q->table, r);
    return n;
}
