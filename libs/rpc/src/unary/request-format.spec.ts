import { describe, expect, test } from '@jest/globals';
import { requestFormatOf } from './request-format.js';

describe('left to the general path', () => {
  test.each<[string, Record<string, string>]>([
    ['no content type', {}],
    ['a charset', { 'content-type': 'application/json; charset=utf-8' }],
    ['a stream', { 'content-type': 'application/connect+proto' }],
    ['gRPC-Web text', { 'content-type': 'application/grpc-web-text' }],
    ['gRPC in JSON', { 'content-type': 'application/grpc+json' }],
    ['an unknown encoding', { 'content-type': 'application/proto', 'content-encoding': 'zebra' }],
    ['an empty encoding', { 'content-type': 'application/grpc', 'grpc-encoding': '' }],
    ['a timeout that is none', { 'content-type': 'application/grpc', 'grpc-timeout': 'soon' }],
    ['the timeout of another protocol', { 'content-type': 'application/json', 'connect-timeout-ms': '5S' }],
  ])('%s', (_what, header) => {
    expect(requestFormatOf(header)).toBeUndefined();
  });
});

test.each([
  ['application/proto', 'connect', false],
  ['application/json', 'connect', true],
  ['application/grpc', 'grpc', false],
  ['application/grpc+proto', 'grpc', false],
  ['application/grpc-web', 'grpc-web', false],
  ['application/grpc-web+proto', 'grpc-web', false],
])('%s', (contentType, name, json) => {
  expect(requestFormatOf({ 'content-type': contentType })).toMatchObject({ protocol: { name }, json });
});

describe('an answer is compressed', () => {
  const accepts = (accepted: string | undefined, encoding?: string): boolean | undefined =>
    requestFormatOf({
      'content-type': 'application/grpc',
      'grpc-accept-encoding': accepted,
      'grpc-encoding': encoding,
    })?.acceptsGzip;

  test.each(['identity', 'zebra', 'gzipped', 'gzip;q=0'])('not for %j', (accepted) => {
    expect(accepts(accepted, 'gzip')).toBe(false);
  });

  test.each(['gzip', 'identity,deflate,gzip', 'br, gzip'])('for %j', (accepted) => {
    expect(accepts(accepted)).toBe(true);
  });

  test.each([undefined, ''])('like the request for %j', (accepted) => {
    expect(accepts(accepted, 'gzip')).toBe(true);
    expect(accepts(accepted)).toBe(false);
  });
});
