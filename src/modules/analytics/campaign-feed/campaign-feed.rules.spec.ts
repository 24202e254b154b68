import { expect, test } from '@jest/globals';
import { projectIsFed, refuseInSandbox } from './campaign-feed.rules.js';

test('only a sandbox is refused', () => {
  expect(refuseInSandbox(false)).toBeUndefined();
  expect(refuseInSandbox(true)).toMatchObject({ reason: 'CAMPAIGN_FEED_IN_SANDBOX' });
});

test('a project into which events go says what to do first', () => {
  expect(projectIsFed().message).toMatch(/turn them off, or choose another project/);
});
