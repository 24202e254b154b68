import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { NIL as firstUuid } from 'uuid';
import { z } from 'zod';
import { Permission } from '../../../platform/access/index.js';
import { StatementTimeout } from '../../../platform/database/index.js';
import { invalidArgument } from '../../../platform/errors/index.js';
import { holdErasures } from '../../../platform/personal-data/index.js';
import type { PageRequest } from '../../../platform/paging/paging.js';
import { PlaceTokens } from '../../../platform/paging/place-tokens.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import {
  type AudiencePerson,
  type AudienceSource,
  type AudienceSummary,
  type LeftOutReason,
  ResolvedAudiences,
} from '../campaign/index.js';
import { readAudienceFile } from './audience-file.js';
import { judgeRows, refuseUnknownRows } from './audience-file.rules.js';
import { audienceTookTooLong } from './audience-rule.rules.js';
import { type GivenAudience, Sources } from './sources.service.js';

/** The limit of each statement: several times what a hundred thousand members take under as many conditions as an audience may have. */
const STATEMENT_SECONDS = 30;

const DEFAULT_PAGE = 20;
const LARGEST_PAGE = 100;

/** Behind an address, and a member who has it; unknown members have none. */
const previewPlace = z.tuple([z.string(), z.uuid()]);
const leftOutPlace = z.tuple([z.int()]);

export interface PersonPage {
  people: AudiencePerson[];
  nextPageToken: string;
}

/** Audiences that the server resolves. */
@Injectable()
export class Audiences {
  private readonly tokens: PlaceTokens;

  constructor(
    private readonly sources: Sources,
    private readonly resolved: ResolvedAudiences,
    @Inject(ENVELOPE) envelope: Envelope,
  ) {
    this.tokens = new PlaceTokens(envelope);
  }

  async preview(
    scope: Scope,
    given: GivenAudience,
    { includeRestricted, leftOut }: { includeRestricted: boolean; leftOut: boolean },
    request: PageRequest,
  ): Promise<PersonPage & { summary: AudienceSummary }> {
    scope.require(Permission.MEMBERS_READ);
    const asked = createHash('sha256').update(JSON.stringify([given, includeRestricted, leftOut]));
    const binding = ['audience_preview', scope.orgId, asked.digest('base64url')];
    const [email, userId] = this.placeOf(request, binding, previewPlace) ?? ['', firstUuid];
    const limit = limitOf(request);
    const page = { leftOut, after: { email, userId }, limit: limit + 1 };
    const { sources, summary, people } = await inTime(scope, async () => {
      const found = await this.sources.find(scope, given, false);
      return { sources: found, ...(await this.resolved.preview(scope, found, includeRestricted, page)) };
    });
    const last = people[limit] && people[limit - 1];
    return {
      summary,
      people: people.slice(0, limit).map(({ place, ...person }) => {
        const source = sources[place];
        if (!source) throw new Error('A member comes from no source.');
        return { ...person, source: source satisfies AudienceSource, row: 0 };
      }),
      nextPageToken: last ? this.tokens.seal([last.email, last.userId], binding) : '',
    };
  }

  async resolve(
    scope: Scope,
    campaignId: string,
    given: GivenAudience,
  ): Promise<{ summary: AudienceSummary; snapshotRef: string }> {
    scope.require(Permission.MEMBERS_READ);
    return inTime(scope, async () =>
      this.resolved.replace(scope, campaignId, await this.sources.find(scope, given, true)),
    );
  }

  /** The members of a CSV file; all rows or none. */
  async upload(
    scope: Scope,
    campaignId: string,
    file: Uint8Array,
    leaveOutUnknown: boolean,
  ): Promise<{ summary: AudienceSummary; snapshotRef: string }> {
    scope.require(Permission.MEMBERS_READ);
    // Before the campaign is looked up: no transaction is held open while the file is read.
    const rows = await readAudienceFile(file, scope.signal);
    return inTime(scope, async () => {
      const judged = judgeRows(rows, await this.resolved.findMembers(scope, rows));
      const refusal = leaveOutUnknown ? undefined : refuseUnknownRows(rows, judged);
      if (refusal) throw refusal;
      return this.resolved.replaceByRows(scope, campaignId, judged);
    });
  }

  async listLeftOut(
    scope: Scope,
    campaignId: string,
    reason: LeftOutReason | undefined,
    request: PageRequest,
  ): Promise<PersonPage> {
    scope.require(Permission.MEMBERS_READ);
    const binding = ['left_out', scope.orgId, campaignId.toLowerCase(), String(reason ?? '')];
    const [after] = this.placeOf(request, binding, leftOutPlace) ?? [0];
    const limit = limitOf(request);
    const people = await this.resolved.leftOut(scope, campaignId, { reason, after, limit: limit + 1 });
    const last = people[limit] && people[limit - 1];
    return {
      people: people.slice(0, limit),
      nextPageToken: last ? this.tokens.seal([last.number], binding) : '',
    };
  }

  private placeOf<Place>(
    { pageToken }: PageRequest,
    binding: readonly string[],
    schema: z.ZodType<Place>,
  ): Place | undefined {
    if (pageToken === '') return undefined;
    const place = this.tokens.open(pageToken, binding, schema);
    if (place !== undefined) return place;
    throw invalidArgument([{ field: 'page_token', description: 'is not a token that this list has issued' }]);
  }
}

/** Locks are waited for in this time as well. */
async function inTime<T>(scope: Scope, work: () => Promise<T>): Promise<T> {
  await (await scope.tx()).limitStatements(STATEMENT_SECONDS * 1000);
  try {
    await holdErasures(scope);
    return await work();
  } catch (error) {
    if (error instanceof StatementTimeout) throw audienceTookTooLong(STATEMENT_SECONDS, error);
    throw error;
  }
}

function limitOf({ pageSize }: PageRequest): number {
  if (pageSize < 0) throw invalidArgument([{ field: 'page_size', description: 'must not be negative' }]);
  return pageSize === 0 ? DEFAULT_PAGE : Math.min(pageSize, LARGEST_PAGE);
}
