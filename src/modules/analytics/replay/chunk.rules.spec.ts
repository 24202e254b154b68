import { describe, expect, test } from '@jest/globals';
import {
  refuseFullStorage,
  refuseOtherCampaign,
  refuseOtherContent,
  refuseOverLimit,
} from './chunk.rules.js';
import { chunkBytes, sessionLimits } from './recording.rules.js';

const at = (milliseconds: number) => ({
  startedAt: new Date(milliseconds),
  endedAt: new Date(milliseconds),
});
const none = { startedAt: null, endedAt: null };

describe('a chunk that is too much for its session', () => {
  test.each([
    [{ bytes: 0, ...none }, { bytes: chunkBytes.stored, ...at(1) }, undefined],
    [{ bytes: 0, ...none }, { bytes: chunkBytes.stored + 1, ...at(1) }, 'CHUNK_TOO_LARGE'],
    [{ bytes: sessionLimits.bytes, ...at(1) }, { bytes: 0, ...none }, undefined],
    [{ bytes: sessionLimits.bytes, ...at(1) }, { bytes: 1, ...at(1) }, 'RECORDING_FULL'],
    [{ bytes: 1, ...at(0) }, { bytes: 1, ...at(sessionLimits.durationMs) }, undefined],
    [{ bytes: 1, ...at(0) }, { bytes: 1, ...at(sessionLimits.durationMs + 1) }, 'RECORDING_TOO_LONG'],
    [{ bytes: 1, ...at(sessionLimits.durationMs + 1) }, { bytes: 1, ...at(0) }, 'RECORDING_TOO_LONG'],
  ])('%j with %j: %s', (recording, chunk, reason) => {
    const refusal = refuseOverLimit(recording, chunk);
    expect(refusal?.reason).toBe(reason);
    // Time does not help.
    expect(refusal?.details.retryAfterSeconds).toBeUndefined();
  });
});

test('storage is full from its bound on, and time helps', () => {
  expect(refuseFullStorage(9, 10)).toBeUndefined();
  expect(refuseFullStorage(10, 10)).toMatchObject({
    reason: 'RECORDING_STORAGE_FULL',
    details: { retryAfterSeconds: 3_600 },
  });
});

test('a session has one campaign, from whichever chunk on', () => {
  expect(refuseOtherCampaign({ campaignId: null }, null)).toBeUndefined();
  expect(refuseOtherCampaign({ campaignId: null }, 'a')).toBeUndefined();
  expect(refuseOtherCampaign({ campaignId: 'a' }, null)).toBeUndefined();
  expect(refuseOtherCampaign({ campaignId: 'a' }, 'a')).toBeUndefined();
  expect(refuseOtherCampaign({ campaignId: 'a' }, 'b')?.reason).toBe('RECORDING_OF_OTHER_CAMPAIGN');
});

test('a number has one content', () => {
  const stored = { sequence: 3, contentHash: Buffer.from('a') };
  expect(refuseOtherContent(stored, Buffer.from('a'))).toBeUndefined();
  expect(refuseOtherContent(stored, Buffer.from('b'))).toMatchObject({
    reason: 'CHUNK_DIFFERS',
    message: expect.stringContaining('Chunk 3'),
  });
});
