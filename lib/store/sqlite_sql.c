/* sqlite_sql.c - the words of every SQL statement, made from the list of tables in base/batch.h. */
#include "store/sqlite.h"
#include <string.h>

static void quoted(hl__buf *b, const char *name, size_t len)
{
    hl__buf_char(b, '"');
    for (size_t i = 0; i < len; i++) {
        hl__buf_char(b, name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i]);
    }
    hl__buf_char(b, '"');
}

void hl__sql_table_name(hl__buf *b, int table)
{
    const char *name = hl__table_name(table);
    quoted(b, name, strlen(name));
}

static const char *type_word(int type)
{
    if (type == HL__INT) return " INTEGER";
    if (type == HL__REAL) return " REAL";
    return type == HL__TEXT ? " TEXT" : " BLOB";
}

/* "a","b" of columns from to until, each with what is put before and behind it. */
static void columns(hl__buf *b, int table, uint32_t from, uint32_t until, const char *between)
{
    char name[64];
    for (uint32_t i = from; i < until && hl__table_column(table, i, name, sizeof name) != HL__NULL; i++) {
        if (i > from) hl__buf_str(b, between);
        quoted(b, name, strlen(name));
    }
}

/* One integer key is SQLite's own row number; other keys are the table's only tree. */
static bool is_rowid(int table)
{
    char name[64];
    return hl__table_keys(table) == 1 && hl__table_column(table, 0, name, sizeof name) == HL__INT;
}

void hl__sql_create(hl__buf *b, int table)
{
    char name[64];
    int type;
    hl__buf_str(b, "CREATE TABLE IF NOT EXISTS ");
    hl__sql_table_name(b, table);
    hl__buf_char(b, '(');
    for (uint32_t i = 0; (type = hl__table_column(table, i, name, sizeof name)) != HL__NULL; i++) {
        if (i > 0) hl__buf_char(b, ',');
        quoted(b, name, strlen(name));
        hl__buf_str(b, type_word(type));
        if (i == 0 && is_rowid(table)) hl__buf_str(b, " PRIMARY KEY");
    }
    if (!is_rowid(table)) {
        hl__buf_str(b, ",PRIMARY KEY(");
        columns(b, table, 0, hl__table_keys(table), ",");
        hl__buf_char(b, ')');
    }
    hl__buf_str(b, is_rowid(table) ? ") STRICT" : ") STRICT, WITHOUT ROWID");
}

/* Most events belong to no ticket and many to no contact: those are not in the index. */
static void only_some(hl__buf *b, int table, const char *index, const char *word)
{
    if (table != HL__TABLE_EV) return;
    hl__buf_str(b, word);
    quoted(b, index, strcspn(index, " "));
    hl__buf_str(b, "<>0");
}

/* The first n words, quoted; all of them if there are fewer. Returns how many. */
static uint32_t words(hl__buf *b, const char *text, uint32_t n, const char *behind)
{
    uint32_t done = 0;
    while (*text != 0 && done < n) {
        size_t len = strcspn(text, " ");
        if (done++ > 0) hl__buf_char(b, ',');
        quoted(b, text, len);
        hl__buf_str(b, behind);
        text += len;
        text += strspn(text, " ");
    }
    return done;
}

void hl__sql_index(hl__buf *b, int table, int index)
{
    const char *list = hl__table_index(table, index);
    hl__buf_str(b, "CREATE INDEX IF NOT EXISTS ");
    hl__buf_char(b, '"');
    for (const char *c = hl__table_name(table); *c != 0; c++) hl__buf_char(b, (char)(*c - 'A' + 'a'));
    hl__buf_fmt(b, "_%d\" ON ", index);
    hl__sql_table_name(b, table);
    hl__buf_char(b, '(');
    words(b, list, UINT32_MAX, "");
    hl__buf_char(b, ')');
    only_some(b, table, list, " WHERE ");
}

void hl__sql_column(hl__buf *b, int table, uint32_t column)
{
    char name[64];
    int type = hl__table_column(table, column, name, sizeof name);
    hl__buf_str(b, "ALTER TABLE ");
    hl__sql_table_name(b, table);
    hl__buf_str(b, " ADD COLUMN ");
    quoted(b, name, strlen(name));
    hl__buf_str(b, type_word(type));
}

static void places(hl__buf *b, uint32_t from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) hl__buf_fmt(b, i > 0 ? ",?%u" : "?%u", from + i);
}

