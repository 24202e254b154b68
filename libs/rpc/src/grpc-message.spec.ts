import { expect, test } from '@jest/globals';
import { respellGrpcMessage } from './grpc-message.js';

test.each([
  ['plain: a/b, c?', 'plain: a/b, c?'],
  ['50 % off', '50 %25 off'],
  ['grüße 🕊\n', 'gr%C3%BC%C3%9Fe %F0%9F%95%8A%0A'],
  ['', ''],
])('%j is sent as %j', (message, sent) => {
  const trailer = new Headers({ 'grpc-message': encodeURIComponent(message) });
  respellGrpcMessage(trailer);
  expect(trailer.get('grpc-message')).toBe(sent);
});

test('an answer without a message stays without one', () => {
  const trailer = new Headers({ 'grpc-status': '0' });
  respellGrpcMessage(trailer);
  expect([...trailer]).toEqual([['grpc-status', '0']]);
});
