import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { invalidArgument } from '../../../platform/errors/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import { AnalyticsCohorts, PrivacySettings } from '../../people/organization/index.js';
import { EventQueue } from '../event/index.js';
import { Questions } from '../insight/index.js';
import { closedDays } from './days.rules.js';
import { readResolution } from './grid.rules.js';
import { HeatDrawing, type HeatMap, type HeatQuestion } from './heat-drawing.js';
import { HeatmapStore } from './heatmap.store.js';
import { Screenshots } from './screenshots.service.js';
import { isScreenName, touchKinds } from './touch.rules.js';

/** What is asked for: see QueryHeatmapDataRequest. */
export interface HeatRequest {
  readonly screen: string;
  /** Milliseconds of the epoch; undefined: no bound. */
  readonly from?: number;
  readonly to?: number;
  /** Empty: any. */
  readonly campaignId: string;
  /** 0: the usual one. */
  readonly resolution: number;
  readonly isMedian: boolean;
  /** Empty: all. */
  readonly kinds: readonly number[];
}

/** What of the organization an answer depends on. */
interface Ground extends Pick<HeatQuestion, 'days' | 'epsilons' | 'bucketCount'> {
  readonly number: number;
  readonly seed: Buffer;
}

/** A map, and where to load the picture behind it from; empty without one. */
export interface PicturedHeatMap extends HeatMap {
  readonly screenshotUrl: string;
}

const SEED_BYTES = 32;
const USUAL_RESOLUTION = 0.02;
const nothing: HeatMap = { areEnough: false, points: [] };

/** The heat maps of an organization, and the number under which its touches are stored. */
@Injectable()
export class Heatmaps {
  constructor(
    private readonly store: HeatmapStore,
    private readonly settings: PrivacySettings,
    private readonly cohorts: AnalyticsCohorts,
    private readonly queue: EventQueue,
    private readonly questions: Questions,
    private readonly drawing: HeatDrawing,
    private readonly screenshots: Screenshots,
    private readonly scopes: Scopes,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {}

  /** The number of the organization's touches in the analytics store. Made when first asked for. */
  async numberOf(scope: Scope): Promise<number> {
    const known = await this.store.find(scope);
    if (known) return known.number;
    await this.store.insert(scope, this.envelope.seal(randomBytes(SEED_BYTES), sealContext(scope.orgId)));
    const made = await this.store.find(scope);
    if (!made) throw new Error('The inserted row does not exist.');
    return made.number;
  }

  /**
   * The map of a screen; no points where behavioural analytics is off, or too few cohorts were there.
   * @throws AppError INVALID_ARGUMENT, what AnalyticsStore throws, and RESOURCE_EXHAUSTED (`ANALYTICS_QUEUE_FULL`).
   */
  async draw(scope: Scope, request: HeatRequest): Promise<PicturedHeatMap> {
    refuse(request);
    // A question may wait and run for long, and a scope keeps its connection: what is read before ends here.
    const { ground, screenshotUrl } = await this.scopes.run(originOf(scope), async (own) => ({
      ground: await this.read(own, request),
      screenshotUrl: await this.screenshots.linkOf(own, request.screen),
    }));
    return { ...(ground ? await this.answer(scope, request, ground) : nothing), screenshotUrl };
  }

  private answer(
    scope: Scope,
    { screen, campaignId, isMedian, kinds, resolution }: HeatRequest,
    { number, seed, ...rest }: Ground,
  ): Promise<HeatMap> {
    const named = touchKinds.filter((kind) => kinds.includes(kind));
    const question = {
      screen,
      campaignId: campaignId.toLowerCase(),
      isMedian,
      kinds: named.length === 0 ? touchKinds : named,
      resolution: readResolution(resolution, USUAL_RESOLUTION),
      ...rest,
    };
    const { orgId, requestId, signal } = scope;
    const asker = { orgId, requestId, signal, project: { number }, now: () => scope.now() };
    return this.questions.ask(asker, ['heatmap', question], (owner) =>
      this.drawing.draw(owner, seed, question),
    );
  }

  private async read(scope: Scope, { from, to }: HeatRequest): Promise<Ground | undefined> {
    const [isOn, found] = await Promise.all([
      this.settings.isEnabled(scope, 'behavioral_analytics'),
      this.store.find(scope),
    ]);
    if (!isOn || !found) return undefined;
    const waitingSince = await this.queue.waitingSince(scope, found.number);
    const days = closedDays({ from, to }, scope.now().getTime(), waitingSince?.getTime());
    if (days.length === 0) return undefined;
    const [epsilons, bucketCount] = await Promise.all([
      this.cohorts.epsilonsOf(scope, days),
      this.cohorts.count(scope),
    ]);
    const seed = this.envelope.open(found.sealedSeed, sealContext(scope.orgId));
    return { number: found.number, seed, days, epsilons, bucketCount };
  }
}

function refuse({ screen, from, to }: HeatRequest): void {
  if (!isScreenName(screen))
    throw invalidArgument([{ field: 'screen_name', description: 'must have no control characters' }]);
  if (from !== undefined && to !== undefined && to < from)
    throw invalidArgument([{ field: 'date_to', description: 'must not be before date_from' }]);
}

const sealContext = sealedColumn(
  { table: 'heatmap', column: 'sealed_seed', places: ['org_id'] },
  (orgId) => `heatmap-seed/${orgId}`,
);
