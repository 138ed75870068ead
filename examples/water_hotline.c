/* water_hotline.c - a water utility's hotline: the document beside it says how it works, this program starts it.
 *
 * A template: what is special to this hotline is answer(), which looks up a customer's bill when the flow asks. */
#include <hotline.h>
#include <hotline/call.h>
#include <hotline/flow.h>
#include <hotline/gateway.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { CONFIG, STORE, FILES, SIP, WEB, MEDIA, HOME, LOGIN, CERT, AT, LANG, OPTIONS };
static struct { const char *name, *value, *help; } opt[OPTIONS] = {
    { "--config", NULL, "FILE       one JSON document for hl_load [water/hotline.json below --home]" },
    { "--store", NULL, "FILE       SQLite file of tickets and calls [nothing outlives the program]" },
    { "--files", NULL, "DIR        prompts/LANG/NAME.wav replace the voice; voice/ is what was rendered [none]" },
    { "--sip", "127.0.0.1:5060", "HOST:PORT  where telephones call, UDP [127.0.0.1:5060]" },
    { "--web", "127.0.0.1:8080", "HOST:PORT  where pages are served [127.0.0.1:8080]" },
    { "--media", "0.0.0.0:42000", "HOST:PORT  sound, UDP [0.0.0.0:42000]: Firefox sends none to 127.0.0.1" },
    { "--home", ".", "DIR        the folder examples/ [.]" },
    { "--login", NULL, "FILE       password file [fresh passwords for anna and bo, printed]" },
    { "--cert", NULL, "FILE       certificate and key of the pages, PEM [none: loopback only]" },
    { "--at", NULL, "TIME       pretend that it is 2026-10-01T03:00 in China, to hear the night menu" },
    { "--lang", "zh", "zh|en      of what this program says" },
};
static hl_t *hotline;
static int english;
static volatile sig_atomic_t stopping;

static void fail(const char *what, const char *words)
{
    fprintf(stderr, "water_hotline: %s: %s\n", what, words);
    exit(1);
}

static char *read_file(const char *name, size_t room)
{
    FILE *f = fopen(name, "rb");
    char *text = calloc(1, room);
    if (!f || !text || fread(text, 1, room - 8192, f) == 0)
        fail(name, "cannot be read");
    fclose(f);
    return text;
}

/* Where this machine's ports and folders are is not in the document; it is put in before the last brace. */
static void add_place(char *json)
{
    char host[3][64], *end = strrchr(json, '}');
    int port[3];
    for (int i = 0; i < 3; i++)
        if (sscanf(opt[SIP + i].value, "%63[^]:]:%d", host[i], &port[i]) != 2)
            fail(opt[SIP + i].value, "is no HOST:PORT");
    if (!end) return; /* no JSON: hl_load() says so */
    end += snprintf(end, 7000, ",\"listeners\":{\"telephones\":{\"bind\":\"%s:%d\",\"accept\":\"both\"}},\"media\":"
                    "{\"bind\":\"%s\",\"rtc_port\":%d},\"gateway\":{\"bind\":\"%s\",\"port\":%d,\"callers\":true,"
                    "\"pages\":\"%s/water/pages\",\"sdk\":\"%s/../bindings/js\"", host[0], port[0], host[2], port[2],
                    host[1], port[1], opt[HOME].value, opt[HOME].value);
    if (opt[LOGIN].value)
        end += snprintf(end, 1000, ",\"login\":\"%s\"", opt[LOGIN].value);
    if (opt[CERT].value)
        end += snprintf(end, 2000, ",\"cert\":\"%s\",\"key\":\"%s\"", opt[CERT].value, opt[CERT].value);
    snprintf(end, 4, "}}");
}

static void load(const char *name)
{
    char words[512], *json = read_file(name, 1 << 20);
    hl_finding f = HL_FINDING_INIT;
    add_place(json);
    int r = hl_load(hotline, json, strlen(json));
    snprintf(words, sizeof(words), "%s", hl_error(hotline));
    while (hl_finding_next(hotline, &f) == 1)
        fprintf(stderr, "%s:%d:%d: %s: %s (%s)\n", name, f.line, f.column, f.level == 1 ? "error" : "warning", f.text,
                f.pointer);
    if (r < 0)
        fail(name, words);
    free(json);
}

/* A customer's bill: the flow asks for it by FLOW_ASK "bill" with {"acct": "12345674"}. */
static void answer(sqlite3 *db, const hl_event *ev)
{
    sqlite3_stmt *s = NULL;
    sqlite3_prepare_v2(db, "select json_object('due', printf('%d.%02d CNY', due / 100, due % 100), 'by', pay_by) "
                           "from customer where account = json_extract(?, '$.acct')", -1, &s, NULL);
    sqlite3_bind_text(s, 1, ev->data, -1, SQLITE_TRANSIENT);
    int step = sqlite3_step(s), status = step == SQLITE_ROW ? 200 : step == SQLITE_DONE ? 404 : 500;
    /* too late is no harm: the caller has gone on */
    (void)hl_flow_answer(hotline, ev->contact, ev->code, status,
                         status == 200 ? (const char *)sqlite3_column_text(s, 0) : NULL);
    sqlite3_finalize(s);
}

