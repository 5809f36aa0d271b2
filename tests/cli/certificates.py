# SPDX-License-Identifier: MIT
"""Certificates for the tests beside this file, made by openssl(1).

    with certificates.Authority() as authority:
        server = authority.issue('localhost')
        authority.path   the authority's own certificate
        server.cert      a file with the certificate
        server.key       a file with its key
"""
import collections
import datetime
import os
import tempfile

import tap

Pair = collections.namedtuple('Pair', 'cert key')

LOCAL = 'DNS:localhost', 'IP:127.0.0.1', 'IP:::1'

CONFIG = '''
[ca]
default_ca = all
[all]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
'''


def openssl(*words, **options):
    done = tap.shell('openssl', *words, **options)
    assert done.returncode == 0, f'openssl {words}: {done.stdout}'
    return done.stdout


class Authority:
    """Issues certificates; leaving its block removes them all."""

    def __init__(self, name='An Authority'):
        self._folder = tempfile.TemporaryDirectory()
        self._count = 0
        self.path, self._key = self._name('pem'), self._name('key')
        with open(self._path('config'), 'w', encoding='ascii') as file:
            file.write(CONFIG.format(folder=self._folder.name))
        with open(self._path('index'), 'w', encoding='ascii'):
            pass
        openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt',
                'ec_paramgen_curve:P-256', '-nodes', '-days', '100',
                '-subj', f'/CN={name}', '-keyout', self._key,
                '-out', self.path, '-addext', 'keyUsage=critical,keyCertSign')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def _path(self, name):
        return os.path.join(self._folder.name, name)

    def _name(self, kind):
        self._count += 1
        return self._path(f'{self._count}.{kind}')

    def issue(self, name, *, names=LOCAL, days=30, usage='serverAuth'):
        """days from now on, or for the hundred days that ended before."""
        pair = Pair(self._name('pem'), self._name('key'))
        request = self._name('request')
        openssl('req', '-new', '-newkey', 'ec', '-pkeyopt',
                'ec_paramgen_curve:P-256', '-nodes', '-subj', f'/CN={name}',
                '-keyout', pair.key, '-out', request, '-addext',
                f'subjectAltName={",".join(names)}', '-addext',
                f'extendedKeyUsage={usage}', '-addext',
                'basicConstraints=critical,CA:FALSE')
        now = datetime.datetime.now(datetime.timezone.utc)
        end = now + datetime.timedelta(days=days)
        begin = min(now, end - datetime.timedelta(days=100))
        openssl('ca', '-batch', '-notext', '-config', self._path('config'),
                '-cert', self.path, '-keyfile', self._key, '-in', request,
                '-out', pair.cert, '-startdate', f'{begin:%Y%m%d%H%M%SZ}',
                '-enddate', f'{end:%Y%m%d%H%M%SZ}')
        return pair
