/* hotline/sip.h - telephones and trunks. Their settings are sections of hl_load(): "listeners", "trunks", "phones".
 * Rows tell what the user agent last told the engine, at most half a second ago. Built without SIP: HL_ENOTSUP. */
#ifndef HOTLINE_SIP_H
#define HOTLINE_SIP_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif
/* Event TRUNK_STATE: code HL_REG_UP or HL_REG_FAILED, text the registrar's words. */
enum { HL_REG_NONE = 0, HL_REG_TRYING, HL_REG_UP, HL_REG_FAILED };

typedef struct hl_trunk_row {  /* a way to the telephone network */
    uint32_t size;
    int32_t registration;      /* ours at the carrier: HL_REG_* */
    hl_id id;
    int32_t reg_status, peers; /* the last answer to REGISTER; addresses it calls */
    int32_t calls_in, calls_out;
    int64_t attempts, answered, refused; /* calls placed; answered and refused, either way */
    const char *name, *group;
} hl_trunk_row;
#define HL_TRUNK_ROW_INIT { sizeof(hl_trunk_row), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_phone_row {  /* an account of an agent's telephone */
    uint32_t size;
    int32_t bindings;          /* where it is registered now */
    hl_id id;
    int32_t calls, max_calls;
    const char *name, *display;
} hl_phone_row;
#define HL_PHONE_ROW_INIT { sizeof(hl_phone_row), 0, 0, 0, 0, 0, 0 }

typedef struct hl_sip_stats {  /* since hl_open() */
    uint32_t size;
    int32_t legs;
    int64_t in, out;           /* messages */
    int64_t again_in, again_out; /* repeats among them */
    int64_t bad, dropped;      /* malformed; ignored, or lost for want of room */
} hl_sip_stats;
#define HL_SIP_STATS_INIT { sizeof(hl_sip_stats), 0, 0, 0, 0, 0, 0, 0 }

HL_API int hl_trunk_next(hl_t *hl, hl_trunk_row *row);
HL_API int hl_phone_next(hl_t *hl, hl_phone_row *row);
HL_API int hl_sip_stats_get(hl_t *hl, hl_sip_stats *row);

/* RFC 3398: what a SIP status means to a switchboard, and the other way round. */
HL_API int hl_sip_to_q850(int status); /* 1..127 */
HL_API int hl_sip_from_q850(int cause); /* 400..699 */
#ifdef __cplusplus
}
#endif
#endif
