import { Injectable } from '@nestjs/common';
import type { JobContext } from '../../../platform/worker/index.js';
import { ObjectStore } from '../../../platform/object-store/index.js';
import type { ErasedMember, PersonalDataContribution } from '../../../platform/personal-data/index.js';
import { keyOf } from './export.service.js';
import { requestsFile } from './personal-data.store.js';
import { RequestStore } from './request.store.js';

/** What this module keeps about a member: the record of their requests, and the bundles made for them. */
@Injectable()
export class PrivacyPersonalData implements PersonalDataContribution {
  readonly files = [requestsFile];

  constructor(
    private readonly requests: RequestStore,
    private readonly objects: ObjectStore,
  ) {}

  /** Bundles are files, which no transaction deletes. */
  async eraseFirst({ userId }: ErasedMember, { orgId = '', run }: JobContext): Promise<void> {
    for (const id of await run((scope) => this.requests.exportsOf(scope, userId))) {
      await this.objects.remove(keyOf(orgId, id));
    }
  }
}
