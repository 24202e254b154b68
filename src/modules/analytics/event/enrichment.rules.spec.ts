import { describe, expect, test } from '@jest/globals';
import { type ClientFacts, enrich } from './enrichment.rules.js';
import type { PropertyValue } from './event-record.js';

const text = (value: string): PropertyValue => ({ type: 'string', value });
const integer = (value: number): PropertyValue => ({ type: 'integer', value: BigInt(value) });

const nothing: ClientFacts = { certain: new Map(), assumed: new Map() };

function enriched(sent: Record<string, PropertyValue>, facts = nothing): Record<string, unknown> {
  const properties = new Map(Object.entries(sent));
  enrich(properties, facts, new Map());
  return Object.fromEntries([...properties].map(([name, { value }]) => [name, value]));
}

describe('an event', () => {
  test('loses what only the server may say', () => {
    const sent = {
      $ip: text('192.0.2.1'),
      $bot_score: integer(99),
      $verified_bot: { type: 'boolean', value: true } as const,
      $referrerDomain: text('google.com'),
      $channel: text('Direct'),
      plan: text('pro'),
    };
    expect(enriched(sent)).toEqual({ plan: 'pro' });
  });

  test('says the place and the browser as certain and assumed as they are', () => {
    const facts = {
      certain: new Map([['$country', text('DE')]]),
      assumed: new Map([
        ['$browser', text('Firefox')],
        ['$os', text('Linux')],
      ]),
    };
    const sent = { $country: text('US'), $browser: text('My App') };
    expect(enriched(sent, facts)).toEqual({ $country: 'DE', $browser: 'My App', $os: 'Linux' });
  });

  test.each<[PropertyValue, unknown]>([
    [text('  '), undefined],
    [text('en_us'), 'en-US'],
    [text('en-US'), 'en-US'],
    [integer(5), 5n],
  ])('with the locale %o says %p', ($locale, expected) => {
    expect(enriched({ $locale }).$locale).toBe(expected);
  });

  test.each<[Record<string, PropertyValue>, unknown]>([
    [{ $screenWidth: integer(1920) }, undefined],
    [{ $screenWidth: integer(0), $screenHeight: integer(1080) }, undefined],
    [{ $screenWidth: integer(-1), $screenHeight: integer(1080) }, undefined],
    [{ $screenWidth: text('1920'), $screenHeight: integer(1080) }, undefined],
    [{ $screenWidth: integer(1920), $screenHeight: { type: 'double', value: 1080 } }, '1920x1080'],
    [{ $screenWidth: integer(1), $screenHeight: integer(2), $screenSize: text('3x4') }, '3x4'],
  ])('with %o has the screen size %p', (sent, size) => {
    expect(enriched(sent).$screenSize).toBe(size);
  });

  test('says what follows from its page', () => {
    const sent = {
      $url: text('https://Shop.example/a?utm_source=newsletter'),
      $referrer: text('https://mail.example.org/'),
    };
    expect(enriched(sent)).toEqual({
      $url: 'https://Shop.example/a?utm_source=newsletter',
      $referrer: 'https://mail.example.org/',
      $pathname: '/a',
      $hostname: 'shop.example',
      $utmSource: 'newsletter',
      $referrerDomain: 'mail.example.org',
      $channel: 'Email',
    });
  });

  test('keeps what it says itself, except for the channel', () => {
    const sent = {
      $url: text('https://shop.example/a?utm_source=newsletter'),
      $pathname: text('/virtual'),
      $utmSource: text('google'),
      $channel: text('Email'),
    };
    expect(enriched(sent)).toMatchObject({
      $pathname: '/virtual',
      $utmSource: 'google',
      $channel: 'Organic Search',
    });
  });

  test('with a URL that is no text has no channel', () => {
    expect(enriched({ $url: integer(5) })).toEqual({ $url: 5n });
  });
});

test('events of one page are told apart by their UTM values', () => {
  const known = new Map();
  const channels = ['google', 'facebook', 'google'].map((source) => {
    const properties = new Map([
      ['$url', text('https://shop.example/')],
      ['$utmSource', text(source)],
    ]);
    enrich(properties, nothing, known);
    return properties.get('$channel')?.value;
  });
  expect(channels).toEqual(['Organic Search', 'Organic Social', 'Organic Search']);
  expect(known.size).toBe(2);
});
