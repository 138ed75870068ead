/* write.c - a telephone's session description, and the answer that refuses what we do not do. */
#include "sdp/sdp.h"

static void write_address(hl__buf *b, const uint8_t ip[16])
{
    char text[HL__IP_TEXT];
    hl__ip_text(ip, text);
    hl__buf_fmt(b, "IN %s %s\r\n", hl__ip_is4(ip) ? "IP4" : "IP6", text);
}

static void write_maps(hl__buf *b, const hl__sdp_offer *d)
{
    for (unsigned i = 0; i < d->ncodecs; i++) {
        hl__buf_fmt(b, "a=rtpmap:%u %s/%u", (unsigned)d->codec[i].pt, d->codec[i].name, (unsigned)d->codec[i].rate);
        if (d->codec[i].channels > 1)
            hl__buf_fmt(b, "/%u", (unsigned)d->codec[i].channels);
        hl__buf_str(b, "\r\n");
        if (d->codec[i].fmtp)
            hl__buf_fmt(b, "a=fmtp:%u %s\r\n", (unsigned)d->codec[i].pt, d->codec[i].fmtp);
    }
    if (d->dtmf_pt)
        hl__buf_fmt(b, "a=rtpmap:%u telephone-event/%u\r\na=fmtp:%u 0-15\r\n", (unsigned)d->dtmf_pt,
                    (unsigned)d->dtmf_rate, (unsigned)d->dtmf_pt);
    if (d->dtmf_pt2)
        hl__buf_fmt(b, "a=rtpmap:%u telephone-event/%u\r\na=fmtp:%u 0-15\r\n", (unsigned)d->dtmf_pt2,
                    (unsigned)d->dtmf_rate2, (unsigned)d->dtmf_pt2);
}

static void write_audio(hl__buf *b, const hl__sdp_offer *d)
{
    static const char *const dirs[] = { "inactive", "sendonly", "recvonly", "sendrecv" };
    hl__buf_fmt(b, "m=audio %u RTP/AVP", (unsigned)d->port);
    for (unsigned i = 0; i < d->ncodecs; i++)
        hl__buf_fmt(b, " %u", (unsigned)d->codec[i].pt);
    if (d->dtmf_pt)
        hl__buf_fmt(b, " %u", (unsigned)d->dtmf_pt);
    if (d->dtmf_pt2)
        hl__buf_fmt(b, " %u", (unsigned)d->dtmf_pt2);
    hl__buf_str(b, "\r\n");
    write_maps(b, d);
    if (d->ptime)
        hl__buf_fmt(b, "a=ptime:%u\r\n", (unsigned)d->ptime);
    if (d->rtcp_port)
        hl__buf_fmt(b, "a=rtcp:%u\r\n", (unsigned)d->rtcp_port);
    if (d->mux)
        hl__buf_str(b, "a=rtcp-mux\r\n");
    hl__buf_fmt(b, "a=%s\r\n", dirs[d->dir & 3]);
}

static void write_refusal(hl__buf *b, const hl__sdp_line *m)
{
    hl__buf_str(b, "m=");
    hl__buf_view(b, m->type);
    hl__buf_str(b, " 0 ");
    hl__buf_view(b, m->proto);
    hl__buf_char(b, ' ');
    hl__buf_view(b, m->formats);
    hl__buf_str(b, "\r\n");
}

void hl__sdp_write(hl__buf *b, const hl__sdp_offer *d)
{
    hl__buf_fmt(b, "v=0\r\no=- %llu %llu ", (unsigned long long)d->session, (unsigned long long)d->version);
    write_address(b, d->ip);
    hl__buf_str(b, "s=-\r\nc=");
    write_address(b, d->ip);
    hl__buf_str(b, "t=0 0\r\n");
    if (!d->theirs) {
        write_audio(b, d);
        return;
    }
    for (uint32_t i = 0; i < d->theirs->nmedia; i++) {
        if ((int32_t)i == d->theirs->audio && d->port)
            write_audio(b, d);
        else
            write_refusal(b, &d->theirs->media[i]);
    }
}