static sqlite3 *customers(const char *name)
{
    sqlite3 *db;
    char *sql = read_file(name, 1 << 16), *words = NULL;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK || sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK)
        fail(name, words ? words : "cannot be used");
    free(sql);
    return db;
}

static const char *fresh_password(const char *name, char out[16])
{
    unsigned char random[12];
    hl_id agent;
    if (opt[LOGIN].value || hl_find(hotline, HL_KIND_AGENT, name, &agent) < 0)
        return "";
    for (int i = 0, n = (int)getrandom(random, sizeof(random), 0); i < n; i++)
        out[i] = "abcdefghkmnpqrstuvwxyz23456789"[random[i] % 30];
    if (hl_password_set(hotline, agent, out) < 0)
        fail(name, hl_error(hotline));
    return out;
}

static void say_ready(void)
{
    char a[16] = "", b[16] = ""; /* 12 letters and the end */
    const char *anna = fresh_password("anna", a), *bo = fresh_password("bo", b), *web;
    if (hl_gateway_address(hotline, &web) < 0)
        fail(opt[WEB].value, hl_error(hotline));
    printf("{\"ready\":true,\"number\":\"96332\",\"call\":\"sip:96332@%s\",\"web\":\"%s\",\"desk\":\"%s/desk.html\","
           "\"caller\":\"%s/caller.html\",\"agents\":{\"anna\":\"%s\",\"bo\":\"%s\"}}\n",
           opt[SIP].value, web, web, web, anna, bo);
    fflush(stdout);
}

static void on_signal(int number)
{
    hl_stop(hotline, stopping ? 0 : 30000); /* the second one does not wait */
    stopping = number, signal(number, on_signal); /* C forgets a handler when it is called */
}

/* Drivers and prompts; 1 when every prompt is there. */
static int hear_driver(const hl_event *ev)
{
    if (ev->code < 0)
        fail(ev->text, hl_strerror(ev->code));
    if (strcmp(ev->text, "voice") == 0 && ev->code > 0 && ev->code % 50 == 0)
        fprintf(stderr, "%s: %d\n", english ? "rendering prompts, to go" : "正在生成语音，还有", ev->code);
    return strcmp(ev->text, "voice") == 0 && ev->code == 0;
}

static void say_waiting(void)
{
    hl_leg leg = HL_LEG_INIT;
    int legs = 0;
    while (hl_leg_next(hotline, 0, &leg) == 1)
        legs++;
    fprintf(stderr, "%s: %d\n", english ? "closing; waiting for legs to end" : "正在结束，还有通话", legs);
}

static void serve(sqlite3 *db)
{
    hl_event ev = HL_EVENT_INIT;
    for (int ready = 0, waits = 0; hl_poll(hotline, 1000) >= 0;) {
        while (hl_next(hotline, &ev) == 1) {
            if (ev.type == HL_EV_STOPPED)
                return;
            if (ev.type == HL_EV_FLOW_ASK && ev.text && strcmp(ev.text, "bill") == 0)
                answer(db, &ev);
            if (ev.type == HL_EV_DRIVER && hear_driver(&ev) && !ready++)
                say_ready();
        }
        if (stopping && waits++ % 5 == 0)
            say_waiting();
    }
}

static void read_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int k = 0, help = strcmp(argv[i], "--help") == 0;
        while (k < OPTIONS && strcmp(argv[i], opt[k].name) != 0)
            k++;
        if (k < OPTIONS && ++i < argc)
            opt[k].value = argv[i];
        if (k < OPTIONS && i < argc)
            continue;
        for (k = 0; k < OPTIONS; k++)
            fprintf(help ? stdout : stderr, "  %-9s %s\n", opt[k].name, opt[k].help);
        exit(help ? 0 : 2);
    }
}

int main(int argc, char **argv)
{
    hl_options options = HL_OPTIONS_INIT;
    char config[1024], table[1024];
    struct tm t = { 0 };
    sqlite3 *db;
    read_options(argc, argv);
    english = strcmp(opt[LANG].value, "en") == 0;
    snprintf(config, sizeof(config), "%s/water/hotline.json", opt[HOME].value);
    snprintf(table, sizeof(table), "%s/water/customers.sql", opt[HOME].value);
    db = customers(table);
    setenv("TZ", "CST-8", 1); /* mktime() reads local time: the waterworks is in China */
    if (opt[AT].value &&
        sscanf(opt[AT].value, "%d-%d-%dT%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min) < 5)
        fail(opt[AT].value, "is no time as 2026-10-01T03:00");
    t.tm_year -= 1900, t.tm_mon -= 1;
    options.pretend = opt[AT].value ? (hl_time)mktime(&t) * 1000000 : 0;
    options.store = opt[STORE].value;
    options.files = opt[FILES].value;
    options.log_fd = 2;
    options.log_level = HL_LOG_WARN;
    if (hl_open(&options, &hotline) < 0)
        fail("hl_open", hl_error(NULL));
    load(opt[CONFIG].value ? opt[CONFIG].value : config);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    serve(db);
    hl_close(hotline);
    sqlite3_close(db);
    return 0;
}
