import { expect, test } from '@jest/globals';
import { httpVersionOf } from './preface.js';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

test.each([
  ['', undefined],
  ['P', undefined],
  ['PO', 'http1'],
  ['PRI', undefined],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r', undefined],
  ['PRI * HTTP/1.1\r\n', 'http1'],
  ['GET / HTTP/1.1\r\n', 'http1'],
  ['\0', 'http1'],
  [PREFACE, 'http2'],
  [`${PREFACE}\0\0\0`, 'http2'],
])('%j is %s', (start, version) => {
  expect(httpVersionOf(Buffer.from(start, 'latin1'))).toBe(version);
});
