#!/bin/sh
# sipp.sh - telephones played by SIPp: keys, menus, the queue, a crowd, and all that may go wrong with a call.
# timeout: 480
exec "${0%/*}/own_network" python3 -B "${0%.sh}.py"
