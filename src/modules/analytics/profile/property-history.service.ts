import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { notFound } from '../../../platform/errors/index.js';
import { ProjectPages } from '../../../platform/paging/project-pages.js';
import type { Scope } from '../../../platform/scope/index.js';
import { historyBegin } from './property-history.rules.js';
import type { PropertyChange } from './property-change.js';
import { PropertyChangeStore } from './property-change.store.js';
import { StoredProfileStore } from './stored-profile.store.js';

/** Which part of the history of a profile. */
export interface WantedHistory {
  /** Any id of the profile. */
  readonly profileId: string;
  /** Empty: of all properties. */
  readonly property: string;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly pageSize: number;
  /** Empty: the first page. */
  readonly pageToken: string;
}

const place = z.tuple([z.string().regex(/^\d{1,19}$/)]);

/** Which property of a profile had which value when. */
@Injectable()
export class PropertyHistory {
  constructor(
    private readonly store: PropertyChangeStore,
    private readonly profiles: StoredProfileStore,
    private readonly pages: ProjectPages,
  ) {}

  /** @throws AppError PROFILE_NOT_FOUND, or INVALID_PAGE_TOKEN. */
  async page(
    scope: Scope,
    wanted: WantedHistory,
  ): Promise<{ readonly changes: readonly PropertyChange[]; readonly nextPageToken: string }> {
    const { profileId, property, to, pageSize, pageToken } = wanted;
    // Not bound to the range: a client that asks for the last week asks for another one with each page.
    const list = { list: 'property-history', asked: [profileId, property] };
    const [before] = pageToken === '' ? [null] : this.pages.open(scope, list, pageToken, place);
    const led = await this.profiles.findLed(scope, profileId);
    if (!led || led.isDeleted) throw notFound('profile');
    const changes = await this.store.list(scope, {
      profileId: led.id,
      name: property === '' ? null : property,
      from: historyBegin(scope.project.retentionDays, scope.now(), wanted.from),
      to,
      before,
      most: pageSize + 1,
    });
    const shown = changes.slice(0, pageSize);
    const last = changes.length > pageSize && shown.at(-1);
    return { changes: shown, nextPageToken: last ? this.pages.seal(scope, list, [last.id]) : '' };
  }
}