static void update_rest(hl__buf *b, int table, uint32_t keys, uint32_t all)
{
    char name[64];
    hl__buf_str(b, " ON CONFLICT(");
    columns(b, table, 0, keys, ",");
    hl__buf_str(b, keys == all ? ") DO NOTHING" : ") DO UPDATE SET ");
    for (uint32_t i = keys; i < all; i++) {
        (void)hl__table_column(table, i, name, sizeof name); /* i is below the number of columns */
        if (i > keys) hl__buf_char(b, ',');
        quoted(b, name, strlen(name));
        hl__buf_str(b, "=excluded.");
        quoted(b, name, strlen(name));
    }
}

static void delete_row(hl__buf *b, int table, uint32_t keys)
{
    hl__buf_str(b, "DELETE FROM ");
    hl__sql_table_name(b, table);
    hl__buf_str(b, " WHERE (");
    columns(b, table, 0, keys, ",");
    hl__buf_str(b, ")=(");
    places(b, 1, keys);
    hl__buf_char(b, ')');
}

void hl__sql_write(hl__buf *b, int table, int op)
{
    uint32_t all = hl__table_columns(table), keys = hl__table_keys(table);
    if (op == HL__OP_DEL) {
        delete_row(b, table, keys);
        return;
    }
    hl__buf_str(b, "INSERT INTO ");
    hl__sql_table_name(b, table);
    hl__buf_char(b, '(');
    columns(b, table, 0, all, ",");
    hl__buf_str(b, ") VALUES(");
    places(b, 1, all);
    hl__buf_char(b, ')');
    if (op == HL__OP_PUT) update_rest(b, table, keys, all);
}

static void bound(hl__buf *b, const char *list, uint32_t n, const char *compare, uint32_t place)
{
    hl__buf_str(b, " AND (");
    words(b, list, n, "");
    hl__buf_char(b, ')');
    hl__buf_str(b, compare);
    hl__buf_char(b, '(');
    places(b, place, n);
    hl__buf_char(b, ')');
}

/* The key's columns as a list of words; the first key's columns are the table's first. */
static void key_words(hl__buf *b, int table)
{
    char name[64];
    for (uint32_t i = 0; i < hl__table_keys(table); i++) {
        (void)hl__table_column(table, i, name, sizeof name); /* a key is a column */
        if (i > 0) hl__buf_char(b, ' ');
        hl__buf_str(b, name);
    }
}

static void scan_words(hl__buf *b, const hl__scan *q, const char *list)
{
    hl__buf_str(b, "SELECT ");
    columns(b, q->table, 0, UINT32_MAX, ",");
    hl__buf_str(b, " FROM ");
    hl__sql_table_name(b, q->table);
    hl__buf_str(b, " WHERE 1");
    if (q->index > 0) only_some(b, q->table, list, " AND ");
    if (q->nfrom > 0) bound(b, list, q->nfrom, q->backwards ? "<" : ">", 1);
    if (q->nto > 0) bound(b, list, q->nto, q->backwards ? ">=" : "<=", 1 + q->nfrom);
    hl__buf_str(b, " ORDER BY ");
    words(b, list, UINT32_MAX, q->backwards ? " DESC" : "");
    if (q->limit > 0) hl__buf_fmt(b, " LIMIT %u", q->limit);
}

static uint32_t count_words(const char *list)
{
    uint32_t n = 1;
    for (; *list != 0; list++) n += *list == ' ';
    return n;
}

int hl__sql_scan(hl__buf *b, const hl__scan *q)
{
    if (hl__table_name(q->table) == NULL) return HL_EINVAL;
    const char *list = q->index > 0 ? hl__table_index(q->table, q->index) : NULL;
    if (q->index != 0 && list == NULL) return HL_EINVAL;
    hl__buf key;
    hl__buf_init(&key, b->mem);
    if (list == NULL) {
        key_words(&key, q->table);
        list = key.data;
    }
    int r = key.failed ? HL_ENOMEM : 0;
    uint32_t most = r == 0 ? count_words(list) : 0;
    if (r == 0 && (q->nfrom > most || q->nto > most)) r = HL_EINVAL;
    if (r == 0) scan_words(b, q, list);
    hl__buf_free(&key);
    return r == 0 && b->failed ? HL_ENOMEM : r;
}
