import { createHash } from 'node:crypto';
import { isLongerThan, isUuid, cookielessPrefix } from '../event/index.js';
import type { ImportOptions } from './data-import.js';
import { type Imported, LineError } from './imported.js';
import { Properties, type Warn } from './properties.js';
import { inOwnWords } from './sources/own-words.rules.js';
import { readTime, wallTime } from './zoned-time.rules.js';

const MOST_CHARACTERS_OF_KIND = 200;
const MOST_CHARACTERS_OF_ID = 512;

/** What a product says of an event, before it is held against the rules. */
interface Said {
  readonly kind: string;
  readonly kindField: string;
  readonly time: unknown;
  readonly timeField: string;
  readonly distinctId: string;
  readonly distinctIdField: string;
  readonly sessionId?: string;
  /** By which the product knows the event; without one the content of the event stands for it. */
  readonly eventId?: string;
  readonly properties: Properties;
}

/** Reads the parts of a line in the way of the import. */
export class LineContext {
  constructor(
    readonly options: ImportOptions,
    readonly warn: Warn,
  ) {}

  get properties(): Properties {
    return new Properties(this.warn);
  }

  time(value: unknown, field: string): number {
    const read = readTime(value, this.options);
    if (typeof read !== 'number') throw new LineError(field, read.wrong);
    return read;
  }

  /** A Unix time that was counted by the clocks of the zone of the import. */
  wallTime(value: unknown): unknown {
    return wallTime(value, this.options);
  }

  /** An event of another product. Its id follows from what the product says, so that it is the same one the next time. */
  event(said: Said): Imported {
    const { kind, kindField, distinctId, distinctIdField, sessionId = '', eventId = '', properties } = said;
    if (kind === '') throw new LineError(kindField, 'is missing');
    refuseText(kindField, kind, MOST_CHARACTERS_OF_KIND);
    refuseText(distinctIdField, distinctId, MOST_CHARACTERS_OF_ID);
    if (distinctId.startsWith(cookielessPrefix))
      throw new LineError(distinctIdField, `must not begin with ${cookielessPrefix}`);
    const occurTime = this.time(said.time, said.timeField);
    inOwnWords(properties.values);
    const session = isLongerThan(sessionId, 128) ? '' : sessionId.toWellFormed();
    const draft = {
      kind: kind.toWellFormed(),
      occurTime,
      distinctId: distinctId.toWellFormed(),
      sessionId: session,
      cookieless: false,
      bot: false,
      properties: properties.values,
      isComplete: false,
    };
    return { type: 'event', event: { ...draft, eventId: this.eventId(eventId, draft) } };
  }

  private eventId(said: string, draft: object): string {
    if (isUuid(said)) return said.toLowerCase();
    const hash = createHash('sha256').update(`${this.options.source}\0`);
    if (said !== '') hash.update(said);
    else
      hash.update(
        JSON.stringify(draft, (_name, value: unknown) => {
          if (value instanceof Map)
            return [...(value as Map<string, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1));
          return typeof value === 'bigint' ? String(value) : value;
        }),
      );
    const hex = hash.digest('hex');
    // In the form of a UUID of version 8, which leaves its bits to the maker.
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }
}

export function refuseText(field: string, text: string, most: number): void {
  if (isLongerThan(text, most)) throw new LineError(field, `must be at most ${most} characters`);
  if (text.includes('\0')) throw new LineError(field, 'must not contain NUL characters');
}
