import { expect, test } from '@jest/globals';
import { AppError } from '../../../platform/errors/index.js';
import { messageOf } from './tile-errors.rules.js';

test.each([
  ['a bug', new TypeError('undefined is not a function at /srv/x.js'), 'query failed'],
  ['an internal error', new AppError('internal', 'X', 'Internal error.'), 'query failed'],
  [
    'a bad question',
    new AppError('invalid_argument', 'X', 'invalid query parameters: x'),
    'invalid query parameters: x',
  ],
  ['a limit', new AppError('resource_exhausted', 'X', 'Too much.'), 'query failed: Too much.'],
])('%s', (_, error, message) => expect(messageOf(error)).toBe(message));
