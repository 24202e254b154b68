import { expect, test } from '@jest/globals';
import { documentedBotNumber, documentedBotScore, isBotScore, storedBotScore } from './bot-score.rules.js';

test.each([
  ['0.3', '30'],
  ['0.07', '7'],
  ['1', '100'],
  ['', ''],
  ['high', 'high'],
])('the documented score "%s" is stored as "%s"', (documented, stored) => {
  expect(storedBotScore(documented)).toBe(stored);
  expect(documentedBotScore(stored)).toBe(documented);
});

test('is told from other properties, and a mean of it is scaled, too', () => {
  expect([isBotScore('$bot_score'), isBotScore('bot_score')]).toEqual([true, false]);
  expect(documentedBotNumber(2.5)).toBe(0.025);
});
