import { describe, expect, test } from '@jest/globals';
import { botOfHeaders, placeOfHeaders } from './cdn-headers.rules.js';

function values(read: typeof placeOfHeaders, headers: Record<string, string>): Record<string, unknown> {
  const found = read((name) => headers[name]);
  return Object.fromEntries([...found].map(([name, { value }]) => [name, value]));
}

describe('the place of a client', () => {
  test('is empty without headers', () => {
    expect(values(placeOfHeaders, {})).toEqual({});
  });

  test('is told by all headers of a CDN', () => {
    const headers = {
      'cf-ipcontinent': 'EU',
      'cf-ipcountry': 'DE',
      'cf-region': 'Bavaria',
      'cf-ipcity': Buffer.from('München').toString('latin1'),
      'cf-postal-code': '80331',
      'cf-metro-code': '0',
      'cf-iplatitude': '48.13743',
      'cf-iplongitude': '-11.57549',
      'cf-timezone': 'Europe/Berlin',
    };
    expect(values(placeOfHeaders, headers)).toEqual({
      $continent: 'EU',
      $country: 'DE',
      $region: 'Bavaria',
      $city: 'München',
      $postalCode: '80331',
      $metroCode: '0',
      $latitude: 48.13743,
      $longitude: -11.57549,
      $timezone: 'Europe/Berlin',
    });
  });

  test.each([
    ['cf-ipcountry', 'XX'],
    ['cf-ipcountry', 'T1'],
    ['cf-ipcountry', ''],
    ['cf-ipcountry', ' '],
    ['cf-region', 'Unknown'],
    ['cf-ipcity', 'Unknown'],
    ['cf-iplatitude', ''],
    ['cf-iplatitude', 'north'],
    ['cf-iplatitude', 'NaN'],
    ['cf-iplongitude', 'Infinity'],
  ])('is not told by %s: %j', (name, value) => {
    expect(values(placeOfHeaders, { [name]: value })).toEqual({});
  });

  test('that is not written in UTF-8 stays as it is', () => {
    expect(values(placeOfHeaders, { 'cf-ipcity': 'M\xfcnchen' })).toEqual({ $city: 'München' });
  });
});

describe('the score of a client', () => {
  test.each(['', '256', '-1', '1.5', '30 ', '0x1', 'abc', '1e2', '0030'])('is not %j', (score) => {
    expect(values(botOfHeaders, { 'cf-bot-score': score })).toEqual({});
  });
  test.each(['0', '30', '99', '255'])('is %j', (score) => {
    expect(values(botOfHeaders, { 'cf-bot-score': score })).toEqual({ $bot_score: BigInt(score) });
  });
  test.each([
    ['true', true],
    ['false', false],
    ['True', undefined],
    ['1', undefined],
    ['', undefined],
  ])('says that a verified bot is %j', (text, verified) => {
    expect(values(botOfHeaders, { 'cf-verified-bot': text }).$verified_bot).toBe(verified);
  });
});
