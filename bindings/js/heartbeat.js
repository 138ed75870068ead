/* heartbeat.js - a clock that runs while its page is in the background: browsers slow a hidden page's own timers down. */
setInterval(() => postMessage(0), 1000);
