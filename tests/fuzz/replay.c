/* replay.c - runs a fuzz target over its stored inputs, where there is no fuzzer: yesterday's crash is today's test.
 *
 * usage: fuzz_<x> [FILE...]; without a file all of <HL_SRC>/tests/corpus/<x>. One line of TAP for all. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static int replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    static uint8_t room[1 << 20];
    size_t n;
    uint8_t *data;
    if (!f) return 0;
    n = fread(room, 1, sizeof room, f);
    fclose(f);
    data = malloc(n ? n : 1); /* its exact size, so that one byte too far is found */
    if (!data) return 0;
    memcpy(data, room, n);
    fprintf(stderr, "# %s\n", path);
    (void)LLVMFuzzerTestOneInput(data, n);
    free(data);
    return 1;
}

int main(int argc, char **argv)
{
    const char *top = getenv("HL_SRC"), *name = strrchr(argv[0], '/');
    char folder[1000], path[1400];
    struct dirent *e;
    DIR *d;
    int n = 0;

    if (LLVMFuzzerInitialize) (void)LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) n += replay(argv[i]);
    if (argc > 1) return n == argc - 1 ? 0 : 1;
    name = name ? name + 1 : argv[0];
    (void)snprintf(folder, sizeof folder, "%s/tests/corpus/%s", top && *top ? top : ".", name + strlen("fuzz_"));
    d = opendir(folder);
    if (!d) {
        printf("not ok - there is no %s\n", folder);
        return 1;
    }
    while ((e = readdir(d)))
        if (e->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
            n += replay(path);
        }
    closedir(d);
    printf("%s - %s survives %d stored inputs\n", n ? "ok" : "not ok", name, n);
    return n ? 0 : 1;
}
