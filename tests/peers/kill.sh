#!/bin/sh
# kill.sh - the hotline is killed between acknowledged tickets, told to end during a call, and its disk fills up.
# timeout: 600
# HL_LONG=1: killed 200 times instead of 10 times.
[ -z "${HL_LONG-}" ] || set -- 200
exec "${0%/*}/own_network" python3 -B "${0%.sh}.py" "$@"
