import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { AppError, fromDatabaseError, notFound } from '../../../platform/errors/index.js';
import { type PageRequest, Paging } from '../../../platform/paging/paging.js';
import { type Scope, type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import { type Connection, Connections, connectionState, loginOutcome } from '../sso/index.js';
import { LoginAdmission, type Admitted, type ProvenSubject } from './login-admission.service.js';
import { cut } from './attributes.rules.js';
import { storable } from './claims.rules.js';
import { newLoginCode } from './login-code.js';
import { LoginRefusal } from './login-refusal.js';
import { type Login, type LoginFilter, LoginStore } from './login.store.js';

/** How long the person has at the provider. */
const PATIENCE_MS = 15 * 60_000;
const CODE_MS = 60_000;
const KEPT_MS = 30 * 86_400_000;
const PURGED_AT_ONCE = 50;
/** Limits the records an attacker can create with unsolicited responses; above it they are only logged. */
const MAX_UNSOLICITED_PER_HOUR = 100;
/** What another login, or a directory, did in the meantime. */
const concurrentChange = new Set(['MEMBER_EXISTS', 'MEMBER_CHANGED', 'SUBJECT_BOUND']);
const LONGEST_SHOWN = 200;
const MOST_SHOWN = 50;

/** What begins a login. */
export interface LoginStart {
  connection: Connection;
  requestId: string | null;
  redirectUri?: string;
  clientState?: string;
  codeChallenge?: string;
  sealedFlow?: Buffer;
  /** The admin who tests. */
  testedBy?: string;
  /** Shown, and compared with nothing. */
  address?: string;
}

/** The verified response of a provider, with the data of its session. */
export interface ProvenLogin extends ProvenSubject {
  subjectFormat: string;
  /** As a record keeps them. */
  subjectQualifiers: string[];
  sessionIndex: string;
  sealedIdToken: Buffer | null;
  sessionEndsAt: Date | null;
}

/** The result of a provider's response. */
export type LoginResult =
  | {
      kind: 'admitted';
      login: Login;
      /** Undefined for a test. */
      code: string | undefined;
    }
  | {
      kind: 'refused';
      /** Undefined when the answer belongs to no login that is waiting. */
      login: Login | undefined;
      /** By which the cause is found; undefined when it is in the log only. */
      id: string | undefined;
    };

export interface LoginPage {
  items: Login[];
  pagination: { nextPageToken: string; totalCount: number };
}

/** The logins of an organization. Each has a record from its start, which later holds the result. */
@Injectable()
export class Logins {
  constructor(
    private readonly store: LoginStore,
    private readonly admission: LoginAdmission,
    private readonly connections: Connections,
    private readonly paging: Paging,
    private readonly scopes: Scopes,
  ) {}

  /** Starts a login and deletes a few expired records, so that about a month's worth is kept. */
  async begin(scope: Scope, beginning: LoginStart): Promise<Login> {
    await this.store.purge(scope, new Date(scope.now().getTime() - KEPT_MS), PURGED_AT_ONCE);
    const login = newLogin(beginning, scope.now());
    await this.store.insert(scope, login);
    return login;
  }

  async get(scope: Scope, id: string): Promise<Login> {
    const login = await this.store.find(scope, id);
    if (!login) throw notFound('login');
    return login;
  }

  find(scope: Scope, id: string): Promise<Login | undefined> {
    return this.store.find(scope, id);
  }

  async list(scope: Scope, filter: LoginFilter, request: PageRequest | undefined): Promise<LoginPage> {
    if (filter.connectionId) await this.connections.get(scope, filter.connectionId);
    const binding = ['logins', scope.orgId, filter.connectionId ?? '', String(filter.outcome)];
    const page = this.paging.parse(request, binding);
    const [rows, total] = await Promise.all([
      this.store.list(scope, filter, page),
      this.store.count(scope, filter),
    ]);
    return this.paging.pageOf(rows, page, total, binding);
  }

  /**
   * Judges what the provider has proven. Answers the code that is traded for a session; undefined for a test, which
   * leaves everything but its record as it was.
   */
  async succeed(
    origin: ScopeOrigin,
    connection: Connection,
    login: Login,
    proven: ProvenLogin,
  ): Promise<string | undefined> {
    requireUsable(connection, login);
    if (login.test) {
      const admitted = await this.evaluateTest(origin, connection, proven);
      await this.scopes.run(origin, (scope) => this.settle(scope, login, proven, admitted));
      return undefined;
    }
    const admit = (): Promise<string> =>
      this.scopes.run(origin, async (scope) => {
        const admitted = await this.admission.admit(scope, connection, proven);
        const { code, hash } = newLoginCode(scope.orgId, login.id);
        await this.settle(scope, login, proven, admitted, hash);
        return code;
      });
    // Concurrent logins can create the same member, bind it or change its address; the retry finds the
    // result.
    return admit().catch((error: unknown) => {
      if (concurrentChange.has(appErrorOf(error)?.reason ?? '')) return admit();
      throw error;
    });
  }

  /** Puts a refusal on record. Answers by which id it can be found; undefined when there are too many of its kind. */
  async refuse(
    origin: ScopeOrigin,
    connection: Connection,
    login: Login | undefined,
    refusal: { reason: string; detail: string; userId?: string },
    proven?: ProvenLogin,
  ): Promise<string | undefined> {
    return this.scopes.run(origin, async (scope) => {
      const now = scope.now();
      const known = login ?? (await this.beginUnsolicited(scope, connection));
      if (!known) return undefined;
      await this.store.settle(scope, {
        ...known,
        ...(proven && described(proven)),
        outcome: loginOutcome.refused,
        reason: refusal.reason,
        detail: storable(refusal.detail).slice(0, 1000),
        userId: refusal.userId ?? null,
        address: scope.address ?? '',
        completedAt: now,
        sealedIdToken: null,
        codeHash: null,
        codeExpiresAt: null,
      });
      return known.id;
    });
  }

  /** Evaluates a test login without creating or changing a member. */
  private async evaluateTest(
    origin: ScopeOrigin,
    connection: Connection,
    proven: ProvenLogin,
  ): Promise<Admitted> {
    const scope = this.scopes.open(origin);
    try {
      return await this.admission.admit(scope, connection, proven);
    } finally {
      await scope.rollback();
    }
  }

  private settle(
    scope: Scope,
    login: Login,
    proven: ProvenLogin,
    { member, email, groups, remark }: Admitted,
    codeHash: Buffer | null = null,
  ): Promise<void> {
    return this.store.settle(scope, {
      ...login,
      ...described(proven),
      outcome: loginOutcome.succeeded,
      reason: '',
      detail: remark,
      email,
      groups: groups.slice(0, MOST_SHOWN).map((group) => cut(group, LONGEST_SHOWN)),
      userId: member.id,
      identityId: member.identityId,
      roleSlug: member.role.slug,
      address: scope.address ?? '',
      completedAt: scope.now(),
      // A test login opens no session, so it needs no ID token for logout.
      sealedIdToken: codeHash && proven.sealedIdToken,
      codeHash,
      codeExpiresAt: codeHash && new Date(scope.now().getTime() + CODE_MS),
    });
  }

  private async beginUnsolicited(scope: Scope, connection: Connection): Promise<Login | undefined> {
    const hourAgo = new Date(scope.now().getTime() - 3_600_000);
    if ((await this.store.countRecentUnsolicited(scope, connection.id, hourAgo)) >= MAX_UNSOLICITED_PER_HOUR)
      return undefined;
    return this.begin(scope, { connection, requestId: null });
  }
}

function appErrorOf(error: unknown): AppError | undefined {
  return error instanceof AppError ? error : fromDatabaseError(error);
}

function requireUsable({ state }: Connection, { test }: Login): void {
  const usable = state === connectionState.active || (test && state === connectionState.draft);
  if (!usable) throw new LoginRefusal('connection_disabled', 'The connection is not active.');
}

function newLogin({ connection, requestId, testedBy, ...given }: LoginStart, now: Date): Login {
  return {
    id: uuid(),
    connectionId: connection.id,
    requestId,
    test: testedBy !== undefined,
    idpInitiated: requestId === null,
    requestedBy: testedBy ?? null,
    redirectUri: given.redirectUri ?? '',
    clientState: given.clientState ?? '',
    codeChallenge: given.codeChallenge ?? '',
    sealedFlow: given.sealedFlow ?? null,
    createdAt: now,
    expiresAt: new Date(now.getTime() + PATIENCE_MS),
    answeredAt: null,
    outcome: loginOutcome.pending,
    reason: '',
    detail: '',
    email: '',
    subject: '',
    subjectFormat: '',
    subjectQualifiers: [],
    sessionIndex: '',
    sealedIdToken: null,
    sessionEndsAt: null,
    userId: null,
    identityId: null,
    roleSlug: '',
    attributes: {},
    groups: [],
    address: given.address ?? '',
    completedAt: null,
    codeHash: null,
    codeExpiresAt: null,
    sessionId: null,
  };
}

function described(proven: ProvenLogin): Partial<Login> {
  const { subject, subjectFormat, subjectQualifiers, sessionIndex, sealedIdToken, sessionEndsAt } = proven;
  return {
    subject,
    subjectFormat,
    subjectQualifiers,
    sessionIndex,
    sealedIdToken,
    sessionEndsAt,
    attributes: Object.fromEntries(
      Object.entries(proven.attributes)
        .slice(0, MOST_SHOWN)
        .map(([name, values]) => [
          cut(name, LONGEST_SHOWN),
          values.slice(0, MOST_SHOWN).map((value) => cut(value, LONGEST_SHOWN)),
        ]),
    ),
  };
}
