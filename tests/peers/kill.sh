#!/bin/sh
# kill.sh - the hotline is killed between acknowledged tickets, told to end during a call, and its disk fills up.
# timeout: 600
# HL_TEST_ROUNDS: how often it is killed [10]
exec "${0%/*}/own_network" python3 -B "${0%.sh}.py" "${HL_TEST_ROUNDS:-10}"
