import { describe, expect, test } from '@jest/globals';
import { channelOf } from './channel.rules.js';

type Row = [channel: string, source: string, medium: string, referrer: string];

const rows: Row[] = [
  ['Direct', '', '', ''],
  // Not quite the names and domains of the lists.
  ['Referral', '', '', 'notbing.com'],
  ['Referral', '', '', 'bing.com.example.org'],
  ['Referral', '', '', 'brave.com'],
  ['Referral', '', '', 'google.example.com'],
  ['Referral', '', '', 'mygoogle.com'],
  ['Referral', '', '', 'com.google.android.gm'],
  ['Referral', '', '', 'example.org'],
  ['Referral', 'partner', '', 'example.org'],
  ['Referral', 'partner', 'referral', 'example.org'],
  ['Unassigned', 'partner', '', ''],
  ['Unassigned', '', 'referral', ''],
  ['Unassigned', 'googl', '', ''],
  ['Unassigned', 'google ads', '', ''],
  ['Unassigned', 'xx', '', ''],
  // 1 Paid Search
  ['Paid Search', 'google', 'cpc', ''],
  ['Paid Search', 'GOOGLE', 'CPC', ''],
  ['Paid Search', '', 'ppc', 'google.com'],
  ['Paid Search', '', 'paid', 'www2.bing.com'],
  ['Paid Search', 'bing.com', 'paidsearch', ''],
  ['Paid Search', 'ddg', 'retargeting', ''],
  ['Paid Search', 'google', 'cpm', ''],
  ['Paid Search', 'facebook', 'cpc', 'google.de'],
  // 2 Paid Social
  ['Paid Social', 'facebook', 'paid-social', ''],
  ['Paid Social', 'fb', 'cpa', ''],
  ['Paid Social', '', 'ecpc', 'l.facebook.com'],
  ['Paid Social', 'x', 'cpm', ''],
  ['Paid Social', 'youtube', 'cpv', 'reddit.com'],
  // 3 Paid Video
  ['Paid Video', 'youtube', 'cpv', ''],
  ['Paid Video', '', 'paid_video', 'm.youtube.com'],
  ['Paid Video', 'vimeo.com', 'cpc', ''],
  // 4 Display
  ['Display', '', 'display', ''],
  ['Display', 'google', 'display', ''],
  ['Display', 'partner', 'banner', ''],
  ['Display', 'partner', 'expandable', ''],
  ['Display', 'partner', 'Interstitial', ''],
  ['Display', 'partner', 'cpm', ''],
  ['Display', '', 'display', 'facebook.com'],
  // 5 Paid Other
  ['Paid Other', 'partner', 'cpc', ''],
  ['Paid Other', 'partner', 'ppc', 'example.org'],
  ['Paid Other', '', 'retargeting', ''],
  ['Paid Other', '', 'paid-something', ''],
  ['Paid Other', 'newsletter', 'cpc', ''],
  // 6 Organic Search
  ['Organic Search', '', '', 'google.com'],
  ['Organic Search', '', '', 'google.de'],
  ['Organic Search', '', '', 'google.co.uk'],
  ['Organic Search', '', '', 'google.com.au'],
  ['Organic Search', '', '', 'google.cat'],
  ['Organic Search', '', '', 'news.google.com'],
  ['Organic Search', '', '', 'duckduckgo.com'],
  ['Organic Search', '', '', 'search.yahoo.com'],
  ['Organic Search', '', '', 'search.yahoo.co.jp'],
  ['Organic Search', '', '', 'search.brave.com'],
  ['Organic Search', 'kagi', '', ''],
  ['Organic Search', 'perplexity.ai', '', ''],
  ['Organic Search', 'google.fr', '', ''],
  ['Organic Search', 'partner', 'organic', ''],
  ['Organic Search', 'facebook', 'organic', ''],
  // 7 Organic Social
  ['Organic Social', '', '', 't.co'],
  ['Organic Social', '', '', 'old.reddit.com'],
  ['Organic Social', '', '', 'news.ycombinator.com'],
  ['Organic Social', 'hn', '', ''],
  ['Organic Social', 'Bluesky', '', ''],
  ['Organic Social', 'linkedin.com', '', ''],
  ['Organic Social', 'partner', 'social', ''],
  ['Organic Social', 'partner', 'social-network', ''],
  ['Organic Social', 'partner', 'social-media', ''],
  ['Organic Social', 'partner', 'sm', ''],
  ['Organic Social', 'youtube', 'social', ''],
  // 8 Organic Video
  ['Organic Video', '', '', 'youtu.be'],
  ['Organic Video', 'yt', '', ''],
  ['Organic Video', 'clips.twitch.tv', '', ''],
  ['Organic Video', 'partner', 'video', ''],
  // 9 Email
  ['Email', 'email', '', ''],
  ['Email', 'newsletter', '', ''],
  ['Email', 'partner', 'e-mail', ''],
  ['Email', 'partner', 'E_Mail', 'example.org'],
  // 10 Affiliate
  ['Affiliate', 'partner', 'affiliate', ''],
  ['Affiliate', 'partner', 'affiliate', 'example.org'],
  ['Email', 'newsletter', 'affiliate', ''],
];

describe('the channel', () => {
  test.each(rows)(
    '%s: source %j, medium %j, referrer %j',
    (channel, utmSource, utmMedium, referrerDomain) => {
      const hasUtm = utmSource !== '' || utmMedium !== '';
      const visit = { utmSource, utmMedium, hasUtm, referrerDomain, hasUnreadableReferrer: false };
      expect(channelOf(visit)).toBe(channel);
    },
  );

  const direct = {
    utmSource: '',
    utmMedium: '',
    hasUtm: false,
    referrerDomain: '',
    hasUnreadableReferrer: false,
  };

  test('of another UTM value alone is Unassigned', () => {
    expect(channelOf({ ...direct, hasUtm: true })).toBe('Unassigned');
  });

  test('of a referrer without a host is Unassigned', () => {
    expect(channelOf({ ...direct, hasUnreadableReferrer: true })).toBe('Unassigned');
  });

  test('is told at once for a long source', () => {
    expect(channelOf({ ...direct, utmSource: '.'.repeat(100_000), hasUtm: true })).toBe('Unassigned');
    expect(channelOf({ ...direct, utmSource: 'google.'.repeat(20_000), hasUtm: true })).toBe('Unassigned');
  });
});
