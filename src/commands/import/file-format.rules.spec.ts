import { describe, expect, test } from '@jest/globals';
import { formatOf } from './file-format.rules.js';

const mixpanel = '{"event":"a","properties":{"time":1,"distinct_id":"b","event_type":"x"}}';

describe('the format of a file', () => {
  test.each([
    ['dovecote-parquet', 'PAR1\u0015\u0000'],
    ['dovecote', '{"type":"event","id":"1","kind":"buy"}\n{"type":'],
    ['dovecote', '{"type":"alias","distinctId":"a","externalId":"b"}'],
    ['segment', '{"type":"alias","previousId":"a","userId":"b"}'],
    ['segment', '[\n  {"type":"track","properties":{"a":"}"}},'],
    ['mixpanel', mixpanel],
    ['mixpanel', '\uFEFF{"page":0,"status":"ok","results":[{"$distinct_id":"a","$properties":{}}'],
    ['amplitude', '{"event_type":"a","event_time":"2025-03-04 05:06:07.0"}'],
    ['ga4', '{"event_date":"20250304","event_timestamp":"1","event_name":"a"}'],
    ['posthog', '{"uuid":"1","event":"a","distinct_id":"b","properties":{}}'],
    ['posthog', '{"next":null,"results":[{"id":1,"distinct_ids":["a"]}]}'],
    ['posthog', '{"team_id":1,"distinct_id":"a","person_id":"b"}'],
    ['posthog', '*.uuid,*.event,"*.distinct_id",*.timestamp\r\n1,2'],
    ['csv', 'when;who;what\n'],
  ])('%s is recognized by its beginning: %s', (format, beginning) => {
    expect(formatOf(Buffer.from(beginning))).toBe(format);
  });

  test.each([
    ['an empty file', ''],
    ['a text', 'hello\n'],
    ['another object', '{"a":1}'],
    ['an object that does not end', mixpanel.slice(0, -3)],
    ['an object that is no JSON', '{"a"}'],
    ['a list of numbers', '[1, 2]'],
  ])('is not recognized of %s', (_what, beginning) => {
    expect(formatOf(Buffer.from(beginning))).toBeUndefined();
  });
});
