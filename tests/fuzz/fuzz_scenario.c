/* fuzz_scenario.c - a scenario is refused with findings, or it runs for two hours of simulated time. */
#include <hotline/acd.h>
#include <hotline/sim.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char settings[] = "{\"hotline\":1,\"queues\":{\"desk\":{\"resume_ms\":0,\"zone\":\"UTC\"},\"leaks\":{"
                               "}},\"agents\":{"
    "\"ann\":{\"skills\":{\"zh\":3},\"queues\":{\"desk\":{},\"leaks\":{}}}}}";

/* Callers and agents without number are not what is looked for here. */
static int is_modest(const char *text)
{
    int digits = 0;

    for (; *text; text++) {
        digits = *text >= '0' && *text <= '9' ? digits + 1 : *text == '.' ? digits : 0;
        if (digits > 4 || *text == 'e' || *text == 'E') {
            const char *word = *text == 'e' || *text == 'E' ? text : NULL;
            if (!word || (word[1] >= '0' && word[1] <= '9') || word[1] == '+')
                return 0;
        }
    }
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hl_options opt = HL_OPTIONS_INIT;
    hl_finding f = HL_FINDING_INIT;
    hl_sim s = HL_SIM_INIT;
    char *text = malloc(size + 1);
    int findings = 0, r;
    hl_t *hl;

    if (!text || size > 20000)
        goto out;
    memcpy(text, data, size);
    text[size] = 0;
    opt.max_memory = 256 << 20;
    if (hl_open_sim(&opt, 1789948800 * INT64_C(1000000), &hl) < 0 || hl_load(hl, settings, 0) < 0)
        abort();
    r = size ? hl_sim_load(hl, text, size) : HL_EPARSE;
    while (hl_finding_next(hl, &f) == 1)
        findings++;
    if (r == HL_EPARSE && size && !findings)
        abort(); /* refused without a reason */
    if (r == 0 && is_modest(text)) {
        r = hl_sim_run(hl, hl_now(hl) + 7200 * INT64_C(1000000), &s);
        if (r == 0 && (s.offered < s.answered + s.abandoned + s.other || s.wait_s < 0))
            abort();
    }
    hl_close(hl);
out:
    free(text);
    return 0;
}
