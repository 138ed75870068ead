/* desk.c - a hotline for the peers' tests: loads a document, readies every agent, tells events till its input ends. */
#include <hotline.h>
#include <hotline/acd.h>
#include <hotline/sip.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *read_file(const char *name)
{
    FILE *f = fopen(name, "rb");
    char *text = calloc(1, 1 << 20);
    if (!f || !text || fread(text, 1, (1 << 20) - 1, f) == 0)
        exit(2);
    fclose(f);
    return text;
}

static void load(hl_t *hl, const char *name)
{
    hl_finding f = HL_FINDING_INIT;
    char *json = read_file(name);
    int r = hl_load(hl, json, strlen(json));
    if (r < 0) {
        fprintf(stderr, "%s\n", hl_error(hl));
        while (hl_finding_next(hl, &f) == 1)
            fprintf(stderr, "%s:%d: %s (%s)\n", name, f.line, f.text, f.pointer);
        exit(2);
    }
    free(json);
}

static int wants_to_end(void)
{
    char byte;
    struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
    return poll(&p, 1, 0) == 1 && read(STDIN_FILENO, &byte, 1) <= 0;
}

int main(int argc, char **argv)
{
    hl_t *hl;
    hl_options opt = HL_OPTIONS_INIT;
    hl_agent agent = HL_AGENT_INIT;
    hl_event ev = HL_EVENT_INIT;
    hl_sip_stats stats = HL_SIP_STATS_INIT;
    int talked = 0, ended = 0;
    if (argc < 2)
        return 2;
    opt.log_fd = STDERR_FILENO;
    opt.files = argc > 2 ? argv[2] : NULL;
    if (hl_open(&opt, &hl) < 0) {
        fprintf(stderr, "%s\n", hl_error(NULL));
        return 2;
    }
    load(hl, argv[1]);
    while (hl_agent_next(hl, 0, &agent) == 1)
        if (hl_agent_go(hl, agent.id, HL_AGENT_AVAILABLE, "test") < 0)
            fprintf(stderr, "%s\n", hl_error(hl));
    printf("ready\n");
    fflush(stdout);
    while (!wants_to_end()) {
        hl_poll(hl, 200);
        while (hl_next(hl, &ev) == 1) {
            talked += ev.type == HL_EV_CONTACT_CONNECTED;
            ended += ev.type == HL_EV_CONTACT_ENDED;
            if (ev.type == HL_EV_LEG_DIGIT)
                printf("digit %s\n", ev.text ? ev.text : "");
            if (ev.type == HL_EV_AGENT_STATE)
                printf("agent %d\n", ev.code);
            fflush(stdout);
        }
    }
    (void)hl_sip_stats_get(hl, &stats); /* zeros then */
    printf("talked %d\nended %d\nlegs %d\nagain %lld\n", talked, ended, stats.legs,
           (long long)(stats.again_in + stats.again_out));
    hl_close(hl);
    return 0;
}
