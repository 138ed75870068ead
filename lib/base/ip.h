/* ip.h - internet addresses as text and as 16 bytes; IPv4 stands as ::ffff:a.b.c.d. No name is ever looked up. */
#ifndef HL_BASE_IP_H
#define HL_BASE_IP_H
#include "base/view.h"

enum { HL__IP_TEXT = 46 }; /* room for the longest text and its NUL */
typedef struct hl__net { uint8_t ip[16]; uint8_t bits; } hl__net; /* bits of 128 */
bool hl__ip_parse(hl__view text, uint8_t ip[16]);          /* 10.1.1.5, ::1, [::1]; strict */
bool hl__ip_is4(const uint8_t ip[16]);
bool hl__ip_is_any(const uint8_t ip[16]);                  /* 0.0.0.0 or :: */
void hl__ip_text(const uint8_t ip[16], char out[HL__IP_TEXT]); /* RFC 5952, no brackets */
bool hl__ip_port(hl__view text, uint8_t ip[16], uint16_t *port); /* 10.1.1.5:5060, [::]:5060; no port leaves *port */
bool hl__net_parse(hl__view text, hl__net *out);           /* 10.0.0.0/8, fe80::/10, 10.1.1.5 */
bool hl__net_has(const hl__net *net, const uint8_t ip[16]);
#endif
