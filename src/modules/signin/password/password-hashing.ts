import { Injectable } from '@nestjs/common';
import { hashPassword, verifyPassword } from '@dovecote/secret';
import { FairQueue } from '../../../platform/fair-queue/fair-queue.js';
import { AppError } from '../../../platform/errors/index.js';

/** Each takes a thread of Node's four, and 19 MiB. */
const AT_ONCE = 2;
/** Beyond it a flood is refused; about two seconds of work. */
const MOST_WAITING = 50;

/** Verified in the place of a password that does not exist, so that the answer takes as long. */
const decoy = hashPassword('a password that nothing accepts');

/** Hashes and verifies passwords, a few at once; clients take turns. */
@Injectable()
export class PasswordHashing {
  private readonly queue = new FairQueue({ slots: AT_ONCE });

  hash(client: string, password: string): Promise<string> {
    return this.inTurn(client, () => hashPassword(password));
  }

  /** The same work with and without a hash; false without. */
  async verify(client: string, password: string, hash: string | undefined): Promise<boolean> {
    const against = hash ?? (await decoy);
    const isRight = await this.inTurn(client, () => verifyPassword(password, against));
    return isRight && hash !== undefined;
  }

  private async inTurn<T>(client: string, work: () => Promise<T>): Promise<T> {
    if (this.queue.waiting() >= MOST_WAITING) {
      throw new AppError('unavailable', 'PASSWORDS_BUSY', 'Too many sign-ins at this moment; try again.', {
        retryAfterSeconds: 2,
      });
    }
    await this.queue.acquire(client);
    try {
      return await work();
    } finally {
      this.queue.release(client);
    }
  }
}
