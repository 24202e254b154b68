import { Injectable } from '@nestjs/common';
import { readStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { AttemptResult, WebhookAttempt } from './webhook.js';

const list = readStatement(
  'webhook_attempt.list',
  `select number, redelivery, started_at as "startedAt", duration_ms as "durationMs", status, error, answer
     from webhook_attempt where org_id = $1 and call_id = $2 order by number limit 100`,
);
const insert = statement(
  'webhook_attempt.insert',
  'insert into webhook_attempt (org_id, call_id, number, redelivery, started_at) values ($1, $2, $3, $4, $5)',
);
const start = statement(
  'webhook_attempt.start',
  `update webhook_attempt set started_at = $4
    where org_id = $1 and call_id = $2 and number = $3 and duration_ms is null returning number`,
);
// A worker that was taken for dead and comes back finds its attempt ended.
const finish = statement(
  'webhook_attempt.finish',
  `update webhook_attempt set duration_ms = $4, status = $5, error = $6, answer = $7
    where org_id = $1 and call_id = $2 and number = $3 and duration_ms is null returning number`,
);
const interrupt = statement(
  'webhook_attempt.interrupt',
  `update webhook_attempt set duration_ms = 0, error = 'interrupted: the server stopped before there was an answer'
    where org_id = $1 and call_id = $2 and not redelivery and duration_ms is null`,
);
const forget = statement(
  'webhook_attempt.forget',
  `update webhook_attempt set answer = '' where org_id = $1 and call_id = $2`,
);

@Injectable()
export class WebhookAttemptStore {
  async list(scope: Scope, callId: string): Promise<WebhookAttempt[]> {
    return (await scope.tx()).query<WebhookAttempt>(list, [scope.orgId, callId]);
  }

  /** Without `startedAt` it waits. */
  async insert(
    scope: Scope,
    callId: string,
    attempt: Pick<WebhookAttempt, 'number' | 'redelivery' | 'startedAt'>,
  ): Promise<void> {
    const { number, redelivery, startedAt } = attempt;
    await (await scope.tx()).execute(insert, [scope.orgId, callId, number, redelivery, startedAt]);
  }

  /** False when it has ended. */
  async start(scope: Scope, callId: string, number: number): Promise<boolean> {
    const row = await (await scope.tx()).queryOne(start, [scope.orgId, callId, number, scope.now()]);
    return row !== undefined;
  }

  /** False when it has ended. */
  async finish(scope: Scope, callId: string, number: number, result: AttemptResult): Promise<boolean> {
    const { durationMs, status, error, answer } = result;
    const values = [scope.orgId, callId, number, durationMs, status, error, answer];
    return (await (await scope.tx()).queryOne(finish, values)) !== undefined;
  }

  /** Ends what a worker has begun and not ended: whether its request arrived is unknown. */
  async interrupt(scope: Scope, callId: string): Promise<void> {
    await (await scope.tx()).execute(interrupt, [scope.orgId, callId]);
  }

  async forget(scope: Scope, callId: string): Promise<void> {
    await (await scope.tx()).execute(forget, [scope.orgId, callId]);
  }
}
