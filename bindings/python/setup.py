"""setup.py - a wheel from the source tree and an installed libhotline: pip wheel . --no-deps --no-build-isolation."""
import os
import shutil
import subprocess
import sys

from setuptools import setup

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
GEN = os.path.join(HERE, 'gen')
subprocess.run([sys.executable, os.path.join(TOP, 'tools', 'api.py'), '--out', GEN], check=True)
shutil.copyfile(os.path.join(GEN, '_calls.py'), os.path.join(HERE, 'hotline', '_calls.py'))


def words(option):
    """What pkg-config says of the installed library; the system's own places if it is not asked."""
    try:
        done = subprocess.run(['pkg-config', option, 'libhotline'], capture_output=True, text=True, check=False)
    except OSError:
        return []
    return [w[2:] for w in done.stdout.split()]


def ffibuilder():
    from build import headers, maker
    return maker(os.path.join(GEN, 'cdef.h'), headers(os.path.join(TOP, 'include')),
                 include_dirs=words('--cflags-only-I') or [os.path.join(TOP, 'include')],
                 library_dirs=words('--libs-only-L'), runtime_library_dirs=words('--libs-only-L'))


with open(os.path.join(TOP, 'VERSION'), encoding='utf-8') as f:
    version = f.read().strip()
setup(name='hotline', version=version, description='Run a telephone hotline inside a Python program',
      license='Apache-2.0', packages=['hotline'], package_data={'hotline': ['py.typed']}, python_requires='>=3.9',
      install_requires=['cffi>=1.15'], cffi_modules=['setup.py:ffibuilder'])
