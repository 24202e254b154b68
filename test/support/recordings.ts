import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Client } from '@connectrpc/connect';
import { type AddChunkResponse, RecordingService } from '@dovecote/contract/dovecote/replay/v1/recording_pb';
import { ReplayService, type SessionRecording } from '@dovecote/contract/pidgr/v1/replay_pb';
import { type Actor, addMember, addOrganization, type TestOrganization } from './cast.js';
import { newEmail } from './members.js';
import type { TestServer } from './test-server.js';

export const recorder = (who: Actor): Client<typeof RecordingService> => who.client(RecordingService);
export const replays = (who: Actor): Client<typeof ReplayService> => who.client(ReplayService);

/** An organization for itself, whose super admin watches. */
export interface RecordedOrganization extends TestOrganization {
  readonly admin: Actor;
}

export async function recordedOrganization(server: TestServer): Promise<RecordedOrganization> {
  const organization = await addOrganization(server, 'Recorded');
  const admin = await addMember(server, organization, { email: newEmail(), role: 'super_admin' });
  return { ...organization, admin };
}

export interface RrwebEvent {
  readonly type: number;
  readonly data: Record<string, unknown>;
  readonly timestamp: number;
}

/** The page as it is: a heading, a text of that length, another one that is masked, and a field. */
export function pageAt(timestamp: number, { text = 'Hello', characters = 0, masked = '' } = {}): RrwebEvent {
  const element = (id: number, tagName: string, childNodes: unknown[], attributes: object = {}) => ({
    type: 2,
    tagName,
    attributes,
    childNodes,
    id,
  });
  const body = element(4, 'body', [
    element(5, 'h1', [{ type: 3, textContent: text, id: 6 }]),
    element(7, 'p', [{ type: 3, textContent: masked, id: 8 }], { class: 'rr-mask' }),
    element(9, 'input', [], { type: 'text' }),
    element(10, 'p', [{ type: 3, textContent: 'x'.repeat(characters), id: 11 }]),
  ]);
  const html = element(2, 'html', [element(3, 'head', []), body]);
  return {
    type: 2,
    data: { node: { type: 0, childNodes: [html], id: 1 }, initialOffset: { top: 0, left: 0 } },
    timestamp,
  };
}

export function clickAt(timestamp: number, x = 10): RrwebEvent {
  return { type: 3, data: { source: 2, type: 2, id: 5, x, y: 20 }, timestamp };
}

export const json = (events: unknown): Uint8Array => Buffer.from(JSON.stringify(events));
export const zipped = (events: unknown): Uint8Array => gzipSync(JSON.stringify(events));

/** The session of a member's client. */
export class Session {
  readonly id = randomUUID();
  readonly who: Actor;
  readonly beganAt: number;

  constructor(who: Actor, beganAt = Date.now() - 60_000) {
    this.who = who;
    this.beganAt = beganAt;
  }

  add(sequence: number, events: readonly RrwebEvent[], more: object = {}): Promise<AddChunkResponse> {
    return recorder(this.who).addChunk({ sessionId: this.id, sequence, events: zipped(events), ...more });
  }

  /** Two events of two seconds, ten seconds for each chunk: the page first, clicks then. */
  events(sequence: number): RrwebEvent[] {
    const at = this.beganAt + sequence * 10_000;
    return [sequence === 0 ? pageAt(at) : clickAt(at), clickAt(at + 2_000)];
  }

  send(sequence: number, more: object = {}): Promise<AddChunkResponse> {
    return this.add(sequence, this.events(sequence), more);
  }
}

export async function recordingsOf(who: Actor, more: object = {}): Promise<SessionRecording[]> {
  return (await replays(who).listSessionRecordings(more)).recordings;
}

/** The times of the events that a recording plays back. */
export async function playedBack(who: Actor, recordingId: string): Promise<number[]> {
  const { snapshotData } = await replays(who).getSessionSnapshots({ recordingId });
  return (JSON.parse(snapshotData) as RrwebEvent[]).map(({ timestamp }) => timestamp);
}

/** Files of recordings in the folder of the server, by recording. */
export async function filesOf(dataDir: string, orgId: string): Promise<string[]> {
  const folder = join(dataDir, 'objects', orgId, 'recordings');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
