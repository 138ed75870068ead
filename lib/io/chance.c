/* chance.c - bytes nobody can guess, from the kernel: secrets of drivers. What decides has the engine's seed. */
#include "io/io.h"
#include <errno.h>
#include <sys/random.h>

int hl__chance(void *out, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = getrandom((char *)out + got, len - got, 0);
        if (n < 0 && errno != EINTR) return HL_EIO;
        if (n > 0) got += (size_t)n;
    }
    return 0;
}
