import { expect, test } from '@jest/globals';
import { promotedProperties } from '../event/index.js';
import { toProperties } from './properties.mapper.js';

const none = promotedProperties.map(() => '');
const promoted = (values: Readonly<Record<string, string>>) =>
  promotedProperties.map(({ property }) => values[property] ?? '');

test('properties are read back with the types that they were sent with', () => {
  const properties = {
    text: '7',
    integer: '7',
    double: '1e+21',
    flag: 'false',
    instant: '2026-06-01T10:00:00.000Z',
    constructor: 'x',
    broken: 'seven',
    $sdkVersion: '1.2.0',
  };
  const types = { integer: 1, double: 2, flag: 3, instant: 4, broken: 1 };
  expect(toProperties({ promoted: none, properties, types })).toEqual({
    automatic: { $sdkVersion: '1.2.0' },
    custom: {
      text: '7',
      integer: 7,
      double: 1e21,
      flag: false,
      instant: '2026-06-01T10:00:00.000Z',
      constructor: 'x',
      broken: 'seven',
    },
  });
});

test('properties with a column are text, without empty ones and false flags', () => {
  const columns = promoted({ $country: 'SE', $bot_score: '30', $mobile: 'false', $verified_bot: 'true' });
  expect(toProperties({ promoted: columns, properties: {}, types: {} }).automatic).toEqual({
    $country: 'SE',
    $bot_score: '30',
    $verified_bot: 'true',
  });
});

test('a property may have the name of a prototype', () => {
  const properties = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
  const { custom } = toProperties({ promoted: none, properties, types: {} });
  expect(Object.entries(custom)).toEqual([['__proto__', 'x']]);
});
