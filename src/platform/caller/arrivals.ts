import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/index.js';

/** A person who signs in, and the call by which they do. */
export interface Arrival {
  identityId: string;
  requestId: string;
  now: Date;
}

/** Runs in a transaction opened for the person. */
export type ArrivalStep = (tx: Transaction, arrival: Arrival) => Promise<void>;

/** What modules do when a person comes with the token of a trusted issuer, for which the first call is the sign-in. */
@Injectable()
export class Arrivals {
  private readonly steps: ArrivalStep[] = [];

  /** Called by a module when it starts. */
  contribute(step: ArrivalStep): void {
    this.steps.push(step);
  }

  async run(tx: Transaction, arrival: Arrival): Promise<void> {
    for (const step of this.steps) await step(tx, arrival);
  }
}
