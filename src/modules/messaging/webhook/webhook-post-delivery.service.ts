import { Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import type { Scope } from '../../../platform/scope/index.js';
import type { JobContext } from '../../../platform/worker/index.js';
import type { PostTarget } from './organization-webhook.js';
import { OrganizationWebhooks } from './organization-webhooks.service.js';
import { pidgrSignature, standardHeaders } from './signature.js';
import { type AttemptResult, webhookOutcome } from './webhook.js';
import { isSuccess, LONGEST_ANSWER_MS, MOST_ATTEMPTS, pauseAfter } from './webhook.rules.js';
import { notSent, obstacleReason, voidReason } from './webhook-post.rules.js';
import {
  type DuePost,
  type EndedAttempt,
  type PostProgress,
  WebhookPostStore,
} from './webhook-post.store.js';
import { WebhookPosts } from './webhook-posts.service.js';
import { type WebhookRequest, WebhookSender } from './webhook-sender.service.js';
import { WebhookSecrets } from './webhook-secrets.service.js';

/** Requests of one job at a time: half of what the outbound client admits for an organization. */
const AT_ONCE = 4;
/** Posts that a job takes at a time. All are answered, or have timed out, before another worker may take them. */
const MOST_TAKEN = 8;
/** After so long the job leaves its slot to another organization. */
const YIELD_MS = 2_000;

/** An attempt that has begun. */
interface Begun {
  readonly post: DuePost;
  readonly number: number;
  readonly request: WebhookRequest;
}

/**
 * Sends the posts of an organization: some are taken in a transaction, sent outside of any, and ended in another. Those that a
 * worker took before it died are due again a little later, under the same ids.
 */
@Injectable()
export class WebhookPostDelivery {
  /** The organizations that a job of this process is sending for. */
  private readonly atWork = new Set<string>();

  constructor(
    private readonly posts: WebhookPosts,
    private readonly store: WebhookPostStore,
    private readonly webhooks: OrganizationWebhooks,
    private readonly secrets: WebhookSecrets,
    private readonly sender: WebhookSender,
  ) {}

  /** What is due, for a while; then the next job of the organization is enqueued. */
  async deliver(orgId: string, context: JobContext): Promise<void> {
    // A step that enqueues a job while one is running makes a second one: slots are for other organizations. It is kept in
    // the queue, as the queue gives up the first one when its worker dies.
    if (this.atWork.has(orgId)) return context.run((scope) => this.posts.enqueueLater(scope, YIELD_MS));
    this.atWork.add(orgId);
    try {
      await this.deliverDue(context);
      await context.run((scope) => this.posts.enqueueNext(scope));
    } finally {
      this.atWork.delete(orgId);
    }
  }

  /** The request for a post as of now; or why it is not sent. */
  async prepare(scope: Scope, post: Pick<DuePost, 'id' | 'payload'>): Promise<WebhookRequest | string> {
    const target = await this.webhooks.target(scope);
    if (typeof target === 'string') return obstacleReason(target);
    const [state] = await this.store.states(scope, [post.id]);
    const reason = state && voidReason(state);
    return reason ?? this.requestOf(scope, post, target, await this.secrets.keys(scope));
  }

  private async deliverDue({ run, signal }: JobContext): Promise<void> {
    const until = performance.now() + YIELD_MS;
    const limit = pLimit(AT_ONCE);
    do {
      const begun = await run((scope) => this.take(scope));
      if (!begun) return;
      const results = await Promise.all(begun.map(({ request }) => limit(() => this.sender.send(request))));
      await run((scope) => this.end(scope, begun, results));
    } while (!signal.aborted && performance.now() < until);
  }

  /** Undefined when none is due. */
  private async take(scope: Scope): Promise<Begun[] | undefined> {
    const due = await this.store.findDueForUpdate(scope, MOST_TAKEN);
    if (due.length === 0) return undefined;
    await this.store.interrupt(
      scope,
      due.map(({ id }) => id),
    );
    const tried = due.filter(({ attempts }) => attempts < MOST_ATTEMPTS);
    const exhausted = due.filter(({ attempts }) => attempts >= MOST_ATTEMPTS);
    await this.proceed(
      scope,
      exhausted.map((post) => ({ post, outcome: webhookOutcome.failed, nextAttemptAt: null })),
    );
    const target = await this.webhooks.target(scope);
    if (typeof target === 'string') {
      await this.refuse(scope, tried, () => obstacleReason(target));
      return [];
    }
    return this.begin(scope, await this.refuseVoid(scope, tried), target);
  }

  /** Returns those that are still to be sent. */
  private async refuseVoid(scope: Scope, posts: readonly DuePost[]): Promise<DuePost[]> {
    if (posts.length === 0) return [];
    const states = await this.store.states(
      scope,
      posts.map(({ id }) => id),
    );
    const reasons = new Map(states.map((state) => [state.id, voidReason(state)]));
    await this.refuse(scope, posts, ({ id }) => reasons.get(id));
    return posts.filter(({ id }) => !reasons.get(id));
  }

  private async refuse(
    scope: Scope,
    posts: readonly DuePost[],
    reasonOf: (post: DuePost) => string | undefined,
  ): Promise<void> {
    const refused = posts.filter((post) => reasonOf(post));
    if (refused.length === 0) return;
    await this.store.refuse(
      scope,
      refused.map((post) => ({ id: post.id, error: notSent(reasonOf(post) ?? '').error })),
    );
    await this.posts.enqueueForgetting(scope, refused);
  }

  private async begin(scope: Scope, posts: readonly DuePost[], target: PostTarget): Promise<Begun[]> {
    if (posts.length === 0) return [];
    const until = new Date(scope.now().getTime() + LONGEST_ANSWER_MS);
    const ids = posts.map(({ id }) => id);
    await this.store.begin(scope, ids, target.url, until);
    const keys = await this.secrets.keys(scope);
    return posts.map((post) => ({
      post,
      number: post.attempts + 1,
      request: this.requestOf(scope, post, target, keys),
    }));
  }

  private requestOf(
    scope: Scope,
    { id, payload }: Pick<DuePost, 'id' | 'payload'>,
    { url, secret }: PostTarget,
    keys: readonly Buffer[],
  ): WebhookRequest {
    const timestamp = Math.floor(scope.now().getTime() / 1000);
    const headers = {
      ...standardHeaders({ id: `msg_${id}`, timestamp, body: payload }, keys),
      ...pidgrSignature(payload, secret),
    };
    return { orgId: scope.orgId, url, headers, body: payload };
  }

  private async end(scope: Scope, begun: readonly Begun[], results: readonly AttemptResult[]): Promise<void> {
    const ended = begun.flatMap(({ post, number }, index): (EndedAttempt & { post: DuePost })[] => {
      const result = results[index];
      return result ? [{ post, id: post.id, number, ...result }] : [];
    });
    if (ended.length === 0) return;
    // Taken over by another worker, or deleted: what is missing here.
    const finished = await this.store.finish(scope, ended);
    await this.proceed(
      scope,
      ended.filter(({ id }) => finished.has(id)).map((attempt) => this.progressOf(scope, attempt)),
    );
  }

  private progressOf(
    scope: Scope,
    { post, number, ...result }: EndedAttempt & { post: DuePost },
  ): Omit<PostProgress, 'id'> & { post: DuePost } {
    if (isSuccess(result)) return { post, outcome: webhookOutcome.completed, nextAttemptAt: null };
    const pause = pauseAfter(number);
    if (pause === undefined) return { post, outcome: webhookOutcome.failed, nextAttemptAt: null };
    return { post, outcome: null, nextAttemptAt: new Date(scope.now().getTime() + pause) };
  }

  private async proceed(
    scope: Scope,
    progress: readonly (Omit<PostProgress, 'id'> & { post: DuePost })[],
  ): Promise<void> {
    if (progress.length === 0) return;
    await this.store.proceed(
      scope,
      progress.map(({ post, ...rest }) => ({ id: post.id, ...rest })),
    );
    const over = progress.filter(({ outcome }) => outcome !== null);
    await this.posts.enqueueForgetting(
      scope,
      over.map(({ post }) => post),
    );
  }
}
