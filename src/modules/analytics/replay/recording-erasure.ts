import { Injectable } from '@nestjs/common';
import type { ErasedMember, PersonalDataContribution } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { JobContext } from '../../../platform/worker/index.js';
import { eraseSome, recordingFiles } from './personal-data.store.js';
import { RecordingRemoval } from './recording-removal.js';

/** Recordings that one transaction deletes, with up to ten thousand chunks each. */
const PIECE = 10;

/** Exports which sessions of a member were recorded, and erases the recordings. */
@Injectable()
export class RecordingErasure implements PersonalDataContribution {
  readonly files = recordingFiles;

  constructor(private readonly removal: RecordingRemoval) {}

  async eraseFirst({ userId }: ErasedMember, { run }: JobContext): Promise<void> {
    while (await run((scope) => this.erasePiece(scope, userId)));
  }

  /** Recordings that calls have made since the first phase. */
  async erase(scope: Scope, { userId }: ErasedMember): Promise<void> {
    while (await this.erasePiece(scope, userId));
  }

  /** False when nothing is left. */
  private async erasePiece(scope: Scope, userId: string): Promise<boolean> {
    const removed = await eraseSome(scope, userId, PIECE);
    await this.removal.complete(scope, removed);
    return removed.length === PIECE;
  }
}
