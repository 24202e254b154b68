import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { failedPrecondition, invalidArgument } from '../../../platform/errors/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import { ObjectStore } from '../../../platform/object-store/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { type DailyLimit, DailyLimits } from '../../../platform/throttle/daily-limits.js';
import type { JobContext } from '../../../platform/worker/index.js';
import { Collection } from './collection.js';
import { plainPng } from './png.js';
import { type Screenshot, ScreenshotStore } from './screenshot.store.js';
import { isPlainText, isScreenName } from './touch.rules.js';

/** `{ screenshotId }`: deletes a file unless it is the one of a screenshot. */
export const removeUnusedTask: Task = {
  name: 'heatmap.remove-unused',
  lane: 'background',
  priority: 'normal',
};

/** A screenshot, and where to load it from. */
interface LinkedScreenshot extends Screenshot {
  readonly url: string;
}

export interface NewScreenshot {
  readonly screen: string;
  readonly appVersion: string;
  readonly image: Uint8Array;
}

const contentType = 'image/png';
/** Whatever holds up an upload has ended by then. */
const UPLOADED_MS = 10 * 60_000;

const perPerson: DailyLimit = {
  kind: 'screenshot',
  most: 100,
  sentence: 'A member may upload 100 screenshots in 24 hours.',
  subject: 'person',
};

/** Pictures behind heat maps, as the apps of members send them: one for each screen and version, the latest. */
@Injectable()
export class Screenshots {
  constructor(
    private readonly store: ScreenshotStore,
    private readonly objects: ObjectStore,
    private readonly collection: Collection,
    private readonly limits: DailyLimits,
    private readonly scopes: Scopes,
  ) {}

  /**
   * Returns a link to the picture, for an hour.
   * @throws AppError INVALID_ARGUMENT, FAILED_PRECONDITION (`BEHAVIORAL_ANALYTICS_OFF`, `PROCESSING_RESTRICTED`), or
   * RESOURCE_EXHAUSTED (`DAILY_LIMIT`).
   */
  async upload(scope: Scope, { screen, appVersion, image }: NewScreenshot): Promise<string> {
    const picture = readPicture({ screen, appVersion, image });
    const screenshot = { screen, appVersion, id: uuid() };
    // The file must not outlive a crash that comes before the row, so that its deletion is noted first. No transaction waits
    // for the object store.
    await this.scopes.run(originOf(scope), async (own) => {
      await this.refuseUncollected(own);
      await this.limits.take(own, perPerson, `${own.orgId}/${own.userId}`);
      await this.removeLater(own, screenshot.id, new Date(own.now().getTime() + UPLOADED_MS));
    });
    await this.objects.put(keyOf(scope.orgId, screenshot.id), Readable.from([picture]), contentType);
    for (const id of await this.store.save(scope, screenshot)) await this.removeLater(scope, id);
    return this.linkTo(scope, screenshot);
  }

  /** By screen, the newest version of each first. */
  async list(scope: Scope): Promise<LinkedScreenshot[]> {
    const all = await this.store.list(scope);
    return Promise.all(all.map(async (one) => ({ ...one, url: await this.linkTo(scope, one) })));
  }

  /** A link to the newest picture of a screen; empty without one. */
  async linkOf(scope: Scope, screen: string): Promise<string> {
    const newest = await this.store.findNewest(scope, screen);
    return newest ? this.linkTo(scope, newest) : '';
  }

  /** Deletes the file if no screenshot has it. */
  async removeUnused({ run, orgId = '' }: Pick<JobContext, 'run' | 'orgId'>, id: string): Promise<void> {
    if (await run((scope) => this.store.isUsed(scope, id))) return;
    await this.objects.remove(keyOf(orgId, id));
  }

  private async refuseUncollected(scope: Scope): Promise<void> {
    const refused = await this.collection.refusedBy(scope);
    if (refused === 'organization')
      throw failedPrecondition(
        'BEHAVIORAL_ANALYTICS_OFF',
        'The organization has turned behavioural analytics off.',
      );
    if (refused === 'member')
      throw failedPrecondition('PROCESSING_RESTRICTED', 'The processing of your data is restricted.');
  }

  private async removeLater(scope: Scope, screenshotId: string, runAt?: Date): Promise<void> {
    await scope.enqueue({ task: removeUnusedTask, payload: { screenshotId }, runAt });
  }

  private linkTo({ orgId }: Scope, { id }: Screenshot): Promise<string> {
    return this.objects.link(keyOf(orgId, id), { filename: 'screenshot.png', contentType });
  }
}

function readPicture({ screen, appVersion, image }: NewScreenshot): Buffer {
  const picture = plainPng(image);
  const violations = [
    ...(isScreenName(screen)
      ? []
      : [{ field: 'screen_name', description: 'must have no control characters' }]),
    ...(isPlainText(appVersion)
      ? []
      : [{ field: 'app_version', description: 'must have no control characters' }]),
    ...(picture
      ? []
      : [
          {
            field: 'image_data',
            description: 'must be a whole PNG file of at most 8192 by 8192 and 33 million pixels',
          },
        ]),
  ];
  if (!picture || violations.length > 0) throw invalidArgument(violations);
  return picture;
}

function keyOf(orgId: string, id: string): string {
  return `${orgId}/screenshots/${id}.png`;
}
