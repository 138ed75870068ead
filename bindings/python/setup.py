"""setup.py - a wheel from the source tree and an installed libhotline: pip wheel . --no-deps --no-build-isolation."""
import os
import shutil
import subprocess
import sys

from setuptools import setup

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
GEN = os.path.join(HERE, 'gen')
subprocess.run([sys.executable, os.path.join(TOP, 'tools', 'api.py'), '--out', GEN], check=True)
shutil.copyfile(os.path.join(GEN, '_calls.py'), os.path.join(HERE, 'hotline', '_calls.py'))


with open(os.path.join(TOP, 'VERSION'), encoding='utf-8') as f:
    version = f.read().strip()
setup(name='hotline', version=version, description='Run a telephone hotline inside a Python program',
      license='Apache-2.0', packages=['hotline'], package_data={'hotline': ['py.typed']}, python_requires='>=3.9',
      install_requires=['cffi>=1.15'], cffi_modules=['build.py:wheel'])
