import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { attributionOf, type Origin } from './attribution.rules.js';

const nowhere: Origin = {
  url: '',
  referrer: '',
  hostname: '',
  utmSource: '',
  utmMedium: '',
  utmCampaign: '',
  utmTerm: '',
  utmContent: '',
};

describe('without the URL of a page', () => {
  test.each([
    '',
    'not a url',
    '/home',
    'example.com/home',
    'ftp://example.com/',
    'file:///etc',
    'https://',
    'app://home/',
  ])('nothing follows from %j', (url) => {
    expect(attributionOf({ ...nowhere, url })).toEqual({
      ...{ pathname: '', hostname: '', referrerDomain: '', channel: '' },
      ...{ utmSource: '', utmMedium: '', utmCampaign: '', utmTerm: '', utmContent: '' },
    });
  });

  test('the referrer has its domain, but there is no channel', () => {
    expect(attributionOf({ ...nowhere, referrer: 'https://www.bing.com/' })).toMatchObject({
      referrerDomain: 'bing.com',
      channel: '',
    });
  });

  test('the hostname that the client names tells a self-referral', () => {
    const origin = { ...nowhere, hostname: 'Example.com', referrer: 'https://www.example.com/' };
    expect(attributionOf(origin).referrerDomain).toBe('');
  });
});

describe('the page', () => {
  test.each([
    ['https://example.com', '/', 'example.com'],
    ['https://Example.COM:8443/a/b?c=d#e', '/a/b', 'example.com'],
    ['HTTP://example.com/caf%C3%A9', '/café', 'example.com'],
    ['https://example.com/100%', '/100%', 'example.com'],
    ['https://example.com/%E0%A4%A', '/%E0%A4%A', 'example.com'],
    ['https://[2001:db8::1]:80/x', '/x', '2001:db8::1'],
    ['https://user:secret@example.com/x', '/x', 'example.com'],
  ])('%j is %j of %j', (url, pathname, hostname) => {
    expect(attributionOf({ ...nowhere, url })).toMatchObject({ pathname, hostname });
  });

  test('has the hostname that the client names', () => {
    expect(attributionOf({ ...nowhere, url: 'https://a.example/', hostname: 'b.example' }).hostname).toBe(
      'b.example',
    );
  });
});

describe('UTM values', () => {
  const url =
    'https://example.com/?utm_source=google&utm_medium=cpc&utm_campaign=a%20b&utm_term=t&utm_content=';

  test('come from the URL', () => {
    expect(attributionOf({ ...nowhere, url })).toMatchObject({
      utmSource: 'google',
      utmMedium: 'cpc',
      utmCampaign: 'a b',
      utmTerm: 't',
      utmContent: '',
      channel: 'Paid Search',
    });
  });

  test('of the event win', () => {
    expect(attributionOf({ ...nowhere, url, utmSource: 'Facebook' })).toMatchObject({
      utmSource: 'Facebook',
      utmMedium: 'cpc',
      channel: 'Paid Social',
    });
  });

  test('of the event count where the URL has none', () => {
    expect(attributionOf({ ...nowhere, url: 'https://example.com/', utmCampaign: 'c' }).channel).toBe(
      'Unassigned',
    );
  });
});

describe('the domain of the referrer', () => {
  test.each([
    ['', '', 'Direct'],
    ['https://www.Example.com/x', '', 'Direct'],
    ['https://example.com:8080/', '', 'Direct'],
    ['https://shop.example.com/', 'shop.example.com', 'Referral'],
    ['https://WWW.Google.DE/search', 'google.de', 'Organic Search'],
    ['https://www.www.example.org/', 'www.example.org', 'Referral'],
    ['android-app://com.google.android.gm/', 'com.google.android.gm', 'Referral'],
    ['android-app://Com.Example/', 'com.example', 'Referral'],
    ['about:blank', '', 'Unassigned'],
    ['nonsense', '', 'Unassigned'],
    ['https://', '', 'Unassigned'],
    ['file:///home', '', 'Unassigned'],
  ])('of %j is %j, and the channel %s', (referrer, referrerDomain, channel) => {
    const origin = {
      ...nowhere,
      url: 'https://www.example.com/page',
      hostname: 'elsewhere.example',
      referrer,
    };
    expect(attributionOf(origin)).toMatchObject({ referrerDomain, channel });
  });
});

test('no text is too strange', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withQueryParameters: true }));
  fc.assert(
    fc.property(text, text, (url, referrer) => {
      expect(typeof attributionOf({ ...nowhere, url, referrer }).channel).toBe('string');
    }),
  );
});
