/* webrtc.h - browsers' media paths: one UDP port, ICE-lite, DTLS, SRTP. Nothing here has a socket, a clock or a thread.
 *
 * hl__paths_dtls (lib/engine/driver.h) is the door; media threads own the sockets. begin() takes
 * {"cert": PEM of certificate and key, "port": N, "addresses": ["192.0.2.7", ...], "tcp": true,
 *  "codecs": ["opus", "PCMA", "PCMU"], "maxplaybackrate": 8000, "seed": N (tests only)}. */
#ifndef HL_WEBRTC_H
#define HL_WEBRTC_H
#include "engine/driver.h"

int hl__webrtc_cert(hl__buf *pem, hl_time now); /* adds a fresh P-256 certificate, good for 30 days, and its key */
#endif
