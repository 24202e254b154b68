import { beginning, hashOf } from '../../platform/audit/audit-chain.js';
import type { TrailEnd, TrailLine, TrailRow } from '../../platform/audit/trail-file/index.js';

export type Verdict =
  | { sound: true; end: TrailEnd }
  /** The first line that cannot be as it was written. */
  | { sound: false; line: number; problem: string };

export interface Expectations {
  /** What stands at the end of an earlier export, which these lines are to go on from. */
  after?: TrailEnd;
  /** Told how many events have been looked at. */
  progress?: (events: number) => void;
}

/** Follows the chain from line to line, holding one of them. */
export async function checkTrail(
  lines: AsyncIterable<TrailLine>,
  { after, progress = () => undefined }: Expectations = {},
): Promise<Verdict> {
  let first: TrailRow | undefined;
  let previous: TrailRow | undefined;
  let end: TrailEnd | undefined;
  let events = 0;
  let lastLine = 0;
  for await (const found of lines) {
    const { line } = found;
    if ('unreadable' in found) return broken(line, `not a line of an audit trail: ${found.unreadable}.`);
    if (end) return broken(line, 'there is content after the end of the trail.');
    if ('end' in found) {
      end = found.end;
      const problem =
        problemOfEnd(end, { first, last: previous, events }) ?? (after && problemOfReach(end, after));
      if (problem) return broken(line, problem);
    } else {
      const problem =
        problemOfRow(found.row, previous) ?? (after && problemOfSuccession(found.row, previous, after));
      if (problem) return broken(line, problem);
      previous = found.row;
      first ??= found.row;
      progress((events += 1));
    }
    lastLine = line;
  }
  return end
    ? { sound: true, end }
    : broken(lastLine + 1, 'the end of the trail is missing: the file is truncated, or not an export.');
}

function problemOfRow(row: TrailRow, previous: TrailRow | undefined): string | undefined {
  if (hashOf(row.previousHash, row) !== row.hash) {
    return `event ${row.seq} does not match its hash: this line was changed.`;
  }
  if (!previous) {
    return row.seq === 1 && row.previousHash !== beginning
      ? 'event 1 has a predecessor: it is not the first event.'
      : undefined;
  }
  if (row.orgId !== previous.orgId) return `event ${row.seq} belongs to another organization.`;
  if (row.seq <= previous.seq) {
    return `event ${row.seq} comes after event ${previous.seq}: it was moved or inserted.`;
  }
  const missing = row.seq - previous.seq - 1;
  if (missing > 0) return `${countOf(missing)} missing before this line, after event ${previous.seq}.`;
  if (row.previousHash !== previous.hash) {
    return `event ${row.seq} does not continue the previous line: one of the two was changed or replaced.`;
  }
  return undefined;
}

/** Exports by time may overlap: where they do, the event that the earlier one ends with must be the same in both. */
function problemOfSuccession(
  row: TrailRow,
  previous: TrailRow | undefined,
  { orgId, lastSeq, head }: TrailEnd,
): string | undefined {
  if (row.seq === lastSeq && row.hash !== head) {
    return `event ${row.seq} is not the last event of the earlier export.`;
  }
  if (previous) return undefined;
  if (row.orgId !== orgId) return 'the earlier export belongs to another organization.';
  const missing = row.seq - lastSeq - 1;
  if (missing > 0) return `${countOf(missing)} missing between the earlier export and this line.`;
  if (missing === 0 && row.previousHash !== head) {
    return `event ${row.seq} does not continue event ${lastSeq} of the earlier export.`;
  }
  return undefined;
}

/** A trail that ends in front of where the earlier one does has nothing that would show what it follows. */
function problemOfReach({ events, lastSeq }: TrailEnd, after: TrailEnd): string | undefined {
  if (events === 0) return 'there are no events to continue the earlier export.';
  if (after.events === 0) return 'the earlier export has no events.';
  return lastSeq < after.lastSeq
    ? `it ends with event ${lastSeq}, before the end of the earlier export.`
    : undefined;
}

function problemOfEnd(
  end: TrailEnd,
  { first, last, events }: { first?: TrailRow; last?: TrailRow; events: number },
): string | undefined {
  if (events < end.events) return `${countOf(end.events - events)} missing before the end of the trail.`;
  const agrees =
    events === end.events &&
    (first?.seq ?? 0) === end.firstSeq &&
    (last?.seq ?? 0) === end.lastSeq &&
    (last === undefined || (last.hash === end.head && last.orgId === end.orgId));
  return agrees ? undefined : 'the end of the trail does not match the events before it.';
}

function countOf(missing: number): string {
  return missing === 1 ? 'an event is' : `${missing} events are`;
}

function broken(line: number, problem: string): Verdict {
  return { sound: false, line, problem };
}
