"""build.py - puts the package together in a folder: our few lines, the generated ones, and the module cffi compiles.

usage: build.py --gen DIR --lib DIR --out DIR     DIRs: what tools/api.py wrote; where libhotline.so is; the result
"""
import argparse
import os
import shutil
import subprocess
import sys

import cffi

HERE = os.path.dirname(os.path.abspath(globals().get('__file__', 'build.py')))
TOP = os.path.dirname(os.path.dirname(HERE))


def maker(cdef, headers, **how):
    ffi = cffi.FFI()
    with open(cdef, encoding='utf-8') as f:
        ffi.cdef(f.read())
    ffi.set_source('hotline._hotline', ''.join(f'#include <{h}>\n' for h in headers), libraries=['hotline'], **how)
    return ffi


def headers(include):
    more = os.path.join(include, 'hotline')
    return ['hotline.h'] + ['hotline/' + h for h in sorted(os.listdir(more)) if h.endswith('.h')]


def words(option):
    """What pkg-config says of the installed library; the system's own places if it is not asked."""
    try:
        done = subprocess.run(['pkg-config', option, 'libhotline'], capture_output=True, text=True, check=False)
    except OSError:
        return []
    return [w[2:] for w in done.stdout.split()]


def wheel():
    """For setup.py, against an installed library."""
    return maker(os.path.join(HERE, 'gen', 'cdef.h'), headers(os.path.join(TOP, 'include')),
                 include_dirs=words('--cflags-only-I') or [os.path.join(TOP, 'include')],
                 library_dirs=words('--libs-only-L'), runtime_library_dirs=words('--libs-only-L'))


def main():
    args = argparse.ArgumentParser()
    for name in ('gen', 'lib', 'out'):
        args.add_argument('--' + name, required=True)
    args = args.parse_args()
    out = os.path.abspath(args.out)
    include, lib = os.path.join(TOP, 'include'), os.path.abspath(args.lib)
    package = os.path.join(out, 'hotline')
    os.makedirs(package, exist_ok=True)
    for name in ('__init__.py', '_ground.py'):
        shutil.copyfile(os.path.join(HERE, 'hotline', name), os.path.join(package, name))
    shutil.copyfile(os.path.join(args.gen, '_calls.py'), os.path.join(package, '_calls.py'))
    open(os.path.join(package, 'py.typed'), 'w', encoding='utf-8').close()
    same = os.path.join(out, 'cdef.h')  # the slow step only when its input changed
    with open(os.path.join(args.gen, 'cdef.h'), encoding='utf-8') as f:
        cdef = f.read()
    if os.path.exists(same) and open(same, encoding='utf-8').read() == cdef and any(
            n.startswith('_hotline.') and n.endswith('.so') for n in os.listdir(package)):
        return
    maker(os.path.join(args.gen, 'cdef.h'), headers(include), include_dirs=[include], library_dirs=[lib],
          runtime_library_dirs=['$ORIGIN/../..', lib]).compile(tmpdir=out, verbose=False)
    shutil.copyfile(os.path.join(args.gen, 'cdef.h'), same)


if __name__ == '__main__':
    sys.exit(main())
