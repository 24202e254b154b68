import { describe, expect, test } from '@jest/globals';
import { decodeBody, encodeBody, encodeTouches, insertTarget, readBody } from './batch-body.js';
import type { EventRow } from './event-row.js';

const stamp = {
  id: '0190f0a0-0000-7000-8000-000012345678',
  project: 7,
  receivedAt: new Date('2026-11-30T12:00:00.001Z'),
  layout: 1,
};

function row(occur_time: string, more: Partial<EventRow> = {}): EventRow {
  return {
    project: 999,
    batch_id: 'another',
    received_at: 'another',
    kind: 'page_view',
    occur_time,
    distinct_id: 'ann',
    event_id: 'e1',
    properties: {},
    numbers: {},
    types: {},
    ...more,
  };
}

describe('the queued rows of a request', () => {
  test('of a layout that this version does not know are refused', () => {
    expect(() => insertTarget(99)).toThrow('newer version');
  });

  test('that are damaged are refused', () => {
    const { body } = encodeBody([row('2026-11-30 00:00:00.000')]);
    expect(() => decodeBody(stamp, body.subarray(0, -1))).toThrow();
  });

  test('have the project, the batch and the time of the queue, whatever they said themselves', () => {
    const text = decodeBody(stamp, encodeBody([row('2026-11-30 00:00:00.000')]).body);
    expect(JSON.parse(text).slice(0, 3)).toEqual([7, stamp.id, '2026-11-30 12:00:00.001']);
  });

  test('are told apart whatever they contain', () => {
    const rows = ['a\n[b', '\n[', '[7,"x"]\n[', '\u2028[', ']'].map((kind) =>
      row('2026-11-30 00:00:00.000', { kind, properties: { [kind]: kind } }),
    );
    const read = readBody(stamp, encodeBody(rows));
    expect(read.map(({ kind, properties }) => [kind, properties])).toEqual(
      rows.map(({ kind, properties }) => [kind, properties]),
    );
  });

  test('say how many they are and in which months', () => {
    const body = encodeBody(
      ['2026-12-01', '2026-11-30', '2026-11-01'].map((day) => row(`${day} 00:00:00.000`)),
    );
    expect(body).toMatchObject({ events: 3, months: [1522, 1523], layout: 1 });
  });

  test('of touches have the project of the queue, and nothing that says which of them came together', () => {
    const touch = {
      screen: 'Inbox',
      day: '2026-11-30',
      touch: '18446744073709551615',
      campaign: '',
      kind: 1,
      x: 0,
      y: 199,
      bucket: 63,
      salted_at: 1,
      expires_on: '2027-03-07',
    };
    const { layout, body, ...rest } = encodeTouches([touch, touch]);
    expect(rest).toMatchObject({ events: 2, months: [1522] });
    const lines = decodeBody({ ...stamp, layout }, body)
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      [7, ...Object.values(touch)],
      [7, ...Object.values(touch)],
    ]);
    expect(insertTarget(layout)).toMatchObject({
      table: { table: 'touches' },
      columns: ['project', ...Object.keys(touch)],
    });
  });

  test('have the default of every column that an event leaves out', () => {
    const [read] = readBody(stamp, encodeBody([row('2026-11-30 00:00:00.000', { country: 'SE' })]));
    expect(read).toMatchObject({
      country: 'SE',
      city: '',
      mobile: null,
      bot: false,
      expires_on: '2149-06-06',
    });
  });
});
