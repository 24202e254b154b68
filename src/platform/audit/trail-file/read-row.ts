import { z } from 'zod';
import { columns, type TrailEnd, type TrailRow } from './trail-row.js';

const text = z.string();

const record = z.object({
  seq: z.coerce.number().int().positive(),
  id: text,
  org_id: text,
  created_at: text,
  event_type: text,
  actor_kind: text,
  actor_id: text,
  entity_type: text,
  entity_id: text,
  metadata: z.record(text, text),
  request_id: text,
  previous_hash: text,
  hash: text,
});

const end = z.object({
  org_id: text,
  events: z.number().int(),
  first_seq: z.number().int(),
  last_seq: z.number().int(),
  head: text,
  exported_at: text,
});

/** A line of a file, as it was found there. */
export type TrailLine = { line: number } & ({ row: TrailRow } | { end: TrailEnd } | { unreadable: string });

/** The row that a record says it is. */
export function toRow(line: number, value: unknown): TrailLine {
  const { data, error } = record.safeParse(value);
  if (error) return { line, unreadable: firstIssue(error) };
  const fields = Object.entries(columns).map(([name, field]) => [field, data[name as keyof typeof data]]);
  // Every column has its field, and the schema their types.
  return { line, row: Object.fromEntries(fields) as TrailRow };
}

export function toEnd(line: number, value: unknown): TrailLine {
  const { data, error } = end.safeParse(value);
  if (error) return { line, unreadable: firstIssue(error) };
  const {
    org_id: orgId,
    events,
    first_seq: firstSeq,
    last_seq: lastSeq,
    head,
    exported_at: exportedAt,
  } = data;
  return { line, end: { orgId, events, firstSeq, lastSeq, head, exportedAt } };
}

export function fromEnd({ orgId, events, firstSeq, lastSeq, head, exportedAt }: TrailEnd): object {
  return {
    org_id: orgId,
    events,
    first_seq: firstSeq,
    last_seq: lastSeq,
    head,
    exported_at: exportedAt,
  };
}

/** Parses JSON; undefined for other text. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  return issue && issue.path.length > 0
    ? `${issue.path.join('.')} is missing or malformed`
    : 'it is no event';
}
