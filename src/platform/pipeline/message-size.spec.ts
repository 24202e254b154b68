import { describe, expect, test } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import { CreateCampaignRequestSchema } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { holdsMoreThan } from './message-size.js';

/** Elements: two people, three variables, a step, two transitions, a list of one channel. */
const request = create(CreateCampaignRequestSchema, {
  audience: [{ variables: { a: '1', b: '2' } }, { variables: { c: '3' } }],
  workflow: {
    steps: [
      {
        transitions: { completed: 'end', failed: 'end' },
        config: { case: 'sendReminder', value: { thirdPartyChannels: [1] } },
      },
    ],
  },
});

describe('holdsMoreThan', () => {
  test.each([
    [0, true],
    [8, true],
    [9, false],
  ])('%i: %s', (limit, more) => {
    expect(holdsMoreThan(limit, CreateCampaignRequestSchema, request)).toBe(more);
  });

  test('nothing is not more than nothing', () => {
    const empty = create(CreateCampaignRequestSchema);
    expect(holdsMoreThan(0, CreateCampaignRequestSchema, empty)).toBe(false);
  });
});
