import { readFileSync } from 'node:fs';
import { request as call } from 'node:http';

/** What the unmodified dashboard application has sent: record.mjs. */
export interface Journey {
  readonly name: string;
  readonly application: string;
  readonly recordedAt: string;
  readonly parts: readonly JourneyPart[];
  /** RPC to the fields that its answers had. */
  readonly fields: readonly [rpc: string, fields: readonly string[]][];
}

interface JourneyPart {
  readonly name: string;
  readonly requests: readonly (Act | RecordedRequest)[];
}

/** What else has to happen: mail arrives, visitors send events. */
export interface Act {
  readonly act: 'mail' | 'visitors';
  readonly to?: string;
  /** Which of the mails to the address: 1 is the first. */
  readonly number?: number;
  readonly key?: string;
}

export interface RecordedRequest {
  readonly act?: undefined;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object;
  /** The message of a stream. */
  readonly enveloped?: true;
  /** Present where the request was refused. */
  readonly status?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  /** The first message of a stream. */
  readonly json: unknown;
}

export function readJourney(name: string): Journey {
  const fields = Object.entries(readJson(`${name}-fields`) as Record<string, string[]>);
  return { ...(readJson(name) as Omit<Journey, 'name' | 'fields'>), name, fields };
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8'));
}

/** Sends what was recorded, as it was recorded. */
export function send(url: string, recorded: RecordedRequest): Promise<Answer> {
  const { method, path, headers, body, enveloped } = recorded;
  const message = Buffer.from(body ? JSON.stringify(body) : '');
  return new Promise((resolve, reject) => {
    const outgoing = call(new URL(path, url), { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status = 0, headers: given } = response;
        const text = textOf(Buffer.concat(chunks), given['content-type']);
        resolve({ status, headers: given, json: text ? JSON.parse(text) : undefined });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(enveloped ? envelope(message) : message);
  });
}

function envelope(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function textOf(body: Buffer, type = ''): string {
  if (!type.startsWith('application/connect+')) return body.toString();
  return body.subarray(5, 5 + body.readUInt32BE(1)).toString();
}

/** Puts into `{{12.projects.0.id}}` what the answer to request 12 has there. */
export function fill<T>(template: T, results: readonly unknown[]): T {
  const filled = JSON.stringify(template).replaceAll(/\{\{([^}]+)\}\}/g, (_, path: string) => {
    const value = path.split('.').reduce<unknown>(within, results);
    if (typeof value !== 'string') throw new Error(`No answer has ${path}.`);
    return value;
  });
  return JSON.parse(filled) as T;
}

function within(value: unknown, name: string): unknown {
  return (value as Record<string, unknown> | undefined)?.[name];
}
