/* civil.c - dates as days since 1970-01-01 (proleptic Gregorian; algorithm: Howard Hinnant, chrono-compatible dates).
 */
#include "calendar/inner.h"
#include <string.h>

int32_t hl__days_of(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    unsigned of_era = (unsigned)(y - era * 400);
    unsigned of_year = (unsigned)((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1);

    return era * 146097 + (int)(of_era * 365 + of_era / 4 - of_era / 100 + of_year) - 719468;
}

void hl__date_of(int32_t days, int *year, int *month, int *day)
{
    int z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned of_era = (unsigned)(z - era * 146097);
    unsigned y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)y + era * 400 + (*month <= 2);
}

int hl__weekday_of(int32_t days)
{
    int w = (days + 3) % 7; /* 1970-01-01 was a Thursday */

    return w < 0 ? w + 7 : w;
}

bool hl__date_parse(const char *text, int32_t *days)
{
    int64_t y, m, d;
    int year, month, day;

    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || !hl__int_parse(text, 4, &y) ||
        !hl__int_parse(text + 5, 2, &m) || !hl__int_parse(text + 8, 2, &d) || y < 1)
        return false;
    *days = hl__days_of((int)y, (int)m, (int)d);
    hl__date_of(*days, &year, &month, &day);
    return year == y && month == m && day == d;
}
