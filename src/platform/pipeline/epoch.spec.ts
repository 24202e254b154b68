import { describe, expect, test } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import { BatchCreateRequestSchema } from '@dovecote/contract/events/v1/events_pb';
import { QueryRequestSchema } from '@dovecote/contract/insights/v1/insights_pb';
import { EpochTimes } from './epoch.js';

const epochs = new EpochTimes();

describe('a time', () => {
  test('that is the epoch is unset, in every element of a list', () => {
    const [nanosecond, before] = [{ nanos: 1 }, { seconds: -1n }];
    const batch = create(BatchCreateRequestSchema, {
      events: [{}, { timestamp: {} }, { timestamp: nanosecond }, { timestamp: before }],
    });
    epochs.unset(BatchCreateRequestSchema, batch);
    expect(batch.events.map(({ timestamp }) => timestamp)).toMatchObject([
      undefined,
      undefined,
      nanosecond,
      before,
    ]);
  });

  test('is found in messages inside others, where there are any', () => {
    const request = create(QueryRequestSchema, { query: { timeRange: { start: {}, end: { seconds: 5n } } } });
    epochs.unset(QueryRequestSchema, request);
    expect(request.query?.timeRange).toMatchObject({ start: undefined, end: { seconds: 5n } });
    expect(() => epochs.unset(QueryRequestSchema, create(QueryRequestSchema))).not.toThrow();
  });
});
