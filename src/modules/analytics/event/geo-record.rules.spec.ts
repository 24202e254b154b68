import { expect, test } from '@jest/globals';
import { placeOfRecord } from './geo-record.rules.js';

test.each<[unknown, object]>([
  [null, {}],
  [undefined, {}],
  ['DE', {}],
  [{}, {}],
  [{ country: null, city: {}, subdivisions: [] }, {}],
  [{ country_code: '', state1: '', city: '' }, {}],
  [{ country_code: 5 }, {}],
  [
    { country_code: 'DE', state1: 'Bavaria', city: 'Munich' },
    { $country: 'DE', $region: 'Bavaria', $city: 'Munich' },
  ],
  [{ country_code: 'SE' }, { $country: 'SE' }],
  [
    {
      country: { iso_code: 'US', names: { en: 'United States' } },
      subdivisions: [{ iso_code: 'CA', names: { en: 'California' } }],
      city: { names: { en: 'San Francisco', de: 'San Franzisko' } },
    },
    { $country: 'US', $region: 'California', $city: 'San Francisco' },
  ],
])('the place of %j is %j', (record, place) => {
  const found = [...placeOfRecord(record)].map(([name, { value }]) => [name, value]);
  expect(Object.fromEntries(found)).toEqual(place);
});
