import { Injectable } from '@nestjs/common';
import { hashOf } from '../../../platform/audit/audit-chain.js';
import type { Scope } from '../../../platform/scope/index.js';
import { ChainStore, type Link } from './chain.store.js';

/** In one transaction. */
const PIECE = 1_000;

/** Gives every event its number and its hash, after the transaction that it happened in. */
@Injectable()
export class AuditChain {
  constructor(private readonly store: ChainStore) {}

  waiting(scope: Scope): Promise<string[]> {
    return this.store.organizations(scope);
  }

  /** Chains a piece of what waits in the scope's organization; true when that was all. */
  async extend(scope: Scope): Promise<boolean> {
    let previous = await this.store.headForAppend(scope);
    const events = await this.store.waiting(scope, PIECE);
    const links = events.map((event): Link => {
      const seq = previous.seq + 1;
      previous = { seq, hash: hashOf(previous.hash, { ...event, seq }) };
      return { seq, eventId: event.id, hash: previous.hash };
    });
    if (links.length > 0) await this.store.append(scope, links);
    return links.length < PIECE;
  }
}
