import { Injectable } from '@nestjs/common';
import { Abilities } from '../access/ability.js';
import type { Caller } from '../caller/caller.js';
import type { Project } from '../caller/project.js';
import { Clock } from '../clock/clock.js';
import { Database } from '../database/index.js';
import { Scope } from './scope.js';

export interface ScopeOrigin {
  readonly caller: Caller;
  readonly requestId: string;
  /** The project that a call in a project concerns. */
  readonly project?: Project;
  /** The organization that a public link leads to: of a caller who has none. */
  readonly linkedOrgId?: string;
  /** Network address of the client; absent in jobs. */
  readonly address?: string;
  /** How the program of the client calls itself; absent in jobs. */
  readonly userAgent?: string;
  /** Read when something is first asked of the database, and not before: a call makes its signal on demand. */
  readonly signal?: AbortSignal;
  /** Nothing may be written. */
  readonly readOnly?: boolean;
  /** Another scope of the same work holds a connection, and waits for this one. */
  readonly isSecond?: boolean;
  /** A header of the call, by its lowercase name, if a trusted proxy sent it; jobs have none. */
  proxyHeader?(name: string): string | undefined;
  /** Counts the valid events of the call against its limits; only RPCs that send events do. */
  countEvents?(events: number): Promise<void>;
  /** Adds a warning to the response; jobs have none. */
  warn?(text: string): void;
}

/** Makes scopes: for a call when its handler needs it, for a job by its handler. */
@Injectable()
export class Scopes {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly abilities: Abilities,
    /** How old a proof may be where a recent one is needed. */
    private readonly recentMs: number,
  ) {}

  open(origin: ScopeOrigin): Scope {
    return new Scope(origin, this.abilities.of(origin.caller), this.database, this.clock, this.recentMs);
  }

  /** Runs `work` in its own scope: committed when it returns, rolled back when it throws. */
  async run<T>(origin: ScopeOrigin, work: (scope: Scope) => Promise<T>): Promise<T> {
    const scope = this.open(origin);
    try {
      const result = await work(scope);
      await scope.commit();
      return result;
    } catch (error) {
      await scope.rollback().catch(() => undefined);
      throw error;
    }
  }
}

/** The origin of a scope, to open a separate transaction for the same call. */
export function originOf(scope: Scope): ScopeOrigin {
  const { caller, requestId, address, userAgent, signal, holdsConnection: isSecond } = scope;
  return { caller, requestId, project: scope.projectIfAny, address, userAgent, signal, isSecond };
}
