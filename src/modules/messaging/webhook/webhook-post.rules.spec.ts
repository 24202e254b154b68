import { describe, expect, test } from '@jest/globals';
import { memberStatus } from '../../people/member/index.js';
import { deliveryStatus } from '../delivery/index.js';
import { notSent, obstacleReason, type PostState, voidReason } from './webhook-post.rules.js';

const state: PostState = {
  ...{ messageStatus: deliveryStatus.sent, memberStatus: memberStatus.active, isRestricted: false },
  ...{ includeRestricted: false, voidOnceAcknowledged: true },
};

describe('a post is not sent any more', () => {
  test.each([
    ['the message was erased', { messageStatus: null }],
    ['the member is deactivated', { memberStatus: memberStatus.deactivated }],
    ['the member is deactivated', { memberStatus: null }],
    ['the processing of data about the member is restricted', { isRestricted: true }],
    ['the recipient has acknowledged', { messageStatus: deliveryStatus.acknowledged }],
  ])('when %s', (reason, change) => {
    expect(voidReason({ ...state, ...change })).toBe(reason);
  });
});

describe('a post is still sent', () => {
  test.each([
    ['to a member who was invited', { memberStatus: memberStatus.invited }],
    ['about a message that was missed', { messageStatus: deliveryStatus.missed }],
    [
      'about one that was acknowledged, while the campaign runs',
      { messageStatus: deliveryStatus.acknowledged, voidOnceAcknowledged: false },
    ],
    ['to a restricted member whom the campaign includes', { isRestricted: true, includeRestricted: true }],
  ])('%s', (_, change) => {
    expect(voidReason({ ...state, ...change })).toBeUndefined();
  });
});

test('an attempt that sent nothing says why', () => {
  expect(notSent(obstacleReason('channels_off'))).toEqual({
    ...{ durationMs: 0, status: 0, answer: '' },
    error: 'not sent: the privacy setting third_party_channels is off',
  });
});
