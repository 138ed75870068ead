/* water_hotline.c - a water utility's hotline: the document beside it says how it works, this program starts it.
 *
 * A template: what is special to this hotline is answer(), which looks a customer's bill up when the flow asks for it.
 */
#include <hotline.h>
#include <hotline/acd.h>
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

static hl_t *hotline;
static volatile sig_atomic_t stopping;

enum { CONFIG, STORE, FILES, SIP, WEB, MEDIA, HOME, LOGIN, CERT, KEY, AT, LANG, OPTIONS };
static struct { const char *name, *value, *help; } opt[OPTIONS] = {
    { "--config", NULL, "FILE       one JSON document for hl_load [water/hotline.json below --home]" },
    { "--store", NULL, "FILE       SQLite file of tickets and calls [nothing outlives the program]" },
    { "--files", NULL, "DIR        prompts/LANG/NAME.wav replace the voice; voice/ is what was rendered [none]" },
    { "--sip", "127.0.0.1:5060", "HOST:PORT  where telephones call, UDP [127.0.0.1:5060]" },
    { "--web", "127.0.0.1:8080", "HOST:PORT  where pages are served [127.0.0.1:8080]" },
    { "--media", "127.0.0.1:42000", "HOST:PORT  sound, UDP [127.0.0.1:42000]" },
    { "--home", ".", "DIR        the folder examples/ [.]" },
    { "--login", NULL, "FILE       password file [fresh passwords for anna and bo, printed]" },
    { "--cert", "", "FILE       certificate of the pages, PEM [none: loopback only]" },
    { "--key", "", "FILE       its key" },
    { "--at", NULL, "TIME       pretend it is 2026-10-01T03:00 in China, to hear the night menu" },
    { "--lang", "zh", "zh|en      of what this program says" },
};

static void fail(const char *what, const char *words)
{
    fprintf(stderr, "water_hotline: %s: %s\n", what, words);
    exit(1);
}

static char *read_file(const char *name)
{
    FILE *f = fopen(name, "rb");
    char *text = calloc(1, 1 << 20);
    if (!f || !text || fread(text, 1, (1 << 20) - 1, f) == 0)
        fail(name, "cannot be read");
    fclose(f);
    return text;
}

static void load(const char *name, const char *json)
{
    hl_finding f = HL_FINDING_INIT;
    int r = hl_load(hotline, json, strlen(json));
    char words[512];
    snprintf(words, sizeof(words), "%s", hl_error(hotline));
    while (hl_finding_next(hotline, &f) == 1 && (r < 0 || json[0] != ' ')) /* " {": warnings were told before */
        fprintf(stderr, "%s:%d:%d: %s: %s (%s)\n", name, f.line, f.column, f.level == 1 ? "error" : "warning", f.text,
                f.pointer);
    if (r < 0)
        fail(name, words);
}

/* Which ports, and where the pages lie: what differs from machine to machine and so is not in the document. */
static void load_place(void)
{
    char json[8192], host[3][64];
    int port[3] = { 0 };
    for (int i = 0; i < 3; i++)
        if (sscanf(opt[SIP + i].value, "%63[^]:]:%d", host[i], &port[i]) != 2)
            fail(opt[SIP + i].value, "is no HOST:PORT");
    snprintf(json, sizeof(json),
             " {\"hotline\":1,\"listeners\":{\"telephones\":{\"bind\":\"%s:%d\",\"accept\":\"both\"}},"
             "\"media\":{%s%s%s\"rtc_port\":%d},\"gateway\":{\"bind\":\"%s\",\"port\":%d,\"callers\":true,"
             "\"pages\":\"%s/water/pages\",\"sdk\":\"%s/../bindings/js\"%s%s%s%s%s%s%s}}",
             host[0], port[0], strcmp(host[2], "0.0.0.0") ? "\"bind\":\"" : "",
             strcmp(host[2], "0.0.0.0") ? host[2] : "", strcmp(host[2], "0.0.0.0") ? "\"," : "", port[2], host[1],
             port[1], opt[HOME].value, opt[HOME].value, opt[LOGIN].value ? ",\"login\":\"" : "",
             opt[LOGIN].value ? opt[LOGIN].value : "", opt[LOGIN].value ? "\"" : "",
             *opt[CERT].value ? ",\"cert\":\"" : "", opt[CERT].value, *opt[CERT].value ? "\",\"key\":\"" : "",
             *opt[CERT].value ? opt[KEY].value : "");
    if (*opt[CERT].value)
        snprintf(json + strlen(json) - 2, 4, "\"}}");
    load("place", json);
}

/* A customer's bill: the flow asks for it by FLOW_ASK "bill" with {"acct": "12345674"}. */
static void answer(sqlite3 *db, const hl_event *ev)
{
    char json[128];
    sqlite3_stmt *s = NULL;
    int status = 500;
    sqlite3_prepare_v2(db, "select due, pay_by from customer where account = json_extract(?, '$.acct')", -1, &s, NULL);
    sqlite3_bind_text(s, 1, ev->data, -1, SQLITE_TRANSIENT);
    switch (sqlite3_step(s)) {
    case SQLITE_ROW:
        status = 200;
        snprintf(json, sizeof(json), "{\"due\":\"%d.%02d CNY\",\"by\":\"%s\"}", sqlite3_column_int(s, 0) / 100,
                 sqlite3_column_int(s, 0) % 100, (const char *)sqlite3_column_text(s, 1));
        break;
    case SQLITE_DONE: status = 404; break;
    default: break;
    }
    sqlite3_finalize(s);
    hl_flow_answer(hotline, ev->contact, ev->code, status,
                   status == 200 ? json : NULL); /* too late: the caller has gone on */
}

