import { Injectable } from '@nestjs/common';
import type { OrganizationState } from '../caller/organization-state.js';
import type { Project } from '../caller/project.js';
import type { Buckets } from './buckets.js';
import { setRateLimitHeaders, throttled } from './refusal.js';
import type { BucketLimit } from './token-bucket.js';
import { ttlOf } from './throttle-record.js';

/** The events that may be sent: of an organization, and of a project that has an individual limit. */
@Injectable()
export class IngestThrottle {
  constructor(
    private readonly configured: BucketLimit,
    private readonly buckets: Buckets,
  ) {}

  /**
   * Takes a token for each event, or refuses; `header` learns what is left to the organization. A batch that is larger
   * than what is left still passes, and the next ones wait for it.
   */
  async take(
    project: Project,
    organization: OrganizationState | undefined,
    header: Headers,
    events: number,
  ): Promise<void> {
    const limit = this.limitOf(organization?.eventsPerSecond ?? null);
    const key = `ingest:${project.orgId}`;
    // First, so that a project does not pay for what its organization refuses.
    await this.spend(key, 'organization', limit, events, header);
    if (project.eventsPerSecond === null) return;
    try {
      await this.spend(`project:${project.id}`, 'project', this.limitOf(project.eventsPerSecond), events);
    } catch (error) {
      await this.buckets.putBack(key, events);
      throw error;
    }
  }

  private async spend(
    key: string,
    subject: string,
    limit: BucketLimit,
    events: number,
    header?: Headers,
  ): Promise<void> {
    const ttl = ttlOf(limit);
    const record = await this.buckets.spend(key, ttl, limit.burst, events);
    if (header) setRateLimitHeaders(header, 'events', limit.burst, ttl, record);
    if (!record.isBlocked) return;
    const article = subject === 'organization' ? 'An' : 'A';
    throw throttled(record, subject, `${article} ${subject} may send ${limit.perSecond} events a second.`);
  }

  /** An individual limit has a burst in the same proportion as the configured one. */
  private limitOf(perSecond: number | null): BucketLimit {
    if (perSecond === null) return this.configured;
    const { burst, perSecond: usual } = this.configured;
    return { perSecond, burst: Math.max(1, Math.round((burst / usual) * perSecond)) };
  }
}
