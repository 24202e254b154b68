import { expect, test } from '@jest/globals';
import { changesOf, describeChanges } from './privacy-settings.rules.js';

const current = { ai_clustering: true, behavioral_analytics: true, third_party_channels: false };

test('what is not named stays; what is named again as it was is consent, too', () => {
  expect(changesOf(current, {})).toEqual([]);
  expect(changesOf(current, { ai_clustering: false, third_party_channels: false })).toEqual([
    { toggle: 'ai_clustering', wasEnabled: true, enabled: false },
    { toggle: 'third_party_channels', wasEnabled: false, enabled: false },
  ]);
});

test('the trail says from where to where', () => {
  expect(describeChanges(changesOf(current, { ai_clustering: false, third_party_channels: true }))).toEqual({
    ai_clustering: 'on -> off',
    third_party_channels: 'off -> on',
  });
});

test('what is no switch is not switched', () => {
  const request = JSON.parse('{"email_everybody": true, "__proto__": {"ai_clustering": false}}') as object;
  expect(changesOf(current, request)).toEqual([]);
});
