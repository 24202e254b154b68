import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { DataSubject, DataSubjectContribution } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';

// Locks in the order in which calls of devices lock: they would wait for each other.
const forget = statement(
  'push_subscription.forget_subject',
  `delete from push_subscription
    where org_id = $1 and project = $2 and device_id in (
      select device_id from push_subscription
       where org_id = $1 and project = $2 and distinct_id = any ($3) order by device_id for update)`,
);

/** The devices of people of projects. */
@Injectable()
export class SubscriptionSubjects implements DataSubjectContribution {
  /** A device serves nothing but pushes to the person: nothing is left to hide. */
  async hide(scope: Scope, subject: DataSubject): Promise<void> {
    const { project, profileIds, distinctIds, returningIds } = subject;
    const ids = [...profileIds, ...distinctIds, ...returningIds];
    await (await scope.tx()).execute(forget, [scope.orgId, project, ids]);
  }

  /** What a call wrote while the request was made. Under a returning id the person may have subscribed again since. */
  async erase(scope: Scope, { project, profileIds, distinctIds }: DataSubject): Promise<void> {
    await (await scope.tx()).execute(forget, [scope.orgId, project, [...profileIds, ...distinctIds]]);
  }
}