static sqlite3 *customers(void)
{
    sqlite3 *db;
    char name[1024], *sql, *words = NULL;
    snprintf(name, sizeof(name), "%s/water/customers.sql", opt[HOME].value);
    sql = read_file(name);
    if (sqlite3_open(":memory:", &db) != SQLITE_OK || sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK)
        fail(name, words ? words : "cannot be used");
    free(sql);
    return db;
}

static void fresh_password(const char *name, char out[16])
{
    unsigned char random[12];
    hl_id agent;
    if (getrandom(random, sizeof(random), 0) != sizeof(random) || hl_find(hotline, HL_KIND_AGENT, name, &agent) < 0)
        fail(name, "has no password");
    for (int i = 0; i < 12; i++)
        out[i] = "abcdefghkmnpqrstuvwxyz23456789"[random[i] % 30];
    out[12] = 0;
    if (hl_password_set(hotline, agent, out) < 0)
        fail(name, hl_error(hotline));
}

/* One line of JSON for programs; the line before it for people. */
static void say_ready(void)
{
    char a[16] = "", b[16] = "";
    const char *web = opt[WEB].value;
    if (!opt[LOGIN].value) {
        fresh_password("anna", a);
        fresh_password("bo", b);
    }
    (void)hl_gateway_address(hotline, &web); /* an answer for port 0 */
    printf("{\"ready\":true,\"number\":\"96332\",\"call\":\"sip:96332@%s\",\"web\":\"%s\",\"desk\":\"%s/desk.html\","
           "\"caller\":\"%s/caller.html\",\"agents\":{\"anna\":\"%s\",\"bo\":\"%s\"}}\n",
           opt[SIP].value, web, web, web, a, b);
    fflush(stdout);
}

static void on_signal(int number)
{
    (void)number;
    hl_stop(hotline, stopping ? 0 : 30000); /* the second one does not wait */
    stopping = 1;
}

static void say_waiting(void)
{
    hl_leg leg = HL_LEG_INIT;
    int legs = 0;
    while (hl_leg_next(hotline, 0, &leg) == 1)
        legs++;
    fprintf(stderr,
            strcmp(opt[LANG].value, "zh") == 0 ? "正在结束：还有 %d 路通话\n" : "closing: waiting for %d legs to end\n",
            legs);
}

/* What became of drivers and prompts; 1 when every prompt is there. */
static int hear_driver(const hl_event *ev)
{
    const char *words = strcmp(opt[LANG].value, "zh") == 0 ? "正在生成语音：还有 %d 段\n" : "rendering prompts: %d to go\n";
    if (ev->code < 0)
        fail(ev->text, hl_strerror(ev->code));
    if (strcmp(ev->text, "voice") != 0)
        return 0;
    if (ev->code > 0 && ev->code % 50 == 0)
        fprintf(stderr, words, ev->code);
    return ev->code == 0;
}

static void serve(sqlite3 *db)
{
    hl_event ev = HL_EVENT_INIT;
    int ready = 0, waits = 0;
    while (hl_poll(hotline, 1000) >= 0) {
        while (hl_next(hotline, &ev) == 1) {
            if (ev.type == HL_EV_STOPPED)
                return;
            if (ev.type == HL_EV_FLOW_ASK && ev.text && strcmp(ev.text, "bill") == 0)
                answer(db, &ev);
            if (ev.type == HL_EV_FAULT)
                fprintf(stderr, "water_hotline: %s\n", ev.text);
            if (ev.type == HL_EV_DRIVER && hear_driver(&ev) && !ready++)
                say_ready();
        }
        if (stopping && waits++ % 5 == 0)
            say_waiting();
    }
}

static hl_time pretended(const char *text)
{
    struct tm tm = { 0 };
    if (sscanf(text, "%d-%d-%dT%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min) != 5)
        fail(text, "is no time as 2026-10-01T03:00");
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    tm.tm_hour -= 8;
    setenv("TZ", "UTC0", 1); /* mktime() reads local time */
    return (hl_time)mktime(&tm) * 1000000;
}

static void read_options(int argc, char **argv)
{
    static char config[1024];
    for (int i = 1; i < argc; i++) {
        int k = 0, help = strcmp(argv[i], "--help") == 0;
        while (k < OPTIONS && strcmp(argv[i], opt[k].name) != 0)
            k++;
        if (k < OPTIONS && i + 1 < argc) {
            opt[k].value = argv[++i];
            continue;
        }
        fprintf(help ? stdout : stderr, "water_hotline [OPTION VALUE]...\n\n");
        for (k = 0; k < OPTIONS; k++)
            fprintf(help ? stdout : stderr, "  %-9s %s\n", opt[k].name, opt[k].help);
        exit(help ? 0 : 2);
    }
    snprintf(config, sizeof(config), "%s/water/hotline.json", opt[HOME].value);
    if (!opt[CONFIG].value)
        opt[CONFIG].value = config;
}

int main(int argc, char **argv)
{
    hl_options options = HL_OPTIONS_INIT;
    sqlite3 *db;
    char *json;

    read_options(argc, argv);
    options.store = opt[STORE].value;
    options.files = opt[FILES].value;
    options.log_fd = 2;
    options.log_level = HL_LOG_WARN;
    options.pretend = opt[AT].value ? pretended(opt[AT].value) : 0;
    if (hl_open(&options, &hotline) < 0)
        fail("hl_open", hl_error(NULL));
    json = read_file(opt[CONFIG].value);
    load(opt[CONFIG].value, json);
    free(json);
    load_place();
    db = customers();
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    serve(db);
    hl_close(hotline);
    sqlite3_close(db);
    return 0;
}
