import { expect, test } from '@jest/globals';
import { versionProblem } from './server-version.rules.js';

test.each([
  ['18.16.1', false],
  ['25.7.9.1', false],
  ['', false],
  ['25.8.1.5101', true],
  ['25.10.1', true],
  ['26.1.2', true],
])('a server of version "%s" is new enough: %p', (version, isNewEnough) => {
  expect(versionProblem(version) === undefined).toBe(isNewEnough);
});
