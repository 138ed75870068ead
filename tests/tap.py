"""tap.py - what the Python tests share: a line for each thing checked, the figures seen where it does not hold."""
import os
import sys

SRC, BUILD = os.environ['HL_SRC'], os.environ['HL_BUILD']
_failed = []


def check(what, ok, said=''):
    print(('ok - ' if ok else 'not ok - ') + what)
    if not ok:
        _failed.append(what)
        print('\n'.join('# ' + line for line in str(said).splitlines()[-25:]))


def done():
    sys.exit(bool(_failed))
