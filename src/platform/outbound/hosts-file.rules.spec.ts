import { expect, test } from '@jest/globals';
import { readHostsFile } from './hosts-file.rules.js';

test('names are found in any case, with every address and without comments', () => {
  const text = [
    '127.0.0.1\tlocalhost',
    '::1   localhost ip6-localhost',
    '# 10.0.0.1 commented.example',
    '  10.0.0.2  IDP.example alias.example # 10.0.0.3 other.example',
    '',
    '10.0.0.4',
    '10.0.0.5 idp.example\r',
  ].join('\n');
  expect(Object.fromEntries(readHostsFile(text))).toEqual({
    localhost: ['127.0.0.1', '::1'],
    'ip6-localhost': ['::1'],
    'idp.example': ['10.0.0.2', '10.0.0.5'],
    'alias.example': ['10.0.0.2'],
  });
});

test.each(['', '\n\n', '#', '# only a comment'])('%j names nothing', (text) => {
  expect([...readHostsFile(text).keys()]).toEqual([]);
});
