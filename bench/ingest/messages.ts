import { randomFillSync } from 'node:crypto';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { PropertyValue } from '@dovecote/contract/common/v1/property_value_pb';
import { BatchCreateRequestSchema as Documented } from '@dovecote/contract/events/v1/events_pb';
import { type Event, BatchCreateRequestSchema as Shipped } from '@dovecote/contract/sdk/events/v1/events_pb';
import { batchOf } from '../support/event-batch.js';
import { type Contract, FIRST_KIND, firstIdOf } from './shape.js';

const TEMPLATES = 32;
const UUID_OCTETS = 36;

/** An encoded message, and where the ids of its events lie. */
interface Template {
  readonly bytes: Buffer;
  readonly ids: readonly number[];
}

/**
 * Encoded batches, each with new event ids. Only the ids are replaced, so that the generator costs a small part of
 * what it measures.
 */
export class Messages {
  private readonly templates: readonly Template[];
  private readonly random: Buffer;

  constructor(
    contract: Contract,
    private readonly size: number,
    private readonly mark: string,
  ) {
    this.random = Buffer.alloc(size * 8);
    this.templates = Array.from({ length: TEMPLATES }, () => templateOf(contract, size));
  }

  /** The bytes of a batch. */
  batch(number: number): Buffer {
    const { bytes, ids } = this.templates[number % TEMPLATES]!;
    randomFillSync(this.random);
    for (const [index, at] of ids.entries())
      bytes.write(index === 0 ? firstIdOf(this.mark, number) : this.idOf(index), at, 'latin1');
    // A copy: these bytes may wait for their socket while the next batch of the template is written.
    return Buffer.from(bytes);
  }

  private idOf(index: number): string {
    const digits = this.random.toString('hex', index * 8, index * 8 + 8);
    return `${this.mark}-${digits.slice(0, 4)}-4000-9000-${digits.slice(4)}`;
  }
}

function templateOf(contract: Contract, size: number): Template {
  const { events } = batchOf(size);
  events[0]!.kind = FIRST_KIND;
  const bytes = Buffer.from(
    contract === 'sdk.events.v1'
      ? toBinary(Shipped, create(Shipped, { events }))
      : toBinary(Documented, create(Documented, { events: events.map(documented) })),
  );
  const ids = events.map(({ eventId }) => bytes.indexOf(eventId, 0, 'latin1'));
  if (ids.some((at) => at < 0 || at + UUID_OCTETS > bytes.length))
    throw new Error('An id is not in its message.');
  return { bytes, ids };
}

type DocumentedEvent = NonNullable<MessageInitShape<typeof Documented>['events']>[number];

/** The same event as a client of the documented contract sends it. */
function documented({
  eventId,
  kind,
  occurTime,
  distinctId,
  sessionId,
  autoProperties,
  customProperties,
}: Event): DocumentedEvent {
  const properties = Object.entries({ ...autoProperties, ...customProperties }).map(
    ([name, value]) => [name, plain(value)] as const,
  );
  return {
    eventId,
    name: kind,
    timestamp: occurTime,
    distinctId,
    sessionId,
    properties: Object.fromEntries(properties),
  };
}

function plain({ value }: PropertyValue): string | number | boolean {
  if (value.case === 'timestampValue' || value.case === undefined)
    throw new Error('The batches of this benchmark hold texts, numbers and truths.');
  return typeof value.value === 'bigint' ? Number(value.value) : value.value;
}
